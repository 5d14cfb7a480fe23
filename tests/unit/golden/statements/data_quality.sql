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
values (
    %(dag_id)s,
    %(run_id)s
);
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02'

select
    target,
    sum(inserted + updated + deleted + late)
from etl.loads
join this_run
    on this_run.dag_id = loads.dag_id
    and this_run.run_id = loads.run_id
where window_start >= %(window_start)s
    and window_end = %(window_end)s
group by target;
-- with window_start = '2018-11-01 00:00:00', window_end = '2018-11-02 00:00:00'

select
    count("order_id") - count(distinct "order_id"),
    count(*),
    count(case when in_window = 1 and ("customer_id" is null) then 1 end),
    count(case when in_window = 1 then 1 end)
from (
    select
        *,
        case
            when "ordered_at" >= %(window_start)s
                and "ordered_at" < %(window_end)s
                then 1
            else 0
        end as in_window
    from "orders"
) as scanned;
-- with window_start = '2018-11-01 00:00:00', window_end = '2018-11-02 00:00:00'

select
    count(*)
from "customers";

select
    count(
        case
            when "orders"."product_id" is not null
                and "products"."product_id" is null
                then 1
        end
    ),
    count(*)
from "orders"
left join "products"
    on "products"."product_id" = "orders"."product_id";

select
    wanted.number as expected,
    found.number as actual
from (
select count(*)
from staging_orders__4e4a3efb5fa2
) as wanted (number)
cross join (
select count(*)
from orders
where ordered_at >= '2018-11-01'
) as found (number);

insert into etl.check_results (
    dag_id,
    run_id,
    window_start,
    window_end,
    target,
    check_name,
    severity,
    expected,
    actual,
    passed,
    outcome,
    duration_seconds,
    checked_at
)
values
(
    %(dag_id)s, %(run_id)s, %(window_start)s, %(window_end)s,
    %(target_0)s, %(check_name_0)s, %(severity_0)s,
    %(expected_0)s, %(actual_0)s, %(passed_0)s, %(outcome_0)s,
    %(duration_seconds_0)s, %(checked_at_0)s
),
(
    %(dag_id)s, %(run_id)s, %(window_start)s, %(window_end)s,
    %(target_1)s, %(check_name_1)s, %(severity_1)s,
    %(expected_1)s, %(actual_1)s, %(passed_1)s, %(outcome_1)s,
    %(duration_seconds_1)s, %(checked_at_1)s
),
(
    %(dag_id)s, %(run_id)s, %(window_start)s, %(window_end)s,
    %(target_2)s, %(check_name_2)s, %(severity_2)s,
    %(expected_2)s, %(actual_2)s, %(passed_2)s, %(outcome_2)s,
    %(duration_seconds_2)s, %(checked_at_2)s
),
(
    %(dag_id)s, %(run_id)s, %(window_start)s, %(window_end)s,
    %(target_3)s, %(check_name_3)s, %(severity_3)s,
    %(expected_3)s, %(actual_3)s, %(passed_3)s, %(outcome_3)s,
    %(duration_seconds_3)s, %(checked_at_3)s
),
(
    %(dag_id)s, %(run_id)s, %(window_start)s, %(window_end)s,
    %(target_4)s, %(check_name_4)s, %(severity_4)s,
    %(expected_4)s, %(actual_4)s, %(passed_4)s, %(outcome_4)s,
    %(duration_seconds_4)s, %(checked_at_4)s
);
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', window_start = '2018-11-01 00:00:00',
--      window_end = '2018-11-02 00:00:00', target_0 = 'orders', check_name_0 = 'repeated order_id',
--      severity_0 = 'error', expected_0 = '0', actual_0 = '0', passed_0 = True, outcome_0 = 'passed',
--      target_1 = 'orders', check_name_1 = 'nulls in customer_id', severity_1 = 'error', expected_1 = '0',
--      actual_1 = '0', passed_1 = True, outcome_1 = 'passed', target_2 = 'orders',
--      check_name_2 = 'product_id not in products', severity_2 = 'error', expected_2 = '0', actual_2 = '0',
--      passed_2 = True, outcome_2 = 'passed', target_3 = 'customers', check_name_3 = 'rows', severity_3 = 'error',
--      expected_3 = 'at least 1', actual_3 = '2', passed_3 = True, outcome_3 = 'passed', target_4 = 'orders',
--      check_name_4 = 'staged and loaded orders', severity_4 = 'warn', expected_4 = '3', actual_4 = '3',
--      passed_4 = True, outcome_4 = 'passed'

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
values (
    %(dag_id)s,
    %(run_id)s
);
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02'

select
    target,
    sum(inserted + updated + deleted + late)
from etl.loads
join this_run
    on this_run.dag_id = loads.dag_id
    and this_run.run_id = loads.run_id
where window_start >= %(window_start)s
    and window_end = %(window_end)s
group by target;
-- with window_start = '2018-11-01 00:00:00', window_end = '2018-11-02 00:00:00'

select
    count("order_id") - count(distinct "order_id"),
    count(*),
    count(case when in_window = 1 and ("customer_id" is null) then 1 end),
    count(case when in_window = 1 then 1 end)
from (
    select
        *,
        case
            when "ordered_at" >= %(window_start)s
                and "ordered_at" < %(window_end)s
                then 1
            else 0
        end as in_window
    from "orders"
) as scanned;
-- with window_start = '2018-11-01 00:00:00', window_end = '2018-11-02 00:00:00'

select
    count(*)
from "customers";

select
    count(
        case
            when "orders"."product_id" is not null
                and "products"."product_id" is null
                then 1
        end
    ),
    count(*)
from "orders"
left join "products"
    on "products"."product_id" = "orders"."product_id";

select
    wanted.number as expected,
    found.number as actual
from (
select count(*)
from staging_orders__4e4a3efb5fa2
) as wanted (number)
cross join (
select count(*)
from orders
where ordered_at >= '2018-11-01'
) as found (number);

insert into etl.check_results (
    dag_id,
    run_id,
    window_start,
    window_end,
    target,
    check_name,
    severity,
    expected,
    actual,
    passed,
    outcome,
    duration_seconds,
    checked_at
)
values
(
    %(dag_id)s, %(run_id)s, %(window_start)s, %(window_end)s,
    %(target_0)s, %(check_name_0)s, %(severity_0)s,
    %(expected_0)s, %(actual_0)s, %(passed_0)s, %(outcome_0)s,
    %(duration_seconds_0)s, %(checked_at_0)s
),
(
    %(dag_id)s, %(run_id)s, %(window_start)s, %(window_end)s,
    %(target_1)s, %(check_name_1)s, %(severity_1)s,
    %(expected_1)s, %(actual_1)s, %(passed_1)s, %(outcome_1)s,
    %(duration_seconds_1)s, %(checked_at_1)s
),
(
    %(dag_id)s, %(run_id)s, %(window_start)s, %(window_end)s,
    %(target_2)s, %(check_name_2)s, %(severity_2)s,
    %(expected_2)s, %(actual_2)s, %(passed_2)s, %(outcome_2)s,
    %(duration_seconds_2)s, %(checked_at_2)s
),
(
    %(dag_id)s, %(run_id)s, %(window_start)s, %(window_end)s,
    %(target_3)s, %(check_name_3)s, %(severity_3)s,
    %(expected_3)s, %(actual_3)s, %(passed_3)s, %(outcome_3)s,
    %(duration_seconds_3)s, %(checked_at_3)s
),
(
    %(dag_id)s, %(run_id)s, %(window_start)s, %(window_end)s,
    %(target_4)s, %(check_name_4)s, %(severity_4)s,
    %(expected_4)s, %(actual_4)s, %(passed_4)s, %(outcome_4)s,
    %(duration_seconds_4)s, %(checked_at_4)s
);
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', window_start = '2018-11-01 00:00:00',
--      window_end = '2018-11-02 00:00:00', target_0 = 'orders', check_name_0 = 'repeated order_id',
--      severity_0 = 'error', expected_0 = '0', actual_0 = '0', passed_0 = True, outcome_0 = 'passed',
--      target_1 = 'orders', check_name_1 = 'nulls in customer_id', severity_1 = 'error', expected_1 = '0',
--      actual_1 = '0', passed_1 = True, outcome_1 = 'passed', target_2 = 'orders',
--      check_name_2 = 'product_id not in products', severity_2 = 'error', expected_2 = '0', actual_2 = '0',
--      passed_2 = True, outcome_2 = 'passed', target_3 = 'customers', check_name_3 = 'rows', severity_3 = 'error',
--      expected_3 = 'at least 1', actual_3 = '2', passed_3 = True, outcome_3 = 'passed', target_4 = 'orders',
--      check_name_4 = 'staged and loaded orders', severity_4 = 'warn', expected_4 = '3', actual_4 = '3',
--      passed_4 = True, outcome_4 = 'passed'

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
values (
    %(dag_id)s,
    %(run_id)s
);
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02'

select
    target,
    sum(inserted + updated + deleted + late)
from etl.loads
join this_run
    on this_run.dag_id = loads.dag_id
    and this_run.run_id = loads.run_id
where window_start >= %(window_start)s
    and window_end = %(window_end)s
group by target;
-- with window_start = '2018-11-01 00:00:00', window_end = '2018-11-02 00:00:00'

select
    count("order_id") - count(distinct "order_id"),
    count(*),
    count(case when in_window = 1 and ("customer_id" is null) then 1 end),
    count(case when in_window = 1 then 1 end)
from (
    select
        *,
        case
            when "ordered_at" >= %(window_start)s
                and "ordered_at" < %(window_end)s
                then 1
            else 0
        end as in_window
    from "orders"
) as scanned;
-- with window_start = '2018-11-01 00:00:00', window_end = '2018-11-02 00:00:00'

select
    count(*)
from "customers";

select
    count(
        case
            when "orders"."product_id" is not null
                and "products"."product_id" is null
                then 1
        end
    ),
    count(*)
from "orders"
left join "products"
    on "products"."product_id" = "orders"."product_id";

select
    wanted.number as expected,
    found.number as actual
from (
select count(*)
from staging_orders__4e4a3efb5fa2
) as wanted (number)
cross join (
select count(*)
from orders
where ordered_at >= '2018-11-01'
) as found (number);

insert into etl.check_results (
    dag_id,
    run_id,
    window_start,
    window_end,
    target,
    check_name,
    severity,
    expected,
    actual,
    passed,
    outcome,
    duration_seconds,
    checked_at
)
values
(
    %(dag_id)s, %(run_id)s, %(window_start)s, %(window_end)s,
    %(target_0)s, %(check_name_0)s, %(severity_0)s,
    %(expected_0)s, %(actual_0)s, %(passed_0)s, %(outcome_0)s,
    %(duration_seconds_0)s, %(checked_at_0)s
),
(
    %(dag_id)s, %(run_id)s, %(window_start)s, %(window_end)s,
    %(target_1)s, %(check_name_1)s, %(severity_1)s,
    %(expected_1)s, %(actual_1)s, %(passed_1)s, %(outcome_1)s,
    %(duration_seconds_1)s, %(checked_at_1)s
),
(
    %(dag_id)s, %(run_id)s, %(window_start)s, %(window_end)s,
    %(target_2)s, %(check_name_2)s, %(severity_2)s,
    %(expected_2)s, %(actual_2)s, %(passed_2)s, %(outcome_2)s,
    %(duration_seconds_2)s, %(checked_at_2)s
),
(
    %(dag_id)s, %(run_id)s, %(window_start)s, %(window_end)s,
    %(target_3)s, %(check_name_3)s, %(severity_3)s,
    %(expected_3)s, %(actual_3)s, %(passed_3)s, %(outcome_3)s,
    %(duration_seconds_3)s, %(checked_at_3)s
),
(
    %(dag_id)s, %(run_id)s, %(window_start)s, %(window_end)s,
    %(target_4)s, %(check_name_4)s, %(severity_4)s,
    %(expected_4)s, %(actual_4)s, %(passed_4)s, %(outcome_4)s,
    %(duration_seconds_4)s, %(checked_at_4)s
);
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', window_start = '2018-11-01 00:00:00',
--      window_end = '2018-11-02 00:00:00', target_0 = 'orders', check_name_0 = 'repeated order_id',
--      severity_0 = 'error', expected_0 = '0', actual_0 = '0', passed_0 = True, outcome_0 = 'passed',
--      target_1 = 'orders', check_name_1 = 'nulls in customer_id', severity_1 = 'error', expected_1 = '0',
--      actual_1 = '0', passed_1 = True, outcome_1 = 'passed', target_2 = 'orders',
--      check_name_2 = 'product_id not in products', severity_2 = 'error', expected_2 = '0', actual_2 = '0',
--      passed_2 = True, outcome_2 = 'passed', target_3 = 'customers', check_name_3 = 'rows', severity_3 = 'error',
--      expected_3 = 'at least 1', actual_3 = '2', passed_3 = True, outcome_3 = 'passed', target_4 = 'orders',
--      check_name_4 = 'staged and loaded orders', severity_4 = 'warn', expected_4 = '3', actual_4 = '3',
--      passed_4 = True, outcome_4 = 'passed'

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
values (
    %(dag_id)s,
    %(run_id)s
);
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02'

select
    count("order_id") - count(distinct "order_id"),
    count(*),
    count(case when in_window = 1 and ("customer_id" is null) then 1 end),
    count(case when in_window = 1 then 1 end)
from (
    select
        *,
        case
            when "ordered_at" >= %(window_start)s
                and "ordered_at" < %(window_end)s
                then 1
            else 0
        end as in_window
    from "orders"
) as scanned;
-- with window_start = '1970-01-01 00:00:00'

select
    count(*)
from "customers";

select
    count(
        case
            when "orders"."product_id" is not null
                and "products"."product_id" is null
                then 1
        end
    ),
    count(*)
from "orders"
left join "products"
    on "products"."product_id" = "orders"."product_id";

select
    wanted.number as expected,
    found.number as actual
from (
select count(*)
from staging_orders__4e4a3efb5fa2
) as wanted (number)
cross join (
select count(*)
from orders
where ordered_at >= '2018-11-01'
) as found (number);

insert into etl.check_results (
    dag_id,
    run_id,
    window_start,
    window_end,
    target,
    check_name,
    severity,
    expected,
    actual,
    passed,
    outcome,
    duration_seconds,
    checked_at
)
values
(
    %(dag_id)s, %(run_id)s, %(window_start)s, %(window_end)s,
    %(target_0)s, %(check_name_0)s, %(severity_0)s,
    %(expected_0)s, %(actual_0)s, %(passed_0)s, %(outcome_0)s,
    %(duration_seconds_0)s, %(checked_at_0)s
),
(
    %(dag_id)s, %(run_id)s, %(window_start)s, %(window_end)s,
    %(target_1)s, %(check_name_1)s, %(severity_1)s,
    %(expected_1)s, %(actual_1)s, %(passed_1)s, %(outcome_1)s,
    %(duration_seconds_1)s, %(checked_at_1)s
),
(
    %(dag_id)s, %(run_id)s, %(window_start)s, %(window_end)s,
    %(target_2)s, %(check_name_2)s, %(severity_2)s,
    %(expected_2)s, %(actual_2)s, %(passed_2)s, %(outcome_2)s,
    %(duration_seconds_2)s, %(checked_at_2)s
),
(
    %(dag_id)s, %(run_id)s, %(window_start)s, %(window_end)s,
    %(target_3)s, %(check_name_3)s, %(severity_3)s,
    %(expected_3)s, %(actual_3)s, %(passed_3)s, %(outcome_3)s,
    %(duration_seconds_3)s, %(checked_at_3)s
),
(
    %(dag_id)s, %(run_id)s, %(window_start)s, %(window_end)s,
    %(target_4)s, %(check_name_4)s, %(severity_4)s,
    %(expected_4)s, %(actual_4)s, %(passed_4)s, %(outcome_4)s,
    %(duration_seconds_4)s, %(checked_at_4)s
);
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', window_start = '1970-01-01 00:00:00', target_0 = 'orders',
--      check_name_0 = 'repeated order_id', severity_0 = 'error', expected_0 = '0', actual_0 = '0', passed_0 = True,
--      outcome_0 = 'passed', target_1 = 'orders', check_name_1 = 'nulls in customer_id', severity_1 = 'error',
--      expected_1 = '0', actual_1 = '0', passed_1 = True, outcome_1 = 'passed', target_2 = 'orders',
--      check_name_2 = 'product_id not in products', severity_2 = 'error', expected_2 = '0', actual_2 = '0',
--      passed_2 = True, outcome_2 = 'passed', target_3 = 'customers', check_name_3 = 'rows', severity_3 = 'error',
--      expected_3 = 'at least 1', actual_3 = '2', passed_3 = True, outcome_3 = 'passed', target_4 = 'orders',
--      check_name_4 = 'staged and loaded orders', severity_4 = 'warn', expected_4 = '4', actual_4 = '4',
--      passed_4 = True, outcome_4 = 'passed'

commit;
