-- Each load asks which windows near its own have been loaded. A sort key cannot be changed in a transaction, so the
-- rows move to a new table.
create table {{ bookkeeping }}.loads_sorted (
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

insert into {{ bookkeeping }}.loads_sorted (
    dag_id,
    run_id,
    task_id,
    try_number,
    target,
    window_start,
    window_end,
    full_load,
    rows_staged,
    inserted,
    updated,
    deleted,
    unchanged,
    late,
    started_at,
    loaded_at
)
select
    dag_id,
    run_id,
    task_id,
    try_number,
    target,
    window_start,
    window_end,
    full_load,
    rows_staged,
    inserted,
    updated,
    deleted,
    unchanged,
    late,
    started_at,
    loaded_at
from {{ bookkeeping }}.loads;

drop table {{ bookkeeping }}.loads;

alter table {{ bookkeeping }}.loads_sorted rename to loads;
