-- Views WITH NO SCHEMA BINDING (AWS page "CREATE VIEW"). Each is a view of a function that runs the query's text, so that
-- PostgreSQL looks its relations up by name at every query and does not record that the view depends on them.

-- Runs with the rights of the view's owner, who needs SELECT on the relations.
create or replace function standin.run_late_binding_view(view_owner name, relations text[], query text)
returns setof record
language plpgsql
stable
security definer
as $$
declare
    relation text;
begin
    foreach relation in array relations loop
        if not pg_catalog.has_table_privilege(view_owner, relation, 'select') then
            raise exception 'permission denied for relation %', relation::regclass
                using errcode = 'insufficient_privilege';
        end if;
    end loop;
    return query execute query;
end
$$;

-- PostgreSQL first creates an ordinary view of the query, and so determines the columns. They are those of the query with
-- the same names, or in the same places if the view names its columns itself.
create or replace function standin.create_late_binding_view(
    header text, view_name text, names_columns boolean, relations text[], query text
)
returns void
language plpgsql
as $$
declare
    view_owner name;
    definitions text;
    expressions text;
    names text;
begin
    begin
        execute pg_catalog.format('%s as %s', header, query);
    exception
        when undefined_table or invalid_schema_name or undefined_column then
            raise exception 'WITH NO SCHEMA BINDING before the relations and columns exist is not supported by the stand-in'
                using errcode = 'feature_not_supported', detail = sqlerrm;
    end;
    select
        pg_catalog.pg_get_userbyid(relowner),
        pg_catalog.string_agg(pg_catalog.format('%I %s', attname, described.type), ', ' order by attnum),
        pg_catalog.string_agg(pg_catalog.format('late.%I::%s', attname, described.type), ', ' order by attnum),
        pg_catalog.string_agg(pg_catalog.quote_ident(attname), ', ' order by attnum)
    into view_owner, definitions, expressions, names
    from pg_catalog.pg_class
    join pg_catalog.pg_attribute on attrelid = pg_class.oid and attnum > 0 and not attisdropped
    cross join pg_catalog.format_type(atttypid, atttypmod) as described (type)
    where pg_class.oid = view_name::regclass
    group by relowner;
    execute pg_catalog.format(
        'create or replace view %s as select * from standin.run_late_binding_view(%L, %L, %L) as late (%s)',
        view_name,
        view_owner,
        relations,
        pg_catalog.format(
            'select %s from (%s) as late %s',
            expressions,
            query,
            case when names_columns then pg_catalog.format('(%s)', names) end
        ),
        definitions
    );
end
$$;

create or replace view standin.late_binding_views as
select pg_class.oid as view_id, nspname as schema_name, relname as view_name
from pg_catalog.pg_depend
join pg_catalog.pg_rewrite on pg_rewrite.oid = objid
join pg_catalog.pg_class on pg_class.oid = ev_class
join pg_catalog.pg_namespace on pg_namespace.oid = relnamespace
where classid = 'pg_catalog.pg_rewrite'::regclass
    and refclassid = 'pg_catalog.pg_proc'::regclass
    and refobjid = 'standin.run_late_binding_view'::regproc
    and nspname <> 'standin';

grant select on standin.late_binding_views to public;

create or replace function standin.pg_get_late_binding_view_cols()
returns setof record
language sql
stable
as $$
    select schema_name, view_name, attname, pg_catalog.format_type(atttypid, atttypmod), attnum::integer
    from standin.late_binding_views
    join pg_catalog.pg_attribute on attrelid = view_id and attnum > 0 and not attisdropped
$$;
