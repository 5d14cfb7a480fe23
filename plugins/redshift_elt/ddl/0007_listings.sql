-- When a target had loaded everything below a prefix, UTC. Every run reads it, so each node has a copy.
create table if not exists {{ bookkeeping }}.listings (
    target varchar(127) not null encode zstd,
    bucket varchar(63) not null encode zstd,
    prefix varchar(1024) not null encode zstd,
    listed_at timestamp not null encode az64,
    primary key (target, bucket, prefix)
)
diststyle all;

-- Until now the ledger held these times, as entries whose ETag was 'listed'.
insert into {{ bookkeeping }}.listings (target, bucket, prefix, listed_at)
select
    target,
    bucket,
    object_key,
    modified_at
from {{ bookkeeping }}.loaded_files
where etag = 'listed'
    and not exists (
        select 1
        from {{ bookkeeping }}.listings
        where listings.target = loaded_files.target
            and listings.bucket = loaded_files.bucket
            and listings.prefix = loaded_files.object_key
    );

delete from {{ bookkeeping }}.loaded_files
where etag = 'listed';
