-- first load

begin;

create temporary table this_run (
    dag_id varchar(256),
    run_id varchar(256)
);

insert into this_run (
    dag_id,
    run_id
)
values (%s, %s);
-- with 'shop', 'scheduled__2018-11-02'

select
    target,
    sum(inserted + updated + deleted + late)
from etl.loads
join this_run
  on this_run.dag_id = loads.dag_id
  and this_run.run_id = loads.run_id
where window_start >= %s
  and window_end = %s
group by target;
-- with '2018-11-01 00:00:00', '2018-11-02 00:00:00'

select
    count("order_id") - count(distinct "order_id"),
    count(case when in_window = 1 and ("customer_id" is null) then 1 end),
    count(*),
    count(case when in_window = 1 then 1 end)
from (
select
    *,
    case when "ordered_at" >= %s and "ordered_at" < %s then 1 else 0 end as in_window
from "orders"
) as scanned;
-- with '2018-11-01 00:00:00', '2018-11-02 00:00:00'

select
    count(*)
from "customers";

select
    count(case when "orders"."product_id" is not null and "products"."product_id" is null then 1 end),
    count(*)
from "orders"
left join "products"
  on "products"."product_id" = "orders"."product_id";

select
    wanted.number,
    found.number
from (
select count(*)
from staging_orders__4e4a3efb5fa2
) as wanted (number)
cross join (
select count(*)
from orders
where ordered_at >= '2018-11-01'
) as found (number);

insert into "etl"."check_results" (
    "dag_id",
    "run_id",
    "window_start",
    "window_end",
    "target",
    "check_name",
    "severity",
    "expected",
    "actual",
    "passed",
    "outcome",
    "duration_seconds",
    "checked_at"
)
values
(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s),
(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s),
(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s),
(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s),
(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s);
-- with 'shop', 'scheduled__2018-11-02', '2018-11-01 00:00:00', '2018-11-02 00:00:00', 'orders', 'repeated order_id',
--      'error', '0', '0', True, 'passed', 'shop', 'scheduled__2018-11-02', '2018-11-01 00:00:00',
--      '2018-11-02 00:00:00', 'orders', 'nulls in customer_id', 'error', '0', '0', True, 'passed', 'shop',
--      'scheduled__2018-11-02', '2018-11-01 00:00:00', '2018-11-02 00:00:00', 'orders', 'product_id not in products',
--      'error', '0', '0', True, 'passed', 'shop', 'scheduled__2018-11-02', '2018-11-01 00:00:00',
--      '2018-11-02 00:00:00', 'customers', 'rows', 'error', 'at least 1', '2', True, 'passed', 'shop',
--      'scheduled__2018-11-02', '2018-11-01 00:00:00', '2018-11-02 00:00:00', 'orders', 'staged and loaded orders',
--      'warn', '3', '3', True, 'passed'

commit;


-- rerun

begin;

create temporary table this_run (
    dag_id varchar(256),
    run_id varchar(256)
);

insert into this_run (
    dag_id,
    run_id
)
values (%s, %s);
-- with 'shop', 'scheduled__2018-11-02'

select
    target,
    sum(inserted + updated + deleted + late)
from etl.loads
join this_run
  on this_run.dag_id = loads.dag_id
  and this_run.run_id = loads.run_id
where window_start >= %s
  and window_end = %s
group by target;
-- with '2018-11-01 00:00:00', '2018-11-02 00:00:00'

select
    count("order_id") - count(distinct "order_id"),
    count(case when in_window = 1 and ("customer_id" is null) then 1 end),
    count(*),
    count(case when in_window = 1 then 1 end)
from (
select
    *,
    case when "ordered_at" >= %s and "ordered_at" < %s then 1 else 0 end as in_window
from "orders"
) as scanned;
-- with '2018-11-01 00:00:00', '2018-11-02 00:00:00'

select
    count(*)
from "customers";

select
    count(case when "orders"."product_id" is not null and "products"."product_id" is null then 1 end),
    count(*)
from "orders"
left join "products"
  on "products"."product_id" = "orders"."product_id";

select
    wanted.number,
    found.number
from (
select count(*)
from staging_orders__4e4a3efb5fa2
) as wanted (number)
cross join (
select count(*)
from orders
where ordered_at >= '2018-11-01'
) as found (number);

insert into "etl"."check_results" (
    "dag_id",
    "run_id",
    "window_start",
    "window_end",
    "target",
    "check_name",
    "severity",
    "expected",
    "actual",
    "passed",
    "outcome",
    "duration_seconds",
    "checked_at"
)
values
(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s),
(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s),
(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s),
(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s),
(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s);
-- with 'shop', 'scheduled__2018-11-02', '2018-11-01 00:00:00', '2018-11-02 00:00:00', 'orders', 'repeated order_id',
--      'error', '0', '0', True, 'passed', 'shop', 'scheduled__2018-11-02', '2018-11-01 00:00:00',
--      '2018-11-02 00:00:00', 'orders', 'nulls in customer_id', 'error', '0', '0', True, 'passed', 'shop',
--      'scheduled__2018-11-02', '2018-11-01 00:00:00', '2018-11-02 00:00:00', 'orders', 'product_id not in products',
--      'error', '0', '0', True, 'passed', 'shop', 'scheduled__2018-11-02', '2018-11-01 00:00:00',
--      '2018-11-02 00:00:00', 'customers', 'rows', 'error', 'at least 1', '2', True, 'passed', 'shop',
--      'scheduled__2018-11-02', '2018-11-01 00:00:00', '2018-11-02 00:00:00', 'orders', 'staged and loaded orders',
--      'warn', '3', '3', True, 'passed'

commit;


-- correction

begin;

create temporary table this_run (
    dag_id varchar(256),
    run_id varchar(256)
);

insert into this_run (
    dag_id,
    run_id
)
values (%s, %s);
-- with 'shop', 'scheduled__2018-11-02'

select
    target,
    sum(inserted + updated + deleted + late)
from etl.loads
join this_run
  on this_run.dag_id = loads.dag_id
  and this_run.run_id = loads.run_id
where window_start >= %s
  and window_end = %s
group by target;
-- with '2018-11-01 00:00:00', '2018-11-02 00:00:00'

select
    count("order_id") - count(distinct "order_id"),
    count(case when in_window = 1 and ("customer_id" is null) then 1 end),
    count(*),
    count(case when in_window = 1 then 1 end)
from (
select
    *,
    case when "ordered_at" >= %s and "ordered_at" < %s then 1 else 0 end as in_window
from "orders"
) as scanned;
-- with '2018-11-01 00:00:00', '2018-11-02 00:00:00'

select
    count(*)
from "customers";

select
    count(case when "orders"."product_id" is not null and "products"."product_id" is null then 1 end),
    count(*)
from "orders"
left join "products"
  on "products"."product_id" = "orders"."product_id";

select
    wanted.number,
    found.number
from (
select count(*)
from staging_orders__4e4a3efb5fa2
) as wanted (number)
cross join (
select count(*)
from orders
where ordered_at >= '2018-11-01'
) as found (number);

insert into "etl"."check_results" (
    "dag_id",
    "run_id",
    "window_start",
    "window_end",
    "target",
    "check_name",
    "severity",
    "expected",
    "actual",
    "passed",
    "outcome",
    "duration_seconds",
    "checked_at"
)
values
(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s),
(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s),
(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s),
(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s),
(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s);
-- with 'shop', 'scheduled__2018-11-02', '2018-11-01 00:00:00', '2018-11-02 00:00:00', 'orders', 'repeated order_id',
--      'error', '0', '0', True, 'passed', 'shop', 'scheduled__2018-11-02', '2018-11-01 00:00:00',
--      '2018-11-02 00:00:00', 'orders', 'nulls in customer_id', 'error', '0', '0', True, 'passed', 'shop',
--      'scheduled__2018-11-02', '2018-11-01 00:00:00', '2018-11-02 00:00:00', 'orders', 'product_id not in products',
--      'error', '0', '0', True, 'passed', 'shop', 'scheduled__2018-11-02', '2018-11-01 00:00:00',
--      '2018-11-02 00:00:00', 'customers', 'rows', 'error', 'at least 1', '2', True, 'passed', 'shop',
--      'scheduled__2018-11-02', '2018-11-01 00:00:00', '2018-11-02 00:00:00', 'orders', 'staged and loaded orders',
--      'warn', '3', '3', True, 'passed'

commit;


-- full load

begin;

create temporary table this_run (
    dag_id varchar(256),
    run_id varchar(256)
);

insert into this_run (
    dag_id,
    run_id
)
values (%s, %s);
-- with 'shop', 'scheduled__2018-11-02'

select
    count("order_id") - count(distinct "order_id"),
    count(case when in_window = 1 and ("customer_id" is null) then 1 end),
    count(*),
    count(case when in_window = 1 then 1 end)
from (
select
    *,
    case when "ordered_at" >= %s and "ordered_at" < %s then 1 else 0 end as in_window
from "orders"
) as scanned;
-- with '1970-01-01 00:00:00'

select
    count(*)
from "customers";

select
    count(case when "orders"."product_id" is not null and "products"."product_id" is null then 1 end),
    count(*)
from "orders"
left join "products"
  on "products"."product_id" = "orders"."product_id";

select
    wanted.number,
    found.number
from (
select count(*)
from staging_orders__4e4a3efb5fa2
) as wanted (number)
cross join (
select count(*)
from orders
where ordered_at >= '2018-11-01'
) as found (number);

insert into "etl"."check_results" (
    "dag_id",
    "run_id",
    "window_start",
    "window_end",
    "target",
    "check_name",
    "severity",
    "expected",
    "actual",
    "passed",
    "outcome",
    "duration_seconds",
    "checked_at"
)
values
(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s),
(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s),
(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s),
(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s),
(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s);
-- with 'shop', 'scheduled__2018-11-02', '1970-01-01 00:00:00', 'orders', 'repeated order_id', 'error', '0', '0', True,
--      'passed', 'shop', 'scheduled__2018-11-02', '1970-01-01 00:00:00', 'orders', 'nulls in customer_id', 'error',
--      '0', '0', True, 'passed', 'shop', 'scheduled__2018-11-02', '1970-01-01 00:00:00', 'orders',
--      'product_id not in products', 'error', '0', '0', True, 'passed', 'shop', 'scheduled__2018-11-02',
--      '1970-01-01 00:00:00', 'customers', 'rows', 'error', 'at least 1', '2', True, 'passed', 'shop',
--      'scheduled__2018-11-02', '1970-01-01 00:00:00', 'orders', 'staged and loaded orders', 'warn', '4', '4', True,
--      'passed'

commit;
