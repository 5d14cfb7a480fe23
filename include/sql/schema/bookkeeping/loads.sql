create schema if not exists etl;

-- One row for each load of a target, written in the transaction of the load itself. Times are UTC.
-- Sorted by time because it is read for the last hours or days; small, so its rows are spread evenly.
create table if not exists etl.loads (
    dag_id varchar(256) not null encode zstd,
    run_id varchar(256) not null encode zstd,
    task_id varchar(256) not null encode zstd,
    try_number integer not null encode az64,
    target varchar(127) not null encode zstd,
    window_start timestamp not null encode az64,
    window_end timestamp not null encode az64,
    full_load boolean not null encode raw,
    rows_staged bigint not null encode az64,
    inserted bigint not null encode az64,
    updated bigint not null encode az64,
    deleted bigint not null encode az64,
    unchanged bigint not null encode az64,
    late bigint not null encode az64,
    started_at timestamp not null encode az64,
    loaded_at timestamp not null encode raw
)
diststyle even
sortkey (loaded_at);
