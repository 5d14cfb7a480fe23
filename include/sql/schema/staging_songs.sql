-- The empty template of each run's staging table: the fields of a song file; COPY matches them by name.
-- Durations and coordinates are double precision, which keeps every decimal of the source: COPY reads a JSON number
-- as floating point, and would truncate it in a decimal column.
-- Columns that every song must have are not null: COPY rejects a file without them.
create table if not exists staging_songs (
    num_songs integer encode az64,
    artist_id varchar(32) not null encode zstd,
    artist_latitude double precision encode zstd,
    artist_longitude double precision encode zstd,
    artist_location varchar(1024) encode zstd,
    artist_name varchar(1024) not null encode zstd,
    song_id varchar(32) not null encode raw,
    title varchar(1024) not null encode zstd,
    duration double precision not null encode zstd,
    year integer encode az64
)
diststyle key
distkey (song_id)
sortkey (song_id);
