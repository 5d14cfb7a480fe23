-- The empty template of each run's staging table: the fields of a log line in the order of the JSONPaths file.
-- Sorted by event time, because every load filters by it. Distributed evenly, because the rows of a run are few.
-- Columns that every event must have are not null: COPY rejects a line without them and reports its number.
-- registration is a fraction in the source (1540940782796.0), so it cannot be an integer.
create table if not exists staging_events (
    artist varchar(1024) encode zstd,
    auth varchar(32) encode zstd,
    first_name varchar(256) encode zstd,
    gender varchar(8) encode zstd,
    item_in_session integer not null encode az64,
    last_name varchar(256) encode zstd,
    length double precision encode zstd,
    level varchar(16) not null encode zstd,
    location varchar(512) encode zstd,
    method varchar(16) encode zstd,
    page varchar(64) not null encode zstd,
    registration double precision encode zstd,
    session_id integer not null encode az64,
    song varchar(1024) encode zstd,
    status integer encode az64,
    ts timestamp not null encode raw,
    user_agent varchar(1024) encode zstd,
    user_id integer encode az64
)
diststyle even
sortkey (ts);
