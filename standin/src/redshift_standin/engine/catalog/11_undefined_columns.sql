-- The first column of a query that does not exist, or null: ../aliases.py asks for it. The query is looked at, not run.

create or replace function standin.undefined_column(query text)
returns text
language plpgsql
as $$
declare
    message text;
begin
    execute 'prepare standin_undefined_column as ' || query;
    deallocate standin_undefined_column;
    return null;
exception
    when undefined_column then
        get stacked diagnostics message = message_text;
        return substring(message from '^column "(.*)" does not exist$');
    when others then
        -- The statement itself will fail with it.
        return null;
end
$$;
