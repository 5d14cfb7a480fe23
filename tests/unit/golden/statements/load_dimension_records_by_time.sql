-- first load

select
    set_config('statement_timeout', %(statement_timeout)s, false),
    set_config('query_group', %(query_group)s, false);
-- with statement_timeout = '7200000', query_group = 'redshift_elt'

begin;

lock table "etl"."lock_customers";

select
    object_key,
    etag,
    size_bytes,
    modified_at,
    kind
from "staging_orders_files__4e4a3efb5fa2"
where kind not in ('listing', 'run')
    and object_key > %(after)s
order by object_key
limit %(most)s;
-- with after = '', most = 10000

with rows_beside_columns as (
    select distinct
        window_start as loaded_start,
        window_end as loaded_end,
        null::varchar(64) as versions
    from etl.loads
    where target = %(target)s
        and window_start < %(last)s
        and window_end > %(first)s
    union all
    select
        period_start,
        period_end,
        versions
    from etl.loaded_periods
    where target = %(target)s
        and period_start < %(last)s
        and period_end > %(first)s
)

select
    rows_beside_columns.*,
    0 as "columns_after_table_0",
    held_1.*,
    0 as "columns_after_table_1",
    held_2.*,
    0 as "columns_after_table_2",
    yielded.*
from rows_beside_columns
left join (
    select *
    from "etl"."customer_records"
    where false
) as held_1
    on true
left join (
    select *
    from "customers"
    where false
) as held_2
    on true
left join (
    select *
    from (
select customer_id, customer_name as name, ordered_at as seen_at
from staging_orders__4e4a3efb5fa2
    ) as selected
    where false
) as yielded
    on true;
-- with target = 'customers', last = '2018-11-02 00:00:00', first = '2018-11-01 00:00:00'

create temporary table "customer_records__fresh" (like "etl"."customer_records");

insert into "customer_records__fresh" (
    "customer_id",
    "name",
    "seen_at"
)
select
    "customer_id",
    "name",
    "seen_at"
from (
    select distinct
        "customer_id",
        "name",
        "seen_at",
        len("name") as "length_0"
    from (
select customer_id, customer_name as name, ordered_at as seen_at
from staging_orders__4e4a3efb5fa2
    ) as source
    where
        "seen_at" >= %(start_1)s
        and "seen_at" < %(end_1)s
) as rows_once;
-- with start_1 = '2018-11-01 00:00:00', end_1 = '2018-11-02 00:00:00'

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
                    "customer_id" is null
                    then 1
            end
        ) as null_keys
    from "customer_records__fresh"
) as fresh_rows
cross join (
    select count(*) as keys
    from (
        select distinct
            "customer_id"
        from "customer_records__fresh"
    ) as keys_once
) as fresh_keys
cross join (
    select count(*) as stale
    from (
        select
            "customer_id",
            "name",
            "seen_at"
        from (
            select
                "customer_id",
                "name",
                "seen_at",
                len("name") as "length_0"
            from "etl"."customer_records"
            where
                "seen_at" >= %(start_1)s
                and "seen_at" < %(end_1)s
            except
            select
                "customer_id",
                "name",
                "seen_at",
                len("name") as "length_0"
            from "customer_records__fresh"
        ) as rows_that_differ
    ) as rows_that_are_stale
) as stale_rows
cross join (
    select
        count(*) as missing
    from (
        select
            "customer_id",
            "name",
            "seen_at"
        from (
            select
                "customer_id",
                "name",
                "seen_at",
                len("name") as "length_0"
            from "customer_records__fresh"
            except
            select
                "customer_id",
                "name",
                "seen_at",
                len("name") as "length_0"
            from "etl"."customer_records"
            where
                "seen_at" >= %(start_1)s
                and "seen_at" < %(end_1)s
        ) as rows_that_differ
    ) as rows_that_are_new
) as new_rows;
-- with start_1 = '2018-11-01 00:00:00', end_1 = '2018-11-02 00:00:00'

create temporary table "customer_records__new" as
select
    "customer_id",
    "name",
    "seen_at"
from (
    select
        "customer_id",
        "name",
        "seen_at",
        len("name") as "length_0"
    from "customer_records__fresh"
    except
    select
        "customer_id",
        "name",
        "seen_at",
        len("name") as "length_0"
    from "etl"."customer_records"
    where
        "seen_at" >= '2018-11-01 00:00:00'::timestamp
        and "seen_at" < '2018-11-02 00:00:00'::timestamp
) as rows_that_differ;

insert into "etl"."customer_records" (
    "customer_id",
    "name",
    "seen_at"
)
select
    "customer_id",
    "name",
    "seen_at"
from "customer_records__new";

create temporary table "customers__gone" (like "customers");

select count(*)
from (
    select distinct
        "customer_id"
    from "customer_records__fresh"
) as keys;

create temporary table "customers__delta" (like "customers");

insert into "customers__delta" (
    "customer_id",
    "name",
    "seen_at"
)
with candidates as (
    select
        "customer_records__new"."customer_id",
        "customer_records__new"."name",
        "customer_records__new"."seen_at"
    from "customer_records__new"
    union all
    select
        "customers"."customer_id",
        "customers"."name",
        "customers"."seen_at"
    from "customers"
    join (
        select distinct
            "customer_id"
        from "customer_records__new"
    ) as touched
        on "customers"."customer_id" = "touched"."customer_id"
),
choice_0 as (
    select
        "customer_id",
        "name",
        "seen_at"
    from (
        select
            "customer_id",
            "name",
            "seen_at",
            row_number() over (
                partition by
                    "customer_id"
                order by
                    "seen_at" desc nulls last,
                    "name",
                    len("name"),
                    "seen_at",
                    "customer_id"
            ) as choice
        from candidates
    ) as ranked
    where choice = 1
)
select
    "customer_id",
    "name",
    "seen_at"
from (
    select
        "customer_id",
        "name",
        "seen_at",
        len("name") as "length_0"
    from (
        select
            "choice_0"."customer_id",
            "choice_0"."name",
            "choice_0"."seen_at"
        from choice_0
    ) as wanted
    except
    select
        "customer_id",
        "name",
        "seen_at",
        len("name") as "length_0"
    from (
        select
            "customers"."customer_id",
            "customers"."name",
            "customers"."seen_at"
        from "customers"
        join (
            select distinct
                "customer_id"
            from candidates
        ) as touched
            on "customers"."customer_id" = "touched"."customer_id"
    ) as held
) as rows_that_differ;

select
    count(*),
    count("customers"."customer_id"),
    count(fresh_keys."customer_id")
from "customers__delta"
left join "customers"
    on "customers"."customer_id" = "customers__delta"."customer_id"
left join (
    select distinct
        "customer_id"
    from "customer_records__fresh"
) as fresh_keys
    on "fresh_keys"."customer_id" = "customers__delta"."customer_id";

analyze "customers__delta";

merge into "customers"
using "customers__delta"
    on "customers"."customer_id" = "customers__delta"."customer_id"
when matched then
    update set
        "name" = "customers__delta"."name",
        "seen_at" = "customers__delta"."seen_at"
when not matched then
    insert (
        "customer_id",
        "name",
        "seen_at"
    )
    values (
        "customers__delta"."customer_id",
        "customers__delta"."name",
        "customers__delta"."seen_at"
    );

insert into etl.loaded_periods (
    "target",
    "period_start",
    "period_end",
    "versions"
)
values
(
    %(target_1)s,
    %(period_start_1)s,
    %(period_end_1)s,
    %(versions_1)s
);
-- with target_1 = 'customers', period_start_1 = '2018-11-01 00:00:00', period_end_1 = '2018-11-02 00:00:00',
--      versions_1 = 'a226974f24ed28e0a1099e58096470e89ba3c691dd4875abad0d768d64d589f1'

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
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', task_id = 'load_customers', try_number = 1,
--      target = 'customers', window_start = '2018-11-01 00:00:00', window_end = '2018-11-02 00:00:00',
--      full_load = False, rows_staged = 2, inserted = 2, updated = 0, deleted = 0, unchanged = 0, late = 0,
--      objects = 1, rows_read = 3, rejected = 0

commit;


-- rerun

select
    set_config('statement_timeout', %(statement_timeout)s, false),
    set_config('query_group', %(query_group)s, false);
-- with statement_timeout = '7200000', query_group = 'redshift_elt'

begin;

lock table "etl"."lock_customers";

select
    object_key,
    etag,
    size_bytes,
    modified_at,
    kind
from "staging_orders_files__4e4a3efb5fa2"
where kind not in ('listing', 'run')
    and object_key > %(after)s
order by object_key
limit %(most)s;
-- with after = '', most = 10000

with rows_beside_columns as (
    select distinct
        window_start as loaded_start,
        window_end as loaded_end,
        null::varchar(64) as versions
    from etl.loads
    where target = %(target)s
        and window_start < %(last)s
        and window_end > %(first)s
    union all
    select
        period_start,
        period_end,
        versions
    from etl.loaded_periods
    where target = %(target)s
        and period_start < %(last)s
        and period_end > %(first)s
)

select
    rows_beside_columns.*,
    0 as "columns_after_table_0",
    held_1.*,
    0 as "columns_after_table_1",
    held_2.*,
    0 as "columns_after_table_2",
    yielded.*
from rows_beside_columns
left join (
    select *
    from "etl"."customer_records"
    where false
) as held_1
    on true
left join (
    select *
    from "customers"
    where false
) as held_2
    on true
left join (
    select *
    from (
select customer_id, customer_name as name, ordered_at as seen_at
from staging_orders__4e4a3efb5fa2
    ) as selected
    where false
) as yielded
    on true;
-- with target = 'customers', last = '2018-11-02 00:00:00', first = '2018-11-01 00:00:00'

create temporary table "customer_records__fresh" (like "etl"."customer_records");

insert into "customer_records__fresh" (
    "customer_id",
    "name",
    "seen_at"
)
select
    "customer_id",
    "name",
    "seen_at"
from (
    select distinct
        "customer_id",
        "name",
        "seen_at",
        len("name") as "length_0"
    from (
select customer_id, customer_name as name, ordered_at as seen_at
from staging_orders__4e4a3efb5fa2
    ) as source
    where
        "seen_at" >= %(start_1)s
        and "seen_at" < %(end_1)s
) as rows_once;
-- with start_1 = '2018-11-01 00:00:00', end_1 = '2018-11-02 00:00:00'

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
                    "customer_id" is null
                    then 1
            end
        ) as null_keys
    from "customer_records__fresh"
) as fresh_rows
cross join (
    select count(*) as keys
    from (
        select distinct
            "customer_id"
        from "customer_records__fresh"
    ) as keys_once
) as fresh_keys
cross join (
    select count(*) as stale
    from (
        select
            "customer_id",
            "name",
            "seen_at"
        from (
            select
                "customer_id",
                "name",
                "seen_at",
                len("name") as "length_0"
            from "etl"."customer_records"
            where
                "seen_at" >= %(start_1)s
                and "seen_at" < %(end_1)s
            except
            select
                "customer_id",
                "name",
                "seen_at",
                len("name") as "length_0"
            from "customer_records__fresh"
        ) as rows_that_differ
    ) as rows_that_are_stale
) as stale_rows
cross join (
    select
        count(*) as missing
    from (
        select
            "customer_id",
            "name",
            "seen_at"
        from (
            select
                "customer_id",
                "name",
                "seen_at",
                len("name") as "length_0"
            from "customer_records__fresh"
            except
            select
                "customer_id",
                "name",
                "seen_at",
                len("name") as "length_0"
            from "etl"."customer_records"
            where
                "seen_at" >= %(start_1)s
                and "seen_at" < %(end_1)s
        ) as rows_that_differ
    ) as rows_that_are_new
) as new_rows;
-- with start_1 = '2018-11-01 00:00:00', end_1 = '2018-11-02 00:00:00'

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
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', task_id = 'load_customers', try_number = 2,
--      target = 'customers', window_start = '2018-11-01 00:00:00', window_end = '2018-11-02 00:00:00',
--      full_load = False, rows_staged = 2, inserted = 0, updated = 0, deleted = 0, unchanged = 2, late = 0,
--      objects = 1, rows_read = 3, rejected = 0

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
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', task_id = 'load_customers',
--      window_end = '2018-11-02 00:00:00'

commit;


-- correction

select
    set_config('statement_timeout', %(statement_timeout)s, false),
    set_config('query_group', %(query_group)s, false);
-- with statement_timeout = '7200000', query_group = 'redshift_elt'

begin;

lock table "etl"."lock_customers";

select
    object_key,
    etag,
    size_bytes,
    modified_at,
    kind
from "staging_orders_files__4e4a3efb5fa2"
where kind not in ('listing', 'run')
    and object_key > %(after)s
order by object_key
limit %(most)s;
-- with after = '', most = 10000

with rows_beside_columns as (
    select distinct
        window_start as loaded_start,
        window_end as loaded_end,
        null::varchar(64) as versions
    from etl.loads
    where target = %(target)s
        and window_start < %(last)s
        and window_end > %(first)s
    union all
    select
        period_start,
        period_end,
        versions
    from etl.loaded_periods
    where target = %(target)s
        and period_start < %(last)s
        and period_end > %(first)s
)

select
    rows_beside_columns.*,
    0 as "columns_after_table_0",
    held_1.*,
    0 as "columns_after_table_1",
    held_2.*,
    0 as "columns_after_table_2",
    yielded.*
from rows_beside_columns
left join (
    select *
    from "etl"."customer_records"
    where false
) as held_1
    on true
left join (
    select *
    from "customers"
    where false
) as held_2
    on true
left join (
    select *
    from (
select customer_id, customer_name as name, ordered_at as seen_at
from staging_orders__4e4a3efb5fa2
    ) as selected
    where false
) as yielded
    on true;
-- with target = 'customers', last = '2018-11-02 00:00:00', first = '2018-11-01 00:00:00'

create temporary table "customer_records__fresh" (like "etl"."customer_records");

insert into "customer_records__fresh" (
    "customer_id",
    "name",
    "seen_at"
)
select
    "customer_id",
    "name",
    "seen_at"
from (
    select distinct
        "customer_id",
        "name",
        "seen_at",
        len("name") as "length_0"
    from (
select customer_id, customer_name as name, ordered_at as seen_at
from staging_orders__4e4a3efb5fa2
    ) as source
    where
        "seen_at" >= %(start_1)s
        and "seen_at" < %(end_1)s
) as rows_once;
-- with start_1 = '2018-11-01 00:00:00', end_1 = '2018-11-02 00:00:00'

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
                    "customer_id" is null
                    then 1
            end
        ) as null_keys
    from "customer_records__fresh"
) as fresh_rows
cross join (
    select count(*) as keys
    from (
        select distinct
            "customer_id"
        from "customer_records__fresh"
    ) as keys_once
) as fresh_keys
cross join (
    select count(*) as stale
    from (
        select
            "customer_id",
            "name",
            "seen_at"
        from (
            select
                "customer_id",
                "name",
                "seen_at",
                len("name") as "length_0"
            from "etl"."customer_records"
            where
                "seen_at" >= %(start_1)s
                and "seen_at" < %(end_1)s
            except
            select
                "customer_id",
                "name",
                "seen_at",
                len("name") as "length_0"
            from "customer_records__fresh"
        ) as rows_that_differ
    ) as rows_that_are_stale
) as stale_rows
cross join (
    select
        count(*) as missing
    from (
        select
            "customer_id",
            "name",
            "seen_at"
        from (
            select
                "customer_id",
                "name",
                "seen_at",
                len("name") as "length_0"
            from "customer_records__fresh"
            except
            select
                "customer_id",
                "name",
                "seen_at",
                len("name") as "length_0"
            from "etl"."customer_records"
            where
                "seen_at" >= %(start_1)s
                and "seen_at" < %(end_1)s
        ) as rows_that_differ
    ) as rows_that_are_new
) as new_rows;
-- with start_1 = '2018-11-01 00:00:00', end_1 = '2018-11-02 00:00:00'

create temporary table "customer_records__stale" as
select
    "customer_id",
    "name",
    "seen_at"
from (
    select
        "customer_id",
        "name",
        "seen_at",
        len("name") as "length_0"
    from "etl"."customer_records"
    where
        "seen_at" >= '2018-11-01 00:00:00'::timestamp
        and "seen_at" < '2018-11-02 00:00:00'::timestamp
    except
    select
        "customer_id",
        "name",
        "seen_at",
        len("name") as "length_0"
    from "customer_records__fresh"
) as rows_that_differ;

create temporary table "customer_records__new" as
select
    "customer_id",
    "name",
    "seen_at"
from (
    select
        "customer_id",
        "name",
        "seen_at",
        len("name") as "length_0"
    from "customer_records__fresh"
    except
    select
        "customer_id",
        "name",
        "seen_at",
        len("name") as "length_0"
    from "etl"."customer_records"
    where
        "seen_at" >= '2018-11-01 00:00:00'::timestamp
        and "seen_at" < '2018-11-02 00:00:00'::timestamp
) as rows_that_differ;

delete from "etl"."customer_records"
using "customer_records__stale"
where
    "etl"."customer_records"."customer_id" = "customer_records__stale"."customer_id"
    and (
        "etl"."customer_records"."name" = "customer_records__stale"."name"
        and len("etl"."customer_records"."name") = len("customer_records__stale"."name")
        or ("etl"."customer_records"."name" is null and "customer_records__stale"."name" is null)
    )
    and (
        "etl"."customer_records"."seen_at" = "customer_records__stale"."seen_at"
        or ("etl"."customer_records"."seen_at" is null and "customer_records__stale"."seen_at" is null)
    )
    and "etl"."customer_records"."seen_at" >= %(start_1)s
    and "etl"."customer_records"."seen_at" < %(end_1)s;
-- with start_1 = '2018-11-01 00:00:00', end_1 = '2018-11-02 00:00:00'

insert into "etl"."customer_records" (
    "customer_id",
    "name",
    "seen_at"
)
select
    "customer_id",
    "name",
    "seen_at"
from "customer_records__new";

create temporary table "customers__gone" (like "customers");

insert into "customers__gone" (
    "customer_id",
    "name",
    "seen_at"
)
select
    "customers"."customer_id",
    "customers"."name",
    "customers"."seen_at"
from "customers"
join (
    select distinct
        "customer_id"
    from "customer_records__stale"
) as taken_back
    on "customers"."customer_id" = "taken_back"."customer_id"
where
    not exists (
        select 1
        from "etl"."customer_records"
        where "etl"."customer_records"."customer_id" = "customers"."customer_id"
    );

select count(*)
from (
    select distinct
        "customer_id"
    from "customer_records__fresh"
) as keys;

create temporary table "customers__delta" (like "customers");

insert into "customers__delta" (
    "customer_id",
    "name",
    "seen_at"
)
with candidates as (
    select
        "etl"."customer_records"."customer_id",
        "etl"."customer_records"."name",
        "etl"."customer_records"."seen_at"
    from "etl"."customer_records"
    join (
        select distinct
            "customer_id"
        from "customer_records__stale"
    ) as taken_back
        on "etl"."customer_records"."customer_id" = "taken_back"."customer_id"
    union all
    select
        "customer_records__new"."customer_id",
        "customer_records__new"."name",
        "customer_records__new"."seen_at"
    from "customer_records__new"
    left join (
        select distinct
            "customer_id"
        from "customer_records__stale"
    ) as taken_back
        on "customer_records__new"."customer_id" = "taken_back"."customer_id"
    where taken_back."customer_id" is null
    union all
    select
        "customers"."customer_id",
        "customers"."name",
        "customers"."seen_at"
    from "customers"
    join (
        select distinct
            "customer_id"
        from "customer_records__new"
    ) as touched
        on "customers"."customer_id" = "touched"."customer_id"
    left join (
        select distinct
            "customer_id"
        from "customer_records__stale"
    ) as taken_back
        on "customers"."customer_id" = "taken_back"."customer_id"
    where taken_back."customer_id" is null
),
choice_0 as (
    select
        "customer_id",
        "name",
        "seen_at"
    from (
        select
            "customer_id",
            "name",
            "seen_at",
            row_number() over (
                partition by
                    "customer_id"
                order by
                    "seen_at" desc nulls last,
                    "name",
                    len("name"),
                    "seen_at",
                    "customer_id"
            ) as choice
        from candidates
    ) as ranked
    where choice = 1
)
select
    "customer_id",
    "name",
    "seen_at"
from (
    select
        "customer_id",
        "name",
        "seen_at",
        len("name") as "length_0"
    from (
        select
            "choice_0"."customer_id",
            "choice_0"."name",
            "choice_0"."seen_at"
        from choice_0
    ) as wanted
    except
    select
        "customer_id",
        "name",
        "seen_at",
        len("name") as "length_0"
    from (
        select
            "customers"."customer_id",
            "customers"."name",
            "customers"."seen_at"
        from "customers"
        join (
            select distinct
                "customer_id"
            from candidates
        ) as touched
            on "customers"."customer_id" = "touched"."customer_id"
    ) as held
) as rows_that_differ;

select
    count(*),
    count("customers"."customer_id"),
    count(fresh_keys."customer_id")
from "customers__delta"
left join "customers"
    on "customers"."customer_id" = "customers__delta"."customer_id"
left join (
    select distinct
        "customer_id"
    from "customer_records__fresh"
) as fresh_keys
    on "fresh_keys"."customer_id" = "customers__delta"."customer_id";

analyze "customers__delta";

merge into "customers"
using "customers__delta"
    on "customers"."customer_id" = "customers__delta"."customer_id"
when matched then
    update set
        "name" = "customers__delta"."name",
        "seen_at" = "customers__delta"."seen_at"
when not matched then
    insert (
        "customer_id",
        "name",
        "seen_at"
    )
    values (
        "customers__delta"."customer_id",
        "customers__delta"."name",
        "customers__delta"."seen_at"
    );

update etl.loaded_periods
set versions = %(versions)s
where target = %(target)s
    and period_start = %(period_start)s;
-- with versions = 'ea54ca0ff9f39d963184b828fbaa06bce09a90ebc3a306f5dc270989a8507516', target = 'customers',
--      period_start = '2018-11-01 00:00:00'

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
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', task_id = 'load_customers', try_number = 3,
--      target = 'customers', window_start = '2018-11-01 00:00:00', window_end = '2018-11-02 00:00:00',
--      full_load = False, rows_staged = 2, inserted = 0, updated = 2, deleted = 0, unchanged = 0, late = 0,
--      objects = 1, rows_read = 4, rejected = 1

commit;


-- full load

select
    set_config('statement_timeout', %(statement_timeout)s, false),
    set_config('query_group', %(query_group)s, false);
-- with statement_timeout = '7200000', query_group = 'redshift_elt'

begin;

lock table "etl"."lock_customers";

select
    object_key,
    etag,
    size_bytes,
    modified_at,
    kind
from "staging_orders_files__4e4a3efb5fa2"
where kind not in ('listing', 'run')
    and object_key > %(after)s
order by object_key
limit %(most)s;
-- with after = '', most = 10000

select
    held_1.*,
    0 as "columns_after_table_1",
    held_2.*,
    0 as "columns_after_table_2",
    yielded.*
from (
select customer_id, customer_name as name, ordered_at as seen_at
from staging_orders__4e4a3efb5fa2
) as yielded
cross join "etl"."customer_records" as held_1
cross join "customers" as held_2
where false
limit 0;

select
    date_trunc('day', "seen_at") as held_period,
    count(*)
from "etl"."customer_records"
where
    "seen_at" >= %(start_1)s
    and "seen_at" < %(end_1)s
group by date_trunc('day', "seen_at")
order by held_period;
-- with start_1 = '1970-01-01 00:00:00'

create temporary table "customer_records__fresh" (like "etl"."customer_records");

insert into "customer_records__fresh" (
    "customer_id",
    "name",
    "seen_at"
)
select
    "customer_id",
    "name",
    "seen_at"
from (
    select distinct
        "customer_id",
        "name",
        "seen_at",
        len("name") as "length_0"
    from (
select customer_id, customer_name as name, ordered_at as seen_at
from staging_orders__4e4a3efb5fa2
    ) as source
) as rows_once;

analyze "customer_records__fresh";

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
                    "customer_id" is null
                    then 1
            end
        ) as null_keys
    from "customer_records__fresh"
) as fresh_rows
cross join (
    select count(*) as keys
    from (
        select distinct
            "customer_id"
        from "customer_records__fresh"
    ) as keys_once
) as fresh_keys
cross join (
    select count(*) as stale
    from (
        select
            "customer_id",
            "name",
            "seen_at"
        from (
            select
                "customer_id",
                "name",
                "seen_at",
                len("name") as "length_0"
            from "etl"."customer_records"
            where
                1 = 1
            except
            select
                "customer_id",
                "name",
                "seen_at",
                len("name") as "length_0"
            from "customer_records__fresh"
        ) as rows_that_differ
    ) as rows_that_are_stale
) as stale_rows
cross join (
    select
        count(*) as missing
    from (
        select
            "customer_id",
            "name",
            "seen_at"
        from (
            select
                "customer_id",
                "name",
                "seen_at",
                len("name") as "length_0"
            from "customer_records__fresh"
            except
            select
                "customer_id",
                "name",
                "seen_at",
                len("name") as "length_0"
            from "etl"."customer_records"
            where
                1 = 1
        ) as rows_that_differ
    ) as rows_that_are_new
) as new_rows;

create temporary table "customer_records__new" as
select
    "customer_id",
    "name",
    "seen_at"
from (
    select
        "customer_id",
        "name",
        "seen_at",
        len("name") as "length_0"
    from "customer_records__fresh"
    except
    select
        "customer_id",
        "name",
        "seen_at",
        len("name") as "length_0"
    from "etl"."customer_records"
    where
        1 = 1
) as rows_that_differ;

insert into "etl"."customer_records" (
    "customer_id",
    "name",
    "seen_at"
)
select
    "customer_id",
    "name",
    "seen_at"
from "customer_records__new";

create temporary table "customers__gone" (like "customers");

insert into "customers__gone" (
    "customer_id",
    "name",
    "seen_at"
)
select
    "customers"."customer_id",
    "customers"."name",
    "customers"."seen_at"
from "customers"
where
    not exists (
        select 1
        from "etl"."customer_records"
        where "etl"."customer_records"."customer_id" = "customers"."customer_id"
    );

select count(*)
from (
    select distinct
        "customer_id"
    from "customer_records__fresh"
) as keys;

create temporary table "customers__delta" (like "customers");

insert into "customers__delta" (
    "customer_id",
    "name",
    "seen_at"
)
with candidates as (
    select
        "customer_id",
        "name",
        "seen_at"
    from "etl"."customer_records"
),
choice_0 as (
    select
        "customer_id",
        "name",
        "seen_at"
    from (
        select
            "customer_id",
            "name",
            "seen_at",
            row_number() over (
                partition by
                    "customer_id"
                order by
                    "seen_at" desc nulls last,
                    "name",
                    len("name"),
                    "seen_at",
                    "customer_id"
            ) as choice
        from candidates
    ) as ranked
    where choice = 1
)
select
    "customer_id",
    "name",
    "seen_at"
from (
    select
        "customer_id",
        "name",
        "seen_at",
        len("name") as "length_0"
    from (
        select
            "choice_0"."customer_id",
            "choice_0"."name",
            "choice_0"."seen_at"
        from choice_0
    ) as wanted
    except
    select
        "customer_id",
        "name",
        "seen_at",
        len("name") as "length_0"
    from (
        select
            "customers"."customer_id",
            "customers"."name",
            "customers"."seen_at"
        from "customers"
        join (
            select distinct
                "customer_id"
            from candidates
        ) as touched
            on "customers"."customer_id" = "touched"."customer_id"
    ) as held
) as rows_that_differ;

select
    count(*),
    count("customers"."customer_id"),
    count(fresh_keys."customer_id")
from "customers__delta"
left join "customers"
    on "customers"."customer_id" = "customers__delta"."customer_id"
left join (
    select distinct
        "customer_id"
    from "customer_records__fresh"
) as fresh_keys
    on "fresh_keys"."customer_id" = "customers__delta"."customer_id";

analyze "customers__delta";

merge into "customers"
using "customers__delta"
    on "customers"."customer_id" = "customers__delta"."customer_id"
when matched then
    update set
        "name" = "customers__delta"."name",
        "seen_at" = "customers__delta"."seen_at"
when not matched then
    insert (
        "customer_id",
        "name",
        "seen_at"
    )
    values (
        "customers__delta"."customer_id",
        "customers__delta"."name",
        "customers__delta"."seen_at"
    );

delete from etl.loaded_periods
where target = %(target)s
    and period_start < %(last)s
    and period_end > %(first)s;
-- with target = 'customers', first = '1970-01-01 00:00:00'

insert into etl.loaded_periods (
    "target",
    "period_start",
    "period_end",
    "versions"
)
values
(
    %(target_1)s,
    %(period_start_1)s,
    %(period_end_1)s,
    %(versions_1)s
),
(
    %(target_2)s,
    %(period_start_2)s,
    %(period_end_2)s,
    %(versions_2)s
);
-- with target_1 = 'customers', period_start_1 = '2018-11-01 00:00:00', period_end_1 = '2018-11-02 00:00:00',
--      versions_1 = 'ea54ca0ff9f39d963184b828fbaa06bce09a90ebc3a306f5dc270989a8507516', target_2 = 'customers',
--      period_start_2 = '2018-11-02 00:00:00', period_end_2 = '2018-11-03 00:00:00',
--      versions_2 = 'c73c654edfb5c2191473cefee9cb02c0440f693376d17cb633b64fe0dc54ac5e'

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
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', task_id = 'load_customers', try_number = 4,
--      target = 'customers', window_start = '1970-01-01 00:00:00', full_load = True, rows_staged = 2, inserted = 0,
--      updated = 1, deleted = 0, unchanged = 1, late = 0, objects = 2, rows_read = 5, rejected = 1

commit;
