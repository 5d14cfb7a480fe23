-- The empty template of each run's staging table: the fields of a log line in the order of the JSONPaths file.
-- Sorted by event time, by which every load filters; rows are spread evenly, for a run's share is small.
-- registration is a fraction in the source (1540940782796.0), so it cannot be an integer.
create table if not exists staging_events (
    artist varchar(1024) encode zstd,
    auth varchar(32) encode zstd,
    first_name varchar(256) encode zstd,
    gender varchar(8) encode zstd,
    item_in_session integer encode az64,
    last_name varchar(256) encode zstd,
    length double precision encode zstd,
    level varchar(16) encode zstd,
    location varchar(512) encode zstd,
    method varchar(16) encode zstd,
    page varchar(64) encode zstd,
    registration double precision encode zstd,
    session_id integer encode az64,
    song varchar(1024) encode zstd,
    status integer encode az64,
    ts timestamp encode raw,
    user_agent varchar(1024) encode zstd,
    user_id integer encode az64
)
diststyle even
sortkey (ts);
