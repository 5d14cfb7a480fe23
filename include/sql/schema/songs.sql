-- One row for each song of the catalogue. The artist's columns hold what the song's file says. Plays are matched by
-- that name, which is not always the name in the table artists.
-- Distributed and sorted by song, because it is merged by that.
create table if not exists songs (
    song_id varchar(32) not null encode raw,
    title varchar(1024) encode zstd,
    artist_id varchar(32) encode zstd,
    year integer encode az64,
    duration double precision encode zstd,
    artist_name varchar(1024) encode zstd,
    artist_location varchar(1024) encode zstd,
    artist_latitude double precision encode zstd,
    artist_longitude double precision encode zstd,
    primary key (song_id)
)
diststyle key
distkey (song_id)
sortkey (song_id);
