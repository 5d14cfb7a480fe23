-- One row for each record that COPY rejected in a run that went on without it (max_rejects). Times are UTC. A repeated
-- run replaces its own rows, so the table is sorted by run. etag is the version of the object that held the record.
create table if not exists {{ bookkeeping }}.rejects (
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
