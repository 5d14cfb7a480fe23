create schema if not exists etl;

-- One row for each load of a target, written in the transaction of the load itself. Times are UTC.
-- Sorted by the end of the window: each load asks which windows near its own have been loaded, most are the latest.
-- Small, so its rows are spread evenly.
create table if not exists etl.loads (
    dag_id varchar(256) not null encode zstd,
    run_id varchar(256) not null encode zstd,
    task_id varchar(256) not null encode zstd,
    try_number integer not null encode az64,
    target varchar(127) not null encode zstd,
    window_start timestamp not null encode az64,
    window_end timestamp not null encode raw,
    full_load boolean not null encode raw,
    rows_staged bigint not null encode az64,
    inserted bigint not null encode az64,
    updated bigint not null encode az64,
    deleted bigint not null encode az64,
    unchanged bigint not null encode az64,
    late bigint not null encode az64,
    started_at timestamp not null encode az64,
    loaded_at timestamp not null encode az64
)
diststyle even
sortkey (window_end);
