-- Match plays again after songs have changed: plays that a new or changed song may match, and plays whose song has
-- changed or is gone. The rule is the same as in select/songplays.sql.
update songplays
set
    song_id = matches.song_id,
    artist_id = matches.artist_id
from (
    select
        affected.songplay_id,
        affected.start_time,
        songs.song_id,
        songs.artist_id,
        row_number() over (
            partition by
                affected.songplay_id,
                affected.start_time
            order by songs.song_id
        ) as choice
    from (
        select
            plays.songplay_id,
            plays.start_time,
            plays.song_title,
            plays.artist_name,
            plays.length
        from songplays as plays
        join songs__delta
            on songs__delta.title = plays.song_title
            and songs__delta.artist_name = plays.artist_name
            and songs__delta.duration = plays.length
        union
        select
            plays.songplay_id,
            plays.start_time,
            plays.song_title,
            plays.artist_name,
            plays.length
        from songplays as plays
        join songs__delta
            on songs__delta.song_id = plays.song_id
        union
        select
            plays.songplay_id,
            plays.start_time,
            plays.song_title,
            plays.artist_name,
            plays.length
        from songplays as plays
        join songs__gone
            on songs__gone.song_id = plays.song_id
    ) as affected
    left join songs
        on songs.title = affected.song_title
        and len(songs.title) = len(affected.song_title)
        and songs.artist_name = affected.artist_name
        and len(songs.artist_name) = len(affected.artist_name)
        and songs.duration = affected.length
) as matches
where songplays.songplay_id = matches.songplay_id
    and songplays.start_time = matches.start_time
    and matches.choice = 1
    and (
        nvl(songplays.song_id, '') <> nvl(matches.song_id, '')
        or nvl(songplays.artist_id, '') <> nvl(matches.artist_id, '')
    )
