create schema if not exists etl;

-- One row for each check of each run. The outcome is passed, warned or failed; the checks of one table are computed in
-- one scan, whose duration they share. Times are UTC.
create table if not exists etl.check_results (
    dag_id varchar(256) not null encode zstd,
    run_id varchar(256) not null encode zstd,
    window_start timestamp not null encode az64,
    window_end timestamp not null encode az64,
    target varchar(127) not null encode zstd,
    check_name varchar(256) not null encode zstd,
    severity varchar(8) not null encode zstd,
    expected varchar(256) not null encode zstd,
    actual varchar(256) not null encode zstd,
    passed boolean not null encode raw,
    outcome varchar(8) not null encode zstd,
    duration_seconds double precision not null encode zstd,
    checked_at timestamp not null encode raw
)
diststyle even
sortkey (checked_at);
