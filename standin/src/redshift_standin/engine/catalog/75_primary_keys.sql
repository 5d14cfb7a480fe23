-- Primary keys are hints that nothing enforces, so PostgreSQL has none; information_schema shows them all the same.
-- What CREATE TABLE became begins with a note of the columns' names in hexadecimal (../primary_keys.py).

create table if not exists standin.primary_keys (
    relation oid not null,
    place smallint not null,
    number smallint not null,
    primary key (relation, place)
);
grant select on standin.primary_keys to public;

-- Rows of tables that are gone; nothing reads them.
delete from standin.primary_keys where relation not in (select oid from pg_catalog.pg_class);

create or replace function standin.note_primary_key()
returns event_trigger
language plpgsql
security definer
set search_path = pg_catalog
as $$
declare
    names text := substring(current_query() from '^/[*] primary key ([0-9a-f ]+) [*]/ ');
begin
    if names is null then
        return;
    end if;
    insert into standin.primary_keys (relation, place, number)
    select made.objid, listed.place, attributes.attnum
    from pg_event_trigger_ddl_commands() as made
    cross join string_to_table(names, ' ') with ordinality as listed (name, place)
    join pg_attribute as attributes
        on attributes.attrelid = made.objid and attributes.attname = convert_from(decode(listed.name, 'hex'), 'UTF8')
    where made.object_type = 'table' and made.command_tag = 'CREATE TABLE';
end
$$;

drop event trigger if exists standin_note_primary_key;
create event trigger standin_note_primary_key
on ddl_command_end
when tag in ('CREATE TABLE')
execute function standin.note_primary_key();

-- PostgreSQL's own views, under other names.
do $$
declare
    viewed text;
begin
    foreach viewed in array array['table_constraints', 'key_column_usage'] loop
        if to_regclass('standin.own_' || viewed) is null then
            execute format(
                'create view standin.own_%s as %s',
                viewed,
                pg_get_viewdef(to_regclass('information_schema.' || viewed))
            );
        end if;
    end loop;
end
$$;

create or replace view standin.shown_primary_keys as
select
    standin.current_database()::information_schema.sql_identifier as catalog_name,
    spaces.nspname::information_schema.sql_identifier as schema_name,
    tables.relname::information_schema.sql_identifier as table_name,
    (tables.relname || '_pkey')::information_schema.sql_identifier as constraint_name,
    attributes.attname::information_schema.sql_identifier as column_name,
    keys.place
from standin.primary_keys as keys
join pg_catalog.pg_class as tables on tables.oid = keys.relation
join pg_catalog.pg_namespace as spaces on spaces.oid = tables.relnamespace
join pg_catalog.pg_attribute as attributes
    on attributes.attrelid = keys.relation and attributes.attnum = keys.number and not attributes.attisdropped
where pg_catalog.pg_has_role(tables.relowner, 'usage')
    or pg_catalog.has_table_privilege(tables.oid, 'select, insert, update, delete');

create or replace view information_schema.table_constraints as
select * from standin.own_table_constraints
where table_schema <> 'standin'
union all
select distinct
    catalog_name,
    schema_name,
    constraint_name,
    catalog_name,
    schema_name,
    table_name,
    'PRIMARY KEY'::information_schema.character_data,
    'NO'::information_schema.yes_or_no,
    'NO'::information_schema.yes_or_no,
    'NO'::information_schema.yes_or_no,
    null::information_schema.yes_or_no
from standin.shown_primary_keys;

create or replace view information_schema.key_column_usage as
select * from standin.own_key_column_usage
where table_schema <> 'standin'
union all
select
    catalog_name,
    schema_name,
    constraint_name,
    catalog_name,
    schema_name,
    table_name,
    column_name,
    place::information_schema.cardinal_number,
    null::information_schema.cardinal_number
from standin.shown_primary_keys;

grant select on standin.own_table_constraints, standin.own_key_column_usage, standin.shown_primary_keys to public;
