-- first load

select
    set_config('statement_timeout', %(statement_timeout)s, false),
    set_config('query_group', %(query_group)s, false);
-- with statement_timeout = '7200000', query_group = 'redshift_elt'

begin;

lock table "etl"."lock_products";

select
    count(case when kind not in ('listing', 'run') then 1 end),
    count(case when kind = 'listing' then 1 end)
from "staging_products_files__4e4a3efb5fa2";

select count(*)
from (
    select staged.object_key as newer
    from "staging_products_files__4e4a3efb5fa2" as staged
    join etl.loaded_files as loaded
        on loaded.bucket = staged.bucket
        and loaded.object_key = staged.object_key
    where staged.kind not in ('listing', 'run')
        and loaded.target = %(target)s
        and loaded.etag <> staged.etag
        and loaded.modified_at >= staged.modified_at
    union all
    select target as newer
    from etl.loads
    where target = %(target)s
        and window_start = %(full_load_start)s
        and full_load
        and loaded_at > (
            select max(modified_at)
            from "staging_products_files__4e4a3efb5fa2"
            where kind = 'run'
        )
) as loaded_or_replaced;
-- with target = 'products', full_load_start = '1970-01-01 00:00:00'

select count(*)
from "staging_products_files__4e4a3efb5fa2" as staged
join etl.loaded_files as loaded
    on loaded.bucket = staged.bucket
    and loaded.object_key = staged.object_key
where staged.kind not in ('listing', 'run')
    and loaded.target = %(target)s
    and loaded.etag <> staged.etag;
-- with target = 'products'

select
    held_1.*,
    0 as "columns_after_table_1",
    yielded.*
from (
select product_id, title, price
from staging_products__4e4a3efb5fa2
) as yielded
cross join "products" as held_1
where false
limit 0;

create temporary table "products__fresh" (like "products");

insert into "products__fresh" (
    "product_id",
    "title",
    "price"
)
select
    "product_id",
    "title",
    "price"
from (
    select distinct
        "product_id",
        "title",
        "price",
        len("product_id") as "length_0",
        len("title") as "length_1"
    from (
select product_id, title, price
from staging_products__4e4a3efb5fa2
    ) as source
) as rows_once;

analyze "products__fresh";

select count(*)
from "products__fresh"
where "product_id" is null;

create temporary table "products__gone" (like "products");

select count(*)
from (
    select distinct
        "product_id"
    from "products__fresh"
) as keys;

create temporary table "products__delta" (like "products");

insert into "products__delta" (
    "product_id",
    "title",
    "price"
)
with candidates as (
    select
        "product_id",
        "title",
        "price"
    from "products__fresh"
    union all
    select
        "products"."product_id",
        "products"."title",
        "products"."price"
    from "products"
    join (
        select distinct
            "product_id"
        from "products__fresh"
    ) as touched
        on "products"."product_id" = "touched"."product_id"
),
choice_0 as (
    select
        "product_id",
        "title",
        "price"
    from (
        select
            "product_id",
            "title",
            "price",
            row_number() over (
                partition by
                    "product_id"
                order by
                    "title",
                    len("title"),
                    "price",
                    "product_id",
                    len("product_id")
            ) as choice
        from candidates
    ) as ranked
    where choice = 1
)
select
    "product_id",
    "title",
    "price"
from (
    select
        "product_id",
        "title",
        "price",
        len("product_id") as "length_0",
        len("title") as "length_1"
    from (
        select
            "choice_0"."product_id",
            "choice_0"."title",
            "choice_0"."price"
        from choice_0
    ) as wanted
    except
    select
        "product_id",
        "title",
        "price",
        len("product_id") as "length_0",
        len("title") as "length_1"
    from (
        select
            "products"."product_id",
            "products"."title",
            "products"."price"
        from "products"
        join (
            select distinct
                "product_id"
            from candidates
        ) as touched
            on "products"."product_id" = "touched"."product_id"
    ) as held
) as rows_that_differ;

select
    count(*),
    count("products"."product_id"),
    count(fresh_keys."product_id")
from "products__delta"
left join "products"
    on "products"."product_id" = "products__delta"."product_id"
left join (
    select distinct
        "product_id"
    from "products__fresh"
) as fresh_keys
    on "fresh_keys"."product_id" = "products__delta"."product_id";

analyze "products__delta";

merge into "products"
using "products__delta"
    on "products"."product_id" = "products__delta"."product_id"
when matched then
    update set
        "title" = "products__delta"."title",
        "price" = "products__delta"."price"
when not matched then
    insert (
        "product_id",
        "title",
        "price"
    )
    values (
        "products__delta"."product_id",
        "products__delta"."title",
        "products__delta"."price"
    );

delete from etl.loaded_files
using "staging_products_files__4e4a3efb5fa2"
where etl.loaded_files.target = %(target)s
    and etl.loaded_files.bucket = "staging_products_files__4e4a3efb5fa2".bucket
    and etl.loaded_files.object_key = "staging_products_files__4e4a3efb5fa2".object_key
    and "staging_products_files__4e4a3efb5fa2".kind not in ('listing', 'run');
-- with target = 'products'

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
-- with target = 'products'

delete from etl.listings
using "staging_products_files__4e4a3efb5fa2"
where etl.listings.target = %(target)s
    and etl.listings.bucket = "staging_products_files__4e4a3efb5fa2".bucket
    and etl.listings.prefix = "staging_products_files__4e4a3efb5fa2".object_key
    and "staging_products_files__4e4a3efb5fa2".kind = 'listing';
-- with target = 'products'

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
-- with target = 'products'

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
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', task_id = 'load_products', try_number = 1,
--      target = 'products', window_start = '2018-11-01 00:00:00', window_end = '2018-11-02 00:00:00',
--      full_load = False, rows_staged = 3, inserted = 3, updated = 0, deleted = 0, unchanged = 0, late = 0,
--      objects = 3, rows_read = 3, rejected = 0

commit;


-- rerun

select
    set_config('statement_timeout', %(statement_timeout)s, false),
    set_config('query_group', %(query_group)s, false);
-- with statement_timeout = '7200000', query_group = 'redshift_elt'

begin;

lock table "etl"."lock_products";

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
-- with target = 'products'

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
-- with target = 'products'

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
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', task_id = 'load_products', try_number = 2,
--      target = 'products', window_start = '2018-11-01 00:00:00', window_end = '2018-11-02 00:00:00',
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
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', task_id = 'load_products',
--      window_end = '2018-11-02 00:00:00'

commit;


-- correction

select
    set_config('statement_timeout', %(statement_timeout)s, false),
    set_config('query_group', %(query_group)s, false);
-- with statement_timeout = '7200000', query_group = 'redshift_elt'

begin;

lock table "etl"."lock_products";

select
    count(case when kind not in ('listing', 'run') then 1 end),
    count(case when kind = 'listing' then 1 end)
from "staging_products_files__4e4a3efb5fa2";

select count(*)
from (
    select staged.object_key as newer
    from "staging_products_files__4e4a3efb5fa2" as staged
    join etl.loaded_files as loaded
        on loaded.bucket = staged.bucket
        and loaded.object_key = staged.object_key
    where staged.kind not in ('listing', 'run')
        and loaded.target = %(target)s
        and loaded.etag <> staged.etag
        and loaded.modified_at >= staged.modified_at
    union all
    select target as newer
    from etl.loads
    where target = %(target)s
        and window_start = %(full_load_start)s
        and full_load
        and loaded_at > (
            select max(modified_at)
            from "staging_products_files__4e4a3efb5fa2"
            where kind = 'run'
        )
) as loaded_or_replaced;
-- with target = 'products', full_load_start = '1970-01-01 00:00:00'

select count(*)
from "staging_products_files__4e4a3efb5fa2" as staged
join etl.loaded_files as loaded
    on loaded.bucket = staged.bucket
    and loaded.object_key = staged.object_key
where staged.kind not in ('listing', 'run')
    and loaded.target = %(target)s
    and loaded.etag <> staged.etag;
-- with target = 'products'

select
    held_1.*,
    0 as "columns_after_table_1",
    yielded.*
from (
select product_id, title, price
from staging_products__4e4a3efb5fa2
) as yielded
cross join "products" as held_1
where false
limit 0;

create temporary table "products__fresh" (like "products");

insert into "products__fresh" (
    "product_id",
    "title",
    "price"
)
select
    "product_id",
    "title",
    "price"
from (
    select distinct
        "product_id",
        "title",
        "price",
        len("product_id") as "length_0",
        len("title") as "length_1"
    from (
select product_id, title, price
from staging_products__4e4a3efb5fa2
    ) as source
) as rows_once;

analyze "products__fresh";

select count(*)
from "products__fresh"
where "product_id" is null;

create temporary table "products__gone" (like "products");

select count(*)
from (
    select distinct
        "product_id"
    from "products__fresh"
) as keys;

create temporary table "products__delta" (like "products");

insert into "products__delta" (
    "product_id",
    "title",
    "price"
)
with candidates as (
    select
        "product_id",
        "title",
        "price"
    from "products__fresh"
),
choice_0 as (
    select
        "product_id",
        "title",
        "price"
    from (
        select
            "product_id",
            "title",
            "price",
            row_number() over (
                partition by
                    "product_id"
                order by
                    "title",
                    len("title"),
                    "price",
                    "product_id",
                    len("product_id")
            ) as choice
        from candidates
    ) as ranked
    where choice = 1
)
select
    "product_id",
    "title",
    "price"
from (
    select
        "product_id",
        "title",
        "price",
        len("product_id") as "length_0",
        len("title") as "length_1"
    from (
        select
            "choice_0"."product_id",
            "choice_0"."title",
            "choice_0"."price"
        from choice_0
    ) as wanted
    except
    select
        "product_id",
        "title",
        "price",
        len("product_id") as "length_0",
        len("title") as "length_1"
    from (
        select
            "products"."product_id",
            "products"."title",
            "products"."price"
        from "products"
        join (
            select distinct
                "product_id"
            from candidates
        ) as touched
            on "products"."product_id" = "touched"."product_id"
    ) as held
) as rows_that_differ;

select
    count(*),
    count("products"."product_id"),
    count(fresh_keys."product_id")
from "products__delta"
left join "products"
    on "products"."product_id" = "products__delta"."product_id"
left join (
    select distinct
        "product_id"
    from "products__fresh"
) as fresh_keys
    on "fresh_keys"."product_id" = "products__delta"."product_id";

analyze "products__delta";

merge into "products"
using "products__delta"
    on "products"."product_id" = "products__delta"."product_id"
when matched then
    update set
        "title" = "products__delta"."title",
        "price" = "products__delta"."price"
when not matched then
    insert (
        "product_id",
        "title",
        "price"
    )
    values (
        "products__delta"."product_id",
        "products__delta"."title",
        "products__delta"."price"
    );

delete from etl.loaded_files
using "staging_products_files__4e4a3efb5fa2"
where etl.loaded_files.target = %(target)s
    and etl.loaded_files.bucket = "staging_products_files__4e4a3efb5fa2".bucket
    and etl.loaded_files.object_key = "staging_products_files__4e4a3efb5fa2".object_key
    and "staging_products_files__4e4a3efb5fa2".kind not in ('listing', 'run');
-- with target = 'products'

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
-- with target = 'products'

delete from etl.listings
using "staging_products_files__4e4a3efb5fa2"
where etl.listings.target = %(target)s
    and etl.listings.bucket = "staging_products_files__4e4a3efb5fa2".bucket
    and etl.listings.prefix = "staging_products_files__4e4a3efb5fa2".object_key
    and "staging_products_files__4e4a3efb5fa2".kind = 'listing';
-- with target = 'products'

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
-- with target = 'products'

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
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', task_id = 'load_products', try_number = 3,
--      target = 'products', window_start = '2018-11-01 00:00:00', window_end = '2018-11-02 00:00:00',
--      full_load = False, rows_staged = 1, inserted = 0, updated = 1, deleted = 0, unchanged = 0, late = 0,
--      objects = 1, rows_read = 1, rejected = 0

commit;


-- full load

select
    set_config('statement_timeout', %(statement_timeout)s, false),
    set_config('query_group', %(query_group)s, false);
-- with statement_timeout = '7200000', query_group = 'redshift_elt'

begin;

lock table "etl"."lock_products";

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
-- with target = 'products'

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
-- with target = 'products', most = 20

select
    held_1.*,
    0 as "columns_after_table_1",
    yielded.*
from (
select product_id, title, price
from staging_products__4e4a3efb5fa2
) as yielded
cross join "products" as held_1
where false
limit 0;

create temporary table "products__fresh" (like "products");

insert into "products__fresh" (
    "product_id",
    "title",
    "price"
)
select
    "product_id",
    "title",
    "price"
from (
    select distinct
        "product_id",
        "title",
        "price",
        len("product_id") as "length_0",
        len("title") as "length_1"
    from (
select product_id, title, price
from staging_products__4e4a3efb5fa2
    ) as source
) as rows_once;

analyze "products__fresh";

select count(*)
from "products__fresh"
where "product_id" is null;

create temporary table "products__gone" (like "products");

insert into "products__gone" (
    "product_id",
    "title",
    "price"
)
select
    "products"."product_id",
    "products"."title",
    "products"."price"
from "products"
where
    not exists (
        select 1
        from "products__fresh"
        where "products__fresh"."product_id" = "products"."product_id"
    );

select count(*)
from (
    select distinct
        "product_id"
    from "products__fresh"
) as keys;

create temporary table "products__delta" (like "products");

insert into "products__delta" (
    "product_id",
    "title",
    "price"
)
with candidates as (
    select
        "product_id",
        "title",
        "price"
    from "products__fresh"
),
choice_0 as (
    select
        "product_id",
        "title",
        "price"
    from (
        select
            "product_id",
            "title",
            "price",
            row_number() over (
                partition by
                    "product_id"
                order by
                    "title",
                    len("title"),
                    "price",
                    "product_id",
                    len("product_id")
            ) as choice
        from candidates
    ) as ranked
    where choice = 1
)
select
    "product_id",
    "title",
    "price"
from (
    select
        "product_id",
        "title",
        "price",
        len("product_id") as "length_0",
        len("title") as "length_1"
    from (
        select
            "choice_0"."product_id",
            "choice_0"."title",
            "choice_0"."price"
        from choice_0
    ) as wanted
    except
    select
        "product_id",
        "title",
        "price",
        len("product_id") as "length_0",
        len("title") as "length_1"
    from (
        select
            "products"."product_id",
            "products"."title",
            "products"."price"
        from "products"
        join (
            select distinct
                "product_id"
            from candidates
        ) as touched
            on "products"."product_id" = "touched"."product_id"
    ) as held
) as rows_that_differ;

analyze "products__gone";

delete from "products"
using "products__gone"
where "products"."product_id" = "products__gone"."product_id";

delete from etl.loaded_files
where target = %(target)s;
-- with target = 'products'

delete from etl.loaded_files
using "staging_products_files__4e4a3efb5fa2"
where etl.loaded_files.target = %(target)s
    and etl.loaded_files.bucket = "staging_products_files__4e4a3efb5fa2".bucket
    and etl.loaded_files.object_key = "staging_products_files__4e4a3efb5fa2".object_key
    and "staging_products_files__4e4a3efb5fa2".kind not in ('listing', 'run');
-- with target = 'products'

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
-- with target = 'products'

delete from etl.listings
using "staging_products_files__4e4a3efb5fa2"
where etl.listings.target = %(target)s
    and etl.listings.bucket = "staging_products_files__4e4a3efb5fa2".bucket
    and etl.listings.prefix = "staging_products_files__4e4a3efb5fa2".object_key
    and "staging_products_files__4e4a3efb5fa2".kind = 'listing';
-- with target = 'products'

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
-- with target = 'products'

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
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', task_id = 'load_products', try_number = 4,
--      target = 'products', window_start = '1970-01-01 00:00:00', full_load = True, rows_staged = 3, inserted = 0,
--      updated = 0, deleted = 0, unchanged = 3, late = 0, objects = 3, rows_read = 3, rejected = 0

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
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', task_id = 'load_products'

commit;
