-- The plays among the staged events. A play matches a song when title, artist name and length are equal, all three;
-- where several songs do, the one with the first song_id is taken. A play without a match stays.
select
    songplay_id,
    start_time,
    user_id,
    level,
    song_id,
    artist_id,
    session_id,
    location,
    user_agent,
    item_in_session,
    song_title,
    artist_name,
    length
from (
    select
        events.session_id::varchar || '-' || events.item_in_session::varchar as songplay_id,
        events.ts as start_time,
        events.user_id,
        events.level,
        songs.song_id,
        songs.artist_id,
        events.session_id,
        events.location,
        events.user_agent,
        events.item_in_session,
        events.song as song_title,
        events.artist as artist_name,
        events.length,
        row_number() over (
            partition by events.session_id, events.item_in_session, events.ts
            order by songs.song_id
        ) as choice
    from {{ staging_table('staging_events', dag_run) }} as events
    left join songs
        on songs.title = events.song
        and songs.artist_name = events.artist
        and songs.duration = events.length
    where events.page = 'NextSong'
) as matches
where choice = 1
