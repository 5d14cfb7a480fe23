-- One row for each difference between the fields of an object and the columns of the staging table, UTC. An object
-- that was compared and has no difference has one row of the kind 'none', so that no run reads it again.
-- staging is the permanent template of the staging table. A run looks up a few objects by their keys.
create table if not exists {{ bookkeeping }}.schema_drift (
    dag_id varchar(256) not null encode zstd,
    run_id varchar(256) not null encode zstd,
    staging varchar(127) not null encode raw,
    bucket varchar(63) not null encode zstd,
    object_key varchar(1024) not null encode raw,
    etag varchar(256) not null encode zstd,
    kind varchar(16) not null encode zstd,
    field_name varchar(512) not null encode zstd,
    column_name varchar(127) encode zstd,
    details varchar(512) not null encode zstd,
    found_at timestamp not null encode az64
)
diststyle even
sortkey (staging, object_key);
