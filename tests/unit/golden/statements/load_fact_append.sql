-- first load

select
    set_config('statement_timeout', %(statement_timeout)s, false),
    set_config('query_group', %(query_group)s, false);
-- with statement_timeout = '7200000', query_group = 'redshift_elt'

begin;

lock table "etl"."lock_price_changes";

select count(*)
from "staging_products_files__4e4a3efb5fa2" as staged
join etl.loaded_files as loaded
    on loaded.bucket = staged.bucket
    and loaded.object_key = staged.object_key
    and loaded.etag = staged.etag
where staged.kind not in ('listing', 'run')
    and loaded.target = %(target)s;
-- with target = 'price_changes'

select count(*)
from etl.loads
where target = %(target)s
    and window_start = %(full_load_start)s
    and full_load
    and loaded_at > (
        select max(modified_at)
        from "staging_products_files__4e4a3efb5fa2"
        where kind = 'run'
    );
-- with target = 'price_changes', full_load_start = '1970-01-01 00:00:00'

select
    count(case when kind not in ('listing', 'run') then 1 end),
    count(case when kind = 'listing' then 1 end)
from "staging_products_files__4e4a3efb5fa2";

select count(*)
from "staging_products_files__4e4a3efb5fa2" as staged
join etl.loaded_files as loaded
    on loaded.bucket = staged.bucket
    and loaded.object_key = staged.object_key
where staged.kind not in ('listing', 'run')
    and loaded.target = %(target)s
    and loaded.etag <> staged.etag;
-- with target = 'price_changes'

select
    held_1.*,
    0 as "columns_after_table_1",
    yielded.*
from (
select product_id, price
from staging_products__4e4a3efb5fa2
) as yielded
cross join "price_changes" as held_1
where false
limit 0;

create temporary table "price_changes__fresh" (like "price_changes");

insert into "price_changes__fresh" (
    "product_id",
    "price"
)
select
    "product_id",
    "price"
from (
select product_id, price
from staging_products__4e4a3efb5fa2
) as source;

insert into "price_changes" (
    "product_id",
    "price"
)
select
    "product_id",
    "price"
from "price_changes__fresh";

insert into etl.loaded_files (
    target,
    bucket,
    object_key,
    etag,
    size_bytes,
    modified_at,
    loaded_at
)
select
    cast(%(target)s as varchar(127)),
    bucket,
    object_key,
    etag,
    size_bytes,
    modified_at,
    sysdate
from "staging_products_files__4e4a3efb5fa2"
where kind not in ('listing', 'run');
-- with target = 'price_changes'

delete from etl.listings
using "staging_products_files__4e4a3efb5fa2"
where etl.listings.target = %(target)s
    and etl.listings.bucket = "staging_products_files__4e4a3efb5fa2".bucket
    and etl.listings.prefix = "staging_products_files__4e4a3efb5fa2".object_key
    and "staging_products_files__4e4a3efb5fa2".kind = 'listing';
-- with target = 'price_changes'

insert into etl.listings (
    target,
    bucket,
    prefix,
    listed_at
)
select
    cast(%(target)s as varchar(127)),
    bucket,
    object_key,
    modified_at
from "staging_products_files__4e4a3efb5fa2"
where kind = 'listing';
-- with target = 'price_changes'

insert into etl.loads (
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
    deleted_by_source,
    objects,
    rows_read,
    rejected,
    staging_seconds,
    waiting_seconds,
    preparing_seconds,
    writing_seconds,
    started_at,
    loaded_at
)
values (
    %(dag_id)s,
    %(run_id)s,
    %(task_id)s,
    %(try_number)s,
    %(target)s,
    %(window_start)s,
    %(window_end)s,
    %(full_load)s,
    %(rows_staged)s,
    %(inserted)s,
    %(updated)s,
    %(deleted)s,
    %(unchanged)s,
    %(late)s,
    %(deleted_by_source)s,
    %(objects)s,
    %(rows_read)s,
    %(rejected)s,
    %(staging_seconds)s,
    %(waiting_seconds)s,
    %(preparing_seconds)s,
    %(writing_seconds)s,
    %(started_at)s,
    %(loaded_at)s
);
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', task_id = 'load_price_changes', try_number = 1,
--      target = 'price_changes', window_start = '2018-11-01 00:00:00', window_end = '2018-11-02 00:00:00',
--      full_load = False, rows_staged = 3, inserted = 3, updated = 0, deleted = 0, unchanged = 0, late = 0,
--      objects = 3, rows_read = 3, rejected = 0

commit;


-- rerun

select
    set_config('statement_timeout', %(statement_timeout)s, false),
    set_config('query_group', %(query_group)s, false);
-- with statement_timeout = '7200000', query_group = 'redshift_elt'

begin;

lock table "etl"."lock_price_changes";

select count(*)
from "staging_products_files__4e4a3efb5fa2" as staged
join etl.loaded_files as loaded
    on loaded.bucket = staged.bucket
    and loaded.object_key = staged.object_key
    and loaded.etag = staged.etag
where staged.kind not in ('listing', 'run')
    and loaded.target = %(target)s;
-- with target = 'price_changes'

select count(*)
from etl.loads
where target = %(target)s
    and window_start = %(full_load_start)s
    and full_load
    and loaded_at > (
        select max(modified_at)
        from "staging_products_files__4e4a3efb5fa2"
        where kind = 'run'
    );
-- with target = 'price_changes', full_load_start = '1970-01-01 00:00:00'

select
    count(case when kind not in ('listing', 'run') then 1 end),
    count(case when kind = 'listing' then 1 end)
from "staging_products_files__4e4a3efb5fa2";

delete from etl.listings
using "staging_products_files__4e4a3efb5fa2"
where etl.listings.target = %(target)s
    and etl.listings.bucket = "staging_products_files__4e4a3efb5fa2".bucket
    and etl.listings.prefix = "staging_products_files__4e4a3efb5fa2".object_key
    and "staging_products_files__4e4a3efb5fa2".kind = 'listing';
-- with target = 'price_changes'

insert into etl.listings (
    target,
    bucket,
    prefix,
    listed_at
)
select
    cast(%(target)s as varchar(127)),
    bucket,
    object_key,
    modified_at
from "staging_products_files__4e4a3efb5fa2"
where kind = 'listing';
-- with target = 'price_changes'

insert into etl.loads (
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
    deleted_by_source,
    objects,
    rows_read,
    rejected,
    staging_seconds,
    waiting_seconds,
    preparing_seconds,
    writing_seconds,
    started_at,
    loaded_at
)
values (
    %(dag_id)s,
    %(run_id)s,
    %(task_id)s,
    %(try_number)s,
    %(target)s,
    %(window_start)s,
    %(window_end)s,
    %(full_load)s,
    %(rows_staged)s,
    %(inserted)s,
    %(updated)s,
    %(deleted)s,
    %(unchanged)s,
    %(late)s,
    %(deleted_by_source)s,
    %(objects)s,
    %(rows_read)s,
    %(rejected)s,
    %(staging_seconds)s,
    %(waiting_seconds)s,
    %(preparing_seconds)s,
    %(writing_seconds)s,
    %(started_at)s,
    %(loaded_at)s
);
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', task_id = 'load_price_changes', try_number = 2,
--      target = 'price_changes', window_start = '2018-11-01 00:00:00', window_end = '2018-11-02 00:00:00',
--      full_load = False, rows_staged = 0, inserted = 0, updated = 0, deleted = 0, unchanged = 0, late = 0,
--      objects = 0, rows_read = 0, rejected = 0

select
    rows_staged,
    inserted,
    updated,
    deleted,
    unchanged,
    late,
    deleted_by_source
from etl.loads
where dag_id = %(dag_id)s
    and run_id = %(run_id)s
    and task_id = %(task_id)s
    and window_end = %(window_end)s
    and window_start < window_end
    and inserted + updated + deleted + late > 0
order by loaded_at desc
limit 1;
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', task_id = 'load_price_changes',
--      window_end = '2018-11-02 00:00:00'

commit;


-- correction

select
    set_config('statement_timeout', %(statement_timeout)s, false),
    set_config('query_group', %(query_group)s, false);
-- with statement_timeout = '7200000', query_group = 'redshift_elt'

begin;

lock table "etl"."lock_price_changes";

select count(*)
from "staging_products_files__4e4a3efb5fa2" as staged
join etl.loaded_files as loaded
    on loaded.bucket = staged.bucket
    and loaded.object_key = staged.object_key
    and loaded.etag = staged.etag
where staged.kind not in ('listing', 'run')
    and loaded.target = %(target)s;
-- with target = 'price_changes'

select count(*)
from etl.loads
where target = %(target)s
    and window_start = %(full_load_start)s
    and full_load
    and loaded_at > (
        select max(modified_at)
        from "staging_products_files__4e4a3efb5fa2"
        where kind = 'run'
    );
-- with target = 'price_changes', full_load_start = '1970-01-01 00:00:00'

select
    count(case when kind not in ('listing', 'run') then 1 end),
    count(case when kind = 'listing' then 1 end)
from "staging_products_files__4e4a3efb5fa2";

select count(*)
from "staging_products_files__4e4a3efb5fa2" as staged
join etl.loaded_files as loaded
    on loaded.bucket = staged.bucket
    and loaded.object_key = staged.object_key
where staged.kind not in ('listing', 'run')
    and loaded.target = %(target)s
    and loaded.etag <> staged.etag;
-- with target = 'price_changes'

select
    staged.bucket,
    staged.object_key,
    count(*) over () as objects
from "staging_products_files__4e4a3efb5fa2" as staged
join etl.loaded_files as loaded
    on loaded.bucket = staged.bucket
    and loaded.object_key = staged.object_key
where staged.kind not in ('listing', 'run')
    and loaded.target = %(target)s
    and loaded.etag <> staged.etag
group by
    staged.bucket,
    staged.object_key
order by
    staged.bucket,
    staged.object_key
limit %(most)s;
-- with target = 'price_changes', most = 20

select
    held_1.*,
    0 as "columns_after_table_1",
    yielded.*
from (
select product_id, price
from staging_products__4e4a3efb5fa2
) as yielded
cross join "price_changes" as held_1
where false
limit 0;

create temporary table "price_changes__fresh" (like "price_changes");

insert into "price_changes__fresh" (
    "product_id",
    "price"
)
select
    "product_id",
    "price"
from (
select product_id, price
from staging_products__4e4a3efb5fa2
) as source;

insert into "price_changes" (
    "product_id",
    "price"
)
select
    "product_id",
    "price"
from "price_changes__fresh";

insert into etl.loaded_files (
    target,
    bucket,
    object_key,
    etag,
    size_bytes,
    modified_at,
    loaded_at
)
select
    cast(%(target)s as varchar(127)),
    bucket,
    object_key,
    etag,
    size_bytes,
    modified_at,
    sysdate
from "staging_products_files__4e4a3efb5fa2"
where kind not in ('listing', 'run');
-- with target = 'price_changes'

delete from etl.listings
using "staging_products_files__4e4a3efb5fa2"
where etl.listings.target = %(target)s
    and etl.listings.bucket = "staging_products_files__4e4a3efb5fa2".bucket
    and etl.listings.prefix = "staging_products_files__4e4a3efb5fa2".object_key
    and "staging_products_files__4e4a3efb5fa2".kind = 'listing';
-- with target = 'price_changes'

insert into etl.listings (
    target,
    bucket,
    prefix,
    listed_at
)
select
    cast(%(target)s as varchar(127)),
    bucket,
    object_key,
    modified_at
from "staging_products_files__4e4a3efb5fa2"
where kind = 'listing';
-- with target = 'price_changes'

insert into etl.loads (
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
    deleted_by_source,
    objects,
    rows_read,
    rejected,
    staging_seconds,
    waiting_seconds,
    preparing_seconds,
    writing_seconds,
    started_at,
    loaded_at
)
values (
    %(dag_id)s,
    %(run_id)s,
    %(task_id)s,
    %(try_number)s,
    %(target)s,
    %(window_start)s,
    %(window_end)s,
    %(full_load)s,
    %(rows_staged)s,
    %(inserted)s,
    %(updated)s,
    %(deleted)s,
    %(unchanged)s,
    %(late)s,
    %(deleted_by_source)s,
    %(objects)s,
    %(rows_read)s,
    %(rejected)s,
    %(staging_seconds)s,
    %(waiting_seconds)s,
    %(preparing_seconds)s,
    %(writing_seconds)s,
    %(started_at)s,
    %(loaded_at)s
);
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', task_id = 'load_price_changes', try_number = 3,
--      target = 'price_changes', window_start = '2018-11-01 00:00:00', window_end = '2018-11-02 00:00:00',
--      full_load = False, rows_staged = 1, inserted = 1, updated = 0, deleted = 0, unchanged = 0, late = 0,
--      objects = 1, rows_read = 1, rejected = 0

commit;


-- full load

select
    set_config('statement_timeout', %(statement_timeout)s, false),
    set_config('query_group', %(query_group)s, false);
-- with statement_timeout = '7200000', query_group = 'redshift_elt'

begin;

lock table "etl"."lock_price_changes";

select
    count(case when kind not in ('listing', 'run') then 1 end),
    count(case when kind = 'listing' then 1 end)
from "staging_products_files__4e4a3efb5fa2";

select
    object_key,
    etag,
    size_bytes,
    modified_at,
    kind
from "staging_products_files__4e4a3efb5fa2"
where kind not in ('listing', 'run')
    and object_key > %(after)s
order by object_key
limit %(most)s;
-- with after = '', most = 10000

select count(*)
from "staging_products_files__4e4a3efb5fa2" as staged
join etl.loaded_files as loaded
    on loaded.bucket = staged.bucket
    and loaded.object_key = staged.object_key
where staged.kind not in ('listing', 'run')
    and loaded.target = %(target)s
    and loaded.etag <> staged.etag;
-- with target = 'price_changes'

select
    bucket,
    object_key,
    count(*) over () as objects
from etl.loaded_files as loaded
where target = %(target)s
    and not exists (
        select 1
        from "staging_products_files__4e4a3efb5fa2" as staged
        where staged.bucket = loaded.bucket
            and staged.object_key = loaded.object_key
            and staged.kind not in ('listing', 'run')
    )
group by
    bucket,
    object_key
order by
    bucket,
    object_key
limit %(most)s;
-- with target = 'price_changes', most = 20

select
    held_1.*,
    0 as "columns_after_table_1",
    yielded.*
from (
select product_id, price
from staging_products__4e4a3efb5fa2
) as yielded
cross join "price_changes" as held_1
where false
limit 0;

create temporary table "price_changes__fresh" (like "price_changes");

insert into "price_changes__fresh" (
    "product_id",
    "price"
)
select
    "product_id",
    "price"
from (
select product_id, price
from staging_products__4e4a3efb5fa2
) as source;

delete from "price_changes";

insert into "price_changes" (
    "product_id",
    "price"
)
select
    "product_id",
    "price"
from "price_changes__fresh";

delete from etl.loaded_files
where target = %(target)s;
-- with target = 'price_changes'

insert into etl.loaded_files (
    target,
    bucket,
    object_key,
    etag,
    size_bytes,
    modified_at,
    loaded_at
)
select
    cast(%(target)s as varchar(127)),
    bucket,
    object_key,
    etag,
    size_bytes,
    modified_at,
    sysdate
from "staging_products_files__4e4a3efb5fa2"
where kind not in ('listing', 'run');
-- with target = 'price_changes'

delete from etl.listings
using "staging_products_files__4e4a3efb5fa2"
where etl.listings.target = %(target)s
    and etl.listings.bucket = "staging_products_files__4e4a3efb5fa2".bucket
    and etl.listings.prefix = "staging_products_files__4e4a3efb5fa2".object_key
    and "staging_products_files__4e4a3efb5fa2".kind = 'listing';
-- with target = 'price_changes'

insert into etl.listings (
    target,
    bucket,
    prefix,
    listed_at
)
select
    cast(%(target)s as varchar(127)),
    bucket,
    object_key,
    modified_at
from "staging_products_files__4e4a3efb5fa2"
where kind = 'listing';
-- with target = 'price_changes'

insert into etl.loads (
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
    deleted_by_source,
    objects,
    rows_read,
    rejected,
    staging_seconds,
    waiting_seconds,
    preparing_seconds,
    writing_seconds,
    started_at,
    loaded_at
)
values (
    %(dag_id)s,
    %(run_id)s,
    %(task_id)s,
    %(try_number)s,
    %(target)s,
    %(window_start)s,
    %(window_end)s,
    %(full_load)s,
    %(rows_staged)s,
    %(inserted)s,
    %(updated)s,
    %(deleted)s,
    %(unchanged)s,
    %(late)s,
    %(deleted_by_source)s,
    %(objects)s,
    %(rows_read)s,
    %(rejected)s,
    %(staging_seconds)s,
    %(waiting_seconds)s,
    %(preparing_seconds)s,
    %(writing_seconds)s,
    %(started_at)s,
    %(loaded_at)s
);
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', task_id = 'load_price_changes', try_number = 4,
--      target = 'price_changes', window_start = '1970-01-01 00:00:00', full_load = True, rows_staged = 3, inserted = 3,
--      updated = 0, deleted = 4, unchanged = 0, late = 0, objects = 3, rows_read = 3, rejected = 0

commit;
