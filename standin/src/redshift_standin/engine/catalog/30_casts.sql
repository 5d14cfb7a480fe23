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

-- BOOLEAN is cast into no string, as its users tell each other with the words of this error.
create or replace function standin.refuse_boolean(value boolean)
returns text
language plpgsql
immutable
as $$
begin
    raise exception 'cannot cast type boolean to character varying' using errcode = 'cannot_coerce';
end
$$;

set allow_system_table_mods = on;

update pg_catalog.pg_cast
set castfunc = 'standin.refuse_boolean(boolean)'::regprocedure,
    castcontext = 'e'
where castsource = 'boolean'::regtype
    and casttarget in ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype);

reset allow_system_table_mods;
