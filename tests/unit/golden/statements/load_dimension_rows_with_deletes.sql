-- first load

select
    set_config('statement_timeout', %(statement_timeout)s, false),
    set_config('query_group', %(query_group)s, false);
-- with statement_timeout = '7200000', query_group = 'redshift_elt'

begin;

lock table "etl"."lock_offers";

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
-- with target = 'offers', full_load_start = '1970-01-01 00:00:00'

select count(*)
from "staging_products_files__4e4a3efb5fa2" as staged
join etl.loaded_files as loaded
    on loaded.bucket = staged.bucket
    and loaded.object_key = staged.object_key
where staged.kind not in ('listing', 'run')
    and loaded.target = %(target)s
    and loaded.etag <> staged.etag;
-- with target = 'offers'

select
    held_1.*,
    0 as "columns_after_table_1",
    yielded.*
from (
select product_id, title, updated_at, case when price < 18 then 'D' end as op
from staging_products__4e4a3efb5fa2
) as yielded
cross join "offers" as held_1
where false
limit 0;

create temporary table "offers__fresh" as
select
    "product_id",
    "title",
    "updated_at",
    false as deletes_its_key
from "offers"
where false;

insert into "offers__fresh" (
    "product_id",
    "title",
    "updated_at",
    deletes_its_key
)
select
    "product_id",
    "title",
    "updated_at",
    deletes_its_key
from (
    select distinct
        "product_id",
        "title",
        "updated_at",
        len("product_id") as "length_0",
        len("title") as "length_1",
        coalesce("op" = 'D', false) as deletes_its_key
    from (
select product_id, title, updated_at, case when price < 18 then 'D' end as op
from staging_products__4e4a3efb5fa2
    ) as source
) as rows_once;

select count(*)
from "offers__fresh"
where "product_id" is null;

analyze "offers__fresh";

select count(*)
from pg_tables
where schemaname = %(schema)s
    and tablename = %(name)s;
-- with schema = 'etl', name = 'deleted_offers'

create table "etl"."deleted_offers" as
select
    "product_id",
    "updated_at"
from "offers"
where false;

create temporary table "deleted_offers__fresh" as
select
    "product_id",
    "updated_at"
from "etl"."deleted_offers"
where false;

insert into "deleted_offers__fresh" (
    "product_id",
    "updated_at"
)
select
    "product_id",
    max("updated_at")
from (
    select
        "product_id",
        "updated_at"
    from "offers__fresh"
    where deletes_its_key
    union all
    select
        "etl"."deleted_offers"."product_id",
        "etl"."deleted_offers"."updated_at"
    from "etl"."deleted_offers"
    join (
        select distinct
            "product_id"
        from "offers__fresh"
    ) as touched
        on "etl"."deleted_offers"."product_id" = "touched"."product_id"
) as deletes
group by
    "product_id";

analyze "deleted_offers__fresh";

create temporary table "offers__gone" as
select
    "product_id",
    "title",
    "updated_at"
from "offers"
where false;

insert into "offers__gone" (
    "product_id",
    "title",
    "updated_at"
)
select
    "offers"."product_id",
    "offers"."title",
    "offers"."updated_at"
from "offers"
join (
    select distinct
        "product_id"
    from "offers__fresh"
) as touched
    on "offers"."product_id" = "touched"."product_id"
left join (
    select distinct
        "product_id"
    from (
        select
            "rows_of_load"."product_id",
            "rows_of_load"."title",
            "rows_of_load"."updated_at"
        from (
            select
                "product_id",
                "title",
                "updated_at"
            from "offers__fresh"
            where not deletes_its_key
            union all
            select
                "offers"."product_id",
                "offers"."title",
                "offers"."updated_at"
            from "offers"
            join (
                select distinct
                    "product_id"
                from "offers__fresh"
            ) as touched
                on "offers"."product_id" = "touched"."product_id"
        ) as rows_of_load
        left join "deleted_offers__fresh"
            on "deleted_offers__fresh"."product_id" = "rows_of_load"."product_id"
        where
            "deleted_offers__fresh"."product_id" is null
            or "rows_of_load"."updated_at" > "deleted_offers__fresh"."updated_at"
            or ("rows_of_load"."updated_at" is not null and "deleted_offers__fresh"."updated_at" is null)
    ) as candidates
) as remaining
    on "offers"."product_id" = "remaining"."product_id"
where remaining."product_id" is null;

select count(*)
from (
    select distinct
        "product_id"
    from "offers__fresh"
) as keys;

create temporary table "offers__delta" as
select
    "product_id",
    "title",
    "updated_at",
    "loaded_by",
    "loaded_at",
    "source_period"
from "offers"
where false;

insert into "offers__delta" (
    "product_id",
    "title",
    "updated_at"
)
with candidates as (
    select
        "rows_of_load"."product_id",
        "rows_of_load"."title",
        "rows_of_load"."updated_at"
    from (
        select
            "product_id",
            "title",
            "updated_at"
        from "offers__fresh"
        where not deletes_its_key
        union all
        select
            "offers"."product_id",
            "offers"."title",
            "offers"."updated_at"
        from "offers"
        join (
            select distinct
                "product_id"
            from "offers__fresh"
        ) as touched
            on "offers"."product_id" = "touched"."product_id"
    ) as rows_of_load
    left join "deleted_offers__fresh"
        on "deleted_offers__fresh"."product_id" = "rows_of_load"."product_id"
    where
        "deleted_offers__fresh"."product_id" is null
        or "rows_of_load"."updated_at" > "deleted_offers__fresh"."updated_at"
        or ("rows_of_load"."updated_at" is not null and "deleted_offers__fresh"."updated_at" is null)
),
choice_0 as (
    select
        "product_id",
        "title",
        "updated_at"
    from (
        select
            "product_id",
            "title",
            "updated_at",
            row_number() over (
                partition by
                    "product_id"
                order by
                    "updated_at" desc nulls last,
                    "title",
                    len("title"),
                    "updated_at",
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
    "updated_at"
from (
    select
        "product_id",
        "title",
        "updated_at",
        len("product_id") as "length_0",
        len("title") as "length_1"
    from (
        select
            "choice_0"."product_id",
            "choice_0"."title",
            "choice_0"."updated_at"
        from choice_0
    ) as wanted
    except
    select
        "product_id",
        "title",
        "updated_at",
        len("product_id") as "length_0",
        len("title") as "length_1"
    from (
        select
            "offers"."product_id",
            "offers"."title",
            "offers"."updated_at"
        from "offers"
        join (
            select distinct
                "product_id"
            from candidates
        ) as touched
            on "offers"."product_id" = "touched"."product_id"
    ) as held
) as rows_that_differ;

select
    count(*),
    count("offers"."product_id"),
    count(fresh_keys."product_id")
from "offers__delta"
left join "offers"
    on "offers"."product_id" = "offers__delta"."product_id"
left join (
    select distinct
        "product_id"
    from "offers__fresh"
) as fresh_keys
    on "fresh_keys"."product_id" = "offers__delta"."product_id";

analyze "offers__delta";

update "offers__delta"
set
    "loaded_by" = %(loaded_by_1)s,
    "loaded_at" = %(loaded_at_1)s,
    "source_period" = %(source_period_1)s;
-- with loaded_by_1 = 'scheduled__2018-11-02', source_period_1 = '2018-11-01 00:00:00'

merge into "offers"
using "offers__delta"
    on "offers"."product_id" = "offers__delta"."product_id"
when matched then
    update set
        "title" = "offers__delta"."title",
        "updated_at" = "offers__delta"."updated_at",
        "loaded_by" = "offers__delta"."loaded_by",
        "loaded_at" = "offers__delta"."loaded_at",
        "source_period" = "offers__delta"."source_period"
when not matched then
    insert (
        "product_id",
        "title",
        "updated_at",
        "loaded_by",
        "loaded_at",
        "source_period"
    )
    values (
        "offers__delta"."product_id",
        "offers__delta"."title",
        "offers__delta"."updated_at",
        "offers__delta"."loaded_by",
        "offers__delta"."loaded_at",
        "offers__delta"."source_period"
    );

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
    from "deleted_offers__fresh"
) as fresh_rows
cross join (
    select count(*) as keys
    from (
        select distinct
            "product_id"
        from "deleted_offers__fresh"
    ) as keys_once
) as fresh_keys
cross join (
    select count(*) as stale
    from (
        select
            "product_id",
            "updated_at"
        from (
            select
                "product_id",
                "updated_at",
                len("product_id") as "length_0"
            from "etl"."deleted_offers"
            where
                ("product_id") in (
                    select
                        "product_id"
                    from "offers__fresh"
                )
            except
            select
                "product_id",
                "updated_at",
                len("product_id") as "length_0"
            from "deleted_offers__fresh"
        ) as rows_that_differ
    ) as rows_that_are_stale
) as stale_rows
cross join (
    select
        count(*) as missing
    from (
        select
            "product_id",
            "updated_at"
        from (
            select
                "product_id",
                "updated_at",
                len("product_id") as "length_0"
            from "deleted_offers__fresh"
            except
            select
                "product_id",
                "updated_at",
                len("product_id") as "length_0"
            from "etl"."deleted_offers"
            where
                ("product_id") in (
                    select
                        "product_id"
                    from "offers__fresh"
                )
        ) as rows_that_differ
    ) as rows_that_are_new
) as new_rows;

create temporary table "deleted_offers__new" as
select
    "product_id",
    "updated_at"
from (
    select
        "product_id",
        "updated_at",
        len("product_id") as "length_0"
    from "deleted_offers__fresh"
    except
    select
        "product_id",
        "updated_at",
        len("product_id") as "length_0"
    from "etl"."deleted_offers"
    where
        ("product_id") in (
            select
                "product_id"
            from "offers__fresh"
        )
) as rows_that_differ;

insert into "etl"."deleted_offers" (
    "product_id",
    "updated_at"
)
select
    "product_id",
    "updated_at"
from "deleted_offers__new";

delete from etl.loaded_files
using "staging_products_files__4e4a3efb5fa2"
where etl.loaded_files.target = %(target)s
    and etl.loaded_files.bucket = "staging_products_files__4e4a3efb5fa2".bucket
    and etl.loaded_files.object_key = "staging_products_files__4e4a3efb5fa2".object_key
    and "staging_products_files__4e4a3efb5fa2".kind not in ('listing', 'run');
-- with target = 'offers'

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
-- with target = 'offers'

delete from etl.listings
using "staging_products_files__4e4a3efb5fa2"
where etl.listings.target = %(target)s
    and etl.listings.bucket = "staging_products_files__4e4a3efb5fa2".bucket
    and etl.listings.prefix = "staging_products_files__4e4a3efb5fa2".object_key
    and "staging_products_files__4e4a3efb5fa2".kind = 'listing';
-- with target = 'offers'

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
-- with target = 'offers'

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
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', task_id = 'load_offers', try_number = 1, target = 'offers',
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

lock table "etl"."lock_offers";

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
-- with target = 'offers'

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
-- with target = 'offers'

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
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', task_id = 'load_offers', try_number = 2, target = 'offers',
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
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', task_id = 'load_offers', window_end = '2018-11-02 00:00:00'

commit;


-- correction

select
    set_config('statement_timeout', %(statement_timeout)s, false),
    set_config('query_group', %(query_group)s, false);
-- with statement_timeout = '7200000', query_group = 'redshift_elt'

begin;

lock table "etl"."lock_offers";

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
-- with target = 'offers', full_load_start = '1970-01-01 00:00:00'

select count(*)
from "staging_products_files__4e4a3efb5fa2" as staged
join etl.loaded_files as loaded
    on loaded.bucket = staged.bucket
    and loaded.object_key = staged.object_key
where staged.kind not in ('listing', 'run')
    and loaded.target = %(target)s
    and loaded.etag <> staged.etag;
-- with target = 'offers'

select
    held_1.*,
    0 as "columns_after_table_1",
    yielded.*
from (
select product_id, title, updated_at, case when price < 18 then 'D' end as op
from staging_products__4e4a3efb5fa2
) as yielded
cross join "offers" as held_1
where false
limit 0;

create temporary table "offers__fresh" as
select
    "product_id",
    "title",
    "updated_at",
    false as deletes_its_key
from "offers"
where false;

insert into "offers__fresh" (
    "product_id",
    "title",
    "updated_at",
    deletes_its_key
)
select
    "product_id",
    "title",
    "updated_at",
    deletes_its_key
from (
    select distinct
        "product_id",
        "title",
        "updated_at",
        len("product_id") as "length_0",
        len("title") as "length_1",
        coalesce("op" = 'D', false) as deletes_its_key
    from (
select product_id, title, updated_at, case when price < 18 then 'D' end as op
from staging_products__4e4a3efb5fa2
    ) as source
) as rows_once;

select count(*)
from "offers__fresh"
where "product_id" is null;

analyze "offers__fresh";

select count(*)
from pg_tables
where schemaname = %(schema)s
    and tablename = %(name)s;
-- with schema = 'etl', name = 'deleted_offers'

create temporary table "deleted_offers__fresh" as
select
    "product_id",
    "updated_at"
from "etl"."deleted_offers"
where false;

insert into "deleted_offers__fresh" (
    "product_id",
    "updated_at"
)
select
    "product_id",
    max("updated_at")
from (
    select
        "product_id",
        "updated_at"
    from "offers__fresh"
    where deletes_its_key
    union all
    select
        "etl"."deleted_offers"."product_id",
        "etl"."deleted_offers"."updated_at"
    from "etl"."deleted_offers"
    join (
        select distinct
            "product_id"
        from "offers__fresh"
    ) as touched
        on "etl"."deleted_offers"."product_id" = "touched"."product_id"
) as deletes
group by
    "product_id";

analyze "deleted_offers__fresh";

create temporary table "offers__gone" as
select
    "product_id",
    "title",
    "updated_at"
from "offers"
where false;

insert into "offers__gone" (
    "product_id",
    "title",
    "updated_at"
)
select
    "offers"."product_id",
    "offers"."title",
    "offers"."updated_at"
from "offers"
join (
    select distinct
        "product_id"
    from "offers__fresh"
) as touched
    on "offers"."product_id" = "touched"."product_id"
left join (
    select distinct
        "product_id"
    from (
        select
            "rows_of_load"."product_id",
            "rows_of_load"."title",
            "rows_of_load"."updated_at"
        from (
            select
                "product_id",
                "title",
                "updated_at"
            from "offers__fresh"
            where not deletes_its_key
            union all
            select
                "offers"."product_id",
                "offers"."title",
                "offers"."updated_at"
            from "offers"
            join (
                select distinct
                    "product_id"
                from "offers__fresh"
            ) as touched
                on "offers"."product_id" = "touched"."product_id"
        ) as rows_of_load
        left join "deleted_offers__fresh"
            on "deleted_offers__fresh"."product_id" = "rows_of_load"."product_id"
        where
            "deleted_offers__fresh"."product_id" is null
            or "rows_of_load"."updated_at" > "deleted_offers__fresh"."updated_at"
            or ("rows_of_load"."updated_at" is not null and "deleted_offers__fresh"."updated_at" is null)
    ) as candidates
) as remaining
    on "offers"."product_id" = "remaining"."product_id"
where remaining."product_id" is null;

select
    count("deleted_offers__fresh"."product_id"),
    count(fresh_keys."product_id")
from "offers__gone"
left join "deleted_offers__fresh"
    on "deleted_offers__fresh"."product_id" = "offers__gone"."product_id"
left join (
    select distinct
        "product_id"
    from "offers__fresh"
) as fresh_keys
    on "fresh_keys"."product_id" = "offers__gone"."product_id";

select count(*)
from (
    select distinct
        "product_id"
    from "offers__fresh"
) as keys;

create temporary table "offers__delta" as
select
    "product_id",
    "title",
    "updated_at",
    "loaded_by",
    "loaded_at",
    "source_period"
from "offers"
where false;

insert into "offers__delta" (
    "product_id",
    "title",
    "updated_at"
)
with candidates as (
    select
        "rows_of_load"."product_id",
        "rows_of_load"."title",
        "rows_of_load"."updated_at"
    from (
        select
            "product_id",
            "title",
            "updated_at"
        from "offers__fresh"
        where not deletes_its_key
        union all
        select
            "offers"."product_id",
            "offers"."title",
            "offers"."updated_at"
        from "offers"
        join (
            select distinct
                "product_id"
            from "offers__fresh"
        ) as touched
            on "offers"."product_id" = "touched"."product_id"
    ) as rows_of_load
    left join "deleted_offers__fresh"
        on "deleted_offers__fresh"."product_id" = "rows_of_load"."product_id"
    where
        "deleted_offers__fresh"."product_id" is null
        or "rows_of_load"."updated_at" > "deleted_offers__fresh"."updated_at"
        or ("rows_of_load"."updated_at" is not null and "deleted_offers__fresh"."updated_at" is null)
),
choice_0 as (
    select
        "product_id",
        "title",
        "updated_at"
    from (
        select
            "product_id",
            "title",
            "updated_at",
            row_number() over (
                partition by
                    "product_id"
                order by
                    "updated_at" desc nulls last,
                    "title",
                    len("title"),
                    "updated_at",
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
    "updated_at"
from (
    select
        "product_id",
        "title",
        "updated_at",
        len("product_id") as "length_0",
        len("title") as "length_1"
    from (
        select
            "choice_0"."product_id",
            "choice_0"."title",
            "choice_0"."updated_at"
        from choice_0
    ) as wanted
    except
    select
        "product_id",
        "title",
        "updated_at",
        len("product_id") as "length_0",
        len("title") as "length_1"
    from (
        select
            "offers"."product_id",
            "offers"."title",
            "offers"."updated_at"
        from "offers"
        join (
            select distinct
                "product_id"
            from candidates
        ) as touched
            on "offers"."product_id" = "touched"."product_id"
    ) as held
) as rows_that_differ;

analyze "offers__gone";

delete from "offers"
using "offers__gone"
where "offers"."product_id" = "offers__gone"."product_id";

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
    from "deleted_offers__fresh"
) as fresh_rows
cross join (
    select count(*) as keys
    from (
        select distinct
            "product_id"
        from "deleted_offers__fresh"
    ) as keys_once
) as fresh_keys
cross join (
    select count(*) as stale
    from (
        select
            "product_id",
            "updated_at"
        from (
            select
                "product_id",
                "updated_at",
                len("product_id") as "length_0"
            from "etl"."deleted_offers"
            where
                ("product_id") in (
                    select
                        "product_id"
                    from "offers__fresh"
                )
            except
            select
                "product_id",
                "updated_at",
                len("product_id") as "length_0"
            from "deleted_offers__fresh"
        ) as rows_that_differ
    ) as rows_that_are_stale
) as stale_rows
cross join (
    select
        count(*) as missing
    from (
        select
            "product_id",
            "updated_at"
        from (
            select
                "product_id",
                "updated_at",
                len("product_id") as "length_0"
            from "deleted_offers__fresh"
            except
            select
                "product_id",
                "updated_at",
                len("product_id") as "length_0"
            from "etl"."deleted_offers"
            where
                ("product_id") in (
                    select
                        "product_id"
                    from "offers__fresh"
                )
        ) as rows_that_differ
    ) as rows_that_are_new
) as new_rows;

create temporary table "deleted_offers__new" as
select
    "product_id",
    "updated_at"
from (
    select
        "product_id",
        "updated_at",
        len("product_id") as "length_0"
    from "deleted_offers__fresh"
    except
    select
        "product_id",
        "updated_at",
        len("product_id") as "length_0"
    from "etl"."deleted_offers"
    where
        ("product_id") in (
            select
                "product_id"
            from "offers__fresh"
        )
) as rows_that_differ;

insert into "etl"."deleted_offers" (
    "product_id",
    "updated_at"
)
select
    "product_id",
    "updated_at"
from "deleted_offers__new";

delete from etl.loaded_files
using "staging_products_files__4e4a3efb5fa2"
where etl.loaded_files.target = %(target)s
    and etl.loaded_files.bucket = "staging_products_files__4e4a3efb5fa2".bucket
    and etl.loaded_files.object_key = "staging_products_files__4e4a3efb5fa2".object_key
    and "staging_products_files__4e4a3efb5fa2".kind not in ('listing', 'run');
-- with target = 'offers'

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
-- with target = 'offers'

delete from etl.listings
using "staging_products_files__4e4a3efb5fa2"
where etl.listings.target = %(target)s
    and etl.listings.bucket = "staging_products_files__4e4a3efb5fa2".bucket
    and etl.listings.prefix = "staging_products_files__4e4a3efb5fa2".object_key
    and "staging_products_files__4e4a3efb5fa2".kind = 'listing';
-- with target = 'offers'

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
-- with target = 'offers'

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
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', task_id = 'load_offers', try_number = 3, target = 'offers',
--      window_start = '2018-11-01 00:00:00', window_end = '2018-11-02 00:00:00', full_load = False, rows_staged = 1,
--      inserted = 0, updated = 0, deleted = 1, unchanged = 0, late = 0, deleted_by_source = 1, objects = 1,
--      rows_read = 1, rejected = 0

commit;


-- full load

select
    set_config('statement_timeout', %(statement_timeout)s, false),
    set_config('query_group', %(query_group)s, false);
-- with statement_timeout = '7200000', query_group = 'redshift_elt'

begin;

lock table "etl"."lock_offers";

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
-- with target = 'offers'

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
-- with target = 'offers', most = 20

select
    held_1.*,
    0 as "columns_after_table_1",
    yielded.*
from (
select product_id, title, updated_at, case when price < 18 then 'D' end as op
from staging_products__4e4a3efb5fa2
) as yielded
cross join "offers" as held_1
where false
limit 0;

create temporary table "offers__fresh" as
select
    "product_id",
    "title",
    "updated_at",
    false as deletes_its_key
from "offers"
where false;

insert into "offers__fresh" (
    "product_id",
    "title",
    "updated_at",
    deletes_its_key
)
select
    "product_id",
    "title",
    "updated_at",
    deletes_its_key
from (
    select distinct
        "product_id",
        "title",
        "updated_at",
        len("product_id") as "length_0",
        len("title") as "length_1",
        coalesce("op" = 'D', false) as deletes_its_key
    from (
select product_id, title, updated_at, case when price < 18 then 'D' end as op
from staging_products__4e4a3efb5fa2
    ) as source
) as rows_once;

select count(*)
from "offers__fresh"
where "product_id" is null;

analyze "offers__fresh";

select count(*)
from pg_tables
where schemaname = %(schema)s
    and tablename = %(name)s;
-- with schema = 'etl', name = 'deleted_offers'

create temporary table "deleted_offers__fresh" as
select
    "product_id",
    "updated_at"
from "etl"."deleted_offers"
where false;

insert into "deleted_offers__fresh" (
    "product_id",
    "updated_at"
)
select
    "product_id",
    max("updated_at")
from (
    select
        "product_id",
        "updated_at"
    from "offers__fresh"
    where deletes_its_key
) as deletes
group by
    "product_id";

analyze "deleted_offers__fresh";

create temporary table "offers__gone" as
select
    "product_id",
    "title",
    "updated_at"
from "offers"
where false;

insert into "offers__gone" (
    "product_id",
    "title",
    "updated_at"
)
select
    "offers"."product_id",
    "offers"."title",
    "offers"."updated_at"
from "offers"
left join (
    select distinct
        "product_id"
    from (
        select
            "rows_of_load"."product_id",
            "rows_of_load"."title",
            "rows_of_load"."updated_at"
        from (
            select
                "product_id",
                "title",
                "updated_at"
            from "offers__fresh"
            where not deletes_its_key
        ) as rows_of_load
        left join "deleted_offers__fresh"
            on "deleted_offers__fresh"."product_id" = "rows_of_load"."product_id"
        where
            "deleted_offers__fresh"."product_id" is null
            or "rows_of_load"."updated_at" > "deleted_offers__fresh"."updated_at"
            or ("rows_of_load"."updated_at" is not null and "deleted_offers__fresh"."updated_at" is null)
    ) as candidates
) as remaining
    on "offers"."product_id" = "remaining"."product_id"
where remaining."product_id" is null;

select count(*)
from (
    select distinct
        "product_id"
    from "offers__fresh"
) as keys;

create temporary table "offers__delta" as
select
    "product_id",
    "title",
    "updated_at",
    "loaded_by",
    "loaded_at",
    "source_period"
from "offers"
where false;

insert into "offers__delta" (
    "product_id",
    "title",
    "updated_at"
)
with candidates as (
    select
        "rows_of_load"."product_id",
        "rows_of_load"."title",
        "rows_of_load"."updated_at"
    from (
        select
            "product_id",
            "title",
            "updated_at"
        from "offers__fresh"
        where not deletes_its_key
    ) as rows_of_load
    left join "deleted_offers__fresh"
        on "deleted_offers__fresh"."product_id" = "rows_of_load"."product_id"
    where
        "deleted_offers__fresh"."product_id" is null
        or "rows_of_load"."updated_at" > "deleted_offers__fresh"."updated_at"
        or ("rows_of_load"."updated_at" is not null and "deleted_offers__fresh"."updated_at" is null)
),
choice_0 as (
    select
        "product_id",
        "title",
        "updated_at"
    from (
        select
            "product_id",
            "title",
            "updated_at",
            row_number() over (
                partition by
                    "product_id"
                order by
                    "updated_at" desc nulls last,
                    "title",
                    len("title"),
                    "updated_at",
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
    "updated_at"
from (
    select
        "product_id",
        "title",
        "updated_at",
        len("product_id") as "length_0",
        len("title") as "length_1"
    from (
        select
            "choice_0"."product_id",
            "choice_0"."title",
            "choice_0"."updated_at"
        from choice_0
    ) as wanted
    except
    select
        "product_id",
        "title",
        "updated_at",
        len("product_id") as "length_0",
        len("title") as "length_1"
    from (
        select
            "offers"."product_id",
            "offers"."title",
            "offers"."updated_at"
        from "offers"
        join (
            select distinct
                "product_id"
            from candidates
        ) as touched
            on "offers"."product_id" = "touched"."product_id"
    ) as held
) as rows_that_differ;

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
    from "deleted_offers__fresh"
) as fresh_rows
cross join (
    select count(*) as keys
    from (
        select distinct
            "product_id"
        from "deleted_offers__fresh"
    ) as keys_once
) as fresh_keys
cross join (
    select count(*) as stale
    from (
        select
            "product_id",
            "updated_at"
        from (
            select
                "product_id",
                "updated_at",
                len("product_id") as "length_0"
            from "etl"."deleted_offers"
            where
                1 = 1
            except
            select
                "product_id",
                "updated_at",
                len("product_id") as "length_0"
            from "deleted_offers__fresh"
        ) as rows_that_differ
    ) as rows_that_are_stale
) as stale_rows
cross join (
    select
        count(*) as missing
    from (
        select
            "product_id",
            "updated_at"
        from (
            select
                "product_id",
                "updated_at",
                len("product_id") as "length_0"
            from "deleted_offers__fresh"
            except
            select
                "product_id",
                "updated_at",
                len("product_id") as "length_0"
            from "etl"."deleted_offers"
            where
                1 = 1
        ) as rows_that_differ
    ) as rows_that_are_new
) as new_rows;

delete from etl.loaded_files
where target = %(target)s;
-- with target = 'offers'

delete from etl.loaded_files
using "staging_products_files__4e4a3efb5fa2"
where etl.loaded_files.target = %(target)s
    and etl.loaded_files.bucket = "staging_products_files__4e4a3efb5fa2".bucket
    and etl.loaded_files.object_key = "staging_products_files__4e4a3efb5fa2".object_key
    and "staging_products_files__4e4a3efb5fa2".kind not in ('listing', 'run');
-- with target = 'offers'

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
-- with target = 'offers'

delete from etl.listings
using "staging_products_files__4e4a3efb5fa2"
where etl.listings.target = %(target)s
    and etl.listings.bucket = "staging_products_files__4e4a3efb5fa2".bucket
    and etl.listings.prefix = "staging_products_files__4e4a3efb5fa2".object_key
    and "staging_products_files__4e4a3efb5fa2".kind = 'listing';
-- with target = 'offers'

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
-- with target = 'offers'

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
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', task_id = 'load_offers', try_number = 4, target = 'offers',
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
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', task_id = 'load_offers'

commit;
