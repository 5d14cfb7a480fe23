-- What SHOW lists (../show.py); each has the columns of the examples on its AWS page.

create or replace view standin.show_databases as
select
    database_name,
    database_owner,
    database_type,
    database_acl,
    null::varchar(128) as parameters,
    database_isolation_level
from pg_catalog.svv_redshift_databases;

create or replace view standin.show_schemas as
select database_name, schema_name, schema_owner, schema_type, schema_acl, source_database, schema_option
from pg_catalog.svv_all_schemas;

-- The words of dist_style and table_subtype are known from the page "SHOW TABLES" for DISTSTYLE AUTO and for views.
create or replace view standin.show_tables as
select
    listed.database_name,
    listed.schema_name,
    listed.table_name,
    listed.table_type,
    listed.table_acl,
    listed.remarks,
    pg_catalog.pg_get_userbyid(tables.relowner)::varchar(128) as owner,
    null::timestamp as last_altered_time,
    null::timestamp as last_modified_time,
    case
        when tables.relkind <> 'r' then null
        when noted.distribution = 'key' then 'KEY (' || keys.attname || ')'
        when noted.distribution in ('all', 'even') then upper(noted.distribution)
        else 'AUTO (ALL)'
    end::varchar(128) as dist_style,
    case tables.relkind when 'r' then 'REGULAR TABLE' else 'REGULAR VIEW' end::varchar(128) as table_subtype
from pg_catalog.svv_all_tables as listed
join pg_catalog.pg_namespace as spaces on spaces.nspname = listed.schema_name::name
join pg_catalog.pg_class as tables
    on tables.relnamespace = spaces.oid and tables.relname = listed.table_name::name
left join standin.table_attributes as noted on noted.relation = tables.oid
left join pg_catalog.pg_attribute as keys
    on keys.attrelid = tables.oid and keys.attnum = noted.distribution_key;

create or replace view standin.show_columns as
select
    listed.database_name,
    listed.schema_name,
    listed.table_name,
    listed.column_name,
    listed.ordinal_position,
    listed.column_default,
    listed.is_nullable,
    listed.data_type,
    listed.character_maximum_length,
    listed.numeric_precision,
    listed.numeric_scale,
    listed.remarks,
    case
        when described.sort_place > 0 and described.is_interleaved then 'INTERLEAVED'
        when described.sort_place > 0 then 'COMPOUND'
    end::varchar(128) as sort_key_type,
    (
        case when described.is_interleaved and described.sort_place % 2 = 0 then -1 else 1 end * described.sort_place
    )::integer as sort_key,
    case when described.is_distribution_key then 1 end as dist_key,
    replace(described.encoding, 'none', 'raw')::varchar(128) as encoding,
    case listed.data_type when 'character varying' then 'default' end::varchar(128) as collation
from pg_catalog.svv_all_columns as listed
left join standin.described_columns as described
    on described.schema_name::varchar = listed.schema_name
    and described.table_name::varchar = listed.table_name
    and described.column_name::varchar = listed.column_name;

create or replace view standin.show_primary_keys as
select
    standin.current_database()::varchar(128) as database_name,
    spaces.nspname::varchar(128) as schema_name,
    tables.relname::varchar(128) as table_name,
    keys.name::varchar(128) as pk_name,
    listed.name::varchar(128) as column_name,
    listed.place::integer as key_seq
from standin.key_constraints as keys
join pg_catalog.pg_class as tables on tables.oid = keys.table_id
join pg_catalog.pg_namespace as spaces on spaces.oid = keys.schema_id
cross join unnest(keys.names) with ordinality as listed (name, place);

-- There are neither procedures nor functions of the user's own.
create or replace view standin.show_procedures as
select
    ''::varchar(128) as database_name,
    ''::varchar(128) as schema_name,
    ''::varchar(128) as procedure_name,
    0 as number_of_arguments,
    ''::varchar as argument_list,
    ''::varchar as return_type,
    ''::varchar as remarks
where false;

create or replace view standin.show_functions as
select
    database_name,
    schema_name,
    procedure_name as function_name,
    number_of_arguments,
    argument_list,
    return_type,
    remarks
from standin.show_procedures;

grant select on
    standin.show_databases,
    standin.show_schemas,
    standin.show_tables,
    standin.show_columns,
    standin.show_primary_keys,
    standin.show_procedures,
    standin.show_functions
to public;
