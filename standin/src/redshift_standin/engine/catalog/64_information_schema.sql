-- information_schema, with the database's name by which clients know it, and without the schema standin. dbt recognises
-- its relations by that name.

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

-- PostgreSQL's own views, under other names.
do $make$
declare
    viewed text;
    schema_column text;
    condition text;
begin
    for viewed, schema_column in
        values
            ('columns', 'table_schema'),
            ('column_privileges', 'table_schema'),
            ('data_type_privileges', 'object_schema'),
            ('element_types', 'object_schema'),
            ('parameters', 'specific_schema'),
            ('routine_privileges', 'routine_schema'),
            ('routines', 'routine_schema'),
            ('schemata', 'schema_name'),
            ('sequences', 'sequence_schema'),
            ('table_privileges', 'table_schema'),
            ('tables', 'table_schema'),
            ('triggers', 'event_object_schema'),
            ('udt_privileges', 'udt_schema'),
            ('usage_privileges', 'object_schema'),
            ('views', 'table_schema')
    loop
        condition := format('%I <> ''standin''', schema_column);
        -- The columns of late-binding views are those of pg_get_late_binding_view_cols (AWS page of that name).
        if viewed = 'columns' then
            condition := condition || ' and (table_schema, table_name) not in '
                '(select schema_name, view_name from standin.late_binding_views)';
        end if;
        if to_regclass('standin.own_' || viewed) is null then
            execute format(
                'create view standin.own_%s as %s',
                viewed,
                pg_get_viewdef(to_regclass('information_schema.' || viewed))
            );
        end if;
        execute format(
            'create or replace view information_schema.%1$s as '
            'select * from standin.own_%1$s where %2$s',
            viewed,
            condition
        );
        execute format('grant select on standin.own_%s to public', viewed);
    end loop;
end
$make$;
