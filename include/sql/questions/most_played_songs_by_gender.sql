-- Which five songs do women and men play most?
-- Every play counts, with title and artist as they were logged: most plays have no match in the catalogue.
with plays_by_gender as (
    select
        users.gender,
        songplays.song_title,
        songplays.artist_name,
        count(*) as plays
    from songplays
    join users on users.user_id = songplays.user_id
    group by users.gender, songplays.song_title, songplays.artist_name
),
ranked as (
    select
        gender,
        row_number() over (partition by gender order by plays desc, song_title, artist_name) as place,
        song_title,
        artist_name,
        plays
    from plays_by_gender
)
select
    gender,
    place,
    song_title,
    artist_name,
    plays
from ranked
where place <= 5
order by gender, place;
