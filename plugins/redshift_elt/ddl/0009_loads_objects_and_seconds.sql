-- What the load worked on: the S3 objects that the run staged for it, and the records of them that COPY rejected.
-- If the load staged the objects again itself, the numbers are of that staging. All columns here are null if unknown:
-- the row is older than the column, or the staging task keeps no XCom.
alter table {{ bookkeeping }}.loads add column objects bigint encode az64;

alter table {{ bookkeeping }}.loads add column rejected bigint encode az64;

-- The sum over the staging tasks that the load reads, each from start to end, even if they ran in parallel. 0 if the
-- load reads no staging table, or staged the objects itself.
alter table {{ bookkeeping }}.loads add column staging_seconds double precision encode zstd;

-- Waiting for the lock of the target. This and the next two columns add up to the time from started_at to loaded_at,
-- which ends before the commit and includes transactions that were repeated after a conflict.
alter table {{ bookkeeping }}.loads add column waiting_seconds double precision encode zstd;

-- Before the first change of the target: connect, verify what was staged, run the SELECT, compare with the target.
alter table {{ bookkeeping }}.loads add column preparing_seconds double precision encode zstd;

-- Changing the target, its records and what follows from it, the ledger, and the counts.
alter table {{ bookkeeping }}.loads add column writing_seconds double precision encode zstd;
