-- Aggregates whose result has another type or value than PostgreSQL's, or that it lacks.

create or replace function standin.average(state bigint[])
returns bigint
language sql
immutable
as $$ select case when state[1] > 0 then state[2] / state[1] end $$;

create or replace function standin.average_step(state numeric[], value bigint)
returns numeric[]
language sql
immutable
as $$ select case when value is null then state else array[state[1] + 1, state[2] + value] end $$;

create or replace function standin.average(state numeric[])
returns bigint
language sql
immutable
as $$ select case when state[1] > 0 then pg_catalog.trunc(state[2] / state[1])::bigint end $$;

create or replace function standin.average_step(state numeric[], value numeric)
returns numeric[]
language sql
immutable
as $$ select case when value is null then state else array[state[1] + 1, state[2] + value] end $$;

-- As many digits after the point as the argument has; the rest is cut. DIV is exact, where a quotient is not.
create or replace function standin.decimal_average(state numeric[])
returns numeric
language sql
immutable
as $$
    select case
        when state[1] > 0 then pg_catalog.round(
            div(state[2] * power(10::numeric, scale(state[2])), state[1]) / power(10::numeric, scale(state[2])),
            scale(state[2])
        )
    end
$$;

-- The average of whole numbers is a whole number, cut and not rounded.
create or replace aggregate standin.avg(smallint) (
    sfunc = int2_avg_accum,
    stype = bigint[],
    finalfunc = standin.average,
    initcond = '{0,0}'
);
create or replace aggregate standin.avg(integer) (
    sfunc = int4_avg_accum,
    stype = bigint[],
    finalfunc = standin.average,
    initcond = '{0,0}'
);
create or replace aggregate standin.avg(bigint) (
    sfunc = standin.average_step,
    stype = numeric[],
    finalfunc = standin.average,
    initcond = '{0,0}'
);
create or replace aggregate standin.avg(numeric) (
    sfunc = standin.average_step,
    stype = numeric[],
    finalfunc = standin.decimal_average,
    initcond = '{0,0}'
);
create or replace aggregate standin.avg(real) (
    sfunc = float4_accum,
    stype = double precision[],
    finalfunc = float8_avg,
    initcond = '{0,0,0}'
);
create or replace aggregate standin.avg(double precision) (
    sfunc = float8_accum,
    stype = double precision[],
    finalfunc = float8_avg,
    initcond = '{0,0,0}'
);

-- The sum of BIGINT is a BIGINT, and overflows like one.
create or replace aggregate standin.sum(smallint) (sfunc = int2_sum, stype = bigint);
create or replace aggregate standin.sum(integer) (sfunc = int4_sum, stype = bigint);
create or replace aggregate standin.sum(bigint) (sfunc = int8pl, stype = bigint);
create or replace aggregate standin.sum(numeric) (sfunc = numeric_avg_accum, stype = internal, finalfunc = numeric_sum);
create or replace aggregate standin.sum(double precision) (sfunc = float8pl, stype = double precision);

create or replace function standin.add_real(state double precision, value real)
returns double precision
language sql
immutable
as $$ select case when value is null then state else coalesce(state, 0) + value::double precision end $$;

create or replace aggregate standin.sum(real) (sfunc = standin.add_real, stype = double precision);

create or replace function standin.middle(state double precision[])
returns double precision
language sql
immutable
as $$
    select percentile_cont(0.5) within group (order by value)
    from unnest(state) as value
$$;

create or replace function standin.middle(state numeric[])
returns numeric
language sql
immutable
as $$
    with sorted as (
        select
            value,
            row_number() over (order by value) as place,
            count(*) over () as total
        from unnest(state) as value
        where value is not null
    )
    select avg(value)
    from sorted
    where place in ((total + 1) / 2, (total + 2) / 2)
$$;

create or replace function standin.collect(state numeric[], value bigint)
returns numeric[]
language sql
immutable
as $$ select array_append(state, value::numeric) $$;

create or replace function standin.collect(state numeric[], value smallint)
returns numeric[]
language sql
immutable
as $$ select array_append(state, value::numeric) $$;

create or replace function standin.collect(state numeric[], value integer)
returns numeric[]
language sql
immutable
as $$ select array_append(state, value::numeric) $$;

create or replace aggregate standin.median(smallint) (
    sfunc = standin.collect,
    stype = numeric[],
    finalfunc = standin.middle
);
create or replace aggregate standin.median(integer) (
    sfunc = standin.collect,
    stype = numeric[],
    finalfunc = standin.middle
);
create or replace aggregate standin.median(bigint) (
    sfunc = standin.collect,
    stype = numeric[],
    finalfunc = standin.middle
);
create or replace aggregate standin.median(numeric) (
    sfunc = array_append,
    stype = numeric[],
    finalfunc = standin.middle
);
create or replace aggregate standin.median(double precision) (
    sfunc = array_append,
    stype = double precision[],
    finalfunc = standin.middle
);

-- NULLs and empty strings are left out.
create or replace function standin.listagg_step(state varchar, value varchar, separator varchar)
returns varchar
language plpgsql
immutable
as $$
begin
    if value is null or value = '' then
        return state;
    end if;
    state := coalesce(state || coalesce(separator, ''), '') || value;
    if octet_length(state) > 65535 then
        raise exception 'Result size exceeds LISTAGG limit' using errcode = 'internal_error';
    end if;
    return state;
end
$$;

create or replace function standin.listagg_step(state varchar, value varchar, separator varchar, ordered anyelement)
returns varchar
language sql
immutable
as $$ select standin.listagg_step(state, value, separator) $$;

create or replace aggregate standin.listagg(varchar, varchar) (sfunc = standin.listagg_step, stype = varchar);
create or replace aggregate standin.listagg(varchar, varchar, anyelement) (
    sfunc = standin.listagg_step,
    stype = varchar
);
