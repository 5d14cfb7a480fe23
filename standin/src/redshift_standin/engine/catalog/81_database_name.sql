-- The database's name in information_schema is that by which clients know it. dbt recognises its relations by that.

do $$
declare
    shown record;
begin
    -- Once for each database: views of the standin schema that are copies of PostgreSQL's are changed as well.
    if pg_get_viewdef('information_schema.domains'::regclass) not like '%(current_database())%' then
        return;
    end if;
    for shown in
        select schemaname, viewname, definition
        from pg_catalog.pg_views
        where schemaname in ('information_schema', 'standin')
            and definition like '%(current_database())::information_schema.sql_identifier%'
    loop
        execute format(
            'create or replace view %I.%I as %s',
            shown.schemaname,
            shown.viewname,
            replace(
                shown.definition,
                '(current_database())::information_schema.sql_identifier',
                '(standin.current_database())::information_schema.sql_identifier'
            )
        );
    end loop;
end
$$;
