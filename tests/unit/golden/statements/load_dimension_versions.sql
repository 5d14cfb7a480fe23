-- first load

select
    set_config('statement_timeout', %(statement_timeout)s, false),
    set_config('query_group', %(query_group)s, false);
-- with statement_timeout = '7200000', query_group = 'redshift_elt'

begin;

lock table "etl"."lock_price_history";

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
-- with target = 'price_history', full_load_start = '1970-01-01 00:00:00'

select count(*)
from "staging_products_files__4e4a3efb5fa2" as staged
join etl.loaded_files as loaded
    on loaded.bucket = staged.bucket
    and loaded.object_key = staged.object_key
where staged.kind not in ('listing', 'run')
    and loaded.target = %(target)s
    and loaded.etag <> staged.etag;
-- with target = 'price_history'

select
    held_1.*,
    0 as "columns_after_table_1",
    yielded.*
from (
select product_id, price, updated_at
from staging_products__4e4a3efb5fa2
) as yielded
cross join "price_history" as held_1
where false
limit 0;

create temporary table "price_history__fresh" as
select
    "product_id",
    "price",
    "updated_at"
from "price_history"
where false;

insert into "price_history__fresh" (
    "product_id",
    "price",
    "updated_at"
)
select
    "product_id",
    "price",
    "updated_at"
from (
    select distinct
        "product_id",
        "price",
        "updated_at",
        len("product_id") as "length_0"
    from (
select product_id, price, updated_at
from staging_products__4e4a3efb5fa2
    ) as source
) as rows_once;

analyze "price_history__fresh";

select count(*)
from "price_history__fresh"
where "product_id" is null
    or "updated_at" is null;

create temporary table "price_history__gone" (like "price_history");

select count(*)
from (
    select distinct
        "product_id",
        "updated_at"
    from "price_history__fresh"
) as keys;

create temporary table "price_history__delta" (like "price_history");

insert into "price_history__delta" (
    "product_id",
    "price",
    "updated_at",
    "valid_from",
    "valid_to",
    "is_current"
)
with candidates as (
    select
        "product_id",
        "price",
        "updated_at"
    from "price_history__fresh"
    union all
    select
        "price_history"."product_id",
        "price_history"."price",
        "price_history"."updated_at"
    from "price_history"
    join (
        select distinct
            "product_id"
        from "price_history__fresh"
    ) as touched
        on "price_history"."product_id" = "touched"."product_id"
),
versions as (
    select
        "product_id",
        "price",
        "updated_at"
    from (
        select
            "product_id",
            "price",
            "updated_at",
            row_number() over (
                partition by
                    "product_id",
                    "updated_at"
                order by
                    "price",
                    "product_id",
                    len("product_id")
            ) as choice
        from candidates
    ) as ranked
    where choice = 1
),
dated as (
    select
        "product_id",
        "price",
        "updated_at",
        lead("updated_at") over (
            partition by
                "product_id"
            order by "updated_at"
        ) as "valid_to"
    from versions
)
select
    "product_id",
    "price",
    "updated_at",
    "valid_from",
    "valid_to",
    "is_current"
from (
    select
        "product_id",
        "price",
        "updated_at",
        "valid_from",
        "valid_to",
        "is_current",
        len("product_id") as "length_0"
    from (
        select
            "product_id",
            "price",
            "updated_at",
            "updated_at" as "valid_from",
            "valid_to",
            "valid_to" is null as "is_current"
        from dated
    ) as wanted
    except
    select
        "product_id",
        "price",
        "updated_at",
        "valid_from",
        "valid_to",
        "is_current",
        len("product_id") as "length_0"
    from (
        select
            "price_history"."product_id",
            "price_history"."price",
            "price_history"."updated_at",
            "price_history"."valid_from",
            "price_history"."valid_to",
            "price_history"."is_current"
        from "price_history"
        join (
            select distinct
                "product_id"
            from candidates
        ) as touched
            on "price_history"."product_id" = "touched"."product_id"
    ) as held
) as rows_that_differ;

select
    count(*),
    count("price_history"."product_id"),
    count(fresh_keys."product_id")
from "price_history__delta"
left join "price_history"
    on "price_history"."product_id" = "price_history__delta"."product_id"
    and "price_history"."updated_at" = "price_history__delta"."updated_at"
left join (
    select distinct
        "product_id",
        "updated_at"
    from "price_history__fresh"
) as fresh_keys
    on "fresh_keys"."product_id" = "price_history__delta"."product_id"
    and "fresh_keys"."updated_at" = "price_history__delta"."updated_at";

analyze "price_history__delta";

merge into "price_history"
using "price_history__delta"
    on "price_history"."product_id" = "price_history__delta"."product_id"
    and "price_history"."updated_at" = "price_history__delta"."updated_at"
when matched then
    update set
        "price" = "price_history__delta"."price",
        "valid_from" = "price_history__delta"."valid_from",
        "valid_to" = "price_history__delta"."valid_to",
        "is_current" = "price_history__delta"."is_current"
when not matched then
    insert (
        "product_id",
        "price",
        "updated_at",
        "valid_from",
        "valid_to",
        "is_current"
    )
    values (
        "price_history__delta"."product_id",
        "price_history__delta"."price",
        "price_history__delta"."updated_at",
        "price_history__delta"."valid_from",
        "price_history__delta"."valid_to",
        "price_history__delta"."is_current"
    );

delete from etl.loaded_files
using "staging_products_files__4e4a3efb5fa2"
where etl.loaded_files.target = %(target)s
    and etl.loaded_files.bucket = "staging_products_files__4e4a3efb5fa2".bucket
    and etl.loaded_files.object_key = "staging_products_files__4e4a3efb5fa2".object_key
    and "staging_products_files__4e4a3efb5fa2".kind not in ('listing', 'run');
-- with target = 'price_history'

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
-- with target = 'price_history'

delete from etl.listings
using "staging_products_files__4e4a3efb5fa2"
where etl.listings.target = %(target)s
    and etl.listings.bucket = "staging_products_files__4e4a3efb5fa2".bucket
    and etl.listings.prefix = "staging_products_files__4e4a3efb5fa2".object_key
    and "staging_products_files__4e4a3efb5fa2".kind = 'listing';
-- with target = 'price_history'

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
-- with target = 'price_history'

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
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', task_id = 'load_price_history', try_number = 1,
--      target = 'price_history', window_start = '2018-11-01 00:00:00', window_end = '2018-11-02 00:00:00',
--      full_load = False, rows_staged = 3, inserted = 3, updated = 0, deleted = 0, unchanged = 0, late = 0,
--      objects = 3, rows_read = 3, rejected = 0

commit;


-- rerun

select
    set_config('statement_timeout', %(statement_timeout)s, false),
    set_config('query_group', %(query_group)s, false);
-- with statement_timeout = '7200000', query_group = 'redshift_elt'

begin;

lock table "etl"."lock_price_history";

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
-- with target = 'price_history'

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
-- with target = 'price_history'

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
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', task_id = 'load_price_history', try_number = 2,
--      target = 'price_history', window_start = '2018-11-01 00:00:00', window_end = '2018-11-02 00:00:00',
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
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', task_id = 'load_price_history',
--      window_end = '2018-11-02 00:00:00'

commit;


-- correction

select
    set_config('statement_timeout', %(statement_timeout)s, false),
    set_config('query_group', %(query_group)s, false);
-- with statement_timeout = '7200000', query_group = 'redshift_elt'

begin;

lock table "etl"."lock_price_history";

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
-- with target = 'price_history', full_load_start = '1970-01-01 00:00:00'

select count(*)
from "staging_products_files__4e4a3efb5fa2" as staged
join etl.loaded_files as loaded
    on loaded.bucket = staged.bucket
    and loaded.object_key = staged.object_key
where staged.kind not in ('listing', 'run')
    and loaded.target = %(target)s
    and loaded.etag <> staged.etag;
-- with target = 'price_history'

select
    held_1.*,
    0 as "columns_after_table_1",
    yielded.*
from (
select product_id, price, updated_at
from staging_products__4e4a3efb5fa2
) as yielded
cross join "price_history" as held_1
where false
limit 0;

create temporary table "price_history__fresh" as
select
    "product_id",
    "price",
    "updated_at"
from "price_history"
where false;

insert into "price_history__fresh" (
    "product_id",
    "price",
    "updated_at"
)
select
    "product_id",
    "price",
    "updated_at"
from (
    select distinct
        "product_id",
        "price",
        "updated_at",
        len("product_id") as "length_0"
    from (
select product_id, price, updated_at
from staging_products__4e4a3efb5fa2
    ) as source
) as rows_once;

analyze "price_history__fresh";

select count(*)
from "price_history__fresh"
where "product_id" is null
    or "updated_at" is null;

create temporary table "price_history__gone" (like "price_history");

select count(*)
from (
    select distinct
        "product_id",
        "updated_at"
    from "price_history__fresh"
) as keys;

create temporary table "price_history__delta" (like "price_history");

insert into "price_history__delta" (
    "product_id",
    "price",
    "updated_at",
    "valid_from",
    "valid_to",
    "is_current"
)
with candidates as (
    select
        "product_id",
        "price",
        "updated_at"
    from "price_history__fresh"
    union all
    select
        "price_history"."product_id",
        "price_history"."price",
        "price_history"."updated_at"
    from "price_history"
    join (
        select distinct
            "product_id"
        from "price_history__fresh"
    ) as touched
        on "price_history"."product_id" = "touched"."product_id"
),
versions as (
    select
        "product_id",
        "price",
        "updated_at"
    from (
        select
            "product_id",
            "price",
            "updated_at",
            row_number() over (
                partition by
                    "product_id",
                    "updated_at"
                order by
                    "price",
                    "product_id",
                    len("product_id")
            ) as choice
        from candidates
    ) as ranked
    where choice = 1
),
dated as (
    select
        "product_id",
        "price",
        "updated_at",
        lead("updated_at") over (
            partition by
                "product_id"
            order by "updated_at"
        ) as "valid_to"
    from versions
)
select
    "product_id",
    "price",
    "updated_at",
    "valid_from",
    "valid_to",
    "is_current"
from (
    select
        "product_id",
        "price",
        "updated_at",
        "valid_from",
        "valid_to",
        "is_current",
        len("product_id") as "length_0"
    from (
        select
            "product_id",
            "price",
            "updated_at",
            "updated_at" as "valid_from",
            "valid_to",
            "valid_to" is null as "is_current"
        from dated
    ) as wanted
    except
    select
        "product_id",
        "price",
        "updated_at",
        "valid_from",
        "valid_to",
        "is_current",
        len("product_id") as "length_0"
    from (
        select
            "price_history"."product_id",
            "price_history"."price",
            "price_history"."updated_at",
            "price_history"."valid_from",
            "price_history"."valid_to",
            "price_history"."is_current"
        from "price_history"
        join (
            select distinct
                "product_id"
            from candidates
        ) as touched
            on "price_history"."product_id" = "touched"."product_id"
    ) as held
) as rows_that_differ;

select
    count(*),
    count("price_history"."product_id"),
    count(fresh_keys."product_id")
from "price_history__delta"
left join "price_history"
    on "price_history"."product_id" = "price_history__delta"."product_id"
    and "price_history"."updated_at" = "price_history__delta"."updated_at"
left join (
    select distinct
        "product_id",
        "updated_at"
    from "price_history__fresh"
) as fresh_keys
    on "fresh_keys"."product_id" = "price_history__delta"."product_id"
    and "fresh_keys"."updated_at" = "price_history__delta"."updated_at";

analyze "price_history__delta";

merge into "price_history"
using "price_history__delta"
    on "price_history"."product_id" = "price_history__delta"."product_id"
    and "price_history"."updated_at" = "price_history__delta"."updated_at"
when matched then
    update set
        "price" = "price_history__delta"."price",
        "valid_from" = "price_history__delta"."valid_from",
        "valid_to" = "price_history__delta"."valid_to",
        "is_current" = "price_history__delta"."is_current"
when not matched then
    insert (
        "product_id",
        "price",
        "updated_at",
        "valid_from",
        "valid_to",
        "is_current"
    )
    values (
        "price_history__delta"."product_id",
        "price_history__delta"."price",
        "price_history__delta"."updated_at",
        "price_history__delta"."valid_from",
        "price_history__delta"."valid_to",
        "price_history__delta"."is_current"
    );

delete from etl.loaded_files
using "staging_products_files__4e4a3efb5fa2"
where etl.loaded_files.target = %(target)s
    and etl.loaded_files.bucket = "staging_products_files__4e4a3efb5fa2".bucket
    and etl.loaded_files.object_key = "staging_products_files__4e4a3efb5fa2".object_key
    and "staging_products_files__4e4a3efb5fa2".kind not in ('listing', 'run');
-- with target = 'price_history'

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
-- with target = 'price_history'

delete from etl.listings
using "staging_products_files__4e4a3efb5fa2"
where etl.listings.target = %(target)s
    and etl.listings.bucket = "staging_products_files__4e4a3efb5fa2".bucket
    and etl.listings.prefix = "staging_products_files__4e4a3efb5fa2".object_key
    and "staging_products_files__4e4a3efb5fa2".kind = 'listing';
-- with target = 'price_history'

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
-- with target = 'price_history'

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
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', task_id = 'load_price_history', try_number = 3,
--      target = 'price_history', window_start = '2018-11-01 00:00:00', window_end = '2018-11-02 00:00:00',
--      full_load = False, rows_staged = 1, inserted = 1, updated = 1, deleted = 0, unchanged = 0, late = 0,
--      objects = 1, rows_read = 1, rejected = 0

commit;


-- full load

select
    set_config('statement_timeout', %(statement_timeout)s, false),
    set_config('query_group', %(query_group)s, false);
-- with statement_timeout = '7200000', query_group = 'redshift_elt'

begin;

lock table "etl"."lock_price_history";

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
-- with target = 'price_history'

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
-- with target = 'price_history', most = 20

select
    held_1.*,
    0 as "columns_after_table_1",
    yielded.*
from (
select product_id, price, updated_at
from staging_products__4e4a3efb5fa2
) as yielded
cross join "price_history" as held_1
where false
limit 0;

create temporary table "price_history__fresh" as
select
    "product_id",
    "price",
    "updated_at"
from "price_history"
where false;

insert into "price_history__fresh" (
    "product_id",
    "price",
    "updated_at"
)
select
    "product_id",
    "price",
    "updated_at"
from (
    select distinct
        "product_id",
        "price",
        "updated_at",
        len("product_id") as "length_0"
    from (
select product_id, price, updated_at
from staging_products__4e4a3efb5fa2
    ) as source
) as rows_once;

analyze "price_history__fresh";

select count(*)
from "price_history__fresh"
where "product_id" is null
    or "updated_at" is null;

create temporary table "price_history__gone" (like "price_history");

insert into "price_history__gone" (
    "product_id",
    "price",
    "updated_at",
    "valid_from",
    "valid_to",
    "is_current"
)
select
    "price_history"."product_id",
    "price_history"."price",
    "price_history"."updated_at",
    "price_history"."valid_from",
    "price_history"."valid_to",
    "price_history"."is_current"
from "price_history"
where
    not exists (
        select 1
        from "price_history__fresh"
        where "price_history__fresh"."product_id" = "price_history"."product_id"
            and "price_history__fresh"."updated_at" = "price_history"."updated_at"
    );

select count(*)
from (
    select distinct
        "product_id",
        "updated_at"
    from "price_history__fresh"
) as keys;

create temporary table "price_history__delta" (like "price_history");

insert into "price_history__delta" (
    "product_id",
    "price",
    "updated_at",
    "valid_from",
    "valid_to",
    "is_current"
)
with candidates as (
    select
        "product_id",
        "price",
        "updated_at"
    from "price_history__fresh"
),
versions as (
    select
        "product_id",
        "price",
        "updated_at"
    from (
        select
            "product_id",
            "price",
            "updated_at",
            row_number() over (
                partition by
                    "product_id",
                    "updated_at"
                order by
                    "price",
                    "product_id",
                    len("product_id")
            ) as choice
        from candidates
    ) as ranked
    where choice = 1
),
dated as (
    select
        "product_id",
        "price",
        "updated_at",
        lead("updated_at") over (
            partition by
                "product_id"
            order by "updated_at"
        ) as "valid_to"
    from versions
)
select
    "product_id",
    "price",
    "updated_at",
    "valid_from",
    "valid_to",
    "is_current"
from (
    select
        "product_id",
        "price",
        "updated_at",
        "valid_from",
        "valid_to",
        "is_current",
        len("product_id") as "length_0"
    from (
        select
            "product_id",
            "price",
            "updated_at",
            "updated_at" as "valid_from",
            "valid_to",
            "valid_to" is null as "is_current"
        from dated
    ) as wanted
    except
    select
        "product_id",
        "price",
        "updated_at",
        "valid_from",
        "valid_to",
        "is_current",
        len("product_id") as "length_0"
    from (
        select
            "price_history"."product_id",
            "price_history"."price",
            "price_history"."updated_at",
            "price_history"."valid_from",
            "price_history"."valid_to",
            "price_history"."is_current"
        from "price_history"
        join (
            select distinct
                "product_id"
            from candidates
        ) as touched
            on "price_history"."product_id" = "touched"."product_id"
    ) as held
) as rows_that_differ;

analyze "price_history__gone";

delete from "price_history"
using "price_history__gone"
where "price_history"."product_id" = "price_history__gone"."product_id"
    and "price_history"."updated_at" = "price_history__gone"."updated_at";

delete from etl.loaded_files
where target = %(target)s;
-- with target = 'price_history'

delete from etl.loaded_files
using "staging_products_files__4e4a3efb5fa2"
where etl.loaded_files.target = %(target)s
    and etl.loaded_files.bucket = "staging_products_files__4e4a3efb5fa2".bucket
    and etl.loaded_files.object_key = "staging_products_files__4e4a3efb5fa2".object_key
    and "staging_products_files__4e4a3efb5fa2".kind not in ('listing', 'run');
-- with target = 'price_history'

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
-- with target = 'price_history'

delete from etl.listings
using "staging_products_files__4e4a3efb5fa2"
where etl.listings.target = %(target)s
    and etl.listings.bucket = "staging_products_files__4e4a3efb5fa2".bucket
    and etl.listings.prefix = "staging_products_files__4e4a3efb5fa2".object_key
    and "staging_products_files__4e4a3efb5fa2".kind = 'listing';
-- with target = 'price_history'

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
-- with target = 'price_history'

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
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', task_id = 'load_price_history', try_number = 4,
--      target = 'price_history', window_start = '1970-01-01 00:00:00', full_load = True, rows_staged = 3, inserted = 0,
--      updated = 0, deleted = 1, unchanged = 3, late = 0, objects = 3, rows_read = 3, rejected = 0

commit;
