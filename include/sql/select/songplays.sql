-- The plays among the staged events; of several with one id on one day, which a file should not have, the earliest, and
-- of those the first one in the order of what was logged, so that the catalogue has no say in it. A play matches a song
-- when title, artist name and length are equal, all three; where several songs do, the one with the first song_id is
-- taken. A play without a match stays.
-- Redshift ignores trailing blanks when it compares texts, so their lengths are compared too.
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
    events.length
from (
    select
        *,
        row_number() over (
            partition by
                session_id,
                item_in_session,
                date_trunc('day', ts)
            order by
                ts,
                user_id,
                level,
                location,
                user_agent,
                song,
                artist,
                length
        ) as choice
    from {{ staging_table('staging_events', dag_run) }}
    where page = 'NextSong'
) as events
left join (
    select
        played.song,
        played.artist,
        played.length,
        min(songs.song_id) as song_id
    from (
        select distinct
            song,
            artist,
            length
        from {{ staging_table('staging_events', dag_run) }}
        where page = 'NextSong'
    ) as played
    join songs
        on songs.title = played.song
        and len(songs.title) = len(played.song)
        and songs.artist_name = played.artist
        and len(songs.artist_name) = len(played.artist)
        and songs.duration = played.length
    group by
        played.song,
        played.artist,
        played.length
) as matches
    on matches.song = events.song
    and len(matches.song) = len(events.song)
    and matches.artist = events.artist
    and len(matches.artist) = len(events.artist)
    and matches.length = events.length
left join songs
    on songs.song_id = matches.song_id
where events.choice = 1
