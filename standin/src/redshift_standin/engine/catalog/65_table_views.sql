-- The system views of tables and columns that clients and tools read. What a table does not say of itself is what
-- Redshift begins with: DISTSTYLE AUTO, SORTKEY AUTO and an encoding that follows from the column's type.

create or replace function standin.is_users(schema_name name)
returns boolean
language sql
immutable
as $$
    select schema_name not in ('pg_catalog', 'information_schema', 'standin', 'pg_toast')
        and not starts_with(schema_name::text, 'pg_toast_temp_')
$$;

create or replace function standin.first_encoding(type_id oid, is_sorted boolean, is_temporary boolean)
returns text
language sql
immutable
as $$
    select case
        when is_sorted or is_temporary or type_id in ('boolean'::regtype, 'real'::regtype, 'float8'::regtype) then 'none'
        when type_id in ('varchar'::regtype, 'bpchar'::regtype) then 'lzo'
        else 'az64'
    end
$$;

create or replace view standin.described_columns as
select
    tables.oid as table_id,
    spaces.nspname as schema_name,
    tables.relname as table_name,
    columns.attname as column_name,
    columns.attnum as column_number,
    pg_catalog.format_type(columns.atttypid, columns.atttypmod) as type,
    columns.atttypid as type_id,
    columns.atttypmod as type_modifier,
    columns.attnotnull as is_not_null,
    coalesce(
        replace(nullif(noted.encodings ->> columns.attnum::text, 'auto'), 'raw', 'none'),
        standin.first_encoding(
            columns.atttypid,
            columns.attnum = any(coalesce(noted.sort_key, '{}')),
            tables.relpersistence = 't'
        )
    ) as encoding,
    coalesce(noted.distribution_key = columns.attnum, false) as is_distribution_key,
    coalesce(array_position(noted.sort_key, columns.attnum), 0) as sort_place,
    coalesce(noted.interleaved, false) as is_interleaved
from pg_catalog.pg_class as tables
join pg_catalog.pg_namespace as spaces on spaces.oid = tables.relnamespace
join pg_catalog.pg_attribute as columns
    on columns.attrelid = tables.oid and columns.attnum > 0 and not columns.attisdropped
left join standin.table_attributes as noted on noted.relation = tables.oid
where tables.relkind = 'r' and standin.is_users(spaces.nspname);
grant select on standin.described_columns to public;

-- Counts as its owner: the view tells of tables that its reader may not read.
create or replace function standin.row_count(table_id oid)
returns bigint
language plpgsql
stable
security definer
as $$
declare
    result bigint;
begin
    execute pg_catalog.format('select count(*) from %s', table_id::regclass) into result;
    return result;
end
$$;

create or replace function standin.database_oid()
returns oid
language sql
stable
as $$ select oid from pg_catalog.pg_database where datname = pg_catalog.current_database() $$;

-- The databases of the cluster: the endpoint notes in a comment what each is called (../../databases.py).
create or replace view standin.databases as
select
    databases.oid,
    pg_catalog.split_part(comments.description, '/', 2) as name,
    databases.datdba,
    exists (
        select
        from pg_catalog.pg_db_role_setting
        where setdatabase = databases.oid
            and setrole = 0
            and 'default_transaction_isolation=serializable' = any(setconfig)
    ) as is_serializable
from pg_catalog.pg_database as databases
cross join lateral (
    select pg_catalog.shobj_description(databases.oid, 'pg_database') as description
) as comments
where pg_catalog.split_part(comments.description, '/', 1)
    = pg_catalog.split_part(pg_catalog.shobj_description(standin.database_oid(), 'pg_database'), '/', 1);
grant select on standin.databases to public;

-- Needed for views in pg_catalog.
set allow_system_table_mods = on;

-- Only of schemas in the search path (AWS page "PG_TABLE_DEF").
create or replace view pg_catalog.pg_table_def as
select
    schema_name as schemaname,
    table_name as tablename,
    column_name as "column",
    type,
    encoding::char(32) as encoding,
    is_distribution_key as distkey,
    (case when is_interleaved and sort_place % 2 = 0 then -sort_place else sort_place end)::integer as sortkey,
    is_not_null as "notnull"
from standin.described_columns
where pg_catalog.pg_table_is_visible(table_id)
order by schema_name, table_name, column_number;

-- Of tables with rows only (AWS page "SVV_TABLE_INFO").
create or replace view pg_catalog.svv_table_info as
select
    standin.current_database()::text as database,
    described.schema_name::text as schema,
    described.table_id,
    described.table_name::text as "table",
    case when bool_or(described.encoding <> 'none') then 'Y' else 'N' end
        || case when coalesce(noted.encodings, '{}') = '{}' then ', AUTO(ENCODE)' else '' end as encoded,
    case
        when noted.distribution = 'key'
            then 'KEY(' || max(described.column_name::text) filter (where described.is_distribution_key) || ')'
        when noted.distribution in ('all', 'even') then upper(noted.distribution)
        else 'AUTO(ALL)'
    end as diststyle,
    case
        when noted.sort_key is null then 'AUTO(SORTKEY)'
        when noted.interleaved then 'INTERLEAVED'
        else max(described.column_name::text) filter (where described.sort_place = 1)
    end as sortkey1,
    coalesce(
        max(described.type_modifier - 4) filter (where described.type_id = 'varchar'::regtype), 0
    ) as max_varchar,
    max(described.encoding::text) filter (where described.sort_place = 1)::char(32) as sortkey1_enc,
    coalesce(cardinality(noted.sort_key), 0) as sortkey_num,
    ceil(pg_catalog.pg_table_size(described.table_id) / 1048576.0)::bigint as size,
    0::numeric(10, 4) as pct_used,
    0::bigint as empty,
    null::numeric(5, 2) as unsorted,
    0::numeric(5, 2) as stats_off,
    counted.rows::numeric(38, 0) as tbl_rows,
    null::numeric(19, 2) as skew_sortkey1,
    null::numeric(19, 2) as skew_rows,
    counted.rows::numeric(38, 0) as estimated_visible_rows,
    null::text as risk_event,
    null::numeric(12, 2) as vacuum_sort_benefit
from standin.described_columns as described
left join standin.table_attributes as noted on noted.relation = described.table_id
cross join lateral (select standin.row_count(described.table_id) as rows offset 0) as counted
where counted.rows > 0
group by
    described.schema_name,
    described.table_id,
    described.table_name,
    noted.distribution,
    noted.encodings,
    noted.sort_key,
    noted.interleaved,
    counted.rows;

create or replace view pg_catalog.svv_tables as
select
    standin.current_database()::varchar(128) as table_catalog,
    table_schema::varchar(128) as table_schema,
    table_name::varchar(128) as table_name,
    table_type::varchar(128) as table_type,
    pg_catalog.obj_description(pg_catalog.format('%I.%I', table_schema, table_name)::regclass, 'pg_class') as remarks
from information_schema.tables
where table_schema <> 'standin';

create or replace view pg_catalog.svv_columns as
select
    standin.current_database()::varchar(128) as table_catalog,
    table_schema::varchar(128) as table_schema,
    table_name::varchar(128) as table_name,
    column_name::varchar(128) as column_name,
    ordinal_position::integer as ordinal_position,
    case
        when is_identity = 'YES' then pg_catalog.format(
            '%s(%s, %s, ''%s,%s''::text)',
            case identity_generation when 'ALWAYS' then '"identity"' else 'default_identity' end,
            pg_catalog.format('%I.%I', table_schema, table_name)::regclass::oid,
            ordinal_position - 1,
            identity_start,
            identity_increment
        )
        else column_default
    end::varchar(4000) as column_default,
    is_nullable::varchar(3) as is_nullable,
    data_type::varchar(128) as data_type,
    character_maximum_length::integer as character_maximum_length,
    numeric_precision::integer as numeric_precision,
    numeric_precision_radix::integer as numeric_precision_radix,
    numeric_scale::integer as numeric_scale,
    datetime_precision::integer as datetime_precision,
    null::varchar(128) as interval_type,
    null::varchar(128) as interval_precision,
    null::varchar(128) as character_set_catalog,
    null::varchar(128) as character_set_schema,
    null::varchar(128) as character_set_name,
    null::varchar(128) as collation_catalog,
    null::varchar(128) as collation_schema,
    null::varchar(128) as collation_name,
    null::varchar(128) as domain_name,
    pg_catalog.col_description(
        pg_catalog.format('%I.%I', table_schema, table_name)::regclass, ordinal_position::integer
    ) as remarks
from standin.own_columns
where table_schema <> 'standin';

create or replace view pg_catalog.svv_all_tables as
select
    table_catalog as database_name,
    table_schema as schema_name,
    table_name,
    null::varchar(128) as table_acl,
    case table_type when 'BASE TABLE' then 'TABLE' else table_type end::varchar(128) as table_type,
    remarks::varchar(128) as remarks
from pg_catalog.svv_tables;

create or replace view pg_catalog.svv_redshift_tables as
select database_name, schema_name, table_name, table_type, table_acl, remarks
from pg_catalog.svv_all_tables;

create or replace view pg_catalog.svv_all_columns as
select
    table_catalog as database_name,
    table_schema as schema_name,
    table_name,
    column_name,
    ordinal_position,
    column_default,
    is_nullable,
    data_type,
    character_maximum_length,
    numeric_precision,
    numeric_scale,
    remarks::varchar(256) as remarks
from pg_catalog.svv_columns;

create or replace view pg_catalog.svv_redshift_columns as
select
    columns.database_name,
    columns.schema_name,
    columns.table_name,
    columns.column_name,
    columns.ordinal_position,
    columns.data_type,
    columns.column_default,
    columns.is_nullable,
    described.encoding::varchar(128) as encoding,
    described.is_distribution_key as distkey,
    described.sort_place as sortkey,
    null::varchar(128) as column_acl,
    columns.remarks
from pg_catalog.svv_all_columns as columns
left join standin.described_columns as described
    on described.schema_name::varchar = columns.schema_name
    and described.table_name::varchar = columns.table_name
    and described.column_name::varchar = columns.column_name;

create or replace view pg_catalog.svv_all_schemas as
select
    standin.current_database()::varchar(128) as database_name,
    nspname::varchar(128) as schema_name,
    nspowner::integer as schema_owner,
    'local'::varchar(128) as schema_type,
    null::varchar(128) as schema_acl,
    null::varchar(128) as source_database,
    null::varchar(128) as schema_option
from pg_catalog.pg_namespace
where nspname in ('pg_catalog', 'information_schema')
    or (standin.is_users(nspname) and not starts_with(nspname::text, 'pg_temp_'));

create or replace view pg_catalog.svv_redshift_schemas as
select database_name, schema_name, schema_owner, schema_type, schema_acl, schema_option
from pg_catalog.svv_all_schemas;

create or replace view pg_catalog.svv_redshift_databases as
select
    name::varchar(128) as database_name,
    datdba::integer as database_owner,
    'local'::varchar(32) as database_type,
    null::varchar(128) as database_acl,
    null::varchar(128) as database_options,
    (case when is_serializable then 'Serializable' else 'Snapshot Isolation' end)::varchar(128)
        as database_isolation_level
from standin.databases;

-- Redshift keeps the level as a setting of the database (AWS page "CREATE DATABASE").
create or replace view pg_catalog.pg_database_info as
select
    name::name as datname,
    oid as datid,
    datdba::integer as datdba,
    pg_catalog.format('{concurrency_model=%s}', case when is_serializable then 2 else 1 end) as datconfig
from standin.databases;

-- There are no external schemas.
create or replace view pg_catalog.svv_external_schemas as
select
    0::oid as esoid,
    0::smallint as eskind,
    ''::name as schemaname,
    0::integer as esowner,
    ''::text as databasename,
    ''::text as esoptions
where false;

create or replace view pg_catalog.svv_external_tables as
select
    ''::text as redshift_database_name,
    ''::text as schemaname,
    ''::text as tablename,
    ''::text as tabletype,
    ''::text as location,
    ''::text as input_format,
    ''::text as output_format,
    ''::text as serialization_lib,
    ''::text as serde_parameters,
    0::integer as compressed,
    ''::text as parameters
where false;

create or replace view pg_catalog.svv_external_columns as
select
    ''::text as redshift_database_name,
    ''::text as schemaname,
    ''::text as tablename,
    ''::text as columnname,
    ''::text as external_type,
    0::integer as columnnum,
    0::integer as part_key,
    ''::text as is_nullable
where false;

-- What the sessions of this database hold and wait for. A user sees the own sessions, a superuser all of them (AWS page
-- "SVV_TRANSACTIONS").
create or replace view pg_catalog.svv_transactions as
select
    activity.usename::text as txn_owner,
    standin.current_database()::text as txn_db,
    coalesce(activity.backend_xid, '0')::text::bigint as xid,
    locks.pid,
    activity.xact_start at time zone 'UTC' as txn_start,
    locks.mode as lock_mode,
    locks.locktype as lockable_object_type,
    locks.relation::integer as relation,
    locks.granted
from pg_catalog.pg_locks as locks
join pg_catalog.pg_stat_activity as activity on activity.pid = locks.pid
where activity.datid = standin.database_oid()
    and activity.usename <> 'rdsdb'
    and (
        activity.usename = session_user
        or pg_catalog.pg_has_role(session_user, 'pg_signal_backend', 'member')
    );

-- The locks of those that write; one that reads is not shown (AWS page "STV_LOCKS").
create or replace view pg_catalog.stv_locks as
select
    locks.relation::integer as table_id,
    activity.xact_start at time zone 'UTC' as last_commit,
    activity.state_change at time zone 'UTC' as last_update,
    coalesce(activity.backend_xid, '0')::text::bigint as lock_owner,
    locks.pid::bigint as lock_owner_pid,
    case when locks.granted then 'Holding write lock' else 'Waiting for write lock' end::char(22) as lock_status
from pg_catalog.pg_locks as locks
join pg_catalog.pg_stat_activity as activity on activity.pid = locks.pid
join pg_catalog.pg_class as tables on tables.oid = locks.relation
join pg_catalog.pg_namespace as spaces on spaces.oid = tables.relnamespace
where activity.datid = standin.database_oid()
    and tables.relkind = 'r'
    and standin.is_users(spaces.nspname)
    and locks.mode in ('RowExclusiveLock', 'ShareRowExclusiveLock', 'AccessExclusiveLock')
    and not (
        locks.mode = 'RowExclusiveLock'
        and exists (
            select
            from pg_catalog.pg_locks as stronger
            where stronger.pid = locks.pid
                and stronger.relation = locks.relation
                and stronger.mode in ('ShareRowExclusiveLock', 'AccessExclusiveLock')
        )
    );

create or replace view pg_catalog.stv_db_isolation_level as
select
    oid::integer as db_id,
    name::char(128) as db_name,
    (case when is_serializable then 'Serializable' else 'Snapshot Isolation' end)::char(20) as isolation_level
from standin.databases;

reset allow_system_table_mods;

grant select on
    pg_catalog.pg_table_def,
    pg_catalog.svv_table_info,
    pg_catalog.svv_tables,
    pg_catalog.svv_columns,
    pg_catalog.svv_all_tables,
    pg_catalog.svv_redshift_tables,
    pg_catalog.svv_all_columns,
    pg_catalog.svv_redshift_columns,
    pg_catalog.svv_all_schemas,
    pg_catalog.svv_redshift_schemas,
    pg_catalog.svv_redshift_databases,
    pg_catalog.pg_database_info,
    pg_catalog.svv_external_schemas,
    pg_catalog.svv_external_tables,
    pg_catalog.svv_external_columns,
    pg_catalog.svv_transactions,
    pg_catalog.stv_locks,
    pg_catalog.stv_db_isolation_level
to public;
