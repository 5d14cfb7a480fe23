-- first load

select
    set_config('statement_timeout', %(statement_timeout)s, false),
    set_config('query_group', %(query_group)s, false);
-- with statement_timeout = '7200000', query_group = 'redshift_elt'

begin;

lock table "etl"."lock_orders";

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
    yielded.*
from rows_beside_columns
left join (
    select *
    from "orders"
    where false
) as held_1
    on true
left join (
    select *
    from (
select order_id, ordered_at, status, customer_id, product_id, quantity
from staging_orders__4e4a3efb5fa2
    ) as selected
    where false
) as yielded
    on true;
-- with target = 'orders', last = '2018-11-02 00:00:00', first = '2018-11-01 00:00:00'

create temporary table "orders__fresh" (like "orders");

insert into "orders__fresh" (
    "order_id",
    "ordered_at",
    "status",
    "customer_id",
    "product_id",
    "quantity"
)
select
    "order_id",
    "ordered_at",
    "status",
    "customer_id",
    "product_id",
    "quantity"
from (
    select
        "order_id",
        "ordered_at",
        "status",
        "customer_id",
        "product_id",
        "quantity",
        row_number() over (
            partition by
                "order_id",
                date_trunc('day', "ordered_at")
            order by
                "ordered_at",
                "order_id",
                "ordered_at",
                "status",
                len("status"),
                "customer_id",
                "product_id",
                len("product_id"),
                "quantity"
        ) as choice
    from (
select order_id, ordered_at, status, customer_id, product_id, quantity
from staging_orders__4e4a3efb5fa2
    ) as source
    where
        "ordered_at" >= %(start_1)s
        and "ordered_at" < %(end_1)s
) as ranked
where choice = 1;
-- with start_1 = '2018-11-01 00:00:00', end_1 = '2018-11-02 00:00:00'

select
    fresh_rows.null_keys,
    stale_rows.stale,
    new_rows.missing,
    held_rows.held,
    fresh_rows.fresh,
    fresh_rows.fresh_in_window,
    new_rows.new_in_window
from (
    select
        count(
            case
                when
                    "order_id" is null
                    then 1
            end
        ) as null_keys,
        count(*) as fresh,
        count(
            case
                when
                    "ordered_at" >= %(window_start)s
                    and "ordered_at" < %(window_end)s
                    then 1
            end
        ) as fresh_in_window
    from "orders__fresh"
) as fresh_rows
cross join (
    select count(*) as stale
    from (
        select
            "order_id",
            "ordered_at",
            "status",
            "customer_id",
            "product_id",
            "quantity"
        from (
            select
                "order_id",
                "ordered_at",
                "status",
                "customer_id",
                "product_id",
                "quantity",
                len("status") as "length_0",
                len("product_id") as "length_1"
            from "orders"
            where
                "ordered_at" >= %(start_1)s
                and "ordered_at" < %(end_1)s
            except
            select
                "order_id",
                "ordered_at",
                "status",
                "customer_id",
                "product_id",
                "quantity",
                len("status") as "length_0",
                len("product_id") as "length_1"
            from "orders__fresh"
        ) as rows_that_differ
    ) as rows_that_are_stale
) as stale_rows
cross join (
    select
        count(*) as missing,
        count(
            case
                when
                    "ordered_at" >= %(window_start)s
                    and "ordered_at" < %(window_end)s
                    then 1
            end
        ) as new_in_window
    from (
        select
            "order_id",
            "ordered_at",
            "status",
            "customer_id",
            "product_id",
            "quantity"
        from (
            select
                "order_id",
                "ordered_at",
                "status",
                "customer_id",
                "product_id",
                "quantity",
                len("status") as "length_0",
                len("product_id") as "length_1"
            from "orders__fresh"
            except
            select
                "order_id",
                "ordered_at",
                "status",
                "customer_id",
                "product_id",
                "quantity",
                len("status") as "length_0",
                len("product_id") as "length_1"
            from "orders"
            where
                "ordered_at" >= %(start_1)s
                and "ordered_at" < %(end_1)s
        ) as rows_that_differ
    ) as rows_that_are_new
) as new_rows
cross join (
    select count(*) as held
    from "orders"
    where
        "ordered_at" >= %(start_1)s
        and "ordered_at" < %(end_1)s
) as held_rows;
-- with window_start = '2018-11-01 00:00:00', window_end = '2018-11-02 00:00:00', start_1 = '2018-11-01 00:00:00',
--      end_1 = '2018-11-02 00:00:00'

create temporary table "orders__new" as
select
    "order_id",
    "ordered_at",
    "status",
    "customer_id",
    "product_id",
    "quantity"
from (
    select
        "order_id",
        "ordered_at",
        "status",
        "customer_id",
        "product_id",
        "quantity",
        len("status") as "length_0",
        len("product_id") as "length_1"
    from "orders__fresh"
    except
    select
        "order_id",
        "ordered_at",
        "status",
        "customer_id",
        "product_id",
        "quantity",
        len("status") as "length_0",
        len("product_id") as "length_1"
    from "orders"
    where
        "ordered_at" >= '2018-11-01 00:00:00'::timestamp
        and "ordered_at" < '2018-11-02 00:00:00'::timestamp
) as rows_that_differ;

insert into "orders" (
    "order_id",
    "ordered_at",
    "status",
    "customer_id",
    "product_id",
    "quantity"
)
select
    "order_id",
    "ordered_at",
    "status",
    "customer_id",
    "product_id",
    "quantity"
from "orders__new";

select count(*) as held
from "orders"
where
    "ordered_at" >= %(start_1)s
    and "ordered_at" < %(end_1)s;
-- with start_1 = '2018-11-01 00:00:00', end_1 = '2018-11-02 00:00:00'

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
-- with target_1 = 'orders', period_start_1 = '2018-11-01 00:00:00', period_end_1 = '2018-11-02 00:00:00',
--      versions_1 = '8718ffc8c32c1a3479983b96c7588d12fdfbe09294e73415ff41ee618d733e7f'

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
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', task_id = 'load_orders', try_number = 1, target = 'orders',
--      window_start = '2018-11-01 00:00:00', window_end = '2018-11-02 00:00:00', full_load = False, rows_staged = 3,
--      inserted = 3, updated = 0, deleted = 0, unchanged = 0, late = 0, objects = 1, rows_read = 3, rejected = 0

commit;


-- rerun

select
    set_config('statement_timeout', %(statement_timeout)s, false),
    set_config('query_group', %(query_group)s, false);
-- with statement_timeout = '7200000', query_group = 'redshift_elt'

begin;

lock table "etl"."lock_orders";

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
    yielded.*
from rows_beside_columns
left join (
    select *
    from "orders"
    where false
) as held_1
    on true
left join (
    select *
    from (
select order_id, ordered_at, status, customer_id, product_id, quantity
from staging_orders__4e4a3efb5fa2
    ) as selected
    where false
) as yielded
    on true;
-- with target = 'orders', last = '2018-11-02 00:00:00', first = '2018-11-01 00:00:00'

create temporary table "orders__fresh" (like "orders");

insert into "orders__fresh" (
    "order_id",
    "ordered_at",
    "status",
    "customer_id",
    "product_id",
    "quantity"
)
select
    "order_id",
    "ordered_at",
    "status",
    "customer_id",
    "product_id",
    "quantity"
from (
    select
        "order_id",
        "ordered_at",
        "status",
        "customer_id",
        "product_id",
        "quantity",
        row_number() over (
            partition by
                "order_id",
                date_trunc('day', "ordered_at")
            order by
                "ordered_at",
                "order_id",
                "ordered_at",
                "status",
                len("status"),
                "customer_id",
                "product_id",
                len("product_id"),
                "quantity"
        ) as choice
    from (
select order_id, ordered_at, status, customer_id, product_id, quantity
from staging_orders__4e4a3efb5fa2
    ) as source
    where
        "ordered_at" >= %(start_1)s
        and "ordered_at" < %(end_1)s
) as ranked
where choice = 1;
-- with start_1 = '2018-11-01 00:00:00', end_1 = '2018-11-02 00:00:00'

select
    fresh_rows.null_keys,
    stale_rows.stale,
    new_rows.missing,
    held_rows.held,
    fresh_rows.fresh,
    fresh_rows.fresh_in_window,
    new_rows.new_in_window
from (
    select
        count(
            case
                when
                    "order_id" is null
                    then 1
            end
        ) as null_keys,
        count(*) as fresh,
        count(
            case
                when
                    "ordered_at" >= %(window_start)s
                    and "ordered_at" < %(window_end)s
                    then 1
            end
        ) as fresh_in_window
    from "orders__fresh"
) as fresh_rows
cross join (
    select count(*) as stale
    from (
        select
            "order_id",
            "ordered_at",
            "status",
            "customer_id",
            "product_id",
            "quantity"
        from (
            select
                "order_id",
                "ordered_at",
                "status",
                "customer_id",
                "product_id",
                "quantity",
                len("status") as "length_0",
                len("product_id") as "length_1"
            from "orders"
            where
                "ordered_at" >= %(start_1)s
                and "ordered_at" < %(end_1)s
            except
            select
                "order_id",
                "ordered_at",
                "status",
                "customer_id",
                "product_id",
                "quantity",
                len("status") as "length_0",
                len("product_id") as "length_1"
            from "orders__fresh"
        ) as rows_that_differ
    ) as rows_that_are_stale
) as stale_rows
cross join (
    select
        count(*) as missing,
        count(
            case
                when
                    "ordered_at" >= %(window_start)s
                    and "ordered_at" < %(window_end)s
                    then 1
            end
        ) as new_in_window
    from (
        select
            "order_id",
            "ordered_at",
            "status",
            "customer_id",
            "product_id",
            "quantity"
        from (
            select
                "order_id",
                "ordered_at",
                "status",
                "customer_id",
                "product_id",
                "quantity",
                len("status") as "length_0",
                len("product_id") as "length_1"
            from "orders__fresh"
            except
            select
                "order_id",
                "ordered_at",
                "status",
                "customer_id",
                "product_id",
                "quantity",
                len("status") as "length_0",
                len("product_id") as "length_1"
            from "orders"
            where
                "ordered_at" >= %(start_1)s
                and "ordered_at" < %(end_1)s
        ) as rows_that_differ
    ) as rows_that_are_new
) as new_rows
cross join (
    select count(*) as held
    from "orders"
    where
        "ordered_at" >= %(start_1)s
        and "ordered_at" < %(end_1)s
) as held_rows;
-- with window_start = '2018-11-01 00:00:00', window_end = '2018-11-02 00:00:00', start_1 = '2018-11-01 00:00:00',
--      end_1 = '2018-11-02 00:00:00'

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
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', task_id = 'load_orders', try_number = 2, target = 'orders',
--      window_start = '2018-11-01 00:00:00', window_end = '2018-11-02 00:00:00', full_load = False, rows_staged = 3,
--      inserted = 0, updated = 0, deleted = 0, unchanged = 3, late = 0, objects = 1, rows_read = 3, rejected = 0

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
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', task_id = 'load_orders', window_end = '2018-11-02 00:00:00'

commit;


-- correction

select
    set_config('statement_timeout', %(statement_timeout)s, false),
    set_config('query_group', %(query_group)s, false);
-- with statement_timeout = '7200000', query_group = 'redshift_elt'

begin;

lock table "etl"."lock_orders";

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
    yielded.*
from rows_beside_columns
left join (
    select *
    from "orders"
    where false
) as held_1
    on true
left join (
    select *
    from (
select order_id, ordered_at, status, customer_id, product_id, quantity
from staging_orders__4e4a3efb5fa2
    ) as selected
    where false
) as yielded
    on true;
-- with target = 'orders', last = '2018-11-02 00:00:00', first = '2018-11-01 00:00:00'

create temporary table "orders__fresh" (like "orders");

insert into "orders__fresh" (
    "order_id",
    "ordered_at",
    "status",
    "customer_id",
    "product_id",
    "quantity"
)
select
    "order_id",
    "ordered_at",
    "status",
    "customer_id",
    "product_id",
    "quantity"
from (
    select
        "order_id",
        "ordered_at",
        "status",
        "customer_id",
        "product_id",
        "quantity",
        row_number() over (
            partition by
                "order_id",
                date_trunc('day', "ordered_at")
            order by
                "ordered_at",
                "order_id",
                "ordered_at",
                "status",
                len("status"),
                "customer_id",
                "product_id",
                len("product_id"),
                "quantity"
        ) as choice
    from (
select order_id, ordered_at, status, customer_id, product_id, quantity
from staging_orders__4e4a3efb5fa2
    ) as source
    where
        "ordered_at" >= %(start_1)s
        and "ordered_at" < %(end_1)s
) as ranked
where choice = 1;
-- with start_1 = '2018-11-01 00:00:00', end_1 = '2018-11-02 00:00:00'

select
    fresh_rows.null_keys,
    stale_rows.stale,
    new_rows.missing,
    held_rows.held,
    fresh_rows.fresh,
    fresh_rows.fresh_in_window,
    new_rows.new_in_window
from (
    select
        count(
            case
                when
                    "order_id" is null
                    then 1
            end
        ) as null_keys,
        count(*) as fresh,
        count(
            case
                when
                    "ordered_at" >= %(window_start)s
                    and "ordered_at" < %(window_end)s
                    then 1
            end
        ) as fresh_in_window
    from "orders__fresh"
) as fresh_rows
cross join (
    select count(*) as stale
    from (
        select
            "order_id",
            "ordered_at",
            "status",
            "customer_id",
            "product_id",
            "quantity"
        from (
            select
                "order_id",
                "ordered_at",
                "status",
                "customer_id",
                "product_id",
                "quantity",
                len("status") as "length_0",
                len("product_id") as "length_1"
            from "orders"
            where
                "ordered_at" >= %(start_1)s
                and "ordered_at" < %(end_1)s
            except
            select
                "order_id",
                "ordered_at",
                "status",
                "customer_id",
                "product_id",
                "quantity",
                len("status") as "length_0",
                len("product_id") as "length_1"
            from "orders__fresh"
        ) as rows_that_differ
    ) as rows_that_are_stale
) as stale_rows
cross join (
    select
        count(*) as missing,
        count(
            case
                when
                    "ordered_at" >= %(window_start)s
                    and "ordered_at" < %(window_end)s
                    then 1
            end
        ) as new_in_window
    from (
        select
            "order_id",
            "ordered_at",
            "status",
            "customer_id",
            "product_id",
            "quantity"
        from (
            select
                "order_id",
                "ordered_at",
                "status",
                "customer_id",
                "product_id",
                "quantity",
                len("status") as "length_0",
                len("product_id") as "length_1"
            from "orders__fresh"
            except
            select
                "order_id",
                "ordered_at",
                "status",
                "customer_id",
                "product_id",
                "quantity",
                len("status") as "length_0",
                len("product_id") as "length_1"
            from "orders"
            where
                "ordered_at" >= %(start_1)s
                and "ordered_at" < %(end_1)s
        ) as rows_that_differ
    ) as rows_that_are_new
) as new_rows
cross join (
    select count(*) as held
    from "orders"
    where
        "ordered_at" >= %(start_1)s
        and "ordered_at" < %(end_1)s
) as held_rows;
-- with window_start = '2018-11-01 00:00:00', window_end = '2018-11-02 00:00:00', start_1 = '2018-11-01 00:00:00',
--      end_1 = '2018-11-02 00:00:00'

create temporary table "orders__stale" as
select
    "order_id",
    "ordered_at",
    "status",
    "customer_id",
    "product_id",
    "quantity"
from (
    select
        "order_id",
        "ordered_at",
        "status",
        "customer_id",
        "product_id",
        "quantity",
        len("status") as "length_0",
        len("product_id") as "length_1"
    from "orders"
    where
        "ordered_at" >= '2018-11-01 00:00:00'::timestamp
        and "ordered_at" < '2018-11-02 00:00:00'::timestamp
    except
    select
        "order_id",
        "ordered_at",
        "status",
        "customer_id",
        "product_id",
        "quantity",
        len("status") as "length_0",
        len("product_id") as "length_1"
    from "orders__fresh"
) as rows_that_differ;

create temporary table "orders__new" as
select
    "order_id",
    "ordered_at",
    "status",
    "customer_id",
    "product_id",
    "quantity"
from (
    select
        "order_id",
        "ordered_at",
        "status",
        "customer_id",
        "product_id",
        "quantity",
        len("status") as "length_0",
        len("product_id") as "length_1"
    from "orders__fresh"
    except
    select
        "order_id",
        "ordered_at",
        "status",
        "customer_id",
        "product_id",
        "quantity",
        len("status") as "length_0",
        len("product_id") as "length_1"
    from "orders"
    where
        "ordered_at" >= '2018-11-01 00:00:00'::timestamp
        and "ordered_at" < '2018-11-02 00:00:00'::timestamp
) as rows_that_differ;

delete from "orders"
using "orders__stale"
where
    "orders"."order_id" = "orders__stale"."order_id"
    and (
        "orders"."ordered_at" = "orders__stale"."ordered_at"
        or ("orders"."ordered_at" is null and "orders__stale"."ordered_at" is null)
    )
    and (
        "orders"."status" = "orders__stale"."status"
        and len("orders"."status") = len("orders__stale"."status")
        or ("orders"."status" is null and "orders__stale"."status" is null)
    )
    and (
        "orders"."customer_id" = "orders__stale"."customer_id"
        or ("orders"."customer_id" is null and "orders__stale"."customer_id" is null)
    )
    and (
        "orders"."product_id" = "orders__stale"."product_id"
        and len("orders"."product_id") = len("orders__stale"."product_id")
        or ("orders"."product_id" is null and "orders__stale"."product_id" is null)
    )
    and (
        "orders"."quantity" = "orders__stale"."quantity"
        or ("orders"."quantity" is null and "orders__stale"."quantity" is null)
    )
    and "orders"."ordered_at" >= %(start_1)s
    and "orders"."ordered_at" < %(end_1)s;
-- with start_1 = '2018-11-01 00:00:00', end_1 = '2018-11-02 00:00:00'

insert into "orders" (
    "order_id",
    "ordered_at",
    "status",
    "customer_id",
    "product_id",
    "quantity"
)
select
    "order_id",
    "ordered_at",
    "status",
    "customer_id",
    "product_id",
    "quantity"
from "orders__new";

select count(*) as held
from "orders"
where
    "ordered_at" >= %(start_1)s
    and "ordered_at" < %(end_1)s;
-- with start_1 = '2018-11-01 00:00:00', end_1 = '2018-11-02 00:00:00'

update etl.loaded_periods
set versions = %(versions)s
where target = %(target)s
    and period_start = %(period_start)s;
-- with versions = 'bc2d74ff8d8fa0f96f8bfa8b71e5a9998d3be50dfdfd209710ccca54a8882b16', target = 'orders',
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
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', task_id = 'load_orders', try_number = 3, target = 'orders',
--      window_start = '2018-11-01 00:00:00', window_end = '2018-11-02 00:00:00', full_load = False, rows_staged = 3,
--      inserted = 2, updated = 0, deleted = 2, unchanged = 1, late = 0, objects = 1, rows_read = 4, rejected = 1

commit;


-- full load

select
    set_config('statement_timeout', %(statement_timeout)s, false),
    set_config('query_group', %(query_group)s, false);
-- with statement_timeout = '7200000', query_group = 'redshift_elt'

begin;

lock table "etl"."lock_orders";

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
    yielded.*
from (
select order_id, ordered_at, status, customer_id, product_id, quantity
from staging_orders__4e4a3efb5fa2
) as yielded
cross join "orders" as held_1
where false
limit 0;

select
    date_trunc('day', "ordered_at") as held_period,
    count(*)
from "orders"
where
    "ordered_at" >= %(start_1)s
    and "ordered_at" < %(end_1)s
group by date_trunc('day', "ordered_at")
order by held_period;
-- with start_1 = '1970-01-01 00:00:00'

create temporary table "orders__fresh" (like "orders");

insert into "orders__fresh" (
    "order_id",
    "ordered_at",
    "status",
    "customer_id",
    "product_id",
    "quantity"
)
select
    "order_id",
    "ordered_at",
    "status",
    "customer_id",
    "product_id",
    "quantity"
from (
    select
        "order_id",
        "ordered_at",
        "status",
        "customer_id",
        "product_id",
        "quantity",
        row_number() over (
            partition by
                "order_id",
                date_trunc('day', "ordered_at")
            order by
                "ordered_at",
                "order_id",
                "ordered_at",
                "status",
                len("status"),
                "customer_id",
                "product_id",
                len("product_id"),
                "quantity"
        ) as choice
    from (
select order_id, ordered_at, status, customer_id, product_id, quantity
from staging_orders__4e4a3efb5fa2
    ) as source
    where
        "ordered_at" >= %(start_1)s
        and "ordered_at" < %(end_1)s
) as ranked
where choice = 1;
-- with start_1 = '1970-01-01 00:00:00'

select
    fresh_rows.null_keys,
    stale_rows.stale,
    new_rows.missing,
    held_rows.held,
    fresh_rows.fresh,
    fresh_rows.fresh_in_window,
    new_rows.new_in_window
from (
    select
        count(
            case
                when
                    "order_id" is null
                    then 1
            end
        ) as null_keys,
        count(*) as fresh,
        count(
            case
                when
                    "ordered_at" >= %(window_start)s
                    and "ordered_at" < %(window_end)s
                    then 1
            end
        ) as fresh_in_window
    from "orders__fresh"
) as fresh_rows
cross join (
    select count(*) as stale
    from (
        select
            "order_id",
            "ordered_at",
            "status",
            "customer_id",
            "product_id",
            "quantity"
        from (
            select
                "order_id",
                "ordered_at",
                "status",
                "customer_id",
                "product_id",
                "quantity",
                len("status") as "length_0",
                len("product_id") as "length_1"
            from "orders"
            where
                "ordered_at" >= %(start_1)s
                and "ordered_at" < %(end_1)s
            except
            select
                "order_id",
                "ordered_at",
                "status",
                "customer_id",
                "product_id",
                "quantity",
                len("status") as "length_0",
                len("product_id") as "length_1"
            from "orders__fresh"
        ) as rows_that_differ
    ) as rows_that_are_stale
) as stale_rows
cross join (
    select
        count(*) as missing,
        count(
            case
                when
                    "ordered_at" >= %(window_start)s
                    and "ordered_at" < %(window_end)s
                    then 1
            end
        ) as new_in_window
    from (
        select
            "order_id",
            "ordered_at",
            "status",
            "customer_id",
            "product_id",
            "quantity"
        from (
            select
                "order_id",
                "ordered_at",
                "status",
                "customer_id",
                "product_id",
                "quantity",
                len("status") as "length_0",
                len("product_id") as "length_1"
            from "orders__fresh"
            except
            select
                "order_id",
                "ordered_at",
                "status",
                "customer_id",
                "product_id",
                "quantity",
                len("status") as "length_0",
                len("product_id") as "length_1"
            from "orders"
            where
                "ordered_at" >= %(start_1)s
                and "ordered_at" < %(end_1)s
        ) as rows_that_differ
    ) as rows_that_are_new
) as new_rows
cross join (
    select count(*) as held
    from "orders"
    where
        "ordered_at" >= %(start_1)s
        and "ordered_at" < %(end_1)s
) as held_rows;
-- with window_start = '1970-01-01 00:00:00', start_1 = '1970-01-01 00:00:00'

create temporary table "orders__new" as
select
    "order_id",
    "ordered_at",
    "status",
    "customer_id",
    "product_id",
    "quantity"
from (
    select
        "order_id",
        "ordered_at",
        "status",
        "customer_id",
        "product_id",
        "quantity",
        len("status") as "length_0",
        len("product_id") as "length_1"
    from "orders__fresh"
    except
    select
        "order_id",
        "ordered_at",
        "status",
        "customer_id",
        "product_id",
        "quantity",
        len("status") as "length_0",
        len("product_id") as "length_1"
    from "orders"
    where
        "ordered_at" >= '1970-01-01 00:00:00'::timestamp
        and "ordered_at" < '9999-01-01 00:00:00'::timestamp
) as rows_that_differ;

insert into "orders" (
    "order_id",
    "ordered_at",
    "status",
    "customer_id",
    "product_id",
    "quantity"
)
select
    "order_id",
    "ordered_at",
    "status",
    "customer_id",
    "product_id",
    "quantity"
from "orders__new";

select count(*) as held
from "orders"
where
    "ordered_at" >= %(start_1)s
    and "ordered_at" < %(end_1)s;
-- with start_1 = '1970-01-01 00:00:00'

delete from etl.loaded_periods
where target = %(target)s
    and period_start < %(last)s
    and period_end > %(first)s;
-- with target = 'orders', first = '1970-01-01 00:00:00'

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
-- with target_1 = 'orders', period_start_1 = '2018-11-01 00:00:00', period_end_1 = '2018-11-02 00:00:00',
--      versions_1 = 'bc2d74ff8d8fa0f96f8bfa8b71e5a9998d3be50dfdfd209710ccca54a8882b16', target_2 = 'orders',
--      period_start_2 = '2018-11-02 00:00:00', period_end_2 = '2018-11-03 00:00:00',
--      versions_2 = 'c795636d3a3eac21aa2dcec6f36e72c7f46523008109f1ca32cb16246cd7b034'

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
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', task_id = 'load_orders', try_number = 4, target = 'orders',
--      window_start = '1970-01-01 00:00:00', full_load = True, rows_staged = 4, inserted = 1, updated = 0, deleted = 0,
--      unchanged = 3, late = 0, objects = 2, rows_read = 5, rejected = 1

commit;
