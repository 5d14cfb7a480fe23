create schema if not exists {{ bookkeeping }};

-- One row for each load of a target, written in the transaction of the load. Times are UTC.
create table if not exists {{ bookkeeping }}.loads (
    dag_id varchar(256) not null encode zstd,
    run_id varchar(256) not null encode zstd,
    task_id varchar(256) not null encode zstd,
    try_number integer not null encode az64,
    target varchar(127) not null encode zstd,
    window_start timestamp not null encode az64,
    window_end timestamp not null encode az64,
    full_load boolean not null encode raw,
    rows_read bigint not null encode az64,
    inserted bigint not null encode az64,
    updated bigint not null encode az64,
    deleted bigint not null encode az64,
    unchanged bigint not null encode az64,
    started_at timestamp not null encode az64,
    loaded_at timestamp not null encode raw
)
diststyle even
sortkey (loaded_at);

-- The ledger: the version (ETag) of each S3 object that a target has loaded. Queries filter by target and bucket, so it
-- is sorted by them. It is distributed by key, so that the new row of an object meets the old one on its slice.
create table if not exists {{ bookkeeping }}.loaded_files (
    target varchar(127) not null encode raw,
    bucket varchar(63) not null encode raw,
    object_key varchar(1024) not null encode zstd,
    etag varchar(256) not null encode zstd,
    size_bytes bigint not null encode az64,
    loaded_at timestamp not null encode az64,
    primary key (target, bucket, object_key)
)
diststyle key
distkey (object_key)
compound sortkey (target, bucket);

-- The empty template of the table in which a run lists the objects that it staged.
create table if not exists {{ bookkeeping }}.staged_files (
    bucket varchar(63) not null encode zstd,
    object_key varchar(1024) not null encode zstd,
    etag varchar(256) not null encode zstd,
    size_bytes bigint not null encode az64
)
diststyle key
distkey (object_key);

-- One row for each check of each run. Times are UTC.
create table if not exists {{ bookkeeping }}.check_results (
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
    checked_at timestamp not null encode raw
)
diststyle even
sortkey (checked_at);
