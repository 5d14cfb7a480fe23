-- first load

select
    set_config('statement_timeout', %(statement_timeout)s, false),
    set_config('query_group', %(query_group)s, false);
-- with statement_timeout = '7200000', query_group = 'redshift_elt'

begin;

select
    target,
    sum(inserted + updated + deleted + late)
from etl.loads
where dag_id = %(dag_id)s
    and run_id = %(run_id)s
    and window_start >= %(window_start)s
    and window_end = %(window_end)s
group by target;
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', window_start = '2018-11-01 00:00:00',
--      window_end = '2018-11-02 00:00:00'

with
answer_1 (value_1, value_2, value_3, value_4) as (
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
    ) as scanned
),
answer_2 (value_1) as (
    select
        count(*)
    from "customers"
),
answer_3 (value_1, value_2) as (
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
        on "products"."product_id" = "orders"."product_id"
)
select *
from answer_1
cross join answer_2
cross join answer_3;
-- with window_start = '2018-11-01 00:00:00', window_end = '2018-11-02 00:00:00'

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
(
    %(dag_id_1)s,
    %(run_id_1)s,
    %(window_start_1)s,
    %(window_end_1)s,
    %(target_1)s,
    %(check_name_1)s,
    %(severity_1)s,
    %(expected_1)s,
    %(actual_1)s,
    %(passed_1)s,
    %(outcome_1)s,
    %(duration_seconds_1)s,
    %(checked_at_1)s
),
(
    %(dag_id_2)s,
    %(run_id_2)s,
    %(window_start_2)s,
    %(window_end_2)s,
    %(target_2)s,
    %(check_name_2)s,
    %(severity_2)s,
    %(expected_2)s,
    %(actual_2)s,
    %(passed_2)s,
    %(outcome_2)s,
    %(duration_seconds_2)s,
    %(checked_at_2)s
),
(
    %(dag_id_3)s,
    %(run_id_3)s,
    %(window_start_3)s,
    %(window_end_3)s,
    %(target_3)s,
    %(check_name_3)s,
    %(severity_3)s,
    %(expected_3)s,
    %(actual_3)s,
    %(passed_3)s,
    %(outcome_3)s,
    %(duration_seconds_3)s,
    %(checked_at_3)s
),
(
    %(dag_id_4)s,
    %(run_id_4)s,
    %(window_start_4)s,
    %(window_end_4)s,
    %(target_4)s,
    %(check_name_4)s,
    %(severity_4)s,
    %(expected_4)s,
    %(actual_4)s,
    %(passed_4)s,
    %(outcome_4)s,
    %(duration_seconds_4)s,
    %(checked_at_4)s
),
(
    %(dag_id_5)s,
    %(run_id_5)s,
    %(window_start_5)s,
    %(window_end_5)s,
    %(target_5)s,
    %(check_name_5)s,
    %(severity_5)s,
    %(expected_5)s,
    %(actual_5)s,
    %(passed_5)s,
    %(outcome_5)s,
    %(duration_seconds_5)s,
    %(checked_at_5)s
);
-- with dag_id_1 = 'shop', run_id_1 = 'scheduled__2018-11-02', window_start_1 = '2018-11-01 00:00:00',
--      window_end_1 = '2018-11-02 00:00:00', target_1 = 'orders', check_name_1 = 'repeated order_id',
--      severity_1 = 'error', expected_1 = '0', actual_1 = '0', passed_1 = True, outcome_1 = 'passed',
--      dag_id_2 = 'shop', run_id_2 = 'scheduled__2018-11-02', window_start_2 = '2018-11-01 00:00:00',
--      window_end_2 = '2018-11-02 00:00:00', target_2 = 'orders', check_name_2 = 'nulls in customer_id',
--      severity_2 = 'error', expected_2 = '0', actual_2 = '0', passed_2 = True, outcome_2 = 'passed',
--      dag_id_3 = 'shop', run_id_3 = 'scheduled__2018-11-02', window_start_3 = '2018-11-01 00:00:00',
--      window_end_3 = '2018-11-02 00:00:00', target_3 = 'orders', check_name_3 = 'product_id not in products',
--      severity_3 = 'error', expected_3 = '0', actual_3 = '0', passed_3 = True, outcome_3 = 'passed',
--      dag_id_4 = 'shop', run_id_4 = 'scheduled__2018-11-02', window_start_4 = '2018-11-01 00:00:00',
--      window_end_4 = '2018-11-02 00:00:00', target_4 = 'customers', check_name_4 = 'rows', severity_4 = 'error',
--      expected_4 = 'at least 1', actual_4 = '2', passed_4 = True, outcome_4 = 'passed', dag_id_5 = 'shop',
--      run_id_5 = 'scheduled__2018-11-02', window_start_5 = '2018-11-01 00:00:00',
--      window_end_5 = '2018-11-02 00:00:00', target_5 = 'orders', check_name_5 = 'staged and loaded orders',
--      severity_5 = 'warn', expected_5 = '3', actual_5 = '3', passed_5 = True, outcome_5 = 'passed'

commit;


-- rerun

select
    set_config('statement_timeout', %(statement_timeout)s, false),
    set_config('query_group', %(query_group)s, false);
-- with statement_timeout = '7200000', query_group = 'redshift_elt'

begin;

select
    target,
    sum(inserted + updated + deleted + late)
from etl.loads
where dag_id = %(dag_id)s
    and run_id = %(run_id)s
    and window_start >= %(window_start)s
    and window_end = %(window_end)s
group by target;
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', window_start = '2018-11-01 00:00:00',
--      window_end = '2018-11-02 00:00:00'

with
answer_1 (value_1, value_2, value_3, value_4) as (
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
    ) as scanned
),
answer_2 (value_1) as (
    select
        count(*)
    from "customers"
),
answer_3 (value_1, value_2) as (
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
        on "products"."product_id" = "orders"."product_id"
)
select *
from answer_1
cross join answer_2
cross join answer_3;
-- with window_start = '2018-11-01 00:00:00', window_end = '2018-11-02 00:00:00'

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
(
    %(dag_id_1)s,
    %(run_id_1)s,
    %(window_start_1)s,
    %(window_end_1)s,
    %(target_1)s,
    %(check_name_1)s,
    %(severity_1)s,
    %(expected_1)s,
    %(actual_1)s,
    %(passed_1)s,
    %(outcome_1)s,
    %(duration_seconds_1)s,
    %(checked_at_1)s
),
(
    %(dag_id_2)s,
    %(run_id_2)s,
    %(window_start_2)s,
    %(window_end_2)s,
    %(target_2)s,
    %(check_name_2)s,
    %(severity_2)s,
    %(expected_2)s,
    %(actual_2)s,
    %(passed_2)s,
    %(outcome_2)s,
    %(duration_seconds_2)s,
    %(checked_at_2)s
),
(
    %(dag_id_3)s,
    %(run_id_3)s,
    %(window_start_3)s,
    %(window_end_3)s,
    %(target_3)s,
    %(check_name_3)s,
    %(severity_3)s,
    %(expected_3)s,
    %(actual_3)s,
    %(passed_3)s,
    %(outcome_3)s,
    %(duration_seconds_3)s,
    %(checked_at_3)s
),
(
    %(dag_id_4)s,
    %(run_id_4)s,
    %(window_start_4)s,
    %(window_end_4)s,
    %(target_4)s,
    %(check_name_4)s,
    %(severity_4)s,
    %(expected_4)s,
    %(actual_4)s,
    %(passed_4)s,
    %(outcome_4)s,
    %(duration_seconds_4)s,
    %(checked_at_4)s
),
(
    %(dag_id_5)s,
    %(run_id_5)s,
    %(window_start_5)s,
    %(window_end_5)s,
    %(target_5)s,
    %(check_name_5)s,
    %(severity_5)s,
    %(expected_5)s,
    %(actual_5)s,
    %(passed_5)s,
    %(outcome_5)s,
    %(duration_seconds_5)s,
    %(checked_at_5)s
);
-- with dag_id_1 = 'shop', run_id_1 = 'scheduled__2018-11-02', window_start_1 = '2018-11-01 00:00:00',
--      window_end_1 = '2018-11-02 00:00:00', target_1 = 'orders', check_name_1 = 'repeated order_id',
--      severity_1 = 'error', expected_1 = '0', actual_1 = '0', passed_1 = True, outcome_1 = 'passed',
--      dag_id_2 = 'shop', run_id_2 = 'scheduled__2018-11-02', window_start_2 = '2018-11-01 00:00:00',
--      window_end_2 = '2018-11-02 00:00:00', target_2 = 'orders', check_name_2 = 'nulls in customer_id',
--      severity_2 = 'error', expected_2 = '0', actual_2 = '0', passed_2 = True, outcome_2 = 'passed',
--      dag_id_3 = 'shop', run_id_3 = 'scheduled__2018-11-02', window_start_3 = '2018-11-01 00:00:00',
--      window_end_3 = '2018-11-02 00:00:00', target_3 = 'orders', check_name_3 = 'product_id not in products',
--      severity_3 = 'error', expected_3 = '0', actual_3 = '0', passed_3 = True, outcome_3 = 'passed',
--      dag_id_4 = 'shop', run_id_4 = 'scheduled__2018-11-02', window_start_4 = '2018-11-01 00:00:00',
--      window_end_4 = '2018-11-02 00:00:00', target_4 = 'customers', check_name_4 = 'rows', severity_4 = 'error',
--      expected_4 = 'at least 1', actual_4 = '2', passed_4 = True, outcome_4 = 'passed', dag_id_5 = 'shop',
--      run_id_5 = 'scheduled__2018-11-02', window_start_5 = '2018-11-01 00:00:00',
--      window_end_5 = '2018-11-02 00:00:00', target_5 = 'orders', check_name_5 = 'staged and loaded orders',
--      severity_5 = 'warn', expected_5 = '3', actual_5 = '3', passed_5 = True, outcome_5 = 'passed'

commit;


-- correction

select
    set_config('statement_timeout', %(statement_timeout)s, false),
    set_config('query_group', %(query_group)s, false);
-- with statement_timeout = '7200000', query_group = 'redshift_elt'

begin;

select
    target,
    sum(inserted + updated + deleted + late)
from etl.loads
where dag_id = %(dag_id)s
    and run_id = %(run_id)s
    and window_start >= %(window_start)s
    and window_end = %(window_end)s
group by target;
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', window_start = '2018-11-01 00:00:00',
--      window_end = '2018-11-02 00:00:00'

with
answer_1 (value_1, value_2, value_3, value_4) as (
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
    ) as scanned
),
answer_2 (value_1) as (
    select
        count(*)
    from "customers"
),
answer_3 (value_1, value_2) as (
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
        on "products"."product_id" = "orders"."product_id"
)
select *
from answer_1
cross join answer_2
cross join answer_3;
-- with window_start = '2018-11-01 00:00:00', window_end = '2018-11-02 00:00:00'

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
(
    %(dag_id_1)s,
    %(run_id_1)s,
    %(window_start_1)s,
    %(window_end_1)s,
    %(target_1)s,
    %(check_name_1)s,
    %(severity_1)s,
    %(expected_1)s,
    %(actual_1)s,
    %(passed_1)s,
    %(outcome_1)s,
    %(duration_seconds_1)s,
    %(checked_at_1)s
),
(
    %(dag_id_2)s,
    %(run_id_2)s,
    %(window_start_2)s,
    %(window_end_2)s,
    %(target_2)s,
    %(check_name_2)s,
    %(severity_2)s,
    %(expected_2)s,
    %(actual_2)s,
    %(passed_2)s,
    %(outcome_2)s,
    %(duration_seconds_2)s,
    %(checked_at_2)s
),
(
    %(dag_id_3)s,
    %(run_id_3)s,
    %(window_start_3)s,
    %(window_end_3)s,
    %(target_3)s,
    %(check_name_3)s,
    %(severity_3)s,
    %(expected_3)s,
    %(actual_3)s,
    %(passed_3)s,
    %(outcome_3)s,
    %(duration_seconds_3)s,
    %(checked_at_3)s
),
(
    %(dag_id_4)s,
    %(run_id_4)s,
    %(window_start_4)s,
    %(window_end_4)s,
    %(target_4)s,
    %(check_name_4)s,
    %(severity_4)s,
    %(expected_4)s,
    %(actual_4)s,
    %(passed_4)s,
    %(outcome_4)s,
    %(duration_seconds_4)s,
    %(checked_at_4)s
),
(
    %(dag_id_5)s,
    %(run_id_5)s,
    %(window_start_5)s,
    %(window_end_5)s,
    %(target_5)s,
    %(check_name_5)s,
    %(severity_5)s,
    %(expected_5)s,
    %(actual_5)s,
    %(passed_5)s,
    %(outcome_5)s,
    %(duration_seconds_5)s,
    %(checked_at_5)s
);
-- with dag_id_1 = 'shop', run_id_1 = 'scheduled__2018-11-02', window_start_1 = '2018-11-01 00:00:00',
--      window_end_1 = '2018-11-02 00:00:00', target_1 = 'orders', check_name_1 = 'repeated order_id',
--      severity_1 = 'error', expected_1 = '0', actual_1 = '0', passed_1 = True, outcome_1 = 'passed',
--      dag_id_2 = 'shop', run_id_2 = 'scheduled__2018-11-02', window_start_2 = '2018-11-01 00:00:00',
--      window_end_2 = '2018-11-02 00:00:00', target_2 = 'orders', check_name_2 = 'nulls in customer_id',
--      severity_2 = 'error', expected_2 = '0', actual_2 = '0', passed_2 = True, outcome_2 = 'passed',
--      dag_id_3 = 'shop', run_id_3 = 'scheduled__2018-11-02', window_start_3 = '2018-11-01 00:00:00',
--      window_end_3 = '2018-11-02 00:00:00', target_3 = 'orders', check_name_3 = 'product_id not in products',
--      severity_3 = 'error', expected_3 = '0', actual_3 = '0', passed_3 = True, outcome_3 = 'passed',
--      dag_id_4 = 'shop', run_id_4 = 'scheduled__2018-11-02', window_start_4 = '2018-11-01 00:00:00',
--      window_end_4 = '2018-11-02 00:00:00', target_4 = 'customers', check_name_4 = 'rows', severity_4 = 'error',
--      expected_4 = 'at least 1', actual_4 = '2', passed_4 = True, outcome_4 = 'passed', dag_id_5 = 'shop',
--      run_id_5 = 'scheduled__2018-11-02', window_start_5 = '2018-11-01 00:00:00',
--      window_end_5 = '2018-11-02 00:00:00', target_5 = 'orders', check_name_5 = 'staged and loaded orders',
--      severity_5 = 'warn', expected_5 = '3', actual_5 = '3', passed_5 = True, outcome_5 = 'passed'

commit;


-- full load

select
    set_config('statement_timeout', %(statement_timeout)s, false),
    set_config('query_group', %(query_group)s, false);
-- with statement_timeout = '7200000', query_group = 'redshift_elt'

begin;

with
answer_1 (value_1, value_2, value_3, value_4) as (
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
    ) as scanned
),
answer_2 (value_1) as (
    select
        count(*)
    from "customers"
),
answer_3 (value_1, value_2) as (
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
        on "products"."product_id" = "orders"."product_id"
)
select *
from answer_1
cross join answer_2
cross join answer_3;
-- with window_start = '1970-01-01 00:00:00'

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
(
    %(dag_id_1)s,
    %(run_id_1)s,
    %(window_start_1)s,
    %(window_end_1)s,
    %(target_1)s,
    %(check_name_1)s,
    %(severity_1)s,
    %(expected_1)s,
    %(actual_1)s,
    %(passed_1)s,
    %(outcome_1)s,
    %(duration_seconds_1)s,
    %(checked_at_1)s
),
(
    %(dag_id_2)s,
    %(run_id_2)s,
    %(window_start_2)s,
    %(window_end_2)s,
    %(target_2)s,
    %(check_name_2)s,
    %(severity_2)s,
    %(expected_2)s,
    %(actual_2)s,
    %(passed_2)s,
    %(outcome_2)s,
    %(duration_seconds_2)s,
    %(checked_at_2)s
),
(
    %(dag_id_3)s,
    %(run_id_3)s,
    %(window_start_3)s,
    %(window_end_3)s,
    %(target_3)s,
    %(check_name_3)s,
    %(severity_3)s,
    %(expected_3)s,
    %(actual_3)s,
    %(passed_3)s,
    %(outcome_3)s,
    %(duration_seconds_3)s,
    %(checked_at_3)s
),
(
    %(dag_id_4)s,
    %(run_id_4)s,
    %(window_start_4)s,
    %(window_end_4)s,
    %(target_4)s,
    %(check_name_4)s,
    %(severity_4)s,
    %(expected_4)s,
    %(actual_4)s,
    %(passed_4)s,
    %(outcome_4)s,
    %(duration_seconds_4)s,
    %(checked_at_4)s
),
(
    %(dag_id_5)s,
    %(run_id_5)s,
    %(window_start_5)s,
    %(window_end_5)s,
    %(target_5)s,
    %(check_name_5)s,
    %(severity_5)s,
    %(expected_5)s,
    %(actual_5)s,
    %(passed_5)s,
    %(outcome_5)s,
    %(duration_seconds_5)s,
    %(checked_at_5)s
);
-- with dag_id_1 = 'shop', run_id_1 = 'scheduled__2018-11-02', window_start_1 = '1970-01-01 00:00:00',
--      target_1 = 'orders', check_name_1 = 'repeated order_id', severity_1 = 'error', expected_1 = '0', actual_1 = '0',
--      passed_1 = True, outcome_1 = 'passed', dag_id_2 = 'shop', run_id_2 = 'scheduled__2018-11-02',
--      window_start_2 = '1970-01-01 00:00:00', target_2 = 'orders', check_name_2 = 'nulls in customer_id',
--      severity_2 = 'error', expected_2 = '0', actual_2 = '0', passed_2 = True, outcome_2 = 'passed',
--      dag_id_3 = 'shop', run_id_3 = 'scheduled__2018-11-02', window_start_3 = '1970-01-01 00:00:00',
--      target_3 = 'orders', check_name_3 = 'product_id not in products', severity_3 = 'error', expected_3 = '0',
--      actual_3 = '0', passed_3 = True, outcome_3 = 'passed', dag_id_4 = 'shop', run_id_4 = 'scheduled__2018-11-02',
--      window_start_4 = '1970-01-01 00:00:00', target_4 = 'customers', check_name_4 = 'rows', severity_4 = 'error',
--      expected_4 = 'at least 1', actual_4 = '2', passed_4 = True, outcome_4 = 'passed', dag_id_5 = 'shop',
--      run_id_5 = 'scheduled__2018-11-02', window_start_5 = '1970-01-01 00:00:00', target_5 = 'orders',
--      check_name_5 = 'staged and loaded orders', severity_5 = 'warn', expected_5 = '4', actual_5 = '4',
--      passed_5 = True, outcome_5 = 'passed'

commit;
