-- What a snapshot must tell of a database beside what pg_dump tells (../../snapshots.py): the tables' numbers, by which
-- their attributes are kept, and the numbers of columns after a dropped one are others in a restored database.

create or replace function standin.column_name(table_id oid, column_number smallint)
returns text
language sql
stable
strict
as $$ select attname::text from pg_catalog.pg_attribute where attrelid = table_id and attnum = column_number $$;

create or replace function standin.qualified_name(table_id oid)
returns text
language sql
stable
strict
as $$
    select pg_catalog.format('%I.%I', nspname, relname)
    from pg_catalog.pg_class
    join pg_catalog.pg_namespace on pg_namespace.oid = relnamespace
    where pg_class.oid = table_id and relpersistence = 'p'
$$;

-- As standin.note_attributes takes them.
create or replace function standin.told_attributes(noted standin.table_attributes)
returns jsonb
language sql
stable
as $$
    select pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
        'distribution', noted.distribution,
        'distribution_key', standin.column_name(noted.relation, noted.distribution_key),
        'sort_key', (
            select pg_catalog.jsonb_agg(standin.column_name(noted.relation, number) order by place)
            from unnest(noted.sort_key) with ordinality as listed (number, place)
        ),
        'interleaved', noted.interleaved,
        'encodings', (
            select pg_catalog.jsonb_object_agg(standin.column_name(noted.relation, number::smallint), encoding)
            from pg_catalog.jsonb_each_text(noted.encodings) as listed (number, encoding)
            where standin.column_name(noted.relation, number::smallint) is not null
        )
    ))
$$;

create or replace function standin.tell_notes()
returns jsonb
language sql
stable
as $$
    select pg_catalog.jsonb_build_object(
        'users', (
            select pg_catalog.jsonb_agg(rolname order by rolname)
            from pg_catalog.pg_database
            cross join pg_catalog.aclexplode(datacl)
            join pg_catalog.pg_roles on pg_roles.oid = grantee
            where datname = pg_catalog.current_database() and privilege_type = 'CONNECT' and not rolsuper
        ),
        'attributes', (
            select pg_catalog.jsonb_object_agg(standin.qualified_name(relation), standin.told_attributes(noted))
            from standin.table_attributes as noted
            where standin.qualified_name(relation) is not null
        ),
        'primary_keys', (
            select pg_catalog.jsonb_object_agg(name, columns)
            from (
                select
                    standin.qualified_name(relation) as name,
                    pg_catalog.jsonb_agg(standin.column_name(relation, number) order by place) as columns
                from standin.primary_keys
                where standin.qualified_name(relation) is not null
                group by relation
            ) as keys
        )
    )
$$;

create or replace function standin.take_notes(notes jsonb)
returns void
language plpgsql
as $$
declare
    sorted record;
begin
    perform standin.note_attributes(name::regclass, said)
    from pg_catalog.jsonb_each(pg_catalog.jsonb_strip_nulls(notes) -> 'attributes') as noted (name, said);
    insert into standin.primary_keys (relation, place, number)
    select name::regclass, place, standin.column_number(name::regclass, column_name)
    from pg_catalog.jsonb_each(pg_catalog.jsonb_strip_nulls(notes) -> 'primary_keys') as noted (name, columns)
    cross join pg_catalog.jsonb_array_elements_text(columns) with ordinality as listed (column_name, place);
    -- Each is named after its table's number.
    for sorted in
        select indexrelid, indrelid
        from pg_catalog.pg_index
        join pg_catalog.pg_class on pg_class.oid = indexrelid
        where starts_with(relname, 'standin_sort_key_')
    loop
        execute pg_catalog.format(
            'alter index %s rename to %I', sorted.indexrelid::regclass, 'standin_sort_key_' || sorted.indrelid
        );
    end loop;
end
$$;
