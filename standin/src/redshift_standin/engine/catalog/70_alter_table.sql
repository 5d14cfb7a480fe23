-- ALTER TABLE .. ALTER SORTKEY and ALTER TABLE .. APPEND.

-- The index that stands for the sort key (60_sort_keys.sql) is made anew; a temporary table has none.
create or replace function standin.index_new_sort_key(table_id oid)
returns void
language plpgsql
as $$
declare
    old regclass := (
        select indexrelid
        from pg_catalog.pg_index
        join pg_catalog.pg_class on pg_class.oid = indexrelid
        where indrelid = table_id and starts_with(relname, 'standin_sort_key_')
    );
begin
    if old is not null then
        execute pg_catalog.format('drop index %s', old);
    end if;
    perform standin.make_sort_key_index(relation, sort_key)
    from standin.table_attributes
    join pg_catalog.pg_class on pg_class.oid = relation and relpersistence = 'p'
    where relation = table_id;
end
$$;

-- Columns, with what must be the same for a block of one table to become one of the other's.
create or replace function standin.appended_columns(table_id oid)
returns table (name name, description text)
language sql
stable
as $$
    select
        column_name,
        pg_catalog.concat_ws(' ', type, encoding, is_not_null, is_distribution_key, sort_place)
    from standin.described_columns
    where described_columns.table_id = appended_columns.table_id
$$;

create or replace function standin.append_table(target regclass, source regclass, how text)
returns void
language plpgsql
as $$
declare
    unfit text;
    listed text;
begin
    if exists (
        select
        from pg_catalog.pg_class
        where oid in (target, source) and (relkind <> 'r' or relpersistence <> 'p')
    ) or target = source then
        raise exception 'ALTER TABLE APPEND needs two permanent tables' using errcode = 'internal_error';
    end if;
    if exists (
        select
        from pg_catalog.pg_attribute
        where attrelid in (target, source) and attidentity <> ''
    ) then
        raise exception 'ALTER TABLE APPEND of identity columns is not supported by the stand-in'
            using errcode = 'feature_not_supported';
    end if;
    execute pg_catalog.format('lock table %s, %s in access exclusive mode', target, source);
    select coalesce(ours.name, theirs.name)
    into unfit
    from standin.appended_columns(target) as ours
    full join standin.appended_columns(source) as theirs on theirs.name = ours.name
    where (ours.name is null and how <> 'ignoreextra')
        or (theirs.name is null and how <> 'filltarget')
        or ours.description <> theirs.description
    limit 1;
    if unfit is not null then
        raise exception 'Target table and source table differ in column "%"', unfit using errcode = 'internal_error';
    end if;
    select pg_catalog.string_agg(pg_catalog.quote_ident(ours.name), ', ')
    into listed
    from standin.appended_columns(target) as ours
    join standin.appended_columns(source) as theirs on theirs.name = ours.name;
    execute pg_catalog.format('insert into %s (%s) select %s from %s', target, listed, listed, source);
    execute pg_catalog.format('truncate table %s', source);
end
$$;
