-- The plays among the staged events. A play matches a song when title, artist name and length are equal, all three;
-- where several songs do, the one with the first song_id is taken. A play without a match stays.
select
    events.session_id::varchar || '-' || events.item_in_session::varchar as songplay_id,
    events.ts as start_time,
    events.user_id,
    events.level,
    catalogue.song_id,
    catalogue.artist_id,
    events.session_id,
    events.location,
    events.user_agent,
    events.item_in_session,
    events.song as song_title,
    events.artist as artist_name,
    events.length
from {{ staging_table('staging_events', dag_run) }} as events
left join (
    select
        song_id,
        artist_id,
        title,
        artist_name,
        duration,
        row_number() over (partition by title, artist_name, duration order by song_id) as choice
    from songs
) as catalogue
    on catalogue.title = events.song
    and catalogue.artist_name = events.artist
    and catalogue.duration = events.length
    and catalogue.choice = 1
where events.page = 'NextSong'
