-- first load

begin;

drop table if exists "staging_products_files__4e4a3efb5fa2";

create table "staging_products_files__4e4a3efb5fa2" (like "etl"."staged_files");

drop table if exists "staging_products__4e4a3efb5fa2";

create table "staging_products__4e4a3efb5fa2" (like "staging_products");

select
    count(*),
    min(listed_at)
from "etl"."listings"
where bucket = %s
  and prefix = %s
  and target in ('products', 'brands');
-- with 'shop-data', 'products/'

select
    object_key,
    etag
from "etl"."loaded_files"
where bucket = %s
  and target in ('products', 'brands')
group by
    object_key,
    etag
having count(*) = 2;
-- with 'shop-data'

insert into "staging_products_files__4e4a3efb5fa2" (
    "bucket",
    "object_key",
    "etag",
    "size_bytes",
    "modified_at"
)
values
(%s, %s, %s, %s, %s),
(%s, %s, %s, %s, %s),
(%s, %s, %s, %s, %s),
(%s, %s, %s, %s, %s);
-- with 'shop-data', 'products/P1.json', '2be6eb665b37a24f96b9f071d75e204c', 112, '2018-11-02 00:05:00', 'shop-data',
--      'products/P2.json', '2ce8704a9e48ac4513d58408e09791b7', 106, '2018-11-02 00:05:00', 'shop-data',
--      'products/P3.json', 'd5655097561fd13387eb057f3c2b5750', 107, '2018-11-02 00:05:00', 'shop-data', 'products/',
--      'listed', 0

copy "staging_products__4e4a3efb5fa2"
from 's3://shop-data/manifests/shop/4e4a3efb5fa2/stage_products/staging_products-3e8f2aade4d3.manifest'
iam_role default
format as json 'auto'
manifest
region 'us-west-2'
compupdate off
statupdate off;

select count(*)
from "staging_products__4e4a3efb5fa2";

select pg_last_copy_count();

select
    query_id,
    loaded_rows,
    source_file_count,
    error_count
from sys_load_history
where query_id = pg_last_copy_id()
  and status = 'completed';

select
    count(*),
    sum(lines_scanned)
from sys_load_detail
where query_id = %s;
-- with 1002

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
from "etl"."rejects"
where dag_id = %s
  and run_id = %s
  and staging = %s;
-- with 'shop', 'scheduled__2018-11-02', 'staging_products'

commit;


-- rerun

begin;

drop table if exists "staging_products_files__4e4a3efb5fa2";

create table "staging_products_files__4e4a3efb5fa2" (like "etl"."staged_files");

drop table if exists "staging_products__4e4a3efb5fa2";

create table "staging_products__4e4a3efb5fa2" (like "staging_products");

select
    count(*),
    min(listed_at)
from "etl"."listings"
where bucket = %s
  and prefix = %s
  and target in ('products', 'brands');
-- with 'shop-data', 'products/'

select
    object_key,
    etag
from "etl"."loaded_files"
where bucket = %s
  and target in ('products', 'brands')
group by
    object_key,
    etag
having count(*) = 2;
-- with 'shop-data'

insert into "staging_products_files__4e4a3efb5fa2" (
    "bucket",
    "object_key",
    "etag",
    "size_bytes",
    "modified_at"
)
values
(%s, %s, %s, %s, %s);
-- with 'shop-data', 'products/', 'listed', 0

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
from "etl"."rejects"
where dag_id = %s
  and run_id = %s
  and staging = %s;
-- with 'shop', 'scheduled__2018-11-02', 'staging_products'

commit;


-- correction

begin;

drop table if exists "staging_products_files__4e4a3efb5fa2";

create table "staging_products_files__4e4a3efb5fa2" (like "etl"."staged_files");

drop table if exists "staging_products__4e4a3efb5fa2";

create table "staging_products__4e4a3efb5fa2" (like "staging_products");

select
    count(*),
    min(listed_at)
from "etl"."listings"
where bucket = %s
  and prefix = %s
  and target in ('products', 'brands');
-- with 'shop-data', 'products/'

select
    object_key,
    etag
from "etl"."loaded_files"
where bucket = %s
  and target in ('products', 'brands')
group by
    object_key,
    etag
having count(*) = 2;
-- with 'shop-data'

insert into "staging_products_files__4e4a3efb5fa2" (
    "bucket",
    "object_key",
    "etag",
    "size_bytes",
    "modified_at"
)
values
(%s, %s, %s, %s, %s),
(%s, %s, %s, %s, %s);
-- with 'shop-data', 'products/P1.json', '088f9c0afd9aeafe3cfd6612e8dbc511', 109, '2018-11-02 09:00:00', 'shop-data',
--      'products/', 'listed', 0

copy "staging_products__4e4a3efb5fa2"
from 's3://shop-data/manifests/shop/4e4a3efb5fa2/stage_products/staging_products-82d3d41817ae.manifest'
iam_role default
format as json 'auto'
manifest
region 'us-west-2'
compupdate off
statupdate off;

select count(*)
from "staging_products__4e4a3efb5fa2";

select pg_last_copy_count();

select
    query_id,
    loaded_rows,
    source_file_count,
    error_count
from sys_load_history
where query_id = pg_last_copy_id()
  and status = 'completed';

select
    count(*),
    sum(lines_scanned)
from sys_load_detail
where query_id = %s;
-- with 1005

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
from "etl"."rejects"
where dag_id = %s
  and run_id = %s
  and staging = %s;
-- with 'shop', 'scheduled__2018-11-02', 'staging_products'

commit;


-- full load

begin;

drop table if exists "staging_products_files__4e4a3efb5fa2";

create table "staging_products_files__4e4a3efb5fa2" (like "etl"."staged_files");

drop table if exists "staging_products__4e4a3efb5fa2";

create table "staging_products__4e4a3efb5fa2" (like "staging_products");

insert into "staging_products_files__4e4a3efb5fa2" (
    "bucket",
    "object_key",
    "etag",
    "size_bytes",
    "modified_at"
)
values
(%s, %s, %s, %s, %s),
(%s, %s, %s, %s, %s),
(%s, %s, %s, %s, %s),
(%s, %s, %s, %s, %s);
-- with 'shop-data', 'products/P1.json', '088f9c0afd9aeafe3cfd6612e8dbc511', 109, '2018-11-02 09:00:00', 'shop-data',
--      'products/P2.json', '2ce8704a9e48ac4513d58408e09791b7', 106, '2018-11-02 00:05:00', 'shop-data',
--      'products/P3.json', 'd5655097561fd13387eb057f3c2b5750', 107, '2018-11-02 00:05:00', 'shop-data', 'products/',
--      'listed', 0

copy "staging_products__4e4a3efb5fa2"
from 's3://shop-data/manifests/shop/4e4a3efb5fa2/stage_products/staging_products-3e8f2aade4d3.manifest'
iam_role default
format as json 'auto'
manifest
region 'us-west-2'
compupdate off
statupdate off;

select count(*)
from "staging_products__4e4a3efb5fa2";

select pg_last_copy_count();

select
    query_id,
    loaded_rows,
    source_file_count,
    error_count
from sys_load_history
where query_id = pg_last_copy_id()
  and status = 'completed';

select
    count(*),
    sum(lines_scanned)
from sys_load_detail
where query_id = %s;
-- with 1008

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
from "etl"."rejects"
where dag_id = %s
  and run_id = %s
  and staging = %s;
-- with 'shop', 'scheduled__2018-11-02', 'staging_products'

commit;
