create schema if not exists etl;

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

create table if not exists etl.loaded_files (
    target varchar(127) not null encode raw,
    bucket varchar(63) not null encode raw,
    object_key varchar(1024) not null encode zstd,
    etag varchar(256) not null encode zstd,
    size_bytes bigint not null encode az64,
    modified_at timestamp not null encode az64,
    loaded_at timestamp not null encode az64,
    primary key (target, bucket, object_key)
)
diststyle key
distkey (object_key)
compound sortkey (target, bucket);

create table if not exists etl.listings (
    target varchar(127) not null encode zstd,
    bucket varchar(63) not null encode zstd,
    prefix varchar(1024) not null encode zstd,
    listed_at timestamp not null encode az64,
    primary key (target, bucket, prefix)
)
diststyle all;

create table if not exists etl.staged_files (
    bucket varchar(63) not null encode zstd,
    object_key varchar(1024) not null encode zstd,
    etag varchar(256) not null encode zstd,
    size_bytes bigint not null encode az64,
    modified_at timestamp not null encode az64
)
diststyle key
distkey (object_key);

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

create table if not exists etl.rejects (
    dag_id varchar(256) not null encode zstd,
    run_id varchar(256) not null encode raw,
    staging varchar(127) not null encode zstd,
    window_start timestamp not null encode az64,
    window_end timestamp not null encode az64,
    bucket varchar(63) not null encode zstd,
    object_key varchar(1024) not null encode zstd,
    etag varchar(256) not null encode zstd,
    line_number bigint not null encode az64,
    column_name varchar(127) encode zstd,
    column_type varchar(10) encode zstd,
    error_code integer not null encode az64,
    reason varchar(512) not null encode zstd,
    line varchar(4096) not null encode zstd,
    rejected_at timestamp not null encode az64
)
diststyle even
sortkey (run_id);
