create schema if not exists etl;

-- What the logs say of users, event by event: when a corrected file takes an event back, the user's row follows from
-- the events that are left. Sorted by time, by which it is loaded; distributed by user, by which users are merged.
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

-- What the catalogue says of artists, song by song, for the same purpose.
-- Distributed by artist, by which artists are merged; sorted by song, by which the records of a changed file are found.
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
