-- first load

select
    set_config('statement_timeout', %(statement_timeout)s, false),
    set_config('query_group', %(query_group)s, false);
-- with statement_timeout = '7200000', query_group = 'redshift_elt'

begin;

select tablename
from pg_tables
where schemaname = 'public'
    and strpos(tablename, %(template)s) = 1;
-- with template = 'staging_orders'

create table "staging_orders_files__4e4a3efb5fa2" (like "etl"."staged_files");

create table "staging_orders__4e4a3efb5fa2" (like "staging_orders");

insert into "staging_orders_files__4e4a3efb5fa2" (
    "bucket",
    "object_key",
    "etag",
    "size_bytes",
    "modified_at",
    "kind",
    "period_start"
)
values
(
    %(bucket_1)s,
    %(object_key_1)s,
    %(etag_1)s,
    %(size_bytes_1)s,
    %(modified_at_1)s,
    %(kind_1)s,
    %(period_start_1)s
),
(
    %(bucket_2)s,
    %(object_key_2)s,
    %(etag_2)s,
    %(size_bytes_2)s,
    %(modified_at_2)s,
    %(kind_2)s,
    %(period_start_2)s
);
-- with bucket_1 = '', object_key_1 = 'shop/scheduled__2018-11-02', etag_1 = '', size_bytes_1 = 0, kind_1 = 'run',
--      bucket_2 = 'shop-data', object_key_2 = 'orders/2018/11/2018-11-01.json',
--      etag_2 = 'fe340632380e480ba39c0e444b9e984e', size_bytes_2 = 449, modified_at_2 = '2018-11-02 00:05:00',
--      kind_2 = 'object', period_start_2 = '2018-11-01 00:00:00'

select distinct
    object_key,
    etag,
    kind,
    found_at
from etl.schema_drift
where dag_id = %(dag_id)s
    and staging = %(staging)s
    and bucket = %(bucket)s
    and object_key in (%(object_key_1)s);
-- with dag_id = 'shop', staging = 'staging_orders', bucket = 'shop-data',
--      object_key_1 = 'orders/2018/11/2018-11-01.json'

select *
from "staging_orders__4e4a3efb5fa2"
limit 0;

insert into etl.schema_drift (
    "dag_id",
    "run_id",
    "staging",
    "bucket",
    "object_key",
    "etag",
    "kind",
    "field_name",
    "column_name",
    "details",
    "found_at"
)
values
(
    %(dag_id_1)s,
    %(run_id_1)s,
    %(staging_1)s,
    %(bucket_1)s,
    %(object_key_1)s,
    %(etag_1)s,
    %(kind_1)s,
    %(field_name_1)s,
    %(column_name_1)s,
    %(details_1)s,
    %(found_at_1)s
);
-- with dag_id_1 = 'shop', run_id_1 = 'scheduled__2018-11-02', staging_1 = 'staging_orders', bucket_1 = 'shop-data',
--      object_key_1 = 'orders/2018/11/2018-11-01.json', etag_1 = 'fe340632380e480ba39c0e444b9e984e', kind_1 = 'none',
--      field_name_1 = '', details_1 = ''

create temporary table "staging_orders__incoming_1" (like "staging_orders__4e4a3efb5fa2");

copy "staging_orders__incoming_1"
from 's3://shop-data/manifests/shop/4e4a3efb5fa2/stage_orders/staging_orders-173d1b8a3da7.manifest'
iam_role default
format as json 'auto'
manifest
region 'us-west-2'
maxerror 2
compupdate off
statupdate off;

select count(*)
from "staging_orders__incoming_1";

select
    history.query_id,
    history.loaded_rows,
    history.source_file_count,
    history.error_count,
    count(detail.query_id),
    sum(detail.lines_scanned)
from sys_load_history as history
left join sys_load_detail as detail
    on detail.query_id = history.query_id
where history.query_id = pg_last_copy_id()
    and history.status = 'completed'
group by
    history.query_id,
    history.loaded_rows,
    history.source_file_count,
    history.error_count;

insert into "staging_orders__4e4a3efb5fa2"
select *
from "staging_orders__incoming_1"
where "ordered_at" >= %(interval_start)s
    and "ordered_at" < %(interval_end)s;
-- with interval_start = '2018-11-01 00:00:00', interval_end = '2018-11-02 00:00:00'

analyze "staging_orders__4e4a3efb5fa2";

select count(*)
from etl.rejects
where dag_id = %(dag_id)s
    and run_id = %(run_id)s
    and staging = %(staging)s;
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', staging = 'staging_orders'

select
    count(case when ("quantity" < 1) then 1 end),
    count(*),
    count(case when ("status" not in ('open', 'paid')) then 1 end)
from "staging_orders__4e4a3efb5fa2";

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
);
-- with dag_id_1 = 'shop', run_id_1 = 'scheduled__2018-11-02', window_start_1 = '2018-11-01 00:00:00',
--      window_end_1 = '2018-11-02 00:00:00', target_1 = 'staging_orders', check_name_1 = 'quantity below 1',
--      severity_1 = 'error', expected_1 = '0', actual_1 = '0', passed_1 = True, outcome_1 = 'passed',
--      dag_id_2 = 'shop', run_id_2 = 'scheduled__2018-11-02', window_start_2 = '2018-11-01 00:00:00',
--      window_end_2 = '2018-11-02 00:00:00', target_2 = 'staging_orders',
--      check_name_2 = 'values of status that are not accepted', severity_2 = 'error', expected_2 = '0', actual_2 = '0',
--      passed_2 = True, outcome_2 = 'passed'

commit;


-- rerun

select
    set_config('statement_timeout', %(statement_timeout)s, false),
    set_config('query_group', %(query_group)s, false);
-- with statement_timeout = '7200000', query_group = 'redshift_elt'

begin;

select tablename
from pg_tables
where schemaname = 'public'
    and strpos(tablename, %(template)s) = 1;
-- with template = 'staging_orders'

create table "staging_orders_files__4e4a3efb5fa2" (like "etl"."staged_files");

create table "staging_orders__4e4a3efb5fa2" (like "staging_orders");

insert into "staging_orders_files__4e4a3efb5fa2" (
    "bucket",
    "object_key",
    "etag",
    "size_bytes",
    "modified_at",
    "kind",
    "period_start"
)
values
(
    %(bucket_1)s,
    %(object_key_1)s,
    %(etag_1)s,
    %(size_bytes_1)s,
    %(modified_at_1)s,
    %(kind_1)s,
    %(period_start_1)s
),
(
    %(bucket_2)s,
    %(object_key_2)s,
    %(etag_2)s,
    %(size_bytes_2)s,
    %(modified_at_2)s,
    %(kind_2)s,
    %(period_start_2)s
);
-- with bucket_1 = '', object_key_1 = 'shop/scheduled__2018-11-02', etag_1 = '', size_bytes_1 = 0, kind_1 = 'run',
--      bucket_2 = 'shop-data', object_key_2 = 'orders/2018/11/2018-11-01.json',
--      etag_2 = 'fe340632380e480ba39c0e444b9e984e', size_bytes_2 = 449, modified_at_2 = '2018-11-02 00:05:00',
--      kind_2 = 'object', period_start_2 = '2018-11-01 00:00:00'

select distinct
    object_key,
    etag,
    kind,
    found_at
from etl.schema_drift
where dag_id = %(dag_id)s
    and staging = %(staging)s
    and bucket = %(bucket)s
    and object_key in (%(object_key_1)s);
-- with dag_id = 'shop', staging = 'staging_orders', bucket = 'shop-data',
--      object_key_1 = 'orders/2018/11/2018-11-01.json'

create temporary table "staging_orders__incoming_1" (like "staging_orders__4e4a3efb5fa2");

copy "staging_orders__incoming_1"
from 's3://shop-data/manifests/shop/4e4a3efb5fa2/stage_orders/staging_orders-173d1b8a3da7.manifest'
iam_role default
format as json 'auto'
manifest
region 'us-west-2'
maxerror 2
compupdate off
statupdate off;

select count(*)
from "staging_orders__incoming_1";

select
    history.query_id,
    history.loaded_rows,
    history.source_file_count,
    history.error_count,
    count(detail.query_id),
    sum(detail.lines_scanned)
from sys_load_history as history
left join sys_load_detail as detail
    on detail.query_id = history.query_id
where history.query_id = pg_last_copy_id()
    and history.status = 'completed'
group by
    history.query_id,
    history.loaded_rows,
    history.source_file_count,
    history.error_count;

insert into "staging_orders__4e4a3efb5fa2"
select *
from "staging_orders__incoming_1"
where "ordered_at" >= %(interval_start)s
    and "ordered_at" < %(interval_end)s;
-- with interval_start = '2018-11-01 00:00:00', interval_end = '2018-11-02 00:00:00'

analyze "staging_orders__4e4a3efb5fa2";

select count(*)
from etl.rejects
where dag_id = %(dag_id)s
    and run_id = %(run_id)s
    and staging = %(staging)s;
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', staging = 'staging_orders'

select
    count(case when ("quantity" < 1) then 1 end),
    count(*),
    count(case when ("status" not in ('open', 'paid')) then 1 end)
from "staging_orders__4e4a3efb5fa2";

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
);
-- with dag_id_1 = 'shop', run_id_1 = 'scheduled__2018-11-02', window_start_1 = '2018-11-01 00:00:00',
--      window_end_1 = '2018-11-02 00:00:00', target_1 = 'staging_orders', check_name_1 = 'quantity below 1',
--      severity_1 = 'error', expected_1 = '0', actual_1 = '0', passed_1 = True, outcome_1 = 'passed',
--      dag_id_2 = 'shop', run_id_2 = 'scheduled__2018-11-02', window_start_2 = '2018-11-01 00:00:00',
--      window_end_2 = '2018-11-02 00:00:00', target_2 = 'staging_orders',
--      check_name_2 = 'values of status that are not accepted', severity_2 = 'error', expected_2 = '0', actual_2 = '0',
--      passed_2 = True, outcome_2 = 'passed'

commit;


-- correction

select
    set_config('statement_timeout', %(statement_timeout)s, false),
    set_config('query_group', %(query_group)s, false);
-- with statement_timeout = '7200000', query_group = 'redshift_elt'

begin;

select tablename
from pg_tables
where schemaname = 'public'
    and strpos(tablename, %(template)s) = 1;
-- with template = 'staging_orders'

create table "staging_orders_files__4e4a3efb5fa2" (like "etl"."staged_files");

create table "staging_orders__4e4a3efb5fa2" (like "staging_orders");

insert into "staging_orders_files__4e4a3efb5fa2" (
    "bucket",
    "object_key",
    "etag",
    "size_bytes",
    "modified_at",
    "kind",
    "period_start"
)
values
(
    %(bucket_1)s,
    %(object_key_1)s,
    %(etag_1)s,
    %(size_bytes_1)s,
    %(modified_at_1)s,
    %(kind_1)s,
    %(period_start_1)s
),
(
    %(bucket_2)s,
    %(object_key_2)s,
    %(etag_2)s,
    %(size_bytes_2)s,
    %(modified_at_2)s,
    %(kind_2)s,
    %(period_start_2)s
);
-- with bucket_1 = '', object_key_1 = 'shop/scheduled__2018-11-02', etag_1 = '', size_bytes_1 = 0, kind_1 = 'run',
--      bucket_2 = 'shop-data', object_key_2 = 'orders/2018/11/2018-11-01.json',
--      etag_2 = 'bb1d240037039a6ceab92062ebd67a57', size_bytes_2 = 596, modified_at_2 = '2018-11-02 09:00:00',
--      kind_2 = 'object', period_start_2 = '2018-11-01 00:00:00'

select distinct
    object_key,
    etag,
    kind,
    found_at
from etl.schema_drift
where dag_id = %(dag_id)s
    and staging = %(staging)s
    and bucket = %(bucket)s
    and object_key in (%(object_key_1)s);
-- with dag_id = 'shop', staging = 'staging_orders', bucket = 'shop-data',
--      object_key_1 = 'orders/2018/11/2018-11-01.json'

select *
from "staging_orders__4e4a3efb5fa2"
limit 0;

insert into etl.schema_drift (
    "dag_id",
    "run_id",
    "staging",
    "bucket",
    "object_key",
    "etag",
    "kind",
    "field_name",
    "column_name",
    "details",
    "found_at"
)
values
(
    %(dag_id_1)s,
    %(run_id_1)s,
    %(staging_1)s,
    %(bucket_1)s,
    %(object_key_1)s,
    %(etag_1)s,
    %(kind_1)s,
    %(field_name_1)s,
    %(column_name_1)s,
    %(details_1)s,
    %(found_at_1)s
);
-- with dag_id_1 = 'shop', run_id_1 = 'scheduled__2018-11-02', staging_1 = 'staging_orders', bucket_1 = 'shop-data',
--      object_key_1 = 'orders/2018/11/2018-11-01.json', etag_1 = 'bb1d240037039a6ceab92062ebd67a57', kind_1 = 'none',
--      field_name_1 = '', details_1 = ''

create temporary table "staging_orders__incoming_1" (like "staging_orders__4e4a3efb5fa2");

copy "staging_orders__incoming_1"
from 's3://shop-data/manifests/shop/4e4a3efb5fa2/stage_orders/staging_orders-173d1b8a3da7.manifest'
iam_role default
format as json 'auto'
manifest
region 'us-west-2'
maxerror 2
compupdate off
statupdate off;

select count(*)
from "staging_orders__incoming_1";

select
    history.query_id,
    history.loaded_rows,
    history.source_file_count,
    history.error_count,
    count(detail.query_id),
    sum(detail.lines_scanned)
from sys_load_history as history
left join sys_load_detail as detail
    on detail.query_id = history.query_id
where history.query_id = pg_last_copy_id()
    and history.status = 'completed'
group by
    history.query_id,
    history.loaded_rows,
    history.source_file_count,
    history.error_count;

select count(*)
from sys_load_error_detail
where query_id = %(query_id)s;
-- with query_id = 1006

create temporary table "staging_orders__rejects_1" (like "etl"."rejects");

select
    query_id,
    trim(file_name),
    line_number,
    trim(column_name),
    trim(column_type),
    error_code,
    trim(error_message)
from sys_load_error_detail
where query_id = %(query_id)s
order by
    file_name,
    line_number,
    column_name,
    error_code,
    error_message
limit
    %(most)s
    offset %(start)s;
-- with query_id = 1006, most = 5000, start = 0

insert into "staging_orders__rejects_1" (
    "dag_id",
    "run_id",
    "staging",
    "window_start",
    "window_end",
    "bucket",
    "object_key",
    "etag",
    "line_number",
    "column_name",
    "column_type",
    "error_code",
    "reason",
    "line",
    "rejected_at"
)
values
(
    %(dag_id_1)s,
    %(run_id_1)s,
    %(staging_1)s,
    %(window_start_1)s,
    %(window_end_1)s,
    %(bucket_1)s,
    %(object_key_1)s,
    %(etag_1)s,
    %(line_number_1)s,
    %(column_name_1)s,
    %(column_type_1)s,
    %(error_code_1)s,
    %(reason_1)s,
    %(line_1)s,
    %(rejected_at_1)s
);
-- with dag_id_1 = 'shop', run_id_1 = 'scheduled__2018-11-02', staging_1 = 'staging_orders',
--      window_start_1 = '2018-11-01 00:00:00', window_end_1 = '2018-11-02 00:00:00', bucket_1 = 'shop-data',
--      object_key_1 = 'orders/2018/11/2018-11-01.json', etag_1 = 'bb1d240037039a6ceab92062ebd67a57', line_number_1 = 4,
--      column_name_1 = 'order_id', column_type_1 = 'int4', error_code_1 = 1207,
--      reason_1 = 'Invalid digit, Value '?', Pos 0, Type: Integer',
--      line_1 = '{"order_id": "?", "ordered_at": "2018-11-01 09:00:00", "status": "paid", "customer_id": 1, "customer_name": "Anna", "product_id": "P1", "quantity": 1}'

insert into "staging_orders__4e4a3efb5fa2"
select *
from "staging_orders__incoming_1"
where "ordered_at" >= %(interval_start)s
    and "ordered_at" < %(interval_end)s;
-- with interval_start = '2018-11-01 00:00:00', interval_end = '2018-11-02 00:00:00'

analyze "staging_orders__4e4a3efb5fa2";

select count(*)
from etl.rejects
where dag_id = %(dag_id)s
    and run_id = %(run_id)s
    and staging = %(staging)s;
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', staging = 'staging_orders'

insert into etl.rejects (
    "dag_id",
    "run_id",
    "staging",
    "window_start",
    "window_end",
    "bucket",
    "object_key",
    "etag",
    "line_number",
    "column_name",
    "column_type",
    "error_code",
    "reason",
    "line",
    "rejected_at"
)
select
    "dag_id",
    "run_id",
    "staging",
    "window_start",
    "window_end",
    "bucket",
    "object_key",
    "etag",
    "line_number",
    "column_name",
    "column_type",
    "error_code",
    "reason",
    "line",
    "rejected_at"
from "staging_orders__rejects_1";

select count(*)
from etl.rejects
where dag_id = %(dag_id)s
    and run_id = %(run_id)s
    and staging = %(staging)s;
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', staging = 'staging_orders'

drop table if exists
    "staging_orders__rejects_1";

select
    count(case when ("quantity" < 1) then 1 end),
    count(*),
    count(case when ("status" not in ('open', 'paid')) then 1 end)
from "staging_orders__4e4a3efb5fa2";

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
);
-- with dag_id_1 = 'shop', run_id_1 = 'scheduled__2018-11-02', window_start_1 = '2018-11-01 00:00:00',
--      window_end_1 = '2018-11-02 00:00:00', target_1 = 'staging_orders', check_name_1 = 'quantity below 1',
--      severity_1 = 'error', expected_1 = '0', actual_1 = '0', passed_1 = True, outcome_1 = 'passed',
--      dag_id_2 = 'shop', run_id_2 = 'scheduled__2018-11-02', window_start_2 = '2018-11-01 00:00:00',
--      window_end_2 = '2018-11-02 00:00:00', target_2 = 'staging_orders',
--      check_name_2 = 'values of status that are not accepted', severity_2 = 'error', expected_2 = '0', actual_2 = '0',
--      passed_2 = True, outcome_2 = 'passed'

commit;


-- full load

select
    set_config('statement_timeout', %(statement_timeout)s, false),
    set_config('query_group', %(query_group)s, false);
-- with statement_timeout = '7200000', query_group = 'redshift_elt'

begin;

select tablename
from pg_tables
where schemaname = 'public'
    and strpos(tablename, %(template)s) = 1;
-- with template = 'staging_orders'

create table "staging_orders_unfinished_files__4e4a3efb5fa2" (like "etl"."staged_files");

create table "staging_orders_unfinished__4e4a3efb5fa2" (like "staging_orders");

create table "staging_orders_unfinished_rejects__4e4a3efb5fa2" (like "etl"."rejects");

create table "staging_orders_unfinished_periods__4e4a3efb5fa2" (
    period_start timestamp encode az64,
    rows_kept bigint encode az64,
    rows_left_out bigint encode az64,
    definition varchar(65535) encode zstd,
    claimed_by varchar(32) encode zstd
)
diststyle all;

insert into "staging_orders_unfinished_files__4e4a3efb5fa2" (
    "bucket",
    "object_key",
    "etag",
    "size_bytes",
    "modified_at",
    "kind",
    "period_start"
)
values
(
    %(bucket_1)s,
    %(object_key_1)s,
    %(etag_1)s,
    %(size_bytes_1)s,
    %(modified_at_1)s,
    %(kind_1)s,
    %(period_start_1)s
),
(
    %(bucket_2)s,
    %(object_key_2)s,
    %(etag_2)s,
    %(size_bytes_2)s,
    %(modified_at_2)s,
    %(kind_2)s,
    %(period_start_2)s
),
(
    %(bucket_3)s,
    %(object_key_3)s,
    %(etag_3)s,
    %(size_bytes_3)s,
    %(modified_at_3)s,
    %(kind_3)s,
    %(period_start_3)s
);
-- with bucket_1 = '', object_key_1 = 'shop/scheduled__2018-11-02', etag_1 = '', size_bytes_1 = 0, kind_1 = 'run',
--      bucket_2 = 'shop-data', object_key_2 = 'orders/2018/11/2018-11-01.json',
--      etag_2 = 'bb1d240037039a6ceab92062ebd67a57', size_bytes_2 = 596, modified_at_2 = '2018-11-02 09:00:00',
--      kind_2 = 'object', period_start_2 = '2018-11-01 00:00:00', bucket_3 = 'shop-data',
--      object_key_3 = 'orders/2018/11/2018-11-02.json', etag_3 = 'd1fcb29bfe43e3f297c08144980fe4cb',
--      size_bytes_3 = 148, modified_at_3 = '2018-11-02 00:05:00', kind_3 = 'object',
--      period_start_3 = '2018-11-02 00:00:00'

select distinct
    object_key,
    etag,
    kind,
    found_at
from etl.schema_drift
where dag_id = %(dag_id)s
    and staging = %(staging)s
    and bucket = %(bucket)s
    and object_key in (%(object_key_1)s, %(object_key_2)s);
-- with dag_id = 'shop', staging = 'staging_orders', bucket = 'shop-data',
--      object_key_1 = 'orders/2018/11/2018-11-01.json', object_key_2 = 'orders/2018/11/2018-11-02.json'

select *
from "staging_orders_unfinished__4e4a3efb5fa2"
limit 0;

insert into etl.schema_drift (
    "dag_id",
    "run_id",
    "staging",
    "bucket",
    "object_key",
    "etag",
    "kind",
    "field_name",
    "column_name",
    "details",
    "found_at"
)
values
(
    %(dag_id_1)s,
    %(run_id_1)s,
    %(staging_1)s,
    %(bucket_1)s,
    %(object_key_1)s,
    %(etag_1)s,
    %(kind_1)s,
    %(field_name_1)s,
    %(column_name_1)s,
    %(details_1)s,
    %(found_at_1)s
);
-- with dag_id_1 = 'shop', run_id_1 = 'scheduled__2018-11-02', staging_1 = 'staging_orders', bucket_1 = 'shop-data',
--      object_key_1 = 'orders/2018/11/2018-11-02.json', etag_1 = 'd1fcb29bfe43e3f297c08144980fe4cb', kind_1 = 'none',
--      field_name_1 = '', details_1 = ''

insert into "staging_orders_unfinished_periods__4e4a3efb5fa2" (
    definition,
    claimed_by
)
values (
    %(definition)s,
    %(claimed_by)s
);
-- with
--      definition = '{"bucket": "shop-data", "key_pattern": "KeyPattern('orders/%Y/%m/%Y-%m-%d.json', 'UTC')", "window_column": "ordered_at", "margin_days": "0", "format": "Json(columns=(), acceptinvchars=None, compression=None, encoding='utf8', date_format=None, time_format=None, acceptanydate=False, blanksasnull=False, emptyasnull=False, trimblanks=False, truncatecolumns=False, roundec=False, mapping='auto')"}',
--      claimed_by = '00000000000000000000000000000001'

commit;

select
    set_config('statement_timeout', %(statement_timeout)s, false),
    set_config('query_group', %(query_group)s, false);
-- with statement_timeout = '7200000', query_group = 'redshift_elt'

begin;

lock table "staging_orders_unfinished_periods__4e4a3efb5fa2";

select
    definition,
    claimed_by
from "staging_orders_unfinished_periods__4e4a3efb5fa2"
where period_start is null;

select
    period_start,
    rows_kept,
    rows_left_out
from "staging_orders_unfinished_periods__4e4a3efb5fa2"
where period_start is not null;

select count(*)
from "staging_orders_unfinished_rejects__4e4a3efb5fa2";

create temporary table "staging_orders__incoming_1" (like "staging_orders_unfinished__4e4a3efb5fa2");

copy "staging_orders__incoming_1"
from 's3://shop-data/manifests/shop/4e4a3efb5fa2/stage_orders/staging_orders-173d1b8a3da7.manifest'
iam_role default
format as json 'auto'
manifest
region 'us-west-2'
maxerror 2
compupdate off
statupdate off;

select count(*)
from "staging_orders__incoming_1";

select
    history.query_id,
    history.loaded_rows,
    history.source_file_count,
    history.error_count,
    count(detail.query_id),
    sum(detail.lines_scanned)
from sys_load_history as history
left join sys_load_detail as detail
    on detail.query_id = history.query_id
where history.query_id = pg_last_copy_id()
    and history.status = 'completed'
group by
    history.query_id,
    history.loaded_rows,
    history.source_file_count,
    history.error_count;

select count(*)
from sys_load_error_detail
where query_id = %(query_id)s;
-- with query_id = 1009

select
    query_id,
    trim(file_name),
    line_number,
    trim(column_name),
    trim(column_type),
    error_code,
    trim(error_message)
from sys_load_error_detail
where query_id = %(query_id)s
order by
    file_name,
    line_number,
    column_name,
    error_code,
    error_message
limit
    %(most)s
    offset %(start)s;
-- with query_id = 1009, most = 5000, start = 0

insert into "staging_orders_unfinished_rejects__4e4a3efb5fa2" (
    "dag_id",
    "run_id",
    "staging",
    "window_start",
    "window_end",
    "bucket",
    "object_key",
    "etag",
    "line_number",
    "column_name",
    "column_type",
    "error_code",
    "reason",
    "line",
    "rejected_at"
)
values
(
    %(dag_id_1)s,
    %(run_id_1)s,
    %(staging_1)s,
    %(window_start_1)s,
    %(window_end_1)s,
    %(bucket_1)s,
    %(object_key_1)s,
    %(etag_1)s,
    %(line_number_1)s,
    %(column_name_1)s,
    %(column_type_1)s,
    %(error_code_1)s,
    %(reason_1)s,
    %(line_1)s,
    %(rejected_at_1)s
);
-- with dag_id_1 = 'shop', run_id_1 = 'scheduled__2018-11-02', staging_1 = 'staging_orders',
--      window_start_1 = '1970-01-01 00:00:00', bucket_1 = 'shop-data', object_key_1 = 'orders/2018/11/2018-11-01.json',
--      etag_1 = 'bb1d240037039a6ceab92062ebd67a57', line_number_1 = 4, column_name_1 = 'order_id',
--      column_type_1 = 'int4', error_code_1 = 1207, reason_1 = 'Invalid digit, Value '?', Pos 0, Type: Integer',
--      line_1 = '{"order_id": "?", "ordered_at": "2018-11-01 09:00:00", "status": "paid", "customer_id": 1, "customer_name": "Anna", "product_id": "P1", "quantity": 1}'

insert into "staging_orders_unfinished__4e4a3efb5fa2"
select *
from "staging_orders__incoming_1"
where "ordered_at" >= %(interval_start)s
    and "ordered_at" < %(interval_end)s;
-- with interval_start = '2018-11-01 00:00:00', interval_end = '2018-11-02 00:00:00'

drop table if exists
    "staging_orders__incoming_1";

insert into "staging_orders_unfinished_periods__4e4a3efb5fa2" (
    period_start,
    rows_kept,
    rows_left_out
)
values (
    %(period_start)s,
    %(rows_kept)s,
    %(rows_left_out)s
);
-- with period_start = '2018-11-01 00:00:00', rows_kept = 3, rows_left_out = 0

commit;

begin;

lock table "staging_orders_unfinished_periods__4e4a3efb5fa2";

select
    definition,
    claimed_by
from "staging_orders_unfinished_periods__4e4a3efb5fa2"
where period_start is null;

create temporary table "staging_orders__incoming_2" (like "staging_orders_unfinished__4e4a3efb5fa2");

copy "staging_orders__incoming_2"
from 's3://shop-data/manifests/shop/4e4a3efb5fa2/stage_orders/staging_orders-63193b5ded0e.manifest'
iam_role default
format as json 'auto'
manifest
region 'us-west-2'
compupdate off
statupdate off;

select count(*)
from "staging_orders__incoming_2";

select
    history.query_id,
    history.loaded_rows,
    history.source_file_count,
    history.error_count,
    count(detail.query_id),
    sum(detail.lines_scanned)
from sys_load_history as history
left join sys_load_detail as detail
    on detail.query_id = history.query_id
where history.query_id = pg_last_copy_id()
    and history.status = 'completed'
group by
    history.query_id,
    history.loaded_rows,
    history.source_file_count,
    history.error_count;

insert into "staging_orders_unfinished__4e4a3efb5fa2"
select *
from "staging_orders__incoming_2"
where "ordered_at" >= %(interval_start)s
    and "ordered_at" < %(interval_end)s;
-- with interval_start = '2018-11-02 00:00:00', interval_end = '2018-11-03 00:00:00'

drop table if exists
    "staging_orders__incoming_2";

insert into "staging_orders_unfinished_periods__4e4a3efb5fa2" (
    period_start,
    rows_kept,
    rows_left_out
)
values (
    %(period_start)s,
    %(rows_kept)s,
    %(rows_left_out)s
);
-- with period_start = '2018-11-02 00:00:00', rows_kept = 1, rows_left_out = 0

commit;

begin;

lock table "staging_orders_unfinished_periods__4e4a3efb5fa2";

select
    definition,
    claimed_by
from "staging_orders_unfinished_periods__4e4a3efb5fa2"
where period_start is null;

select
    period_start,
    rows_kept,
    rows_left_out
from "staging_orders_unfinished_periods__4e4a3efb5fa2"
where period_start is not null;

select
    count(*),
    coalesce(sum(size_bytes), 0)
from "staging_orders_unfinished_files__4e4a3efb5fa2"
where kind not in ('listing', 'run');

select count(*)
from "staging_orders_unfinished_rejects__4e4a3efb5fa2";

select count(*)
from "staging_orders_unfinished__4e4a3efb5fa2";

analyze "staging_orders_unfinished__4e4a3efb5fa2";

select count(*)
from etl.rejects
where dag_id = %(dag_id)s
    and run_id = %(run_id)s
    and staging = %(staging)s;
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', staging = 'staging_orders'

select count(*)
from (
    select
        "dag_id",
        "run_id",
        "staging",
        "window_start",
        "window_end",
        "bucket",
        "object_key",
        "etag",
        "line_number",
        "column_name",
        "column_type",
        "error_code",
        "reason",
        "line",
        len(object_key) as key_length,
        len(line) as line_length,
        count(*) as rejects
    from "staging_orders_unfinished_rejects__4e4a3efb5fa2"
    group by
        "dag_id",
        "run_id",
        "staging",
        "window_start",
        "window_end",
        "bucket",
        "object_key",
        "etag",
        "line_number",
        "column_name",
        "column_type",
        "error_code",
        "reason",
        "line"
    except
    select
        "dag_id",
        "run_id",
        "staging",
        "window_start",
        "window_end",
        "bucket",
        "object_key",
        "etag",
        "line_number",
        "column_name",
        "column_type",
        "error_code",
        "reason",
        "line",
        len(object_key) as key_length,
        len(line) as line_length,
        count(*) as rejects
    from etl.rejects
    where dag_id = %(dag_id)s
        and run_id = %(run_id)s
        and staging = %(staging)s
    group by
        "dag_id",
        "run_id",
        "staging",
        "window_start",
        "window_end",
        "bucket",
        "object_key",
        "etag",
        "line_number",
        "column_name",
        "column_type",
        "error_code",
        "reason",
        "line"
) as changed_rejects;
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', staging = 'staging_orders'

delete from etl.rejects
where dag_id = %(dag_id)s
    and run_id = %(run_id)s
    and staging = %(staging)s;
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', staging = 'staging_orders'

insert into etl.rejects (
    "dag_id",
    "run_id",
    "staging",
    "window_start",
    "window_end",
    "bucket",
    "object_key",
    "etag",
    "line_number",
    "column_name",
    "column_type",
    "error_code",
    "reason",
    "line",
    "rejected_at"
)
select
    "dag_id",
    "run_id",
    "staging",
    "window_start",
    "window_end",
    "bucket",
    "object_key",
    "etag",
    "line_number",
    "column_name",
    "column_type",
    "error_code",
    "reason",
    "line",
    "rejected_at"
from "staging_orders_unfinished_rejects__4e4a3efb5fa2";

select count(*)
from etl.rejects
where dag_id = %(dag_id)s
    and run_id = %(run_id)s
    and staging = %(staging)s;
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', staging = 'staging_orders'

drop table if exists
    "staging_orders_unfinished_rejects__4e4a3efb5fa2";

select
    count(case when ("quantity" < 1) then 1 end),
    count(*),
    count(case when ("status" not in ('open', 'paid')) then 1 end)
from "staging_orders_unfinished__4e4a3efb5fa2";

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
);
-- with dag_id_1 = 'shop', run_id_1 = 'scheduled__2018-11-02', window_start_1 = '1970-01-01 00:00:00',
--      target_1 = 'staging_orders', check_name_1 = 'quantity below 1', severity_1 = 'error', expected_1 = '0',
--      actual_1 = '0', passed_1 = True, outcome_1 = 'passed', dag_id_2 = 'shop', run_id_2 = 'scheduled__2018-11-02',
--      window_start_2 = '1970-01-01 00:00:00', target_2 = 'staging_orders',
--      check_name_2 = 'values of status that are not accepted', severity_2 = 'error', expected_2 = '0', actual_2 = '0',
--      passed_2 = True, outcome_2 = 'passed'

drop table if exists
    "staging_orders_files__4e4a3efb5fa2",
    "staging_orders__4e4a3efb5fa2",
    "staging_orders_unfinished_periods__4e4a3efb5fa2",
    "staging_orders_unfinished_rejects__4e4a3efb5fa2";

alter table "staging_orders_unfinished_files__4e4a3efb5fa2" rename to "staging_orders_files__4e4a3efb5fa2";

alter table "staging_orders_unfinished__4e4a3efb5fa2" rename to "staging_orders__4e4a3efb5fa2";

commit;
