-- Which ten songs are played most?
-- Every play counts, with title and artist as they were logged: most plays have no match in the catalogue.
select
    song_title,
    artist_name,
    count(*) as plays
from songplays
group by song_title, artist_name
order by plays desc, song_title, artist_name
limit 10;
