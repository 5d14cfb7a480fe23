create schema if not exists etl;

-- One row for each load of a target, written in the transaction of the load itself. Times are UTC.
-- Sorted by the end of the window: each load asks which windows near its own have been loaded, most are the latest.
-- Small, so its rows are spread evenly.
--
-- What a load had to go on with: objects, the S3 objects that the run staged for it; rows_read, the records that these
-- hold; rejected, those of them that COPY could not load; rows_staged, the keys that the load found for its window in what
-- was staged. Where a load has staged again itself, for an object had changed or the staging was dropped, they are those
-- of that.
--
-- Where the time went, in seconds:
--   staging_seconds    the staging tasks that the load reads, each from its start to its end: find the cluster, list,
--                      copy, check; together, though they run side by side. Loads of one run that read the same staging
--                      have the same number. 0 where a load reads no staging, or staged for itself.
--   waiting_seconds    for the target's lock, which other loads of the target have.
--   preparing_seconds  before anything of the target is written: connect, see whether what was staged is current, stage
--                      again where it is not, the SELECT, the comparison with the target.
--   writing_seconds    the changes of the target, of its records and of what follows from it, the ledger, and the counts.
-- The last three are from started_at to loaded_at; the commit comes after. A transaction that was done again, because
-- another one was in the way, adds to them. A try that failed leaves no row and is in no row. Null: not known, because
-- the row is older than the column, or the staging task keeps no XCom.
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
    objects bigint encode az64,
    rows_read bigint encode az64,
    rejected bigint encode az64,
    staging_seconds double precision encode zstd,
    waiting_seconds double precision encode zstd,
    preparing_seconds double precision encode zstd,
    writing_seconds double precision encode zstd,
    started_at timestamp not null encode az64,
    loaded_at timestamp not null encode az64
)
diststyle even
sortkey (window_end);
