-- Functions of regular expressions, hashes and JSON.

-- Redshift's expressions are POSIX's; what PostgreSQL reads beyond them is refused.
create or replace function standin.check_pattern(pattern text, flags text)
returns text
language plpgsql
immutable
strict
as $$
begin
    if strpos(pattern, '(?') > 0 or pattern ~ '[*+?}][?]' or pattern ~ '^[*]{3}' or flags !~ '^[ci]?$' then
        raise exception 'the regular expression % with the parameters "%" is not supported by the stand-in', pattern, flags
            using errcode = 'feature_not_supported';
    end if;
    return pattern;
end
$$;

create or replace function standin.regexp_substr(
    value text, pattern text, place integer default 1, occurrence integer default 1, flags text default 'c'
)
returns text
language sql
immutable
strict
as $$
    select coalesce(
        pg_catalog.regexp_substr(value, standin.check_pattern(pattern, flags), place, occurrence, flags), ''
    )
$$;

create or replace function standin.regexp_count(
    value text, pattern text, place integer default 1, flags text default 'c'
)
returns integer
language sql
immutable
strict
as $$ select pg_catalog.regexp_count(value, standin.check_pattern(pattern, flags), place, flags) $$;

create or replace function standin.regexp_instr(
    value text,
    pattern text,
    place integer default 1,
    occurrence integer default 1,
    after integer default 0,
    flags text default 'c'
)
returns integer
language sql
immutable
strict
as $$
    select pg_catalog.regexp_instr(value, standin.check_pattern(pattern, flags), place, occurrence, after, flags)
$$;

-- Every occurrence is replaced. What was matched has another name in Redshift's replacements, so those are refused.
create or replace function standin.regexp_replace(
    value text, pattern text, replacement text default '', place integer default 1, flags text default 'c'
)
returns text
language plpgsql
immutable
strict
as $$
begin
    if strpos(replacement, '$') > 0 or strpos(replacement, chr(92)) > 0 then
        raise exception 'the replacement % is not supported by the stand-in', replacement
            using errcode = 'feature_not_supported';
    end if;
    return pg_catalog.regexp_replace(value, standin.check_pattern(pattern, flags), replacement, place, 0, flags);
end
$$;

create or replace function standin.strtol(value text, base integer)
returns bigint
language plpgsql
immutable
strict
as $$
declare
    digits text := lower(regexp_replace(value, '^[-+]', ''));
    result numeric := 0;
    digit integer;
begin
    if base not between 2 and 36 then
        raise exception 'base % is not between 2 and 36', base using errcode = 'internal_error';
    end if;
    if base = 16 then
        digits := regexp_replace(digits, '^0x', '');
    end if;
    for place in 1 .. length(digits) loop
        digit := strpos('0123456789abcdefghijklmnopqrstuvwxyz', substr(digits, place, 1)) - 1;
        if digit not between 0 and base - 1 then
            raise exception 'The input % is not valid to be converted to base %', value, base
                using errcode = 'internal_error';
        end if;
        result := result * base + digit;
    end loop;
    if digits = '' then
        raise exception 'The input % is not valid to be converted to base %', value, base
            using errcode = 'internal_error';
    end if;
    return case when starts_with(value, '-') then -result else result end;
end
$$;

-- FNV-1a with 64 bits, of a value's bytes; the lowest comes first in a number.
create or replace function standin.fnv_hash_of_bytes(bytes bytea, seed bigint)
returns bigint
language plpgsql
immutable
strict
as $$
declare
    modulus constant numeric := 18446744073709551616;
    hash bigint := seed;
    product numeric;
begin
    for place in 0 .. length(bytes) - 1 loop
        hash := hash # get_byte(bytes, place);
        product := mod(case when hash < 0 then hash + modulus else hash end * 1099511628211, modulus);
        hash := case when product >= modulus / 2 then product - modulus else product end;
    end loop;
    return hash;
end
$$;

create or replace function standin.fnv_hash(value text, seed bigint default -3750763034362895579)
returns bigint
language sql
immutable
strict
as $$ select standin.fnv_hash_of_bytes(textsend(value), seed) $$;

create or replace function standin.fnv_hash(value bpchar, seed bigint default -3750763034362895579)
returns bigint
language sql
immutable
strict
as $$ select standin.fnv_hash_of_bytes(bpcharsend(value), seed) $$;

create or replace function standin.fnv_hash(value smallint, seed bigint default -3750763034362895579)
returns bigint
language sql
immutable
strict
as $$ select standin.fnv_hash_of_bytes(reverse(int2send(value)), seed) $$;

create or replace function standin.fnv_hash(value integer, seed bigint default -3750763034362895579)
returns bigint
language sql
immutable
strict
as $$ select standin.fnv_hash_of_bytes(reverse(int4send(value)), seed) $$;

create or replace function standin.fnv_hash(value bigint, seed bigint default -3750763034362895579)
returns bigint
language sql
immutable
strict
as $$ select standin.fnv_hash_of_bytes(reverse(int8send(value)), seed) $$;

create or replace function standin.is_valid_json(value text)
returns boolean
language sql
immutable
strict
as $$ select value is json object $$;

create or replace function standin.is_valid_json_array(value text)
returns boolean
language sql
immutable
strict
as $$ select value is json array $$;

create or replace function standin.json_array_length(value text, null_if_invalid boolean default false)
returns integer
language plpgsql
immutable
strict
as $$
begin
    if value is json array then
        return pg_catalog.json_array_length(value::json);
    end if;
    if null_if_invalid then
        return null;
    end if;
    raise exception 'invalid json array object %', value using errcode = 'internal_error';
end
$$;

-- The first element is at 0.
create or replace function standin.json_extract_array_element_text(
    value text, place integer, null_if_invalid boolean default false
)
returns text
language plpgsql
immutable
strict
as $$
begin
    if value is json array then
        return case when place >= 0 then value::json ->> place end;
    end if;
    if null_if_invalid then
        return null;
    end if;
    raise exception 'invalid json array object %', value using errcode = 'internal_error';
end
$$;

create or replace function standin.json_text(value text, path text[], null_if_invalid boolean)
returns text
language plpgsql
immutable
strict
as $$
declare
    found json;
    element text;
begin
    if cardinality(path) > 5 then
        raise exception 'JSON_EXTRACT_PATH_TEXT takes five path elements' using errcode = 'internal_error';
    end if;
    if value is not json object then
        if null_if_invalid then
            return null;
        end if;
        raise exception 'JSON parsing error' using errcode = 'internal_error';
    end if;
    found := value;
    foreach element in array path loop
        if json_typeof(found) is distinct from 'object' then
            return null;
        end if;
        found := found -> element;
    end loop;
    return found #>> '{}';
end
$$;

create or replace function standin.json_extract_path_text(value text, variadic path text[])
returns text
language sql
immutable
strict
as $$ select standin.json_text(value, path, false) $$;

create or replace function standin.json_extract_path_text(value text, one text, null_if_invalid boolean)
returns text
language sql
immutable
strict
as $$ select standin.json_text(value, array[one], null_if_invalid) $$;

create or replace function standin.json_extract_path_text(value text, one text, two text, null_if_invalid boolean)
returns text
language sql
immutable
strict
as $$ select standin.json_text(value, array[one, two], null_if_invalid) $$;
