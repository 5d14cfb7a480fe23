create schema if not exists etl;

-- One row for each event of a user. If a corrected file no longer contains an event, the row of the user in users
-- becomes the result of the remaining events. Sorted by time, because loads overwrite windows of time; distributed by
-- user, because users are merged by it.
create table if not exists etl.user_records (
    user_id integer not null encode az64,
    first_name varchar(256) encode zstd,
    last_name varchar(256) encode zstd,
    gender varchar(8) encode zstd,
    level varchar(16) encode zstd,
    level_as_of timestamp not null encode raw
)
diststyle key
distkey (user_id)
sortkey (level_as_of);

-- One row for each song, with what its file says about the artist, for the same purpose. Distributed by artist, because
-- artists are merged by it; sorted by song, because loads look up the records of a changed file by it.
create table if not exists etl.artist_records (
    song_id varchar(32) not null encode raw,
    artist_id varchar(32) not null encode zstd,
    name varchar(1024) encode zstd,
    location varchar(1024) encode zstd,
    latitude double precision encode zstd,
    longitude double precision encode zstd
)
diststyle key
distkey (artist_id)
sortkey (song_id);
