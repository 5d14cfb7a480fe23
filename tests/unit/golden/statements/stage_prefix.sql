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
-- with template = 'staging_products'

create table "staging_products_files__4e4a3efb5fa2" (like "etl"."staged_files");

create table "staging_products__4e4a3efb5fa2" (like "staging_products");

select
    count(*),
    min(listed_at)
from etl.listings
where bucket = %(bucket)s
    and prefix = %(prefix)s
    and target in (%(target_1)s, %(target_2)s, %(target_3)s, %(target_4)s, %(target_5)s, %(target_6)s);
-- with bucket = 'shop-data', prefix = 'products/', target_1 = 'brands', target_2 = 'offers',
--      target_3 = 'price_changes', target_4 = 'price_history', target_5 = 'products', target_6 = 'sales'

insert into "staging_products_files__4e4a3efb5fa2" (
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
--      bucket_2 = 'shop-data', object_key_2 = 'products/', etag_2 = '', size_bytes_2 = 0, kind_2 = 'listing'

create temporary table "staging_products__listed" (like "etl"."staged_files");

insert into "staging_products__listed" (
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
-- with bucket_1 = 'shop-data', object_key_1 = 'products/P1.json', etag_1 = 'a0e7b0cf7d99ed83226eb63905cdc120',
--      size_bytes_1 = 149, modified_at_1 = '2018-11-02 00:05:00', kind_1 = 'object', bucket_2 = 'shop-data',
--      object_key_2 = 'products/P2.json', etag_2 = '1a5b916a3abed4a320ed473bc282676d', size_bytes_2 = 143,
--      modified_at_2 = '2018-11-02 00:05:00', kind_2 = 'object', bucket_3 = 'shop-data',
--      object_key_3 = 'products/P3.json', etag_3 = '57c857bbd23cf226991183812778716b', size_bytes_3 = 144,
--      modified_at_3 = '2018-11-02 00:05:00', kind_3 = 'object'

analyze "staging_products__listed";

select
    outcome,
    object_key,
    objects
from (
    select
        outcome,
        object_key,
        count(*) over (partition by outcome) as objects,
        row_number() over (partition by outcome order by object_key) as place
    from (
        select
            loaded.object_key,
            case when count(listed.object_key) = 0 then 'gone' else 'changed' end as outcome
        from (
            select
                object_key,
                etag
            from etl.loaded_files
            where bucket = %(bucket)s
                and object_key >= %(first_key)s
                and object_key < %(key_end)s
                and target in (%(target_1)s, %(target_2)s, %(target_3)s, %(target_4)s, %(target_5)s, %(target_6)s)
            group by
                object_key,
                etag
            having count(*) = 6
        ) as loaded
        left join "staging_products__listed" as listed
            on listed.object_key = loaded.object_key
        group by loaded.object_key
        having count(case when listed.etag = loaded.etag then 1 end) = 0
    ) as differing
) as numbered
where place <= %(most)s
order by
    outcome,
    object_key;
-- with bucket = 'shop-data', first_key = 'products/', key_end = 'products0', target_1 = 'brands', target_2 = 'offers',
--      target_3 = 'price_changes', target_4 = 'price_history', target_5 = 'products', target_6 = 'sales', most = 20

insert into "staging_products_files__4e4a3efb5fa2" (
    "bucket",
    "object_key",
    "etag",
    "size_bytes",
    "modified_at",
    "kind",
    "period_start"
)
select
    "listed"."bucket",
    "listed"."object_key",
    "listed"."etag",
    "listed"."size_bytes",
    "listed"."modified_at",
    "listed"."kind",
    "listed"."period_start"
from "staging_products__listed" as listed
left join (
    select
        object_key,
        etag
    from etl.loaded_files
    where bucket = %(bucket)s
        and object_key >= %(first_key)s
        and object_key < %(key_end)s
        and target in (%(target_1)s, %(target_2)s, %(target_3)s, %(target_4)s, %(target_5)s, %(target_6)s)
    group by
        object_key,
        etag
    having count(*) = 6
) as loaded
    on loaded.object_key = listed.object_key
    and loaded.etag = listed.etag
where loaded.object_key is null;
-- with bucket = 'shop-data', first_key = 'products/', key_end = 'products0', target_1 = 'brands', target_2 = 'offers',
--      target_3 = 'price_changes', target_4 = 'price_history', target_5 = 'products', target_6 = 'sales'

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

select distinct
    object_key,
    etag,
    kind,
    found_at
from etl.schema_drift
where dag_id = %(dag_id)s
    and staging = %(staging)s
    and bucket = %(bucket)s
    and object_key in (%(object_key_1)s, %(object_key_2)s, %(object_key_3)s);
-- with dag_id = 'shop', staging = 'staging_products', bucket = 'shop-data', object_key_1 = 'products/P3.json',
--      object_key_2 = 'products/P2.json', object_key_3 = 'products/P1.json'

select *
from "staging_products__4e4a3efb5fa2"
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
),
(
    %(dag_id_2)s,
    %(run_id_2)s,
    %(staging_2)s,
    %(bucket_2)s,
    %(object_key_2)s,
    %(etag_2)s,
    %(kind_2)s,
    %(field_name_2)s,
    %(column_name_2)s,
    %(details_2)s,
    %(found_at_2)s
),
(
    %(dag_id_3)s,
    %(run_id_3)s,
    %(staging_3)s,
    %(bucket_3)s,
    %(object_key_3)s,
    %(etag_3)s,
    %(kind_3)s,
    %(field_name_3)s,
    %(column_name_3)s,
    %(details_3)s,
    %(found_at_3)s
);
-- with dag_id_1 = 'shop', run_id_1 = 'scheduled__2018-11-02', staging_1 = 'staging_products', bucket_1 = 'shop-data',
--      object_key_1 = 'products/P3.json', etag_1 = '57c857bbd23cf226991183812778716b', kind_1 = 'none',
--      field_name_1 = '', details_1 = '', dag_id_2 = 'shop', run_id_2 = 'scheduled__2018-11-02',
--      staging_2 = 'staging_products', bucket_2 = 'shop-data', object_key_2 = 'products/P2.json',
--      etag_2 = '1a5b916a3abed4a320ed473bc282676d', kind_2 = 'none', field_name_2 = '', details_2 = '',
--      dag_id_3 = 'shop', run_id_3 = 'scheduled__2018-11-02', staging_3 = 'staging_products', bucket_3 = 'shop-data',
--      object_key_3 = 'products/P1.json', etag_3 = 'a0e7b0cf7d99ed83226eb63905cdc120', kind_3 = 'none',
--      field_name_3 = '', details_3 = ''

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

analyze "staging_products__4e4a3efb5fa2";

select count(*)
from etl.rejects
where dag_id = %(dag_id)s
    and run_id = %(run_id)s
    and staging = %(staging)s
    and object_key in (
        select object_key
        from "staging_products_files__4e4a3efb5fa2"
        where kind not in ('listing', 'run')
    );
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', staging = 'staging_products'

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
-- with template = 'staging_products'

create table "staging_products_files__4e4a3efb5fa2" (like "etl"."staged_files");

create table "staging_products__4e4a3efb5fa2" (like "staging_products");

select
    count(*),
    min(listed_at)
from etl.listings
where bucket = %(bucket)s
    and prefix = %(prefix)s
    and target in (%(target_1)s, %(target_2)s, %(target_3)s, %(target_4)s, %(target_5)s, %(target_6)s);
-- with bucket = 'shop-data', prefix = 'products/', target_1 = 'brands', target_2 = 'offers',
--      target_3 = 'price_changes', target_4 = 'price_history', target_5 = 'products', target_6 = 'sales'

insert into "staging_products_files__4e4a3efb5fa2" (
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
--      bucket_2 = 'shop-data', object_key_2 = 'products/', etag_2 = '', size_bytes_2 = 0, kind_2 = 'listing'

create temporary table "staging_products__listed" (like "etl"."staged_files");

insert into "staging_products__listed" (
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
-- with bucket_1 = 'shop-data', object_key_1 = 'products/P1.json', etag_1 = 'a0e7b0cf7d99ed83226eb63905cdc120',
--      size_bytes_1 = 149, modified_at_1 = '2018-11-02 00:05:00', kind_1 = 'object', bucket_2 = 'shop-data',
--      object_key_2 = 'products/P2.json', etag_2 = '1a5b916a3abed4a320ed473bc282676d', size_bytes_2 = 143,
--      modified_at_2 = '2018-11-02 00:05:00', kind_2 = 'object', bucket_3 = 'shop-data',
--      object_key_3 = 'products/P3.json', etag_3 = '57c857bbd23cf226991183812778716b', size_bytes_3 = 144,
--      modified_at_3 = '2018-11-02 00:05:00', kind_3 = 'object'

analyze "staging_products__listed";

select
    outcome,
    object_key,
    objects
from (
    select
        outcome,
        object_key,
        count(*) over (partition by outcome) as objects,
        row_number() over (partition by outcome order by object_key) as place
    from (
        select
            loaded.object_key,
            case when count(listed.object_key) = 0 then 'gone' else 'changed' end as outcome
        from (
            select
                object_key,
                etag
            from etl.loaded_files
            where bucket = %(bucket)s
                and object_key >= %(first_key)s
                and object_key < %(key_end)s
                and target in (%(target_1)s, %(target_2)s, %(target_3)s, %(target_4)s, %(target_5)s, %(target_6)s)
            group by
                object_key,
                etag
            having count(*) = 6
        ) as loaded
        left join "staging_products__listed" as listed
            on listed.object_key = loaded.object_key
        group by loaded.object_key
        having count(case when listed.etag = loaded.etag then 1 end) = 0
    ) as differing
) as numbered
where place <= %(most)s
order by
    outcome,
    object_key;
-- with bucket = 'shop-data', first_key = 'products/', key_end = 'products0', target_1 = 'brands', target_2 = 'offers',
--      target_3 = 'price_changes', target_4 = 'price_history', target_5 = 'products', target_6 = 'sales', most = 20

insert into "staging_products_files__4e4a3efb5fa2" (
    "bucket",
    "object_key",
    "etag",
    "size_bytes",
    "modified_at",
    "kind",
    "period_start"
)
select
    "listed"."bucket",
    "listed"."object_key",
    "listed"."etag",
    "listed"."size_bytes",
    "listed"."modified_at",
    "listed"."kind",
    "listed"."period_start"
from "staging_products__listed" as listed
left join (
    select
        object_key,
        etag
    from etl.loaded_files
    where bucket = %(bucket)s
        and object_key >= %(first_key)s
        and object_key < %(key_end)s
        and target in (%(target_1)s, %(target_2)s, %(target_3)s, %(target_4)s, %(target_5)s, %(target_6)s)
    group by
        object_key,
        etag
    having count(*) = 6
) as loaded
    on loaded.object_key = listed.object_key
    and loaded.etag = listed.etag
where loaded.object_key is null;
-- with bucket = 'shop-data', first_key = 'products/', key_end = 'products0', target_1 = 'brands', target_2 = 'offers',
--      target_3 = 'price_changes', target_4 = 'price_history', target_5 = 'products', target_6 = 'sales'

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
-- with template = 'staging_products'

create table "staging_products_files__4e4a3efb5fa2" (like "etl"."staged_files");

create table "staging_products__4e4a3efb5fa2" (like "staging_products");

select
    count(*),
    min(listed_at)
from etl.listings
where bucket = %(bucket)s
    and prefix = %(prefix)s
    and target in (%(target_1)s, %(target_2)s, %(target_3)s, %(target_4)s, %(target_5)s, %(target_6)s);
-- with bucket = 'shop-data', prefix = 'products/', target_1 = 'brands', target_2 = 'offers',
--      target_3 = 'price_changes', target_4 = 'price_history', target_5 = 'products', target_6 = 'sales'

insert into "staging_products_files__4e4a3efb5fa2" (
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
--      bucket_2 = 'shop-data', object_key_2 = 'products/', etag_2 = '', size_bytes_2 = 0, kind_2 = 'listing'

create temporary table "staging_products__listed" (like "etl"."staged_files");

insert into "staging_products__listed" (
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
-- with bucket_1 = 'shop-data', object_key_1 = 'products/P1.json', etag_1 = 'd2f28a8b96543ecb68d4ff2d41f87c50',
--      size_bytes_1 = 146, modified_at_1 = '2018-11-02 09:00:00', kind_1 = 'object', bucket_2 = 'shop-data',
--      object_key_2 = 'products/P2.json', etag_2 = '1a5b916a3abed4a320ed473bc282676d', size_bytes_2 = 143,
--      modified_at_2 = '2018-11-02 00:05:00', kind_2 = 'object', bucket_3 = 'shop-data',
--      object_key_3 = 'products/P3.json', etag_3 = '57c857bbd23cf226991183812778716b', size_bytes_3 = 144,
--      modified_at_3 = '2018-11-02 00:05:00', kind_3 = 'object'

analyze "staging_products__listed";

select
    outcome,
    object_key,
    objects
from (
    select
        outcome,
        object_key,
        count(*) over (partition by outcome) as objects,
        row_number() over (partition by outcome order by object_key) as place
    from (
        select
            loaded.object_key,
            case when count(listed.object_key) = 0 then 'gone' else 'changed' end as outcome
        from (
            select
                object_key,
                etag
            from etl.loaded_files
            where bucket = %(bucket)s
                and object_key >= %(first_key)s
                and object_key < %(key_end)s
                and target in (%(target_1)s, %(target_2)s, %(target_3)s, %(target_4)s, %(target_5)s, %(target_6)s)
            group by
                object_key,
                etag
            having count(*) = 6
        ) as loaded
        left join "staging_products__listed" as listed
            on listed.object_key = loaded.object_key
        group by loaded.object_key
        having count(case when listed.etag = loaded.etag then 1 end) = 0
    ) as differing
) as numbered
where place <= %(most)s
order by
    outcome,
    object_key;
-- with bucket = 'shop-data', first_key = 'products/', key_end = 'products0', target_1 = 'brands', target_2 = 'offers',
--      target_3 = 'price_changes', target_4 = 'price_history', target_5 = 'products', target_6 = 'sales', most = 20

insert into "staging_products_files__4e4a3efb5fa2" (
    "bucket",
    "object_key",
    "etag",
    "size_bytes",
    "modified_at",
    "kind",
    "period_start"
)
select
    "listed"."bucket",
    "listed"."object_key",
    "listed"."etag",
    "listed"."size_bytes",
    "listed"."modified_at",
    "listed"."kind",
    "listed"."period_start"
from "staging_products__listed" as listed
left join (
    select
        object_key,
        etag
    from etl.loaded_files
    where bucket = %(bucket)s
        and object_key >= %(first_key)s
        and object_key < %(key_end)s
        and target in (%(target_1)s, %(target_2)s, %(target_3)s, %(target_4)s, %(target_5)s, %(target_6)s)
    group by
        object_key,
        etag
    having count(*) = 6
) as loaded
    on loaded.object_key = listed.object_key
    and loaded.etag = listed.etag
where loaded.object_key is null;
-- with bucket = 'shop-data', first_key = 'products/', key_end = 'products0', target_1 = 'brands', target_2 = 'offers',
--      target_3 = 'price_changes', target_4 = 'price_history', target_5 = 'products', target_6 = 'sales'

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
-- with dag_id = 'shop', staging = 'staging_products', bucket = 'shop-data', object_key_1 = 'products/P1.json'

select *
from "staging_products__4e4a3efb5fa2"
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
-- with dag_id_1 = 'shop', run_id_1 = 'scheduled__2018-11-02', staging_1 = 'staging_products', bucket_1 = 'shop-data',
--      object_key_1 = 'products/P1.json', etag_1 = 'd2f28a8b96543ecb68d4ff2d41f87c50', kind_1 = 'none',
--      field_name_1 = '', details_1 = ''

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

analyze "staging_products__4e4a3efb5fa2";

select count(*)
from etl.rejects
where dag_id = %(dag_id)s
    and run_id = %(run_id)s
    and staging = %(staging)s
    and object_key in (
        select object_key
        from "staging_products_files__4e4a3efb5fa2"
        where kind not in ('listing', 'run')
    );
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', staging = 'staging_products'

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
-- with template = 'staging_products'

create table "staging_products_files__4e4a3efb5fa2" (like "etl"."staged_files");

create table "staging_products__4e4a3efb5fa2" (like "staging_products");

insert into "staging_products_files__4e4a3efb5fa2" (
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
),
(
    %(bucket_4)s,
    %(object_key_4)s,
    %(etag_4)s,
    %(size_bytes_4)s,
    %(modified_at_4)s,
    %(kind_4)s,
    %(period_start_4)s
),
(
    %(bucket_5)s,
    %(object_key_5)s,
    %(etag_5)s,
    %(size_bytes_5)s,
    %(modified_at_5)s,
    %(kind_5)s,
    %(period_start_5)s
);
-- with bucket_1 = '', object_key_1 = 'shop/scheduled__2018-11-02', etag_1 = '', size_bytes_1 = 0, kind_1 = 'run',
--      bucket_2 = 'shop-data', object_key_2 = 'products/', etag_2 = '', size_bytes_2 = 0, kind_2 = 'listing',
--      bucket_3 = 'shop-data', object_key_3 = 'products/P1.json', etag_3 = 'd2f28a8b96543ecb68d4ff2d41f87c50',
--      size_bytes_3 = 146, modified_at_3 = '2018-11-02 09:00:00', kind_3 = 'object', bucket_4 = 'shop-data',
--      object_key_4 = 'products/P2.json', etag_4 = '1a5b916a3abed4a320ed473bc282676d', size_bytes_4 = 143,
--      modified_at_4 = '2018-11-02 00:05:00', kind_4 = 'object', bucket_5 = 'shop-data',
--      object_key_5 = 'products/P3.json', etag_5 = '57c857bbd23cf226991183812778716b', size_bytes_5 = 144,
--      modified_at_5 = '2018-11-02 00:05:00', kind_5 = 'object'

select distinct
    object_key,
    etag,
    kind,
    found_at
from etl.schema_drift
where dag_id = %(dag_id)s
    and staging = %(staging)s
    and bucket = %(bucket)s
    and object_key in (%(object_key_1)s, %(object_key_2)s, %(object_key_3)s);
-- with dag_id = 'shop', staging = 'staging_products', bucket = 'shop-data', object_key_1 = 'products/P1.json',
--      object_key_2 = 'products/P3.json', object_key_3 = 'products/P2.json'

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

analyze "staging_products__4e4a3efb5fa2";

select count(*)
from etl.rejects
where dag_id = %(dag_id)s
    and run_id = %(run_id)s
    and staging = %(staging)s;
-- with dag_id = 'shop', run_id = 'scheduled__2018-11-02', staging = 'staging_products'

commit;
