-- The staged songs, with the artist as in the song's file.
-- A location that is an empty string becomes null. Redshift treats blanks and an empty string as equal, so LEN decides.
select
    song_id,
    title,
    artist_id,
    year,
    duration,
    artist_name,
    case when len(artist_location) > 0 then artist_location end as artist_location,
    artist_latitude,
    artist_longitude
from {{ staging_table('staging_songs', dag_run) }}
