-- Redshift skips the blocks of a table that cannot hold the sort key's values that a query asks for. PostgreSQL can do
-- that with an index only, so a table gets one on its sort key. What CREATE TABLE became ends with a note of the
-- columns' numbers (../tables.py), since an event trigger is not told of more than the table.

create or replace function standin.make_sort_key_index(table_id oid, numbers smallint[])
returns void
language plpgsql
as $$
declare
    sorted record;
    names text[] := '{}';
    bytes integer := 0;
begin
    for sorted in
        select
            attname,
            case
                when attlen > 0 then attlen
                when atttypmod > 4 and atttypid <> 'numeric'::regtype then atttypmod
                else 64
            end + 8 as largest
        from unnest(numbers) with ordinality as listed (number, place)
        join pg_catalog.pg_attribute on attrelid = table_id and attnum = number
        order by place
    loop
        -- An index takes 2,704 bytes a row and 32 columns at most, and nothing must be refused because of it.
        bytes := bytes + sorted.largest;
        exit when bytes > 2600 or cardinality(names) = 32;
        names := names || pg_catalog.quote_ident(sorted.attname);
    end loop;
    if cardinality(names) > 0 then
        execute pg_catalog.format(
            'create index %I on %s (%s)',
            'standin_sort_key_' || table_id,
            table_id::regclass,
            pg_catalog.array_to_string(names, ', ')
        );
    end if;
end
$$;

create or replace function standin.index_sort_key()
returns event_trigger
language plpgsql
as $$
declare
    -- Without a backslash, which not every session reads alike.
    numbers text := substring(current_query() from '/[*] sort key ([0-9 ]+) [*]/$');
    made record;
begin
    if numbers is null then
        return;
    end if;
    for made in
        select objid
        from pg_catalog.pg_event_trigger_ddl_commands()
        where object_type = 'table' and command_tag = 'CREATE TABLE'
    loop
        perform standin.make_sort_key_index(made.objid, pg_catalog.string_to_array(numbers, ' ')::smallint[]);
    end loop;
end
$$;

drop event trigger if exists standin_index_sort_key;
create event trigger standin_index_sort_key
on ddl_command_end
when tag in ('CREATE TABLE')
execute function standin.index_sort_key();

-- Redshift has no indexes to show.
set allow_system_table_mods = on;

create or replace view pg_catalog.pg_indexes as
select
    spaces.nspname as schemaname,
    tables.relname as tablename,
    indexes.relname as indexname,
    tablespaces.spcname as tablespace,
    pg_catalog.pg_get_indexdef(indexes.oid) as indexdef
from pg_catalog.pg_index
join pg_catalog.pg_class as tables on tables.oid = indrelid
join pg_catalog.pg_class as indexes on indexes.oid = indexrelid
left join pg_catalog.pg_namespace as spaces on spaces.oid = tables.relnamespace
left join pg_catalog.pg_tablespace as tablespaces on tablespaces.oid = indexes.reltablespace
where tables.relkind in ('r', 'm', 'p')
    and indexes.relkind in ('i', 'I')
    and spaces.nspname is distinct from 'standin'
    and not starts_with(indexes.relname, 'standin_sort_key_');

reset allow_system_table_mods;
