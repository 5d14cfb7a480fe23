-- BOOLEAN is cast into all integers and from them; PostgreSQL does so with INTEGER alone.

create or replace function standin.to_smallint(value boolean)
returns smallint
language sql
immutable
strict
as $$ select value::integer::smallint $$;

create or replace function standin.to_bigint(value boolean)
returns bigint
language sql
immutable
strict
as $$ select value::integer::bigint $$;

create or replace function standin.to_boolean(value bigint)
returns boolean
language sql
immutable
strict
as $$ select value <> 0 $$;

create or replace function standin.to_boolean(value smallint)
returns boolean
language sql
immutable
strict
as $$ select value <> 0 $$;

do $$
begin
    if exists (
        select from pg_catalog.pg_cast where castsource = 'boolean'::regtype and casttarget = 'bigint'::regtype
    ) then
        return;
    end if;
    create cast (boolean as smallint) with function standin.to_smallint(boolean);
    create cast (boolean as bigint) with function standin.to_bigint(boolean);
    create cast (smallint as boolean) with function standin.to_boolean(smallint);
    create cast (bigint as boolean) with function standin.to_boolean(bigint);
end
$$;
