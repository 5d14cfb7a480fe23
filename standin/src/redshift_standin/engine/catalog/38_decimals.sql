-- The scale of a quotient of DECIMALs, by the types of what is divided. AWS page "Computations with numeric values".
--
-- A type is an array: its precision, its scale, and 1 for a DECIMAL or 0 for an integer. What is NULL is not known.

-- The type of a column that has one and the same in all of the tables that have it.
-- It is immutable for PostgreSQL to look at the catalog once for a statement, and not for each row.
create or replace function standin.column_type(tables text[], name text)
returns integer[]
language sql
immutable
strict
as $$
    select case when count(*) = count(type) and min(type) = max(type) then min(type) end
    from (
        select case
            when atttypid = 'smallint'::regtype then array[5, 0, 0]
            when atttypid = 'integer'::regtype then array[10, 0, 0]
            when atttypid = 'bigint'::regtype then array[19, 0, 0]
            when atttypid = 'numeric'::regtype and atttypmod > 0
                then array[((atttypmod - 4) >> 16) & 65535, (atttypmod - 4) & 2047, 1]
        end as type
        from pg_catalog.unnest(tables) as named (relation)
        join pg_catalog.pg_attribute on attrelid = to_regclass(relation)
        where attname = column_type.name
            and attnum > 0
    ) as types
$$;

create or replace function standin.type_of_sum(one integer[], other integer[])
returns integer[]
language sql
immutable
strict
as $$
    select case
        when one[3] + other[3] = 0 then greatest(one, other)
        else array[
            least(38, greatest(one[1] - one[2], other[1] - other[2]) + 1 + greatest(one[2], other[2])),
            greatest(one[2], other[2]),
            1
        ]
    end
$$;

create or replace function standin.type_of_product(one integer[], other integer[])
returns integer[]
language sql
immutable
strict
as $$
    select case
        when one[3] + other[3] = 0 then greatest(one, other)
        else array[least(38, one[1] + other[1] + 1), least(38, one[2] + other[2]), 1]
    end
$$;

create or replace function standin.type_of_quotient(one integer[], other integer[])
returns integer[]
language plpgsql
immutable
strict
as $$
declare
    scale integer := greatest(4, one[2] + other[1] - other[2] + 1);
    size integer := one[1] - one[2] + other[2] + scale;
begin
    if one[3] + other[3] = 0 then
        return greatest(one, other);
    end if;
    if size > 38 then
        scale := greatest(38 + scale - size, 4);
    end if;
    return array[least(size, 38), scale, 1];
end
$$;

-- SUM and AVG.
create or replace function standin.type_of_total(one integer[])
returns integer[]
language sql
immutable
strict
as $$ select case when one[3] = 0 then array[19, 0, 0] else array[38, one[2], 1] end $$;

create or replace function standin.quotient_scale(one integer[], other integer[])
returns integer
language sql
immutable
strict
as $$ select case when one[3] + other[3] > 0 then (standin.type_of_quotient(one, other))[2] end $$;

-- With these digits a quotient cannot be rounded up to what it does not reach: no divisor has more than 38.
create or replace function standin.decimal_operand(value numeric, scale integer)
returns numeric
language sql
immutable
as $$ select case when scale is null then value else pg_catalog.round(value, scale + 40) end $$;

create or replace function standin.cut(value numeric, scale integer)
returns numeric
language sql
immutable
as $$ select case when scale is null then value else pg_catalog.trunc(value, scale) end $$;

-- What is no DECIMAL stays what it is. The operator is one because PostgreSQL calls a column after a function.
do $do$
declare
    kind text;
begin
    foreach kind in array array['smallint', 'integer', 'bigint', 'real', 'double precision', 'anyelement'] loop
        execute format(
            'create or replace function standin.decimal_operand(value %1$s, scale integer) returns %1$s '
            'language sql immutable as $$ select value $$',
            kind
        );
        execute format(
            'create or replace function standin.cut(value %1$s, scale integer) returns %1$s '
            'language sql immutable as $$ select value $$',
            kind
        );
    end loop;
    foreach kind in array
        array['numeric', 'smallint', 'integer', 'bigint', 'real', 'double precision', 'anyelement']
    loop
        if to_regoperator(format('standin.//(%s, integer)', kind)) is null then
            execute format('create operator standin.// (leftarg = %s, rightarg = integer, function = standin.cut)', kind);
        end if;
    end loop;
end
$do$;
