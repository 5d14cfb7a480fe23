-- The staged songs, with the artist as the song's file gives it.
select
    song_id,
    title,
    artist_id,
    year,
    duration,
    artist_name,
    nullif(artist_location, '') as artist_location,
    artist_latitude,
    artist_longitude
from {{ staging_table('staging_songs', dag_run) }}
