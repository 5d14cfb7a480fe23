-- TRY_CAST: what CAST makes of a value, as a text, or NULL where CAST fails. AWS page "TRY_CAST".

-- Whether a type may be tried to be cast into another; both by PostgreSQL's names, without sizes.
create or replace function standin.may_try(source text, target text)
returns boolean
language sql
immutable
strict
as $$
    select case
        when source = 'boolean' then
            target in ('smallint', 'integer', 'bigint')
        when source in ('smallint', 'integer', 'bigint') then
            target in (
                'boolean', 'smallint', 'integer', 'bigint', 'numeric', 'real', 'double precision', 'character',
                'character varying'
            )
        when source in ('numeric', 'real', 'double precision') then
            target in (
                'smallint', 'integer', 'bigint', 'numeric', 'real', 'double precision', 'character', 'character varying'
            )
        when source = 'text' then
            target <> 'boolean'
        when source = 'timestamp without time zone' then
            target in (
                'character', 'character varying', 'timestamp with time zone', 'date', 'time without time zone'
            )
        when source = 'timestamp with time zone' then
            target in (
                'character', 'character varying', 'timestamp without time zone', 'date', 'time without time zone',
                'time with time zone'
            )
        when source = 'date' then
            target in (
                'character', 'character varying', 'timestamp without time zone', 'timestamp with time zone'
            )
        when source in ('time without time zone', 'time with time zone') then
            target in ('character', 'character varying')
        else false
    end
$$;

create or replace function standin.refuse_trial(source text, target text)
returns text
language plpgsql
immutable
as $$
begin
    if source = target then
        raise exception 'TRY_CAST of % to itself is not supported by the stand-in', source
            using errcode = 'feature_not_supported';
    end if;
    raise exception 'cannot cast type % to %', source, target using errcode = 'cannot_coerce';
end
$$;

create or replace function standin.try_cast(value anyelement, target text)
returns text
language plpgsql
stable
as $$
declare
    source constant text := pg_typeof(value);
    family constant text := target::regtype;
    result text;
begin
    if source = family or not standin.may_try(source, family) then
        return standin.refuse_trial(source, family);
    end if;
    execute format('select ($1)::%s', target) into result using value;
    return result;
exception
    when data_exception then
        return null;
end
$$;

-- A string is asked for what it is, which is quicker than to fail. It is cut where it gets its type.
create or replace function standin.try_cast(value text, target text)
returns text
language plpgsql
stable
as $$
declare
    family constant text := target::regtype;
begin
    if family in ('character', 'character varying') then
        return value;
    end if;
    if not standin.may_try('text', family) then
        return standin.refuse_trial('text', family);
    end if;
    if btrim(value) = '' then
        raise exception 'TRY_CAST of a string without characters is not supported by the stand-in'
            using errcode = 'feature_not_supported';
    end if;
    -- Of a mere parameter PostgreSQL would remember the type, though the next call may have another.
    return case when pg_input_is_valid(value, target || '') then value end;
end
$$;

create or replace function standin.try_cast(value bpchar, target text)
returns text
language sql
stable
as $$ select standin.try_cast(value::text, target) $$;
