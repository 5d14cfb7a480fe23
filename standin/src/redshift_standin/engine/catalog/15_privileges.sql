-- has_table_privilege takes names with the current database in front, like a statement: dbt asks for its grants so.

-- Quoted names are folded to lower case as well.
create or replace function standin.without_database(relation text)
returns text
language sql
stable
as $$
    select case
        when cardinality(parts) = 3 and parts[1] = standin.current_database()
        then quote_ident(parts[2]) || '.' || quote_ident(parts[3])
        else lower(relation)
    end
    from parse_ident(lower(relation)) as parts
$$;

do $make$
declare
    variant record;
begin
    for variant in
        select * from (values
            ('relation text, privilege text', 'standin.without_database(relation), privilege'),
            ('relation oid, privilege text', 'relation, privilege'),
            ('grantee name, relation text, privilege text', 'grantee, standin.without_database(relation), privilege'),
            ('grantee name, relation oid, privilege text', 'grantee, relation, privilege'),
            ('grantee oid, relation text, privilege text', 'grantee, standin.without_database(relation), privilege'),
            ('grantee oid, relation oid, privilege text', 'grantee, relation, privilege')
        ) as variants (parameters, arguments)
    loop
        execute format(
            'create or replace function standin.has_table_privilege(%s) returns boolean language sql stable '
            'return pg_catalog.has_table_privilege(%s)',
            variant.parameters,
            variant.arguments
        );
    end loop;
end
$make$;
