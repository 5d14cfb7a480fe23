-- first load

select
    set_config('statement_timeout', %(statement_timeout)s, false),
    set_config('query_group', %(query_group)s, false);
-- with statement_timeout = '7200000', query_group = 'redshift_elt'

begin;

lock table "etl"."lock_sales";

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
-- with target = 'sales', full_load_start = '1970-01-01 00:00:00'

select count(*)
from "staging_products_files__4e4a3efb5fa2" as staged
join etl.loaded_files as loaded
    on loaded.bucket = staged.bucket
    and loaded.object_key = staged.object_key
where staged.kind not in ('listing', 'run')
    and loaded.target = %(target)s
    and loaded.etag <> staged.etag;
-- with target = 'sales'

select
    held_1.*,
    0 as "columns_after_table_1",
    held_2.*,
    0 as "columns_after_table_2",
    yielded.*
from (
select product_id, title, updated_at, price < 18 as is_cheap
from staging_products__4e4a3efb5fa2
) as yielded
cross join "etl"."sale_records" as held_1
cross join "sales" as held_2
where false
limit 0;

create temporary table "sale_records__fresh" (like "etl"."sale_records");

insert into "sale_records__fresh" (
    "product_id",
    "title",
    "updated_at",
    "is_cheap"
)
select
    "product_id",
    "title",
    "updated_at",
    "is_cheap"
from (
    select distinct
        "product_id",
        "title",
        "updated_at",
        "is_cheap",
        len("product_id") as "length_0",
        len("title") as "length_1"
    from (
select product_id, title, updated_at, price < 18 as is_cheap
from staging_products__4e4a3efb5fa2
    ) as source
) as rows_once;

analyze "sale_records__fresh";

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
                    "product_id" is null
                    then 1
            end
        ) as null_keys
    from "sale_records__fresh"
) as fresh_rows
cross join (
    select count(*) as keys
    from (
        select distinct
            "product_id"
        from "sale_records__fresh"
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
            "title",
            "updated_at",
            "is_cheap"
        from (
            select
                "product_id",
                "title",
                "updated_at",
                "is_cheap",
                len("product_id") as "length_0",
                len("title") as "length_1"
            from "sale_records__fresh"
            except
            select
                "product_id",
                "title",
                "updated_at",
                "is_cheap",
                len("product_id") as "length_0",
                len("title") as "length_1"
            from "etl"."sale_records"
            where
                ("product_id") in (
                    select
                        "product_id"
                    from "sale_records__fresh"
                )
        ) as rows_that_differ
    ) as rows_that_are_new
) as new_rows;

create temporary table "sale_records__new" as
select
    "product_id",
    "title",
    "updated_at",
    "is_cheap"
from (
    select
        "product_id",
        "title",
        "updated_at",
        "is_cheap",
        len("product_id") as "length_0",
        len("title") as "length_1"
    from "sale_records__fresh"
    except
    select
        "product_id",
        "title",
        "updated_at",
        "is_cheap",
        len("product_id") as "length_0",
        len("title") as "length_1"
    from "etl"."sale_records"
    where
        ("product_id") in (
            select
                "product_id"
            from "sale_records__fresh"
        )
) as rows_that_differ;

insert into "etl"."sale_records" (
    "product_id",
    "title",
    "updated_at",
    "is_cheap"
)
select
    "product_id",
    "title",
    "updated_at",
    "is_cheap"
from "sale_records__new";

create temporary table "sales__deleted" as
select
    "product_id",
    "updated_at"
from "sales"
where false;

insert into "sales__deleted" (
    "product_id",
    "updated_at"
)
select
    "etl"."sale_records"."product_id",
    max("etl"."sale_records"."updated_at")
from "etl"."sale_records"
join (
    select distinct
        "product_id"
    from "sale_records__new"
) as touched
    on "etl"."sale_records"."product_id" = "touched"."product_id"
where coalesce("etl"."sale_records"."is_cheap" = true, false)
group by
    "etl"."sale_records"."product_id";

analyze "sales__deleted";

create temporary table "sales__gone" (like "sales");

insert into "sales__gone" (
    "product_id",
    "title",
    "updated_at",
    "has_ended"
)
select
    "sales"."product_id",
    "sales"."title",
    "sales"."updated_at",
    "sales"."has_ended"
from "sales"
join (
    select distinct
        "product_id"
    from "sale_records__new"
) as touched
    on "sales"."product_id" = "touched"."product_id"
left join (
    select distinct
        "product_id"
    from (
        select
            "rows_of_load"."product_id",
            "rows_of_load"."title",
            "rows_of_load"."updated_at",
            case
                when
                    "rows_of_load"."updated_at" is null
                    or "rows_of_load"."updated_at" <= "sales__deleted"."updated_at"
                    then "sales__deleted"."product_id" is not null
                else false
            end as "has_ended"
        from (
            select
                "etl"."sale_records"."product_id",
                "etl"."sale_records"."title",
                "etl"."sale_records"."updated_at"
            from "etl"."sale_records"
            join (
                select distinct
                    "product_id"
                from "sale_records__new"
            ) as touched
                on "etl"."sale_records"."product_id" = "touched"."product_id"
            where not coalesce("etl"."sale_records"."is_cheap" = true, false)
        ) as rows_of_load
        left join "sales__deleted"
            on "sales__deleted"."product_id" = "rows_of_load"."product_id"
    ) as candidates
) as remaining
    on "sales"."product_id" = "remaining"."product_id"
where remaining."product_id" is null;

select count(*)
from (
    select distinct
        "product_id"
    from "sale_records__fresh"
) as keys;

create temporary table "sales__delta" (like "sales");

insert into "sales__delta" (
    "product_id",
    "title",
    "updated_at",
    "has_ended"
)
with candidates as (
    select
        "rows_of_load"."product_id",
        "rows_of_load"."title",
        "rows_of_load"."updated_at",
        case
            when
                "rows_of_load"."updated_at" is null
                or "rows_of_load"."updated_at" <= "sales__deleted"."updated_at"
                then "sales__deleted"."product_id" is not null
            else false
        end as "has_ended"
    from (
        select
            "etl"."sale_records"."product_id",
            "etl"."sale_records"."title",
            "etl"."sale_records"."updated_at"
        from "etl"."sale_records"
        join (
            select distinct
                "product_id"
            from "sale_records__new"
        ) as touched
            on "etl"."sale_records"."product_id" = "touched"."product_id"
        where not coalesce("etl"."sale_records"."is_cheap" = true, false)
    ) as rows_of_load
    left join "sales__deleted"
        on "sales__deleted"."product_id" = "rows_of_load"."product_id"
),
choice_0 as (
    select
        "product_id",
        "title",
        "updated_at",
        "has_ended"
    from (
        select
            "product_id",
            "title",
            "updated_at",
            "has_ended",
            row_number() over (
                partition by
                    "product_id"
                order by
                    "updated_at" desc nulls last,
                    "title",
                    len("title"),
                    "updated_at",
                    "has_ended",
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
    "updated_at",
    "has_ended"
from (
    select
        "product_id",
        "title",
        "updated_at",
        "has_ended",
        len("product_id") as "length_0",
        len("title") as "length_1"
    from (
        select
            "choice_0"."product_id",
            "choice_0"."title",
            "choice_0"."updated_at",
            "choice_0"."has_ended"
        from choice_0
    ) as wanted
    except
    select
        "product_id",
        "title",
        "updated_at",
        "has_ended",
        len("product_id") as "length_0",
        len("title") as "length_1"
    from (
        select
            "sales"."product_id",
            "sales"."title",
            "sales"."updated_at",
            "sales"."has_ended"
        from "sales"
        join (
            select distinct
                "product_id"
            from candidates
        ) as touched
            on "sales"."product_id" = "touched"."product_id"
    ) as held
) as rows_that_differ;

select
    count(*),
    count("sales"."product_id"),
    count(fresh_keys."product_id"),
    count(
        case
            when "sales__delta"."has_ended" and not coalesce("sales"."has_ended", false)
                then "sales"."product_id"
        end
    )
from "sales__delta"
left join "sales"
    on "sales"."product_id" = "sales__delta"."product_id"
left join (
    select distinct
        "product_id"
    from "sale_records__fresh"
) as fresh_keys
    on "fresh_keys"."product_id" = "sales__delta"."product_id";

analyze "sales__delta";

merge into "sales"
using "sales__delta"
    on "sales"."product_id" = "sales__delta"."product_id"
when matched then
    update set
        "title" = "sales__delta"."title",
        "updated_at" = "sales__delta"."updated_at",
        "has_ended" = "sales__delta"."has_ended"
when not matched then
    insert (
        "product_id",
        "title",
        "updated_at",
        "has_ended"
    )
    values (
        "sales__delta"."product_id",
        "sales__delta"."title",
        "sales__delta"."updated_at",
        "sales__delta"."has_ended"
    );

delete from etl.loaded_files
using "staging_products_files__4e4a3efb5fa2"
where etl.loaded_files.target = %(target)s
    and etl.loaded_files.bucket = "staging_products_files__4e4a3efb5fa2".bucket
    and etl.loaded_files.object_key = "staging_products_files__4e4a3efb5fa2".object_key
    and "staging_products_files__4e4a3efb5fa2".kind not in ('listing', 'run');
-- with target = 'sales'

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
-- with target = 'sales'

delete from etl.listings
using "staging_products_files__4e4a3efb5fa2"
where etl.listings.target = %(target)s
    and etl.listings.bucket = "staging_products_files__4e4a3efb5fa2".bucket
    and etl.listings.prefix = "staging_products_files__4e4a3efb5fa2".object_key
    and "staging_products_files__4e4a3efb5fa2".kind = 'listing';
-- with target = 'sales'

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
-- with target = 'sales'

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
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', task_id = 'load_sales', try_number = 1, target = 'sales',
--      window_start = '2018-11-01 00:00:00', window_end = '2018-11-02 00:00:00', full_load = False, rows_staged = 3,
--      inserted = 2, updated = 0, deleted = 0, unchanged = 1, late = 0, deleted_by_source = 0, objects = 3,
--      rows_read = 3, rejected = 0

commit;


-- rerun

select
    set_config('statement_timeout', %(statement_timeout)s, false),
    set_config('query_group', %(query_group)s, false);
-- with statement_timeout = '7200000', query_group = 'redshift_elt'

begin;

lock table "etl"."lock_sales";

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
-- with target = 'sales'

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
-- with target = 'sales'

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
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', task_id = 'load_sales', try_number = 2, target = 'sales',
--      window_start = '2018-11-01 00:00:00', window_end = '2018-11-02 00:00:00', full_load = False, rows_staged = 0,
--      inserted = 0, updated = 0, deleted = 0, unchanged = 0, late = 0, deleted_by_source = 0, objects = 0,
--      rows_read = 0, rejected = 0

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
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', task_id = 'load_sales', window_end = '2018-11-02 00:00:00'

commit;


-- correction

select
    set_config('statement_timeout', %(statement_timeout)s, false),
    set_config('query_group', %(query_group)s, false);
-- with statement_timeout = '7200000', query_group = 'redshift_elt'

begin;

lock table "etl"."lock_sales";

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
-- with target = 'sales', full_load_start = '1970-01-01 00:00:00'

select count(*)
from "staging_products_files__4e4a3efb5fa2" as staged
join etl.loaded_files as loaded
    on loaded.bucket = staged.bucket
    and loaded.object_key = staged.object_key
where staged.kind not in ('listing', 'run')
    and loaded.target = %(target)s
    and loaded.etag <> staged.etag;
-- with target = 'sales'

select
    held_1.*,
    0 as "columns_after_table_1",
    held_2.*,
    0 as "columns_after_table_2",
    yielded.*
from (
select product_id, title, updated_at, price < 18 as is_cheap
from staging_products__4e4a3efb5fa2
) as yielded
cross join "etl"."sale_records" as held_1
cross join "sales" as held_2
where false
limit 0;

create temporary table "sale_records__fresh" (like "etl"."sale_records");

insert into "sale_records__fresh" (
    "product_id",
    "title",
    "updated_at",
    "is_cheap"
)
select
    "product_id",
    "title",
    "updated_at",
    "is_cheap"
from (
    select distinct
        "product_id",
        "title",
        "updated_at",
        "is_cheap",
        len("product_id") as "length_0",
        len("title") as "length_1"
    from (
select product_id, title, updated_at, price < 18 as is_cheap
from staging_products__4e4a3efb5fa2
    ) as source
) as rows_once;

analyze "sale_records__fresh";

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
                    "product_id" is null
                    then 1
            end
        ) as null_keys
    from "sale_records__fresh"
) as fresh_rows
cross join (
    select count(*) as keys
    from (
        select distinct
            "product_id"
        from "sale_records__fresh"
    ) as keys_once
) as fresh_keys
cross join (
    select count(*) as stale
    from (
        select
            "product_id",
            "title",
            "updated_at",
            "is_cheap"
        from (
            select
                "product_id",
                "title",
                "updated_at",
                "is_cheap",
                len("product_id") as "length_0",
                len("title") as "length_1"
            from "etl"."sale_records"
            where
                ("product_id") in (
                    select
                        "product_id"
                    from "sale_records__fresh"
                )
            except
            select
                "product_id",
                "title",
                "updated_at",
                "is_cheap",
                len("product_id") as "length_0",
                len("title") as "length_1"
            from "sale_records__fresh"
        ) as rows_that_differ
    ) as rows_that_are_stale
) as stale_rows
cross join (
    select
        count(*) as missing
    from (
        select
            "product_id",
            "title",
            "updated_at",
            "is_cheap"
        from (
            select
                "product_id",
                "title",
                "updated_at",
                "is_cheap",
                len("product_id") as "length_0",
                len("title") as "length_1"
            from "sale_records__fresh"
            except
            select
                "product_id",
                "title",
                "updated_at",
                "is_cheap",
                len("product_id") as "length_0",
                len("title") as "length_1"
            from "etl"."sale_records"
            where
                ("product_id") in (
                    select
                        "product_id"
                    from "sale_records__fresh"
                )
        ) as rows_that_differ
    ) as rows_that_are_new
) as new_rows;

create temporary table "sale_records__stale" as
select
    "product_id",
    "title",
    "updated_at",
    "is_cheap"
from (
    select
        "product_id",
        "title",
        "updated_at",
        "is_cheap",
        len("product_id") as "length_0",
        len("title") as "length_1"
    from "etl"."sale_records"
    where
        ("product_id") in (
            select
                "product_id"
            from "sale_records__fresh"
        )
    except
    select
        "product_id",
        "title",
        "updated_at",
        "is_cheap",
        len("product_id") as "length_0",
        len("title") as "length_1"
    from "sale_records__fresh"
) as rows_that_differ;

create temporary table "sale_records__new" as
select
    "product_id",
    "title",
    "updated_at",
    "is_cheap"
from (
    select
        "product_id",
        "title",
        "updated_at",
        "is_cheap",
        len("product_id") as "length_0",
        len("title") as "length_1"
    from "sale_records__fresh"
    except
    select
        "product_id",
        "title",
        "updated_at",
        "is_cheap",
        len("product_id") as "length_0",
        len("title") as "length_1"
    from "etl"."sale_records"
    where
        ("product_id") in (
            select
                "product_id"
            from "sale_records__fresh"
        )
) as rows_that_differ;

delete from "etl"."sale_records"
using "sale_records__stale"
where
    "etl"."sale_records"."product_id" = "sale_records__stale"."product_id"
    and len("etl"."sale_records"."product_id") = len("sale_records__stale"."product_id")
    and (
        "etl"."sale_records"."title" = "sale_records__stale"."title"
        and len("etl"."sale_records"."title") = len("sale_records__stale"."title")
        or ("etl"."sale_records"."title" is null and "sale_records__stale"."title" is null)
    )
    and (
        "etl"."sale_records"."updated_at" = "sale_records__stale"."updated_at"
        or ("etl"."sale_records"."updated_at" is null and "sale_records__stale"."updated_at" is null)
    )
    and (
        "etl"."sale_records"."is_cheap" = "sale_records__stale"."is_cheap"
        or ("etl"."sale_records"."is_cheap" is null and "sale_records__stale"."is_cheap" is null)
    )
    and ("etl"."sale_records"."product_id") in (
        select
            "product_id"
        from "sale_records__fresh"
    );

insert into "etl"."sale_records" (
    "product_id",
    "title",
    "updated_at",
    "is_cheap"
)
select
    "product_id",
    "title",
    "updated_at",
    "is_cheap"
from "sale_records__new";

create temporary table "sales__deleted" as
select
    "product_id",
    "updated_at"
from "sales"
where false;

insert into "sales__deleted" (
    "product_id",
    "updated_at"
)
select
    "etl"."sale_records"."product_id",
    max("etl"."sale_records"."updated_at")
from "etl"."sale_records"
join (
    select distinct
        "product_id"
    from "sale_records__stale"
    union
    select distinct
        "product_id"
    from "sale_records__new"
) as touched
    on "etl"."sale_records"."product_id" = "touched"."product_id"
where coalesce("etl"."sale_records"."is_cheap" = true, false)
group by
    "etl"."sale_records"."product_id";

analyze "sales__deleted";

create temporary table "sales__gone" (like "sales");

insert into "sales__gone" (
    "product_id",
    "title",
    "updated_at",
    "has_ended"
)
select
    "sales"."product_id",
    "sales"."title",
    "sales"."updated_at",
    "sales"."has_ended"
from "sales"
join (
    select distinct
        "product_id"
    from "sale_records__stale"
    union
    select distinct
        "product_id"
    from "sale_records__new"
) as touched
    on "sales"."product_id" = "touched"."product_id"
left join (
    select distinct
        "product_id"
    from (
        select
            "rows_of_load"."product_id",
            "rows_of_load"."title",
            "rows_of_load"."updated_at",
            case
                when
                    "rows_of_load"."updated_at" is null
                    or "rows_of_load"."updated_at" <= "sales__deleted"."updated_at"
                    then "sales__deleted"."product_id" is not null
                else false
            end as "has_ended"
        from (
            select
                "etl"."sale_records"."product_id",
                "etl"."sale_records"."title",
                "etl"."sale_records"."updated_at"
            from "etl"."sale_records"
            join (
                select distinct
                    "product_id"
                from "sale_records__stale"
                union
                select distinct
                    "product_id"
                from "sale_records__new"
            ) as touched
                on "etl"."sale_records"."product_id" = "touched"."product_id"
            where not coalesce("etl"."sale_records"."is_cheap" = true, false)
        ) as rows_of_load
        left join "sales__deleted"
            on "sales__deleted"."product_id" = "rows_of_load"."product_id"
    ) as candidates
) as remaining
    on "sales"."product_id" = "remaining"."product_id"
where remaining."product_id" is null;

select
    count("sales__deleted"."product_id"),
    count(fresh_keys."product_id")
from "sales__gone"
left join "sales__deleted"
    on "sales__deleted"."product_id" = "sales__gone"."product_id"
left join (
    select distinct
        "product_id"
    from "sale_records__fresh"
) as fresh_keys
    on "fresh_keys"."product_id" = "sales__gone"."product_id";

select count(*)
from (
    select distinct
        "product_id"
    from "sale_records__fresh"
) as keys;

create temporary table "sales__delta" (like "sales");

insert into "sales__delta" (
    "product_id",
    "title",
    "updated_at",
    "has_ended"
)
with candidates as (
    select
        "rows_of_load"."product_id",
        "rows_of_load"."title",
        "rows_of_load"."updated_at",
        case
            when
                "rows_of_load"."updated_at" is null
                or "rows_of_load"."updated_at" <= "sales__deleted"."updated_at"
                then "sales__deleted"."product_id" is not null
            else false
        end as "has_ended"
    from (
        select
            "etl"."sale_records"."product_id",
            "etl"."sale_records"."title",
            "etl"."sale_records"."updated_at"
        from "etl"."sale_records"
        join (
            select distinct
                "product_id"
            from "sale_records__stale"
            union
            select distinct
                "product_id"
            from "sale_records__new"
        ) as touched
            on "etl"."sale_records"."product_id" = "touched"."product_id"
        where not coalesce("etl"."sale_records"."is_cheap" = true, false)
    ) as rows_of_load
    left join "sales__deleted"
        on "sales__deleted"."product_id" = "rows_of_load"."product_id"
),
choice_0 as (
    select
        "product_id",
        "title",
        "updated_at",
        "has_ended"
    from (
        select
            "product_id",
            "title",
            "updated_at",
            "has_ended",
            row_number() over (
                partition by
                    "product_id"
                order by
                    "updated_at" desc nulls last,
                    "title",
                    len("title"),
                    "updated_at",
                    "has_ended",
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
    "updated_at",
    "has_ended"
from (
    select
        "product_id",
        "title",
        "updated_at",
        "has_ended",
        len("product_id") as "length_0",
        len("title") as "length_1"
    from (
        select
            "choice_0"."product_id",
            "choice_0"."title",
            "choice_0"."updated_at",
            "choice_0"."has_ended"
        from choice_0
    ) as wanted
    except
    select
        "product_id",
        "title",
        "updated_at",
        "has_ended",
        len("product_id") as "length_0",
        len("title") as "length_1"
    from (
        select
            "sales"."product_id",
            "sales"."title",
            "sales"."updated_at",
            "sales"."has_ended"
        from "sales"
        join (
            select distinct
                "product_id"
            from candidates
        ) as touched
            on "sales"."product_id" = "touched"."product_id"
    ) as held
) as rows_that_differ;

analyze "sales__gone";

delete from "sales"
using "sales__gone"
where "sales"."product_id" = "sales__gone"."product_id";

delete from etl.loaded_files
using "staging_products_files__4e4a3efb5fa2"
where etl.loaded_files.target = %(target)s
    and etl.loaded_files.bucket = "staging_products_files__4e4a3efb5fa2".bucket
    and etl.loaded_files.object_key = "staging_products_files__4e4a3efb5fa2".object_key
    and "staging_products_files__4e4a3efb5fa2".kind not in ('listing', 'run');
-- with target = 'sales'

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
-- with target = 'sales'

delete from etl.listings
using "staging_products_files__4e4a3efb5fa2"
where etl.listings.target = %(target)s
    and etl.listings.bucket = "staging_products_files__4e4a3efb5fa2".bucket
    and etl.listings.prefix = "staging_products_files__4e4a3efb5fa2".object_key
    and "staging_products_files__4e4a3efb5fa2".kind = 'listing';
-- with target = 'sales'

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
-- with target = 'sales'

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
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', task_id = 'load_sales', try_number = 3, target = 'sales',
--      window_start = '2018-11-01 00:00:00', window_end = '2018-11-02 00:00:00', full_load = False, rows_staged = 1,
--      inserted = 0, updated = 0, deleted = 1, unchanged = 0, late = 0, deleted_by_source = 0, objects = 1,
--      rows_read = 1, rejected = 0

commit;


-- full load

select
    set_config('statement_timeout', %(statement_timeout)s, false),
    set_config('query_group', %(query_group)s, false);
-- with statement_timeout = '7200000', query_group = 'redshift_elt'

begin;

lock table "etl"."lock_sales";

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
-- with target = 'sales'

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
-- with target = 'sales', most = 20

select
    held_1.*,
    0 as "columns_after_table_1",
    held_2.*,
    0 as "columns_after_table_2",
    yielded.*
from (
select product_id, title, updated_at, price < 18 as is_cheap
from staging_products__4e4a3efb5fa2
) as yielded
cross join "etl"."sale_records" as held_1
cross join "sales" as held_2
where false
limit 0;

create temporary table "sale_records__fresh" (like "etl"."sale_records");

insert into "sale_records__fresh" (
    "product_id",
    "title",
    "updated_at",
    "is_cheap"
)
select
    "product_id",
    "title",
    "updated_at",
    "is_cheap"
from (
    select distinct
        "product_id",
        "title",
        "updated_at",
        "is_cheap",
        len("product_id") as "length_0",
        len("title") as "length_1"
    from (
select product_id, title, updated_at, price < 18 as is_cheap
from staging_products__4e4a3efb5fa2
    ) as source
) as rows_once;

analyze "sale_records__fresh";

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
                    "product_id" is null
                    then 1
            end
        ) as null_keys
    from "sale_records__fresh"
) as fresh_rows
cross join (
    select count(*) as keys
    from (
        select distinct
            "product_id"
        from "sale_records__fresh"
    ) as keys_once
) as fresh_keys
cross join (
    select count(*) as stale
    from (
        select
            "product_id",
            "title",
            "updated_at",
            "is_cheap"
        from (
            select
                "product_id",
                "title",
                "updated_at",
                "is_cheap",
                len("product_id") as "length_0",
                len("title") as "length_1"
            from "etl"."sale_records"
            where
                1 = 1
            except
            select
                "product_id",
                "title",
                "updated_at",
                "is_cheap",
                len("product_id") as "length_0",
                len("title") as "length_1"
            from "sale_records__fresh"
        ) as rows_that_differ
    ) as rows_that_are_stale
) as stale_rows
cross join (
    select
        count(*) as missing
    from (
        select
            "product_id",
            "title",
            "updated_at",
            "is_cheap"
        from (
            select
                "product_id",
                "title",
                "updated_at",
                "is_cheap",
                len("product_id") as "length_0",
                len("title") as "length_1"
            from "sale_records__fresh"
            except
            select
                "product_id",
                "title",
                "updated_at",
                "is_cheap",
                len("product_id") as "length_0",
                len("title") as "length_1"
            from "etl"."sale_records"
            where
                1 = 1
        ) as rows_that_differ
    ) as rows_that_are_new
) as new_rows;

create temporary table "sales__deleted" as
select
    "product_id",
    "updated_at"
from "sales"
where false;

insert into "sales__deleted" (
    "product_id",
    "updated_at"
)
select
    "etl"."sale_records"."product_id",
    max("etl"."sale_records"."updated_at")
from "etl"."sale_records"
where coalesce("etl"."sale_records"."is_cheap" = true, false)
group by
    "etl"."sale_records"."product_id";

analyze "sales__deleted";

create temporary table "sales__gone" (like "sales");

insert into "sales__gone" (
    "product_id",
    "title",
    "updated_at",
    "has_ended"
)
select
    "sales"."product_id",
    "sales"."title",
    "sales"."updated_at",
    "sales"."has_ended"
from "sales"
left join (
    select distinct
        "product_id"
    from (
        select
            "rows_of_load"."product_id",
            "rows_of_load"."title",
            "rows_of_load"."updated_at",
            case
                when
                    "rows_of_load"."updated_at" is null
                    or "rows_of_load"."updated_at" <= "sales__deleted"."updated_at"
                    then "sales__deleted"."product_id" is not null
                else false
            end as "has_ended"
        from (
            select
                "etl"."sale_records"."product_id",
                "etl"."sale_records"."title",
                "etl"."sale_records"."updated_at"
            from "etl"."sale_records"
            where not coalesce("etl"."sale_records"."is_cheap" = true, false)
        ) as rows_of_load
        left join "sales__deleted"
            on "sales__deleted"."product_id" = "rows_of_load"."product_id"
    ) as candidates
) as remaining
    on "sales"."product_id" = "remaining"."product_id"
where remaining."product_id" is null;

select count(*)
from (
    select distinct
        "product_id"
    from "sale_records__fresh"
) as keys;

create temporary table "sales__delta" (like "sales");

insert into "sales__delta" (
    "product_id",
    "title",
    "updated_at",
    "has_ended"
)
with candidates as (
    select
        "rows_of_load"."product_id",
        "rows_of_load"."title",
        "rows_of_load"."updated_at",
        case
            when
                "rows_of_load"."updated_at" is null
                or "rows_of_load"."updated_at" <= "sales__deleted"."updated_at"
                then "sales__deleted"."product_id" is not null
            else false
        end as "has_ended"
    from (
        select
            "etl"."sale_records"."product_id",
            "etl"."sale_records"."title",
            "etl"."sale_records"."updated_at"
        from "etl"."sale_records"
        where not coalesce("etl"."sale_records"."is_cheap" = true, false)
    ) as rows_of_load
    left join "sales__deleted"
        on "sales__deleted"."product_id" = "rows_of_load"."product_id"
),
choice_0 as (
    select
        "product_id",
        "title",
        "updated_at",
        "has_ended"
    from (
        select
            "product_id",
            "title",
            "updated_at",
            "has_ended",
            row_number() over (
                partition by
                    "product_id"
                order by
                    "updated_at" desc nulls last,
                    "title",
                    len("title"),
                    "updated_at",
                    "has_ended",
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
    "updated_at",
    "has_ended"
from (
    select
        "product_id",
        "title",
        "updated_at",
        "has_ended",
        len("product_id") as "length_0",
        len("title") as "length_1"
    from (
        select
            "choice_0"."product_id",
            "choice_0"."title",
            "choice_0"."updated_at",
            "choice_0"."has_ended"
        from choice_0
    ) as wanted
    except
    select
        "product_id",
        "title",
        "updated_at",
        "has_ended",
        len("product_id") as "length_0",
        len("title") as "length_1"
    from (
        select
            "sales"."product_id",
            "sales"."title",
            "sales"."updated_at",
            "sales"."has_ended"
        from "sales"
        join (
            select distinct
                "product_id"
            from candidates
        ) as touched
            on "sales"."product_id" = "touched"."product_id"
    ) as held
) as rows_that_differ;

delete from etl.loaded_files
where target = %(target)s;
-- with target = 'sales'

delete from etl.loaded_files
using "staging_products_files__4e4a3efb5fa2"
where etl.loaded_files.target = %(target)s
    and etl.loaded_files.bucket = "staging_products_files__4e4a3efb5fa2".bucket
    and etl.loaded_files.object_key = "staging_products_files__4e4a3efb5fa2".object_key
    and "staging_products_files__4e4a3efb5fa2".kind not in ('listing', 'run');
-- with target = 'sales'

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
-- with target = 'sales'

delete from etl.listings
using "staging_products_files__4e4a3efb5fa2"
where etl.listings.target = %(target)s
    and etl.listings.bucket = "staging_products_files__4e4a3efb5fa2".bucket
    and etl.listings.prefix = "staging_products_files__4e4a3efb5fa2".object_key
    and "staging_products_files__4e4a3efb5fa2".kind = 'listing';
-- with target = 'sales'

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
-- with target = 'sales'

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
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', task_id = 'load_sales', try_number = 4, target = 'sales',
--      window_start = '1970-01-01 00:00:00', full_load = True, rows_staged = 3, inserted = 0, updated = 0, deleted = 0,
--      unchanged = 3, late = 0, deleted_by_source = 0, objects = 3, rows_read = 3, rejected = 0

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
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', task_id = 'load_sales'

commit;
