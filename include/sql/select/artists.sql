-- What the staged songs say of their artists; one artist may come with several names and places.
-- A place without a name is null. Redshift takes blanks for an empty text, so the length tells, for blanks are a name.
select
    song_id,
    artist_id,
    artist_name as name,
    case when len(artist_location) > 0 then artist_location end as location,
    artist_latitude as latitude,
    artist_longitude as longitude
from {{ staging_table('staging_songs', dag_run) }}
