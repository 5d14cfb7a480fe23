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
-- with template = 'staging_suppliers'

create table "staging_suppliers_files__4e4a3efb5fa2" (like "etl"."staged_files");

create table "staging_suppliers__4e4a3efb5fa2" (like "staging_suppliers");

insert into "staging_suppliers_files__4e4a3efb5fa2" (
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
--      bucket_2 = 'shop-data', object_key_2 = 'suppliers/2018-11-01.json', etag_2 = '644785ce263633160f3c3309ff0222b3',
--      size_bytes_2 = 105, modified_at_2 = '2018-11-02 00:05:00', kind_2 = 'object',
--      period_start_2 = '2018-11-01 00:00:00'

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
-- with dag_id = 'shop', staging = 'staging_suppliers', bucket = 'shop-data',
--      object_key_1 = 'suppliers/2018-11-01.json'

select *
from "staging_suppliers__4e4a3efb5fa2"
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
-- with dag_id_1 = 'shop', run_id_1 = 'scheduled__2018-11-02', staging_1 = 'staging_suppliers', bucket_1 = 'shop-data',
--      object_key_1 = 'suppliers/2018-11-01.json', etag_1 = '644785ce263633160f3c3309ff0222b3', kind_1 = 'none',
--      field_name_1 = '', details_1 = ''

copy "staging_suppliers__4e4a3efb5fa2"
from 's3://shop-data/manifests/shop/4e4a3efb5fa2/stage_suppliers/staging_suppliers-39137f7889d9.manifest'
iam_role default
format as json 'auto'
manifest
region 'us-west-2'
compupdate off
statupdate off;

select count(*)
from "staging_suppliers__4e4a3efb5fa2";

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

analyze "staging_suppliers__4e4a3efb5fa2";

select count(*)
from etl.rejects
where dag_id = %(dag_id)s
    and run_id = %(run_id)s
    and staging = %(staging)s;
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', staging = 'staging_suppliers'

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
-- with template = 'staging_suppliers'

drop table if exists
    "staging_suppliers_files__4e4a3efb5fa2",
    "staging_suppliers__4e4a3efb5fa2";

create table "staging_suppliers_files__4e4a3efb5fa2" (like "etl"."staged_files");

create table "staging_suppliers__4e4a3efb5fa2" (like "staging_suppliers");

insert into "staging_suppliers_files__4e4a3efb5fa2" (
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
--      bucket_2 = 'shop-data', object_key_2 = 'suppliers/2018-11-01.json', etag_2 = '644785ce263633160f3c3309ff0222b3',
--      size_bytes_2 = 105, modified_at_2 = '2018-11-02 00:05:00', kind_2 = 'object',
--      period_start_2 = '2018-11-01 00:00:00'

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
-- with dag_id = 'shop', staging = 'staging_suppliers', bucket = 'shop-data',
--      object_key_1 = 'suppliers/2018-11-01.json'

copy "staging_suppliers__4e4a3efb5fa2"
from 's3://shop-data/manifests/shop/4e4a3efb5fa2/stage_suppliers/staging_suppliers-39137f7889d9.manifest'
iam_role default
format as json 'auto'
manifest
region 'us-west-2'
compupdate off
statupdate off;

select count(*)
from "staging_suppliers__4e4a3efb5fa2";

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

analyze "staging_suppliers__4e4a3efb5fa2";

select count(*)
from etl.rejects
where dag_id = %(dag_id)s
    and run_id = %(run_id)s
    and staging = %(staging)s;
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', staging = 'staging_suppliers'

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
-- with template = 'staging_suppliers'

drop table if exists
    "staging_suppliers_files__4e4a3efb5fa2",
    "staging_suppliers__4e4a3efb5fa2";

create table "staging_suppliers_files__4e4a3efb5fa2" (like "etl"."staged_files");

create table "staging_suppliers__4e4a3efb5fa2" (like "staging_suppliers");

insert into "staging_suppliers_files__4e4a3efb5fa2" (
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
--      bucket_2 = 'shop-data', object_key_2 = 'suppliers/2018-11-01.json', etag_2 = 'a8539ef07dfd4b13141591db25986aa8',
--      size_bytes_2 = 76, modified_at_2 = '2018-11-02 09:00:00', kind_2 = 'object',
--      period_start_2 = '2018-11-01 00:00:00'

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
-- with dag_id = 'shop', staging = 'staging_suppliers', bucket = 'shop-data',
--      object_key_1 = 'suppliers/2018-11-01.json'

select *
from "staging_suppliers__4e4a3efb5fa2"
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
-- with dag_id_1 = 'shop', run_id_1 = 'scheduled__2018-11-02', staging_1 = 'staging_suppliers', bucket_1 = 'shop-data',
--      object_key_1 = 'suppliers/2018-11-01.json', etag_1 = 'a8539ef07dfd4b13141591db25986aa8', kind_1 = 'none',
--      field_name_1 = '', details_1 = ''

copy "staging_suppliers__4e4a3efb5fa2"
from 's3://shop-data/manifests/shop/4e4a3efb5fa2/stage_suppliers/staging_suppliers-39137f7889d9.manifest'
iam_role default
format as json 'auto'
manifest
region 'us-west-2'
compupdate off
statupdate off;

select count(*)
from "staging_suppliers__4e4a3efb5fa2";

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

analyze "staging_suppliers__4e4a3efb5fa2";

select count(*)
from etl.rejects
where dag_id = %(dag_id)s
    and run_id = %(run_id)s
    and staging = %(staging)s;
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', staging = 'staging_suppliers'

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
-- with template = 'staging_suppliers'

drop table if exists
    "staging_suppliers_files__4e4a3efb5fa2",
    "staging_suppliers__4e4a3efb5fa2";

create table "staging_suppliers_files__4e4a3efb5fa2" (like "etl"."staged_files");

create table "staging_suppliers__4e4a3efb5fa2" (like "staging_suppliers");

insert into "staging_suppliers_files__4e4a3efb5fa2" (
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
--      bucket_2 = 'shop-data', object_key_2 = 'suppliers/2018-11-01.json', etag_2 = 'a8539ef07dfd4b13141591db25986aa8',
--      size_bytes_2 = 76, modified_at_2 = '2018-11-02 09:00:00', kind_2 = 'object',
--      period_start_2 = '2018-11-01 00:00:00'

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
-- with dag_id = 'shop', staging = 'staging_suppliers', bucket = 'shop-data',
--      object_key_1 = 'suppliers/2018-11-01.json'

copy "staging_suppliers__4e4a3efb5fa2"
from 's3://shop-data/manifests/shop/4e4a3efb5fa2/stage_suppliers/staging_suppliers-39137f7889d9.manifest'
iam_role default
format as json 'auto'
manifest
region 'us-west-2'
compupdate off
statupdate off;

select count(*)
from "staging_suppliers__4e4a3efb5fa2";

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

analyze "staging_suppliers__4e4a3efb5fa2";

select count(*)
from etl.rejects
where dag_id = %(dag_id)s
    and run_id = %(run_id)s
    and staging = %(staging)s;
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', staging = 'staging_suppliers'

commit;
