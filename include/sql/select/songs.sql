-- The staged songs, with the artist as the song's file gives it.
-- A place without a name is null. Redshift takes blanks for an empty text, so the length tells, for blanks are a name.
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
