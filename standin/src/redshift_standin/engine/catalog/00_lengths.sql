-- VARCHAR(n) and CHAR(n) count bytes, not characters.
--
-- PostgreSQL calls a function to fit a value into a length. In the clusters' databases it is one of these, so that
-- every way into a column is covered: INSERT, UPDATE, CREATE TABLE AS, LIKE, temporary tables and casts.
-- The length that the function gets is four more than the declared one.

create schema if not exists standin;
grant usage on schema standin to public;

create or replace function standin.refuse_length(value varchar, type_name text, size integer)
returns varchar
language plpgsql
immutable
as $$
begin
    -- Trailing blanks that do not fit are cut, whatever the way in.
    if octet_length(rtrim(value, ' ')) <= size then
        return rpad(rtrim(value, ' '), size - octet_length(rtrim(value, ' ')) + length(rtrim(value, ' ')));
    end if;
    raise exception 'value too long for type %(%)', type_name, size
        using errcode = 'string_data_right_truncation';
end
$$;

-- A character that the limit would cut in two is left out.
create or replace function standin.first_bytes(value varchar, size integer)
returns varchar
language plpgsql
immutable
as $$
declare
    bytes bytea := convert_to(value, 'UTF8');
begin
    while size > 0 and get_byte(bytes, size) & 192 = 128 loop
        size := size - 1;
    end loop;
    return convert_from(substr(bytes, 1, size), 'UTF8');
end
$$;

create or replace function standin.fit_varchar(value varchar, type_modifier integer, explicit boolean)
returns varchar
language sql
immutable
strict
as $$
    select case
        when type_modifier < 4 or octet_length(value) <= type_modifier - 4 then value
        when explicit then standin.first_bytes(value, type_modifier - 4)
        else standin.refuse_length(value, 'character varying', type_modifier - 4)
    end
$$;

create or replace function standin.fit_char(value bpchar, type_modifier integer, explicit boolean)
returns bpchar
language plpgsql
immutable
strict
as $$
begin
    if type_modifier >= 4 and not explicit then
        if octet_length(rtrim(value::text, ' ')) > type_modifier - 4 then
            raise exception 'value too long for type character(%)', type_modifier - 4
                using errcode = 'string_data_right_truncation';
        end if;
        if octet_length(value) <> char_length(rpad(value::text, octet_length(value))) then
            raise exception 'Multibyte character not supported for CHAR (Hint: Try using VARCHAR).'
                using errcode = 'internal_error';
        end if;
    end if;
    return pg_catalog.bpchar(value, type_modifier, explicit);
end
$$;

set allow_system_table_mods = on;

update pg_catalog.pg_cast
set castfunc = 'standin.fit_varchar(varchar, integer, boolean)'::regprocedure
where castsource = 'varchar'::regtype
    and casttarget = 'varchar'::regtype;

update pg_catalog.pg_cast
set castfunc = 'standin.fit_char(bpchar, integer, boolean)'::regprocedure
where castsource = 'bpchar'::regtype
    and casttarget = 'bpchar'::regtype;

reset allow_system_table_mods;
