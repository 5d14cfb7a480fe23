-- What the staged songs say about their artists. An artist may have several names and locations.
-- A location that is an empty string becomes null. Redshift treats blanks and an empty string as equal, so LEN decides.
select
    song_id,
    artist_id,
    artist_name as name,
    case when len(artist_location) > 0 then artist_location end as location,
    artist_latitude as latitude,
    artist_longitude as longitude
from {{ staging_table('staging_songs', dag_run) }}
