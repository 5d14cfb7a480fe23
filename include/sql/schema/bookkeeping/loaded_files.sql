create schema if not exists etl;

-- The ledger: which S3 objects a target has taken over, in which version (ETag and time of the last change, UTC).
-- Read by target and bucket, so sorted by them; distributed by key, so that recording a file meets its old row locally.
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

-- Up to when a target has taken over all that was below a prefix, UTC; small, for it is asked for by every run.
create table if not exists etl.listings (
    target varchar(127) not null encode zstd,
    bucket varchar(63) not null encode zstd,
    prefix varchar(1024) not null encode zstd,
    listed_at timestamp not null encode az64,
    primary key (target, bucket, prefix)
)
diststyle all;

-- The empty template of a run's own table of staged files, with one row for each of two kinds:
--   object    an S3 object that the run has staged, in this version
--   listing   a prefix that the run has listed: object_key is the prefix, modified_at the time of the listing (UTC);
--             etag is empty and size_bytes 0
create table if not exists etl.staged_files (
    bucket varchar(63) not null encode zstd,
    object_key varchar(1024) not null encode zstd,
    etag varchar(256) not null encode zstd,
    size_bytes bigint not null encode az64,
    modified_at timestamp not null encode az64,
    kind varchar(8) not null encode zstd
)
diststyle key
distkey (object_key);
