-- first load

select
    set_config('statement_timeout', %(statement_timeout)s, false),
    set_config('query_group', %(query_group)s, false);
-- with statement_timeout = '7200000', query_group = 'redshift_elt'

begin;

lock table "etl"."lock_brands";

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
-- with target = 'brands', full_load_start = '1970-01-01 00:00:00'

select count(*)
from "staging_products_files__4e4a3efb5fa2" as staged
join etl.loaded_files as loaded
    on loaded.bucket = staged.bucket
    and loaded.object_key = staged.object_key
where staged.kind not in ('listing', 'run')
    and loaded.target = %(target)s
    and loaded.etag <> staged.etag;
-- with target = 'brands'

select
    held_1.*,
    0 as "columns_after_table_1",
    held_2.*,
    0 as "columns_after_table_2",
    yielded.*
from (
select product_id, brand_id, brand as name, country
from staging_products__4e4a3efb5fa2
) as yielded
cross join "etl"."brand_records" as held_1
cross join "brands" as held_2
where false
limit 0;

create temporary table "brand_records__fresh" (like "etl"."brand_records");

insert into "brand_records__fresh" (
    "product_id",
    "brand_id",
    "name",
    "country"
)
select
    "product_id",
    "brand_id",
    "name",
    "country"
from (
    select distinct
        "product_id",
        "brand_id",
        "name",
        "country",
        len("product_id") as "length_0",
        len("brand_id") as "length_1",
        len("name") as "length_2",
        len("country") as "length_3"
    from (
select product_id, brand_id, brand as name, country
from staging_products__4e4a3efb5fa2
    ) as source
) as rows_once;

analyze "brand_records__fresh";

select
    fresh_rows.null_keys,
    stale_rows.stale,
    new_rows.missing,
    fresh_keys.keys
from (
    select
        count(
            case
                when
                    "brand_id" is null
                    then 1
            end
        ) as null_keys
    from "brand_records__fresh"
) as fresh_rows
cross join (
    select count(*) as keys
    from (
        select distinct
            "brand_id"
        from "brand_records__fresh"
    ) as keys_once
) as fresh_keys
cross join (
    select 0 as stale
) as stale_rows
cross join (
    select
        count(*) as missing
    from (
        select
            "product_id",
            "brand_id",
            "name",
            "country"
        from (
            select
                "product_id",
                "brand_id",
                "name",
                "country",
                len("product_id") as "length_0",
                len("brand_id") as "length_1",
                len("name") as "length_2",
                len("country") as "length_3"
            from "brand_records__fresh"
            except
            select
                "product_id",
                "brand_id",
                "name",
                "country",
                len("product_id") as "length_0",
                len("brand_id") as "length_1",
                len("name") as "length_2",
                len("country") as "length_3"
            from "etl"."brand_records"
            where
                ("product_id") in (
                    select
                        "product_id"
                    from "brand_records__fresh"
                )
        ) as rows_that_differ
    ) as rows_that_are_new
) as new_rows;

create temporary table "brand_records__new" as
select
    "product_id",
    "brand_id",
    "name",
    "country"
from (
    select
        "product_id",
        "brand_id",
        "name",
        "country",
        len("product_id") as "length_0",
        len("brand_id") as "length_1",
        len("name") as "length_2",
        len("country") as "length_3"
    from "brand_records__fresh"
    except
    select
        "product_id",
        "brand_id",
        "name",
        "country",
        len("product_id") as "length_0",
        len("brand_id") as "length_1",
        len("name") as "length_2",
        len("country") as "length_3"
    from "etl"."brand_records"
    where
        ("product_id") in (
            select
                "product_id"
            from "brand_records__fresh"
        )
) as rows_that_differ;

insert into "etl"."brand_records" (
    "product_id",
    "brand_id",
    "name",
    "country"
)
select
    "product_id",
    "brand_id",
    "name",
    "country"
from "brand_records__new";

create temporary table "brands__gone" (like "brands");

select count(*)
from (
    select distinct
        "brand_id"
    from "brand_records__fresh"
) as keys;

create temporary table "brands__delta" (like "brands");

insert into "brands__delta" (
    "brand_id",
    "name",
    "country"
)
with candidates as (
    select
        "brand_records__new"."brand_id",
        "brand_records__new"."name",
        "brand_records__new"."country"
    from "brand_records__new"
    union all
    select
        "brands"."brand_id",
        "brands"."name",
        "brands"."country"
    from "brands"
    join (
        select distinct
            "brand_id"
        from "brand_records__new"
    ) as touched
        on "brands"."brand_id" = "touched"."brand_id"
),
choice_0 as (
    select
        "brand_id",
        "name"
    from (
        select
            "brand_id",
            "name",
            row_number() over (
                partition by
                    "brand_id"
                order by
                    len(name),
                    "name",
                    len("name"),
                    "brand_id",
                    len("brand_id")
            ) as choice
        from candidates
    ) as ranked
    where choice = 1
),
choice_1 as (
    select
        "brand_id",
        "country"
    from (
        select
            "brand_id",
            "country",
            row_number() over (
                partition by
                    "brand_id"
                order by
                    "country",
                    len("country"),
                    "brand_id",
                    len("brand_id")
            ) as choice
        from candidates
    ) as ranked
    where choice = 1
)
select
    "brand_id",
    "name",
    "country"
from (
    select
        "brand_id",
        "name",
        "country",
        len("brand_id") as "length_0",
        len("name") as "length_1",
        len("country") as "length_2"
    from (
        select
            "choice_0"."brand_id",
            "choice_0"."name",
            "choice_1"."country"
        from choice_0
        join choice_1
            on "choice_0"."brand_id" = "choice_1"."brand_id"
    ) as wanted
    except
    select
        "brand_id",
        "name",
        "country",
        len("brand_id") as "length_0",
        len("name") as "length_1",
        len("country") as "length_2"
    from (
        select
            "brands"."brand_id",
            "brands"."name",
            "brands"."country"
        from "brands"
        join (
            select distinct
                "brand_id"
            from candidates
        ) as touched
            on "brands"."brand_id" = "touched"."brand_id"
    ) as held
) as rows_that_differ;

select
    count(*),
    count("brands"."brand_id"),
    count(fresh_keys."brand_id")
from "brands__delta"
left join "brands"
    on "brands"."brand_id" = "brands__delta"."brand_id"
left join (
    select distinct
        "brand_id"
    from "brand_records__fresh"
) as fresh_keys
    on "fresh_keys"."brand_id" = "brands__delta"."brand_id";

analyze "brands__delta";

merge into "brands"
using "brands__delta"
    on "brands"."brand_id" = "brands__delta"."brand_id"
when matched then
    update set
        "name" = "brands__delta"."name",
        "country" = "brands__delta"."country"
when not matched then
    insert (
        "brand_id",
        "name",
        "country"
    )
    values (
        "brands__delta"."brand_id",
        "brands__delta"."name",
        "brands__delta"."country"
    );

delete from etl.loaded_files
using "staging_products_files__4e4a3efb5fa2"
where etl.loaded_files.target = %(target)s
    and etl.loaded_files.bucket = "staging_products_files__4e4a3efb5fa2".bucket
    and etl.loaded_files.object_key = "staging_products_files__4e4a3efb5fa2".object_key
    and "staging_products_files__4e4a3efb5fa2".kind not in ('listing', 'run');
-- with target = 'brands'

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
-- with target = 'brands'

delete from etl.listings
using "staging_products_files__4e4a3efb5fa2"
where etl.listings.target = %(target)s
    and etl.listings.bucket = "staging_products_files__4e4a3efb5fa2".bucket
    and etl.listings.prefix = "staging_products_files__4e4a3efb5fa2".object_key
    and "staging_products_files__4e4a3efb5fa2".kind = 'listing';
-- with target = 'brands'

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
-- with target = 'brands'

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
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', task_id = 'load_brands', try_number = 1, target = 'brands',
--      window_start = '2018-11-01 00:00:00', window_end = '2018-11-02 00:00:00', full_load = False, rows_staged = 2,
--      inserted = 2, updated = 0, deleted = 0, unchanged = 0, late = 0, objects = 3, rows_read = 3, rejected = 0

commit;


-- rerun

select
    set_config('statement_timeout', %(statement_timeout)s, false),
    set_config('query_group', %(query_group)s, false);
-- with statement_timeout = '7200000', query_group = 'redshift_elt'

begin;

lock table "etl"."lock_brands";

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
-- with target = 'brands'

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
-- with target = 'brands'

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
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', task_id = 'load_brands', try_number = 2, target = 'brands',
--      window_start = '2018-11-01 00:00:00', window_end = '2018-11-02 00:00:00', full_load = False, rows_staged = 0,
--      inserted = 0, updated = 0, deleted = 0, unchanged = 0, late = 0, objects = 0, rows_read = 0, rejected = 0

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
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', task_id = 'load_brands', window_end = '2018-11-02 00:00:00'

commit;


-- correction

select
    set_config('statement_timeout', %(statement_timeout)s, false),
    set_config('query_group', %(query_group)s, false);
-- with statement_timeout = '7200000', query_group = 'redshift_elt'

begin;

lock table "etl"."lock_brands";

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
-- with target = 'brands', full_load_start = '1970-01-01 00:00:00'

select count(*)
from "staging_products_files__4e4a3efb5fa2" as staged
join etl.loaded_files as loaded
    on loaded.bucket = staged.bucket
    and loaded.object_key = staged.object_key
where staged.kind not in ('listing', 'run')
    and loaded.target = %(target)s
    and loaded.etag <> staged.etag;
-- with target = 'brands'

select
    held_1.*,
    0 as "columns_after_table_1",
    held_2.*,
    0 as "columns_after_table_2",
    yielded.*
from (
select product_id, brand_id, brand as name, country
from staging_products__4e4a3efb5fa2
) as yielded
cross join "etl"."brand_records" as held_1
cross join "brands" as held_2
where false
limit 0;

create temporary table "brand_records__fresh" (like "etl"."brand_records");

insert into "brand_records__fresh" (
    "product_id",
    "brand_id",
    "name",
    "country"
)
select
    "product_id",
    "brand_id",
    "name",
    "country"
from (
    select distinct
        "product_id",
        "brand_id",
        "name",
        "country",
        len("product_id") as "length_0",
        len("brand_id") as "length_1",
        len("name") as "length_2",
        len("country") as "length_3"
    from (
select product_id, brand_id, brand as name, country
from staging_products__4e4a3efb5fa2
    ) as source
) as rows_once;

analyze "brand_records__fresh";

select
    fresh_rows.null_keys,
    stale_rows.stale,
    new_rows.missing,
    fresh_keys.keys
from (
    select
        count(
            case
                when
                    "brand_id" is null
                    then 1
            end
        ) as null_keys
    from "brand_records__fresh"
) as fresh_rows
cross join (
    select count(*) as keys
    from (
        select distinct
            "brand_id"
        from "brand_records__fresh"
    ) as keys_once
) as fresh_keys
cross join (
    select count(*) as stale
    from (
        select
            "product_id",
            "brand_id",
            "name",
            "country"
        from (
            select
                "product_id",
                "brand_id",
                "name",
                "country",
                len("product_id") as "length_0",
                len("brand_id") as "length_1",
                len("name") as "length_2",
                len("country") as "length_3"
            from "etl"."brand_records"
            where
                ("product_id") in (
                    select
                        "product_id"
                    from "brand_records__fresh"
                )
            except
            select
                "product_id",
                "brand_id",
                "name",
                "country",
                len("product_id") as "length_0",
                len("brand_id") as "length_1",
                len("name") as "length_2",
                len("country") as "length_3"
            from "brand_records__fresh"
        ) as rows_that_differ
    ) as rows_that_are_stale
) as stale_rows
cross join (
    select
        count(*) as missing
    from (
        select
            "product_id",
            "brand_id",
            "name",
            "country"
        from (
            select
                "product_id",
                "brand_id",
                "name",
                "country",
                len("product_id") as "length_0",
                len("brand_id") as "length_1",
                len("name") as "length_2",
                len("country") as "length_3"
            from "brand_records__fresh"
            except
            select
                "product_id",
                "brand_id",
                "name",
                "country",
                len("product_id") as "length_0",
                len("brand_id") as "length_1",
                len("name") as "length_2",
                len("country") as "length_3"
            from "etl"."brand_records"
            where
                ("product_id") in (
                    select
                        "product_id"
                    from "brand_records__fresh"
                )
        ) as rows_that_differ
    ) as rows_that_are_new
) as new_rows;

create temporary table "brand_records__stale" as
select
    "product_id",
    "brand_id",
    "name",
    "country"
from (
    select
        "product_id",
        "brand_id",
        "name",
        "country",
        len("product_id") as "length_0",
        len("brand_id") as "length_1",
        len("name") as "length_2",
        len("country") as "length_3"
    from "etl"."brand_records"
    where
        ("product_id") in (
            select
                "product_id"
            from "brand_records__fresh"
        )
    except
    select
        "product_id",
        "brand_id",
        "name",
        "country",
        len("product_id") as "length_0",
        len("brand_id") as "length_1",
        len("name") as "length_2",
        len("country") as "length_3"
    from "brand_records__fresh"
) as rows_that_differ;

create temporary table "brand_records__new" as
select
    "product_id",
    "brand_id",
    "name",
    "country"
from (
    select
        "product_id",
        "brand_id",
        "name",
        "country",
        len("product_id") as "length_0",
        len("brand_id") as "length_1",
        len("name") as "length_2",
        len("country") as "length_3"
    from "brand_records__fresh"
    except
    select
        "product_id",
        "brand_id",
        "name",
        "country",
        len("product_id") as "length_0",
        len("brand_id") as "length_1",
        len("name") as "length_2",
        len("country") as "length_3"
    from "etl"."brand_records"
    where
        ("product_id") in (
            select
                "product_id"
            from "brand_records__fresh"
        )
) as rows_that_differ;

delete from "etl"."brand_records"
using "brand_records__stale"
where
    "etl"."brand_records"."brand_id" = "brand_records__stale"."brand_id"
    and len("etl"."brand_records"."brand_id") = len("brand_records__stale"."brand_id")
    and (
        "etl"."brand_records"."product_id" = "brand_records__stale"."product_id"
        and len("etl"."brand_records"."product_id") = len("brand_records__stale"."product_id")
        or ("etl"."brand_records"."product_id" is null and "brand_records__stale"."product_id" is null)
    )
    and (
        "etl"."brand_records"."name" = "brand_records__stale"."name"
        and len("etl"."brand_records"."name") = len("brand_records__stale"."name")
        or ("etl"."brand_records"."name" is null and "brand_records__stale"."name" is null)
    )
    and (
        "etl"."brand_records"."country" = "brand_records__stale"."country"
        and len("etl"."brand_records"."country") = len("brand_records__stale"."country")
        or ("etl"."brand_records"."country" is null and "brand_records__stale"."country" is null)
    )
    and ("etl"."brand_records"."product_id") in (
        select
            "product_id"
        from "brand_records__fresh"
    );

insert into "etl"."brand_records" (
    "product_id",
    "brand_id",
    "name",
    "country"
)
select
    "product_id",
    "brand_id",
    "name",
    "country"
from "brand_records__new";

create temporary table "brands__gone" (like "brands");

insert into "brands__gone" (
    "brand_id",
    "name",
    "country"
)
select
    "brands"."brand_id",
    "brands"."name",
    "brands"."country"
from "brands"
join (
    select distinct
        "brand_id"
    from "brand_records__stale"
) as taken_back
    on "brands"."brand_id" = "taken_back"."brand_id"
where
    not exists (
        select 1
        from "etl"."brand_records"
        where "etl"."brand_records"."brand_id" = "brands"."brand_id"
    );

select count(*)
from (
    select distinct
        "brand_id"
    from "brand_records__fresh"
) as keys;

create temporary table "brands__delta" (like "brands");

insert into "brands__delta" (
    "brand_id",
    "name",
    "country"
)
with candidates as (
    select
        "etl"."brand_records"."brand_id",
        "etl"."brand_records"."name",
        "etl"."brand_records"."country"
    from "etl"."brand_records"
    join (
        select distinct
            "brand_id"
        from "brand_records__stale"
    ) as taken_back
        on "etl"."brand_records"."brand_id" = "taken_back"."brand_id"
    union all
    select
        "brand_records__new"."brand_id",
        "brand_records__new"."name",
        "brand_records__new"."country"
    from "brand_records__new"
    left join (
        select distinct
            "brand_id"
        from "brand_records__stale"
    ) as taken_back
        on "brand_records__new"."brand_id" = "taken_back"."brand_id"
    where taken_back."brand_id" is null
    union all
    select
        "brands"."brand_id",
        "brands"."name",
        "brands"."country"
    from "brands"
    join (
        select distinct
            "brand_id"
        from "brand_records__new"
    ) as touched
        on "brands"."brand_id" = "touched"."brand_id"
    left join (
        select distinct
            "brand_id"
        from "brand_records__stale"
    ) as taken_back
        on "brands"."brand_id" = "taken_back"."brand_id"
    where taken_back."brand_id" is null
),
choice_0 as (
    select
        "brand_id",
        "name"
    from (
        select
            "brand_id",
            "name",
            row_number() over (
                partition by
                    "brand_id"
                order by
                    len(name),
                    "name",
                    len("name"),
                    "brand_id",
                    len("brand_id")
            ) as choice
        from candidates
    ) as ranked
    where choice = 1
),
choice_1 as (
    select
        "brand_id",
        "country"
    from (
        select
            "brand_id",
            "country",
            row_number() over (
                partition by
                    "brand_id"
                order by
                    "country",
                    len("country"),
                    "brand_id",
                    len("brand_id")
            ) as choice
        from candidates
    ) as ranked
    where choice = 1
)
select
    "brand_id",
    "name",
    "country"
from (
    select
        "brand_id",
        "name",
        "country",
        len("brand_id") as "length_0",
        len("name") as "length_1",
        len("country") as "length_2"
    from (
        select
            "choice_0"."brand_id",
            "choice_0"."name",
            "choice_1"."country"
        from choice_0
        join choice_1
            on "choice_0"."brand_id" = "choice_1"."brand_id"
    ) as wanted
    except
    select
        "brand_id",
        "name",
        "country",
        len("brand_id") as "length_0",
        len("name") as "length_1",
        len("country") as "length_2"
    from (
        select
            "brands"."brand_id",
            "brands"."name",
            "brands"."country"
        from "brands"
        join (
            select distinct
                "brand_id"
            from candidates
        ) as touched
            on "brands"."brand_id" = "touched"."brand_id"
    ) as held
) as rows_that_differ;

select
    count(*),
    count("brands"."brand_id"),
    count(fresh_keys."brand_id")
from "brands__delta"
left join "brands"
    on "brands"."brand_id" = "brands__delta"."brand_id"
left join (
    select distinct
        "brand_id"
    from "brand_records__fresh"
) as fresh_keys
    on "fresh_keys"."brand_id" = "brands__delta"."brand_id";

analyze "brands__delta";

merge into "brands"
using "brands__delta"
    on "brands"."brand_id" = "brands__delta"."brand_id"
when matched then
    update set
        "name" = "brands__delta"."name",
        "country" = "brands__delta"."country"
when not matched then
    insert (
        "brand_id",
        "name",
        "country"
    )
    values (
        "brands__delta"."brand_id",
        "brands__delta"."name",
        "brands__delta"."country"
    );

delete from etl.loaded_files
using "staging_products_files__4e4a3efb5fa2"
where etl.loaded_files.target = %(target)s
    and etl.loaded_files.bucket = "staging_products_files__4e4a3efb5fa2".bucket
    and etl.loaded_files.object_key = "staging_products_files__4e4a3efb5fa2".object_key
    and "staging_products_files__4e4a3efb5fa2".kind not in ('listing', 'run');
-- with target = 'brands'

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
-- with target = 'brands'

delete from etl.listings
using "staging_products_files__4e4a3efb5fa2"
where etl.listings.target = %(target)s
    and etl.listings.bucket = "staging_products_files__4e4a3efb5fa2".bucket
    and etl.listings.prefix = "staging_products_files__4e4a3efb5fa2".object_key
    and "staging_products_files__4e4a3efb5fa2".kind = 'listing';
-- with target = 'brands'

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
-- with target = 'brands'

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
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', task_id = 'load_brands', try_number = 3, target = 'brands',
--      window_start = '2018-11-01 00:00:00', window_end = '2018-11-02 00:00:00', full_load = False, rows_staged = 1,
--      inserted = 0, updated = 1, deleted = 0, unchanged = 0, late = 0, objects = 1, rows_read = 1, rejected = 0

commit;


-- full load

select
    set_config('statement_timeout', %(statement_timeout)s, false),
    set_config('query_group', %(query_group)s, false);
-- with statement_timeout = '7200000', query_group = 'redshift_elt'

begin;

lock table "etl"."lock_brands";

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
-- with target = 'brands'

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
-- with target = 'brands', most = 20

select
    held_1.*,
    0 as "columns_after_table_1",
    held_2.*,
    0 as "columns_after_table_2",
    yielded.*
from (
select product_id, brand_id, brand as name, country
from staging_products__4e4a3efb5fa2
) as yielded
cross join "etl"."brand_records" as held_1
cross join "brands" as held_2
where false
limit 0;

create temporary table "brand_records__fresh" (like "etl"."brand_records");

insert into "brand_records__fresh" (
    "product_id",
    "brand_id",
    "name",
    "country"
)
select
    "product_id",
    "brand_id",
    "name",
    "country"
from (
    select distinct
        "product_id",
        "brand_id",
        "name",
        "country",
        len("product_id") as "length_0",
        len("brand_id") as "length_1",
        len("name") as "length_2",
        len("country") as "length_3"
    from (
select product_id, brand_id, brand as name, country
from staging_products__4e4a3efb5fa2
    ) as source
) as rows_once;

analyze "brand_records__fresh";

select
    fresh_rows.null_keys,
    stale_rows.stale,
    new_rows.missing,
    fresh_keys.keys
from (
    select
        count(
            case
                when
                    "brand_id" is null
                    then 1
            end
        ) as null_keys
    from "brand_records__fresh"
) as fresh_rows
cross join (
    select count(*) as keys
    from (
        select distinct
            "brand_id"
        from "brand_records__fresh"
    ) as keys_once
) as fresh_keys
cross join (
    select count(*) as stale
    from (
        select
            "product_id",
            "brand_id",
            "name",
            "country"
        from (
            select
                "product_id",
                "brand_id",
                "name",
                "country",
                len("product_id") as "length_0",
                len("brand_id") as "length_1",
                len("name") as "length_2",
                len("country") as "length_3"
            from "etl"."brand_records"
            where
                1 = 1
            except
            select
                "product_id",
                "brand_id",
                "name",
                "country",
                len("product_id") as "length_0",
                len("brand_id") as "length_1",
                len("name") as "length_2",
                len("country") as "length_3"
            from "brand_records__fresh"
        ) as rows_that_differ
    ) as rows_that_are_stale
) as stale_rows
cross join (
    select
        count(*) as missing
    from (
        select
            "product_id",
            "brand_id",
            "name",
            "country"
        from (
            select
                "product_id",
                "brand_id",
                "name",
                "country",
                len("product_id") as "length_0",
                len("brand_id") as "length_1",
                len("name") as "length_2",
                len("country") as "length_3"
            from "brand_records__fresh"
            except
            select
                "product_id",
                "brand_id",
                "name",
                "country",
                len("product_id") as "length_0",
                len("brand_id") as "length_1",
                len("name") as "length_2",
                len("country") as "length_3"
            from "etl"."brand_records"
            where
                1 = 1
        ) as rows_that_differ
    ) as rows_that_are_new
) as new_rows;

create temporary table "brands__gone" (like "brands");

insert into "brands__gone" (
    "brand_id",
    "name",
    "country"
)
select
    "brands"."brand_id",
    "brands"."name",
    "brands"."country"
from "brands"
where
    not exists (
        select 1
        from "etl"."brand_records"
        where "etl"."brand_records"."brand_id" = "brands"."brand_id"
    );

select count(*)
from (
    select distinct
        "brand_id"
    from "brand_records__fresh"
) as keys;

create temporary table "brands__delta" (like "brands");

insert into "brands__delta" (
    "brand_id",
    "name",
    "country"
)
with candidates as (
    select
        "brand_id",
        "name",
        "country"
    from "etl"."brand_records"
),
choice_0 as (
    select
        "brand_id",
        "name"
    from (
        select
            "brand_id",
            "name",
            row_number() over (
                partition by
                    "brand_id"
                order by
                    len(name),
                    "name",
                    len("name"),
                    "brand_id",
                    len("brand_id")
            ) as choice
        from candidates
    ) as ranked
    where choice = 1
),
choice_1 as (
    select
        "brand_id",
        "country"
    from (
        select
            "brand_id",
            "country",
            row_number() over (
                partition by
                    "brand_id"
                order by
                    "country",
                    len("country"),
                    "brand_id",
                    len("brand_id")
            ) as choice
        from candidates
    ) as ranked
    where choice = 1
)
select
    "brand_id",
    "name",
    "country"
from (
    select
        "brand_id",
        "name",
        "country",
        len("brand_id") as "length_0",
        len("name") as "length_1",
        len("country") as "length_2"
    from (
        select
            "choice_0"."brand_id",
            "choice_0"."name",
            "choice_1"."country"
        from choice_0
        join choice_1
            on "choice_0"."brand_id" = "choice_1"."brand_id"
    ) as wanted
    except
    select
        "brand_id",
        "name",
        "country",
        len("brand_id") as "length_0",
        len("name") as "length_1",
        len("country") as "length_2"
    from (
        select
            "brands"."brand_id",
            "brands"."name",
            "brands"."country"
        from "brands"
        join (
            select distinct
                "brand_id"
            from candidates
        ) as touched
            on "brands"."brand_id" = "touched"."brand_id"
    ) as held
) as rows_that_differ;

delete from etl.loaded_files
where target = %(target)s;
-- with target = 'brands'

delete from etl.loaded_files
using "staging_products_files__4e4a3efb5fa2"
where etl.loaded_files.target = %(target)s
    and etl.loaded_files.bucket = "staging_products_files__4e4a3efb5fa2".bucket
    and etl.loaded_files.object_key = "staging_products_files__4e4a3efb5fa2".object_key
    and "staging_products_files__4e4a3efb5fa2".kind not in ('listing', 'run');
-- with target = 'brands'

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
-- with target = 'brands'

delete from etl.listings
using "staging_products_files__4e4a3efb5fa2"
where etl.listings.target = %(target)s
    and etl.listings.bucket = "staging_products_files__4e4a3efb5fa2".bucket
    and etl.listings.prefix = "staging_products_files__4e4a3efb5fa2".object_key
    and "staging_products_files__4e4a3efb5fa2".kind = 'listing';
-- with target = 'brands'

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
-- with target = 'brands'

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
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', task_id = 'load_brands', try_number = 4, target = 'brands',
--      window_start = '1970-01-01 00:00:00', full_load = True, rows_staged = 2, inserted = 0, updated = 0, deleted = 0,
--      unchanged = 2, late = 0, objects = 3, rows_read = 3, rejected = 0

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
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', task_id = 'load_brands'

commit;
