-- PostgreSQL's catalogs as Redshift's clients are to see them (../relations.py writes the names of these views in the
-- place of theirs): without what is the stand-in's own, with primary keys, and with the columns that only Redshift has.

-- A primary key's index and its constraint have one number, which is its table's in the half that nothing else gets.
create or replace view standin.key_constraints as
select
    keys.relation as table_id,
    (keys.relation::bigint + 2147483648)::oid as key_id,
    tables.relname || '_pkey' as name,
    tables.relnamespace as schema_id,
    array_agg(keys.number order by keys.place) as numbers,
    array_agg(columns.attname::text order by keys.place) as names
from standin.primary_keys as keys
join pg_catalog.pg_class as tables on tables.oid = keys.relation
join pg_catalog.pg_attribute as columns
    on columns.attrelid = keys.relation and columns.attnum = keys.number and not columns.attisdropped
group by keys.relation, tables.relname, tables.relnamespace;

create or replace function standin.is_own_index(index_id oid)
returns boolean
language sql
stable
as $$
    select exists (
        select from pg_catalog.pg_class where oid = index_id and starts_with(relname, 'standin_sort_key_')
    )
$$;

-- The columns of a catalog, of which some are computed otherwise.
create or replace function standin.columns_of(catalog regclass, changed jsonb)
returns text
language sql
stable
as $$
    select string_agg(
        coalesce((changed ->> attname) || ' as ', 'catalog.') || quote_ident(attname), ', ' order by attnum
    )
    from pg_catalog.pg_attribute
    where attrelid = catalog and attnum > 0 and not attisdropped
$$;

do $make$
begin
    -- The numbers of the styles: AWS page "PG_CLASS_INFO".
    execute format(
        $sql$
        create or replace view standin.pg_class as
        select
            %s,
            false as relhasoids,
            (
                case coalesce(noted.distribution, 'auto')
                    when 'even' then 0
                    when 'key' then 1
                    when 'all' then 8
                    else 10
                end
            )::smallint as reldiststyle
        from pg_catalog.pg_class as catalog
        left join standin.table_attributes as noted on noted.relation = catalog.oid
        where catalog.relnamespace not in (select oid from pg_catalog.pg_namespace where nspname = 'standin')
            and not starts_with(catalog.relname, 'standin_sort_key_')
            and catalog.relkind <> 'S'
        union all
        select made.*, false, 0::smallint
        from standin.key_constraints as keys
        join pg_catalog.pg_class as tables on tables.oid = keys.table_id
        cross join jsonb_populate_record(
            tables,
            jsonb_build_object(
                'oid', keys.key_id,
                'relname', keys.name,
                'relkind', 'i',
                'relam', (select oid from pg_catalog.pg_am where amname = 'btree'),
                'reltype', 0,
                'relnatts', cardinality(keys.numbers),
                'relhasindex', false,
                'relhastriggers', false
            )
        ) as made
        $sql$,
        standin.columns_of(
            'pg_class',
            '{"relhasindex": "(catalog.oid in (select relation from standin.primary_keys))", "relhastriggers": "false"}'
        )
    );
end
$make$;

-- PostgreSQL's own catalogs have primary keys, which those of Redshift have not.
do $make$
begin
    execute format(
        $sql$
        create or replace view standin.pg_index as
        select %s
        from pg_catalog.pg_index as catalog
        where not standin.is_own_index(catalog.indexrelid)
        union all
        select made.*
        from standin.key_constraints as keys
        cross join jsonb_populate_record(
            null::pg_catalog.pg_index,
            jsonb_build_object(
                'indexrelid', keys.key_id,
                'indrelid', keys.table_id,
                'indnatts', cardinality(keys.numbers),
                'indnkeyatts', cardinality(keys.numbers),
                'indisunique', true,
                'indisprimary', true,
                'indisexclusion', false,
                'indimmediate', true,
                'indisclustered', false,
                'indisvalid', true,
                'indisready', true,
                'indislive', true,
                'indisreplident', false,
                'indkey', array_to_string(keys.numbers, ' ')
            )
        ) as made
        $sql$,
        standin.columns_of('pg_index', '{"indisprimary": "false"}')
    );
end
$make$;

create or replace view standin.pg_constraint as
select catalog.*
from pg_catalog.pg_constraint as catalog
where catalog.contype not in ('n', 'p', 'u')
union all
select made.*
from standin.key_constraints as keys
cross join jsonb_populate_record(
    null::pg_catalog.pg_constraint,
    jsonb_build_object(
        'oid', keys.key_id,
        'conname', keys.name,
        'connamespace', keys.schema_id,
        'contype', 'p',
        'condeferrable', false,
        'condeferred', false,
        'convalidated', true,
        'conrelid', keys.table_id,
        'contypid', 0,
        'conindid', keys.key_id,
        'conparentid', 0,
        'confrelid', 0,
        'conislocal', true,
        'coninhcount', 0,
        'conkey', keys.numbers
    )
) as made;

-- Columns of tables and of primary keys; the numbers of the encodings are the stand-in's own.
create or replace function standin.encodings()
returns text[]
language sql
immutable
as $$
    select '{none,bytedict,delta,delta32k,lzo,mostly8,mostly16,mostly32,runlength,text255,text32k,zstd,az64}'::text[]
$$;

create or replace function standin.format_encoding(encoding integer)
returns text
language sql
immutable
as $$ select (standin.encodings())[encoding + 1] $$;

do $make$
declare
    -- Redshift keeps what an IDENTITY column yields as its default.
    columns text := standin.columns_of(
        'pg_attribute',
        '{"attmissingval": "null::text", "atthasdef": "(catalog.atthasdef or catalog.attidentity <> '''')"}'
    );
begin
    execute format(
        $sql$
        create or replace view standin.pg_attribute as
        select
            %s,
            coalesce(described.is_distribution_key, false) as attisdistkey,
            coalesce(
                case when described.is_interleaved and described.sort_place %% 2 = 0 then -1 else 1 end
                    * described.sort_place,
                0
            )::integer as attsortkeyord,
            (coalesce(array_position(standin.encodings(), described.encoding), 1) - 1)::smallint as attencodingtype
        from pg_catalog.pg_attribute as catalog
        left join standin.described_columns as described
            on described.table_id = catalog.attrelid and described.column_number = catalog.attnum
        union all
        select %s, false, 0, 0::smallint
        from standin.key_constraints as keys
        cross join unnest(keys.numbers) with ordinality as listed (number, place)
        join pg_catalog.pg_attribute as columns on columns.attrelid = keys.table_id and columns.attnum = listed.number
        cross join jsonb_populate_record(
            columns,
            jsonb_build_object(
                'attrelid', keys.key_id, 'attnum', listed.place, 'atthasdef', false, 'attidentity', ''
            )
        ) as catalog
        $sql$,
        columns,
        columns
    );
end
$make$;

create or replace view standin.pg_namespace as
select * from pg_catalog.pg_namespace where nspname <> 'standin';

create or replace view standin.pg_proc as
select * from pg_catalog.pg_proc
where pronamespace not in (select oid from pg_catalog.pg_namespace where nspname = 'standin');

-- AWS page "PG_PROC_INFO".
create or replace view standin.pg_proc_info as
select oid as prooid, * from standin.pg_proc;

create or replace view standin.pg_tables as
select * from pg_catalog.pg_tables where schemaname <> 'standin';

create or replace view standin.pg_views as
select * from pg_catalog.pg_views where schemaname <> 'standin';

-- The server has other clusters' users too: whom this database does not let in is none of its own.
create or replace view standin.pg_user as
select * from pg_catalog.pg_user
where pg_catalog.has_database_privilege(usename, pg_catalog.current_database(), 'connect');

-- Of this cluster's databases, which is one.
do $make$
begin
    execute format(
        'create or replace view standin.pg_database as '
        'select %s from pg_catalog.pg_database as catalog where catalog.datname = pg_catalog.current_database()',
        standin.columns_of('pg_database', '{"datname": "standin.current_database()::name"}')
    );
end
$make$;

create or replace function standin.pg_get_constraintdef(constraint_id oid, pretty boolean default false)
returns text
language sql
stable
as $$
    select coalesce(
        (
            select 'PRIMARY KEY (' || (select string_agg(quote_ident(name), ', ') from unnest(names) as name) || ')'
            from standin.key_constraints
            where key_id = constraint_id
        ),
        pg_catalog.pg_get_constraintdef(constraint_id, pretty)
    )
$$;

create or replace function standin.pg_get_indexdef(index_id oid, place integer default 0, pretty boolean default false)
returns text
language sql
stable
as $$
    select coalesce(
        (
            select case
                when place > 0 then quote_ident(names[place])
                else format(
                    'CREATE UNIQUE INDEX %I ON %s USING btree (%s)',
                    name,
                    table_id::regclass,
                    (select string_agg(quote_ident(listed), ', ') from unnest(names) as listed)
                )
            end
            from standin.key_constraints
            where key_id = index_id
        ),
        pg_catalog.pg_get_indexdef(index_id, place, pretty)
    )
$$;

grant select on
    standin.key_constraints,
    standin.pg_class,
    standin.pg_index,
    standin.pg_constraint,
    standin.pg_attribute,
    standin.pg_namespace,
    standin.pg_proc,
    standin.pg_proc_info,
    standin.pg_tables,
    standin.pg_views,
    standin.pg_database
to public;
