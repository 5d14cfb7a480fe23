-- What the staged songs say of their artists; one artist may come with several names and places.
select
    song_id,
    artist_id,
    artist_name as name,
    nullif(artist_location, '') as location,
    artist_latitude as latitude,
    artist_longitude as longitude
from {{ staging_table('staging_songs', dag_run) }}
