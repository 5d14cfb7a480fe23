-- A view cannot be written to; PostgreSQL would write to the table behind it.

create or replace function standin.refuse_view()
returns trigger
language plpgsql
as $$
begin
    raise exception 'cannot write to view "%"', tg_table_name using errcode = 'feature_not_supported';
end
$$;

create or replace function standin.protect_views()
returns event_trigger
language plpgsql
as $$
declare
    made record;
begin
    for made in
        select objid
        from pg_catalog.pg_event_trigger_ddl_commands()
        where object_type = 'view' and command_tag = 'CREATE VIEW'
    loop
        execute pg_catalog.format(
            'create or replace trigger standin_refuse_view instead of insert or update or delete on %s '
            'for each row execute function standin.refuse_view()',
            made.objid::regclass
        );
    end loop;
end
$$;

drop event trigger if exists standin_protect_views;
create event trigger standin_protect_views
on ddl_command_end
when tag in ('CREATE VIEW')
execute function standin.protect_views();
