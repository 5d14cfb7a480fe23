-- How a table's rows are distributed, sorted and compressed, for the system views (65_table_views.sql). What CREATE
-- TABLE and ALTER TABLE became ends with a note of it (../attributes.py). A table that says nothing has no row here.

create table if not exists standin.table_attributes (
    relation oid primary key,
    distribution text,
    distribution_key smallint,
    sort_key smallint[],
    interleaved boolean not null default false,
    encodings jsonb not null default '{}'
);
grant select on standin.table_attributes to public;

-- Rows of tables that are gone; nothing reads them.
delete from standin.table_attributes where relation not in (select oid from pg_catalog.pg_class);

create or replace function standin.column_number(table_id oid, column_name text)
returns smallint
language sql
stable
strict
as $$ select attnum from pg_catalog.pg_attribute where attrelid = table_id and attname = column_name and attnum > 0 $$;

-- A column of another table by its name, for a table that was made like it.
create or replace function standin.same_column(child oid, parent oid, number smallint)
returns smallint
language sql
stable
strict
as $$
    select standin.column_number(child, attname::text)
    from pg_catalog.pg_attribute
    where attrelid = parent and attnum = number
$$;

-- A temporary table hides a permanent one with its name, of which it can yet be made.
create or replace function standin.find_parent(child oid, parent text)
returns oid
language sql
stable
as $$
    select case
        when to_regclass(parent) <> child then to_regclass(parent)::oid
        else (
            select hidden.oid
            from unnest(current_schemas(false)) with ordinality as searched (name, place)
            join pg_catalog.pg_namespace on nspname = searched.name
            join pg_catalog.pg_class as hidden on hidden.relnamespace = pg_namespace.oid
            join pg_catalog.pg_class as hiding on hiding.relname = hidden.relname and hiding.oid = child
            order by place
            limit 1
        )
    end
$$;

-- The new table's columns stand in the order of its parent's; its encodings are its own (AWS page "CREATE TABLE").
create or replace function standin.inherit_attributes(child oid, parent oid)
returns void
language sql
as $$
    insert into standin.table_attributes (relation, distribution, distribution_key, sort_key, interleaved)
    select
        child,
        distribution,
        standin.same_column(child, parent, distribution_key),
        (
            select array_agg(standin.same_column(child, parent, number) order by place)
            from unnest(sort_key) with ordinality as listed (number, place)
        ),
        interleaved
    from standin.table_attributes
    where relation = parent
$$;

create or replace function standin.note_attributes(table_id oid, said jsonb)
returns void
language plpgsql
as $$
declare
    sort_key smallint[] := (
        select array_agg(standin.column_number(table_id, name) order by place)
        from jsonb_array_elements_text(said -> 'sort_key') with ordinality as listed (name, place)
    );
    encodings jsonb := (
        select jsonb_object_agg(standin.column_number(table_id, name), encoding)
        from jsonb_each_text(said -> 'encodings') as listed (name, encoding)
    );
begin
    -- CREATE TABLE AS names columns that PostgreSQL has not seen yet.
    if array_position(sort_key, null) is not null
        or (said ? 'distribution_key' and standin.column_number(table_id, said ->> 'distribution_key') is null)
    then
        raise exception 'a column named in a key does not exist' using errcode = 'undefined_column';
    end if;
    insert into standin.table_attributes as noted
    values (
        table_id,
        said ->> 'distribution',
        standin.column_number(table_id, said ->> 'distribution_key'),
        sort_key,
        coalesce((said ->> 'interleaved')::boolean, false),
        coalesce(encodings, '{}')
    )
    on conflict (relation) do update
    set distribution = case when said ? 'distribution' then excluded.distribution else noted.distribution end,
        distribution_key = case
            when said ? 'distribution' then excluded.distribution_key
            else noted.distribution_key
        end,
        sort_key = case when said ? 'sort_key' then excluded.sort_key else noted.sort_key end,
        interleaved = case when said ? 'sort_key' then excluded.interleaved else noted.interleaved end,
        encodings = case
            when said ? 'encode_auto' then '{}'
            else noted.encodings || excluded.encodings
        end;
end
$$;

-- ALTER COLUMN TYPE (AWS page "ALTER TABLE"); by the time that it is called the column has its new size.
create or replace function standin.check_resized(table_id oid, column_name text)
returns void
language plpgsql
as $$
declare
    number smallint := standin.column_number(table_id, column_name);
begin
    if exists (select from pg_catalog.pg_attrdef where adrelid = table_id and adnum = number) then
        raise exception 'cannot alter the type of column "%", which has a default', column_name
            using errcode = 'internal_error';
    end if;
    if exists (
        select
        from standin.table_attributes
        where relation = table_id
            and encodings ->> number::text in ('bytedict', 'runlength', 'text255', 'text32k')
    ) then
        raise exception 'cannot alter the type of column "%", for its encoding', column_name
            using errcode = 'internal_error';
    end if;
end
$$;

-- ALTER DISTKEY (AWS page "ALTER TABLE").
create or replace function standin.check_not_interleaved(table_id oid)
returns void
language plpgsql
as $$
begin
    if exists (select from standin.table_attributes where relation = table_id and interleaved) then
        raise exception 'cannot alter the distribution key of a table with an interleaved sort key'
            using errcode = 'internal_error';
    end if;
end
$$;

-- Another type than VARCHAR has no function to call.
create or replace function standin.only_varchar(value varchar)
returns varchar
language sql
immutable
as $$ select value $$;

-- The client's user may not write to the table, and has proved with the statement itself that it may change these.
create or replace function standin.keep_attributes()
returns event_trigger
language plpgsql
security definer
as $$
declare
    -- Without a backslash, which not every session reads alike.
    noted text := substring(current_query() from '/[*] attributes ([0-9a-f]+) [*]/( /[*] sort key [0-9 ]+ [*]/)?$');
    said jsonb;
    made record;
begin
    if noted is null then
        return;
    end if;
    said := convert_from(decode(noted, 'hex'), 'UTF8')::jsonb;
    for made in
        select objid
        from pg_catalog.pg_event_trigger_ddl_commands()
        where object_type = 'table' and command_tag = tg_tag
    loop
        if tg_tag = 'ALTER TABLE' and said ? 'distribution_key' then
            perform standin.check_not_interleaved(made.objid);
        end if;
        if said ? 'parent' then
            perform standin.inherit_attributes(made.objid, standin.find_parent(made.objid, said ->> 'parent'));
        elsif said ? 'resized' then
            perform standin.check_resized(made.objid, said ->> 'resized');
        else
            perform standin.note_attributes(made.objid, said);
        end if;
        if said ? 'identity' then
            perform standin.leave_identity_gaps(made.objid);
        end if;
        if tg_tag = 'ALTER TABLE' and said ? 'sort_key' then
            perform standin.index_new_sort_key(made.objid);
        end if;
    end loop;
end
$$;

drop event trigger if exists standin_keep_attributes;
create event trigger standin_keep_attributes
on ddl_command_end
when tag in ('CREATE TABLE', 'CREATE TABLE AS', 'ALTER TABLE')
execute function standin.keep_attributes();
