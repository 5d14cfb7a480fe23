-- The fact: one row for each song played (an event with page NextSong).
-- Sorted by time, because loads and most queries filter by it. Distributed by user, the largest dimension it is joined
-- with: song_id would put all plays without a match, which are most of them, on one slice.
create table if not exists songplays (
    songplay_id varchar(32) not null encode zstd,
    start_time timestamp not null encode raw,
    user_id integer not null encode az64,
    level varchar(16) encode zstd,
    song_id varchar(32) encode zstd,
    artist_id varchar(32) encode zstd,
    session_id integer not null encode az64,
    location varchar(512) encode zstd,
    user_agent varchar(1024) encode zstd,
    item_in_session integer not null encode az64,
    song_title varchar(1024) encode zstd,
    artist_name varchar(1024) encode zstd,
    length double precision encode zstd,
    primary key (songplay_id)
)
diststyle key
distkey (user_id)
sortkey (start_time);
