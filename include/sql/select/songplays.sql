-- The plays among the staged events. If several plays of one day have the same id, which a file should not contain, the
-- earliest is kept, then the first in the order of the logged values; the catalogue does not influence the choice.
-- A play matches a song if title, artist name and length are all equal. If several songs match, the one with the lowest
-- song_id is used. A play without a match is kept.
-- Redshift ignores trailing blanks when it compares texts, so wherever texts are compared, their lengths are too.
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
        session_id,
        item_in_session,
        ts,
        user_id,
        level,
        location,
        user_agent,
        song,
        artist,
        length,
        row_number() over (
            partition by
                session_id,
                item_in_session,
                date_trunc('day', ts)
            order by
                ts,
                user_id,
                level,
                len(level),
                location,
                len(location),
                user_agent,
                len(user_agent),
                song,
                len(song),
                artist,
                len(artist),
                length
        ) as choice
    from {{ staging_table('staging_events', dag_run) }}
    where page = 'NextSong'
) as events
left join (
    select
        played.song,
        played.song_length,
        played.artist,
        played.artist_length,
        played.length,
        min(songs.song_id) as song_id
    from (
        select distinct
            song,
            len(song) as song_length,
            artist,
            len(artist) as artist_length,
            length
        from {{ staging_table('staging_events', dag_run) }}
        where page = 'NextSong'
    ) as played
    join songs
        on songs.title = played.song
        and len(songs.title) = played.song_length
        and songs.artist_name = played.artist
        and len(songs.artist_name) = played.artist_length
        and songs.duration = played.length
    group by
        played.song,
        played.song_length,
        played.artist,
        played.artist_length,
        played.length
) as matches
    on matches.song = events.song
    and matches.song_length = len(events.song)
    and matches.artist = events.artist
    and matches.artist_length = len(events.artist)
    and matches.length = events.length
left join songs
    on songs.song_id = matches.song_id
where events.choice = 1
