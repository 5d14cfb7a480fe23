-- Date functions that PostgreSQL lacks or computes otherwise. Names of date parts are PostgreSQL's when they get here.

create or replace function standin.sysdate()
returns timestamp
language sql
stable
as $$ select transaction_timestamp() at time zone 'UTC' $$;

-- The start of the statement, in whole seconds.
create or replace function standin.getdate()
returns timestamp
language sql
stable
as $$ select date_trunc('second', statement_timestamp() at time zone 'UTC') $$;

-- What an older stand-in called DATEADD and DATEDIFF.
drop function if exists
    standin.dateadd(text, bigint, timestamp),
    standin.dateadd(text, bigint, date),
    standin.dateadd(text, bigint, timestamptz),
    standin.datediff(text, timestamp, timestamp);

-- EXTRACT: the part alone, as a whole number. Its result is called date_part.
create or replace function standin.date_part(part text, value timestamp)
returns bigint
language sql
immutable
strict
as $$
    select case part
        when 'milliseconds' then trunc(extract(milliseconds from value))::bigint % 1000
        when 'microseconds' then trunc(extract(microseconds from value))::bigint % 1000000
        else trunc(pg_catalog.date_part(part, value))::bigint
    end
$$;

create or replace function standin.date_part(part text, value timestamptz)
returns bigint
language sql
stable
strict
as $$
    select case part
        when 'epoch' then trunc(extract(epoch from value))::bigint
        else standin.date_part(part, value::timestamp)
    end
$$;

create or replace function standin.date_part(part text, value date)
returns bigint
language sql
immutable
strict
as $$ select standin.date_part(part, value::timestamp) $$;

create or replace function standin.date_part(part text, value time)
returns bigint
language sql
immutable
strict
as $$ select standin.date_part(part, date '1970-01-01' + value) $$;

create or replace function standin.date_part(part text, value interval)
returns bigint
language sql
immutable
strict
as $$ select trunc(pg_catalog.date_part(part, value))::bigint $$;

-- DATE_PART: a floating-point number. Its result is called pgdate_part.
create or replace function standin.pgdate_part(part text, value timestamp)
returns double precision
language sql
immutable
strict
as $$ select pg_catalog.date_part(part, value) $$;

create or replace function standin.pgdate_part(part text, value timestamptz)
returns double precision
language sql
stable
strict
as $$ select pg_catalog.date_part(part, value) $$;

create or replace function standin.pgdate_part(part text, value date)
returns double precision
language sql
immutable
strict
as $$ select pg_catalog.date_part(part, value::timestamp) $$;

create or replace function standin.pgdate_part(part text, value interval)
returns double precision
language sql
immutable
strict
as $$ select pg_catalog.date_part(part, value) $$;

-- Of a date PostgreSQL would make a timestamp with time zone.
create or replace function standin.date_trunc(part text, value timestamp)
returns timestamp
language sql
immutable
strict
as $$ select pg_catalog.date_trunc(part, value) $$;

create or replace function standin.date_trunc(part text, value date)
returns timestamp
language sql
immutable
strict
as $$ select pg_catalog.date_trunc(part, value::timestamp) $$;

create or replace function standin.date_trunc(part text, value timestamptz)
returns timestamptz
language sql
stable
strict
as $$ select pg_catalog.date_trunc(part, value) $$;

create or replace function standin.part_interval(part text, number bigint)
returns interval
language sql
immutable
strict
as $$
    select case part
        when 'quarter' then number * interval '3 months'
        when 'milliseconds' then number * interval '1 millisecond'
        when 'microseconds' then number * interval '1 microsecond'
        else number * ('1 ' || part)::interval
    end
$$;

create or replace function standin.date_add(part text, number bigint, value timestamp)
returns timestamp
language sql
immutable
strict
as $$ select value + standin.part_interval(part, number) $$;

create or replace function standin.date_add(part text, number bigint, value date)
returns timestamp
language sql
immutable
strict
as $$ select value::timestamp + standin.part_interval(part, number) $$;

create or replace function standin.date_add(part text, number bigint, value timestamptz)
returns timestamptz
language sql
stable
strict
as $$ select value + standin.part_interval(part, number) $$;

create or replace function standin.years(value timestamp)
returns bigint
language sql
immutable
strict
as $$ select extract(year from value)::bigint $$;

create or replace function standin.months(value timestamp)
returns bigint
language sql
immutable
strict
as $$ select extract(year from value)::bigint * 12 + extract(month from value)::bigint - 1 $$;

create or replace function standin.units(value timestamp, microseconds bigint)
returns bigint
language sql
immutable
strict
as $$ select floor(extract(epoch from value) * 1000000 / microseconds)::bigint $$;

-- Weeks begin on Sunday or on Monday: that is not documented, so a count that depends on it is refused.
create or replace function standin.week_difference(earlier timestamp, later timestamp)
returns bigint
language plpgsql
immutable
strict
as $$
declare
    -- The second of January 2000 was a Sunday.
    sundays bigint := floor((later::date - date '2000-01-02') / 7.0) - floor((earlier::date - date '2000-01-02') / 7.0);
    mondays bigint := floor((later::date - date '2000-01-03') / 7.0) - floor((earlier::date - date '2000-01-03') / 7.0);
begin
    if sundays <> mondays then
        raise exception 'DATEDIFF(week, ..) that depends on the first day of a week is not supported by the stand-in'
            using errcode = 'feature_not_supported';
    end if;
    return sundays;
end
$$;

-- How many boundaries of the part lie between two times, and not how much time.
create or replace function standin.date_diff(part text, earlier timestamp, later timestamp)
returns bigint
language sql
immutable
strict
as $$
    select case part
        when 'month' then standin.months(later) - standin.months(earlier)
        when 'quarter' then standin.months(later) / 3 - standin.months(earlier) / 3
        when 'year' then standin.years(later) - standin.years(earlier)
        when 'decade' then standin.years(later) / 10 - standin.years(earlier) / 10
        when 'century' then (standin.years(later) - 1) / 100 - (standin.years(earlier) - 1) / 100
        when 'millennium' then (standin.years(later) - 1) / 1000 - (standin.years(earlier) - 1) / 1000
        when 'week' then standin.week_difference(earlier, later)
        when 'day' then (later::date - earlier::date)::bigint
        when 'hour' then standin.units(later, 3600000000) - standin.units(earlier, 3600000000)
        when 'minute' then standin.units(later, 60000000) - standin.units(earlier, 60000000)
        when 'second' then standin.units(later, 1000000) - standin.units(earlier, 1000000)
        when 'milliseconds' then standin.units(later, 1000) - standin.units(earlier, 1000)
        when 'microseconds' then standin.units(later, 1) - standin.units(earlier, 1)
    end
$$;

create or replace function standin.last_day(value timestamp)
returns date
language sql
immutable
strict
as $$ select (pg_catalog.date_trunc('month', value) + interval '1 month - 1 day')::date $$;

-- The last day of a month stays the last day.
create or replace function standin.add_months(value timestamp, number bigint)
returns timestamp
language sql
immutable
strict
as $$
    select case
        when value::date = standin.last_day(value)
            then standin.last_day(value + number * interval '1 month')::timestamp + value::time
        else value + number * interval '1 month'
    end
$$;

create or replace function standin.convert_timezone(target text, value timestamp)
returns timestamp
language sql
stable
strict
as $$ select value at time zone 'UTC' at time zone target $$;

create or replace function standin.convert_timezone(source text, target text, value timestamp)
returns timestamp
language sql
stable
strict
as $$ select value at time zone source at time zone target $$;

-- A day that its month does not have is one of the next month, and hour 24 is the next day's first, unless the call is
-- strict. AWS pages "TO_DATE", "TO_TIMESTAMP".
create or replace function standin.parse_timestamp(value text, format text, is_strict boolean)
returns timestamptz
language plpgsql
stable
strict
as $$
declare
    -- As long as the value that it describes.
    pattern constant text := replace(upper(format), 'HH24', 'hh');
    counted text := value;
    beyond interval := '0';
    part record;
begin
    if pattern ~ 'TZ|OF|Q' then
        raise exception 'the format % is not supported', format using errcode = 'feature_not_supported';
    end if;
    begin
        return pg_catalog.to_timestamp(value, format);
    exception
        when datetime_field_overflow then
            if is_strict then
                raise exception 'date/time field date value out of range: %', value
                    using errcode = 'datetime_field_overflow';
            end if;
    end;
    if length(value) = length(pattern) and pattern !~ 'DDD' then
        for part in
            select strpos(pattern, name) as place, least_value, unit
            from (
                select 'DD' as name, 1 as least_value, interval '1 day' as unit
                union all
                select 'hh', 0, interval '1 hour'
            ) as parts
            where substr(value, strpos(pattern, name), 2) ~ '^[0-9]{2}$' and strpos(pattern, name) > 0
        loop
            counted := overlay(counted placing lpad(part.least_value::text, 2, '0') from part.place for 2);
            beyond := beyond + (substr(value, part.place, 2)::integer - part.least_value) * part.unit;
        end loop;
        begin
            return pg_catalog.to_timestamp(counted, format) + beyond;
        exception
            when datetime_field_overflow then null;
        end;
    end if;
    raise exception 'the value % out of the range of % is not supported by the stand-in', value, format
        using errcode = 'feature_not_supported';
end
$$;

-- A text without anything in it is the first day there is.
create or replace function standin.to_timestamp(value text, format text, is_strict boolean)
returns timestamptz
language sql
stable
strict
as $$
    select case
        when value = '' then timestamptz '0001-01-01 00:00:00+00'
        else standin.parse_timestamp(value, format, is_strict)
    end
$$;

create or replace function standin.to_timestamp(value text, format text)
returns timestamptz
language sql
stable
strict
as $$ select standin.to_timestamp(value, format, false) $$;

create or replace function standin.to_timestamp(value timestamp, format text)
returns timestamptz
language sql
stable
strict
as $$ select standin.to_timestamp(value::text, format, false) $$;

create or replace function standin.to_date(value text, format text, is_strict boolean default false)
returns date
language plpgsql
stable
strict
as $$
begin
    if value = '' then
        raise exception 'TO_DATE of an empty string is not supported by the stand-in'
            using errcode = 'feature_not_supported';
    end if;
    return standin.parse_timestamp(value, format, is_strict)::date;
end
$$;
