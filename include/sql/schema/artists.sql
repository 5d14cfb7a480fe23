-- One row for each artist of the catalogue.
-- Distributed and sorted by artist, because it is merged by that.
create table if not exists artists (
    artist_id varchar(32) not null encode raw,
    name varchar(1024) encode zstd,
    location varchar(1024) encode zstd,
    latitude double precision encode zstd,
    longitude double precision encode zstd,
    primary key (artist_id)
)
diststyle key
distkey (artist_id)
sortkey (artist_id);
