-- Functions of single values.

create or replace function standin.len(value text)
returns integer
language sql
immutable
strict
as $$ select pg_catalog.length(value) $$;

create or replace function standin.len(value bpchar)
returns integer
language sql
immutable
strict
as $$ select pg_catalog.length(value) $$;

create or replace function standin.length(value text)
returns integer
language sql
immutable
strict
as $$ select pg_catalog.length(value) $$;

create or replace function standin.length(value bpchar)
returns integer
language sql
immutable
strict
as $$ select pg_catalog.length(value) $$;

create or replace function standin.charindex(part text, value text)
returns integer
language sql
immutable
strict
as $$ select pg_catalog.strpos(value, part) $$;

-- Two arguments only, and NULL if one is.
create or replace function standin.concat(a text, b text)
returns text
language sql
immutable
strict
as $$ select a || b $$;

create or replace function standin.sha2(value text, bits integer)
returns text
language sql
immutable
strict
as $$
    select case bits
        when 224 then encode(sha224(convert_to(value, 'UTF8')), 'hex')
        when 256 then encode(sha256(convert_to(value, 'UTF8')), 'hex')
        when 384 then encode(sha384(convert_to(value, 'UTF8')), 'hex')
        when 512 then encode(sha512(convert_to(value, 'UTF8')), 'hex')
        when 0 then encode(sha256(convert_to(value, 'UTF8')), 'hex')
        else ''
    end
$$;

create or replace function standin.trunc(value timestamp)
returns date
language sql
immutable
strict
as $$ select value::date $$;

create or replace function standin.trunc(value integer)
returns integer
language sql
immutable
strict
as $$ select value $$;

create or replace function standin.trunc(value bigint)
returns bigint
language sql
immutable
strict
as $$ select value $$;

create or replace function standin.trunc(value numeric)
returns numeric
language sql
immutable
strict
as $$ select pg_catalog.trunc(value) $$;

create or replace function standin.trunc(value numeric, digits integer)
returns numeric
language sql
immutable
strict
as $$ select pg_catalog.trunc(value, digits) $$;

create or replace function standin.trunc(value double precision)
returns double precision
language sql
immutable
strict
as $$ select pg_catalog.trunc(value) $$;

create or replace function standin.round(value integer)
returns integer
language sql
immutable
strict
as $$ select value $$;

create or replace function standin.round(value bigint)
returns bigint
language sql
immutable
strict
as $$ select value $$;

create or replace function standin.round(value numeric)
returns numeric
language sql
immutable
strict
as $$ select pg_catalog.round(value) $$;

create or replace function standin.round(value numeric, digits integer)
returns numeric
language sql
immutable
strict
as $$ select pg_catalog.round(value, digits) $$;

-- Halves go away from zero, where PostgreSQL rounds them to the even neighbor.
create or replace function standin.round(value double precision)
returns double precision
language sql
immutable
strict
as $$ select pg_catalog.round(value::numeric)::double precision $$;

create or replace function standin.round(value double precision, digits integer)
returns double precision
language sql
immutable
strict
as $$ select pg_catalog.round(value::numeric, digits)::double precision $$;

-- AWS page "error_on_nondeterministic_update".
create or replace function standin.is_several_matches_error()
returns boolean
language sql
stable
as $$
    select lower(coalesce(pg_catalog.current_setting('standin.error_on_nondeterministic_update', true), ''))
        in ('on', 'true')
$$;

-- MERGE .. REMOVE DUPLICATES: two rows of the source for one of the target.
create or replace function standin.refuse_matches(most bigint)
returns boolean
language plpgsql
immutable
as $$
begin
    if most > 1 then
        raise exception 'Found multiple matches to update the same tuple.' using errcode = 'internal_error';
    end if;
    return true;
end
$$;
