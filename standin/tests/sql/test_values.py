"""The results of Redshift's functions and operators, from the AWS documentation or computed by hand."""

from __future__ import annotations

import datetime
import hashlib
from decimal import Decimal

import psycopg
import pytest

SUNDAY = "timestamp '2018-11-11 23:59:59.796'"


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # AWS pages "NVL", "NVL2", "DECODE", "CONCAT", "LEN", "CHARINDEX"
        ("decode(decode(1, 1, 2), 2, nvl(null, 'inner'))", "inner"),
        ("upper('björk é')", "BJÖRK É"),
        ("lower('ÀÉÎ')", "àéî"),
        # AWS pages "DATEADD", "DATEDIFF", "DATE_PART", "EXTRACT", "DATE_TRUNC", "ADD_MONTHS", "LAST_DAY"
        ("dateadd('qtr', 1, timestamp '2018-11-30')", datetime.datetime(2019, 2, 28)),
        ("datediff(min, '1969-12-31 23:59:30', '1970-01-01 00:00:30')", 1),
        ("datediff(ms, '2018-11-01', '2018-11-01 00:00:01.5')", 1500),
        (f"extract(hour from {SUNDAY})", 23),
        (f"extract(day from {SUNDAY})", 11),
        (f"extract(week from {SUNDAY})", 45),
        (f"extract(month from {SUNDAY})", 11),
        (f"extract(year from {SUNDAY})", 2018),
        ("extract(second from timestamp '2009-09-09 12:08:43')", 43),
        (f"date_part('w', {SUNDAY})", 45.0),
        ("date_trunc('month', date '2018-11-30')", datetime.datetime(2018, 11, 1)),
        ("last_day(timestamp '2008-02-03')", datetime.date(2008, 2, 29)),
        (f"to_char({SUNDAY}, 'YYYY-MM-DD HH24:MI:SS.MS D')", "2018-11-11 23:59:59.796 1"),
        # A string is a time without a zone
        ("dateadd(day, 1, '2018-01-01')", datetime.datetime(2018, 1, 2)),
        ("date_trunc('day', '2018-01-01 10:00')", datetime.datetime(2018, 1, 1)),
        ("extract(hour from '2018-01-01 10:00')", 10),
        ("date_part(hour, '2018-01-01 10:00')", 10.0),
        # The same number of weeks whether a week begins on Sunday or Monday
        ("datediff(w, '2018-11-03', '2018-11-05')", 1),
        ("datediff(week, '2018-11-05', '2018-11-03')", -1),
        # AWS page "TO_TIMESTAMP"
        # AWS page "FNV_HASH"
        ("fnv_hash(1::smallint)", 589727492704079044),
        ("fnv_hash('cd', fnv_hash('ab'))", -281581062704388899),
        ("fnv_hash('abcd')", -281581062704388899),
        ("fnv_hash('a'::char(2)) = fnv_hash('a ')", True),
        # AWS page "STRTOL"
        ("strtol('0xf', 16)", 15),
        ("strtol('abcd1234', 16)", 2882343476),
        ("strtol('-110101', 2)", -53),
        # AWS pages "REGEXP_SUBSTR", "REGEXP_COUNT", "REGEXP_INSTR", "REGEXP_REPLACE"
        ("regexp_substr('the fox', '[a-z]*x')", "fox"),
        ("regexp_substr('the fox', '[0-9]+')", ""),
        ("regexp_substr('a,b,c', '[^,]+', 1, 2)", "b"),
        ("regexp_substr('aXx', 'x', 1, 1, 'i')", "X"),
        ("regexp_count('abcdefghijklmnopqrstuvwxyz', '[a-z]{3}')", 8),
        ("regexp_count('aXxx', 'x', 3)", 2),
        ("regexp_instr('the fox', 'fox')", 5),
        ("regexp_instr('the fox', 'FOX', 1, 1, 1, 'i')", 8),
        ("regexp_instr('the fox', 'cat')", 0),
        ("regexp_replace('DonecFri@example.com', '@.*[.](org|com)$')", "DonecFri"),
        ("regexp_replace('xaxbX', 'x', '-', 2, 'i')", "xa-b-"),
        # AWS pages "JSON_EXTRACT_PATH_TEXT", "IS_VALID_JSON", "JSON_ARRAY_LENGTH"
        ("""json_extract_path_text('{"f2":{"f3":1}}', 'f2')""", '{"f3":1}'),
        ("""json_extract_path_text('{"f2":{"f3":1}}', 'F2')""", None),
        ("""json_extract_path_text('{"f2":[1]}', 'f2', '0')""", None),
        ("""is_valid_json('{"a": {"b": 1}}')""", True),
        ("""is_valid_json('{"a": {"b": 1}')""", False),
        ("is_valid_json_array('[1, {}, []]')", True),
        ("is_valid_json_array('{}')", False),
        ("json_array_length('[11, 12, [1, 2]]')", 3),
        ("json_array_length('[11', true)", None),
        # Numbers
        ("round(7)", 7),
        ("trunc(-7.5)", Decimal(-7)),
        ("round(2.5::float8)", 3.0),
        ("round(1234.5678::float8, 2)", 1234.57),
        ("'12'::int + 1", 13),
        ("md5('abc')", "900150983cd24fb0d6963f7d28e17f72"),
        # Strings
        (r"'a\'b' || 'c\\d'", "a'bc\\d"),
        ("substring('dogfish' from 4 for 4)", "fish"),
        ("trim(both 'x' from 'xxax')", "a"),
        ("split_part('a/b/c', '/', 2)", "b"),
        ("'abcdef'::varchar(3)", "abc"),
        ("cast('héé' as varchar(4))", "hé"),
        ("len(repeat('x', 300)::text)", 256),
        ("case when 1 = 1 then 'yes' end", "yes"),
    ],
)
def test_expressions(ask, expression, expected):
    ((value,),) = ask(f"select {expression}")
    assert value == expected
    assert type(value) is type(expected)


@pytest.mark.parametrize(
    "expression",
    [
        "to_date('', 'YYYYMMDD')",
        "to_date('2001-1-32', 'YYYY-MM-DD')",
        "to_date('2001 366', 'YYYY DDD')",
        "try_cast('' as int)",
        "try_cast(1 as int)",
        "regexp_substr('a', '(?=a)')",
        "regexp_substr('aa', 'a+?')",
        "regexp_substr('a', 'a', 1, 1, 'p')",
        "regexp_replace('a', '(a)', '$1')",
        r"regexp_replace('a', '(a)', '\\1')",
    ],
)
def test_unsupported_uses_of_functions_are_refused(ask, expression):
    with pytest.raises(psycopg.errors.FeatureNotSupported, match="not supported by the stand-in"):
        ask(f"select {expression}")


@pytest.mark.parametrize(
    "expression",
    [
        "strtol('9', 8)",
        "strtol('', 8)",
        "strtol('1', 37)",
        """json_extract_path_text('{"a":', 'a')""",
        """json_extract_path_text('{}', 'a', 'b', 'c', 'd', 'e', 'f')""",
        "json_array_length('{}')",
    ],
)
def test_errors_of_functions(ask, expression):
    with pytest.raises(psycopg.errors.InternalError_):
        ask(f"select {expression}")


def test_missing_function_is_reported_by_its_own_name(ask):
    with pytest.raises(psycopg.errors.UndefinedFunction, match=r"^function fnv_hash\(date\) does not exist"):
        ask("select fnv_hash(date '2018-11-30')")


def test_names_of_columns_are_those_of_the_functions(session):
    cursor = session.execute(
        "select nvl(1, 2), len('a'), sysdate, extract(day from sysdate), avg(1), \"Quoted\", "
        "date_part(day, sysdate), dateadd(day, 1, sysdate), datediff(day, sysdate, sysdate) "
        'from (select 1 as "QUOTED") q group by "quoted"'
    )
    assert [column.name for column in cursor.description] == [
        "coalesce",
        "len",
        "sysdate",
        "date_part",
        "avg",
        "quoted",
        "pgdate_part",
        "date_add",
        "date_diff",
    ]


NUMBERS = (
    "create temp table t (n integer, b bigint, f float8, r real, s varchar(10))",
    "insert into t values (1, 1, 1, 1, 'b'), (2, 2, 2, 2, ''), (4, 4, 4, 4, 'a'), (null, null, null, null, null), "
    "(1, 1, 1, 1, 'b')",
)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("avg(n)", 2),
        ("avg(b)", 2),
        ("avg(f)", 2.0),
        ("avg(-n)", -2),
        ("avg(n::numeric(10, 4))", Decimal(2)),
        ("approximate count(distinct n)", 3),
        ("sum(b)", 8),
        ("sum(n)", 8),
        ("sum(r)", 8.0),
        ("sum(f) + 0.5", 8.5),
        ("count(distinct n)", 3),
        ("count(*)", 5),
        ("median(f)", 1.5),
        ("median(n)", Decimal("1.5")),
        ("listagg(s, ',') within group (order by s)", "a,b,b"),
        ("listagg(s) within group (order by n desc, s)", "abb"),
        ("listagg(distinct s, ';') within group (order by s desc)", "b;a"),
        ("listagg(distinct n, ',') within group (order by n)", "1,2,4"),
        ("max(s)", "b"),
    ],
)
def test_aggregates(ask, expression, expected):
    ((value,),) = ask(*NUMBERS, f"select {expression} from t")
    assert value == expected
    assert isinstance(value, type(expected))


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("avg(a)", "2.22"),
        ("avg(-a)", "-2.22"),
        ("avg(a::numeric(10, 4))", "2.2266"),
        ("sum(a)", "6.68"),
        ("max(a * a)", "11.0889"),
    ],
)
def test_average_of_decimals_has_the_digits_of_its_argument(ask, expression, expected):
    """AWS pages "AVG", "SUM" and "Computations with numeric values"."""
    rows = ask(
        "create temp table t (a decimal(8, 2))",
        "insert into t values (1.10), (2.25), (3.33), (null)",
        f"select {expression} from t",
    )
    assert [str(value) for (value,) in rows] == [expected]


@pytest.mark.parametrize("aggregate", ["avg(n)", "sum(n)", "sum(b)", "sum(r)", "median(f)", "listagg(s)"])
def test_aggregates_of_no_rows_are_null(ask, aggregate):
    assert ask(*NUMBERS, f"select {aggregate} from t where n > 9") == [(None,)]


def test_windows(ask):
    rows = ask(
        *NUMBERS,
        "select n, avg(n) over (partition by s), sum(n) over (order by n rows unbounded preceding), "
        "row_number() over (order by n, s) from t where n is not null order by n",
    )
    assert [row[1:] for row in rows] == [(1, 1, 1), (1, 2, 2), (2, 4, 3), (4, 8, 4)]


def test_set_operators_and_common_tables(ask):
    assert ask("with a (x) as (select 1 union all select 2) select x from a minus select 2") == [(1,)]


def test_nulls_come_last(ask):
    assert ask(*NUMBERS, "select n from t order by n limit 2 offset 3") == [(4,), (None,)]


def test_functions_of_the_session(session):
    process, user, schema = session.execute("select pg_backend_pid(), current_user, current_schema()").fetchone()
    assert process == session.info.backend_pid
    assert (user, schema) == ("awsuser", "public")


def test_settings(session):
    session.execute("set query_group to 'etl'")
    assert session.execute("show query_group").fetchone() == ("etl",)
    session.execute("reset query_group")
    assert session.execute("show query_group").fetchone() == ("",)
    session.execute("set statement_timeout to 60000")
    assert session.execute("show statement_timeout").fetchone() == ("1min",)
    session.execute("reset statement_timeout")


def test_set_config_is_like_set(session):
    set_both = "select set_config('statement_timeout', %s, false), set_config('query_group', %s, 'false')"
    assert session.execute(set_both, ("60000", "etl")).fetchone() == ("1min", "etl")
    assert session.execute("show statement_timeout").fetchone() == ("1min",)
    assert session.execute("show query_group").fetchone() == ("etl",)
    for setting in ("role", "search_path", "standin.query_group"):
        with pytest.raises(psycopg.errors.FeatureNotSupported):
            session.execute(f"select set_config('{setting}', 'x', false)")
    session.execute("reset statement_timeout")
    session.execute("reset query_group")


@pytest.mark.parametrize(
    ("statement", "message", "detail"),
    [
        ("select ' -12x'::smallint from t", "Invalid digit, Value 'x', Pos 4, Type: Short", "  code:      1207"),
        ("select '-1.5.2'::decimal(9, 1) from t", "Invalid digit, Value '.', Pos 4, Type: Decimal", "-1.5.2"),
        ("select n / 0 from t", "Divide by zero", None),
        ("insert into strict values (null)", "Cannot insert a NULL value into column n", None),
    ],
)
def test_errors_of_the_engine(ask, statement, message, detail):
    with pytest.raises(psycopg.errors.InternalError_) as caught:
        ask(*NUMBERS, "create temp table strict (n integer not null)", statement)
    told = caught.value.diag
    assert told.message_primary == message
    assert told.message_detail is None if detail is None else detail in told.message_detail
    assert caught.value.sqlstate == "XX000"


@pytest.mark.parametrize("size", [0, 1, 55, 56, 63, 64, 119, 120, 300])
def test_sha1_of_strings_around_the_block_size(ask, size):
    text = ("aé€" * size)[:size]
    assert ask(f"select sha1('{text}')") == [(hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest(),)]


INTEGERS = ("smallint", "integer", "bigint")
FRACTIONS = ("decimal(5, 1)", "real", "float8")
STRINGS = ("char(40)", "varchar(40)")
TRIED = {
    "true": {*INTEGERS},
    "1::smallint": {"boolean", "integer", "bigint", *FRACTIONS, *STRINGS},
    "1::integer": {"boolean", "smallint", "bigint", *FRACTIONS, *STRINGS},
    "1::bigint": {"boolean", "smallint", "integer", *FRACTIONS, *STRINGS},
    "1::decimal(5, 1)": {*INTEGERS, "real", "float8", *STRINGS},
    "1::real": {*INTEGERS, "decimal(5, 1)", "float8", *STRINGS},
    "1::float8": {*INTEGERS, "decimal(5, 1)", "real", *STRINGS},
    "'2018-01-01 12:00'": {"timestamp", "timestamptz", "date", "time", "timetz", *STRINGS},
    "timestamp '2018-01-01 12:00'": {"timestamptz", "date", "time", *STRINGS},
    "timestamptz '2018-01-01 12:00+00'": {"timestamp", "date", "time", "timetz", *STRINGS},
    "date '2018-01-01'": {"timestamp", "timestamptz", *STRINGS},
    "time '12:00'": {*STRINGS},
    "timetz '12:00+00'": {*STRINGS},
}
TYPES = ("boolean", *INTEGERS, *FRACTIONS, *STRINGS, "date", "timestamp", "timestamptz", "time", "timetz")


@pytest.mark.parametrize("value", TRIED)
@pytest.mark.parametrize("kind", TYPES)
def test_try_cast_equals_cast_for_supported_types(session, value, kind):
    """AWS page "TRY_CAST"."""
    if kind in TRIED[value]:
        same = session.execute(f"select try_cast({value} as {kind}) = cast({value} as {kind})")
        assert same.fetchone() == (True,)
    elif value == "'2018-01-01 12:00'" and kind != "boolean":
        assert session.execute(f"select try_cast({value} as {kind})").fetchone() == (None,)
    else:
        with pytest.raises((psycopg.errors.CannotCoerce, psycopg.errors.FeatureNotSupported)):
            session.execute(f"select try_cast({value} as {kind})")


@pytest.mark.parametrize(
    "call",
    ["to_date('2001 3', 'YYYY Q')", "to_timestamp('2001 UTC', 'YYYY TZ')", "to_timestamp('2001 +00', 'YYYY OF')"],
)
def test_formats_for_output_only(ask, call):
    """AWS pages "TO_DATE", "TO_TIMESTAMP"."""
    with pytest.raises(psycopg.errors.FeatureNotSupported, match=r"^the format .+ is not supported$"):
        ask(f"select {call}")


def test_try_cast_is_evaluated_for_each_value(ask):
    rows = ask(
        "create temp table t (v varchar(20), n integer)",
        "insert into t values ('7', 1), ('x', 2), (null, 3), ('99999999999', 4)",
        "select try_cast(v as integer) from t order by n",
    )
    assert rows == [(7,), (None,), (None,), (None,)]


def test_try_cast_of_strings_of_each_type(ask):
    rows = ask(
        "create temp table t (c char(5), v varchar(5))",
        "insert into t values ('7.25', '7.25')",
        "select try_cast(c as decimal(3, 1)), try_cast(v as decimal(3, 1)), try_cast(c as varchar(2)), "
        "try_cast(v as char(2)), try_cast(c as integer), try_cast(v as integer) from t",
    )
    assert rows == [(Decimal("7.3"), Decimal("7.3"), "7.", "7.", None, None)]


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        # AWS pages "TO_DATE", "TO_TIMESTAMP"
        ("to_date('02 Oct 2001', 'DD Mon YYYY')", datetime.date(2001, 10, 2)),
        ("to_date('2001-2-3', 'YYYY-MM-DD')", datetime.date(2001, 2, 3)),
        ("to_date('31/02/2000', 'dd/mm/yyyy')", datetime.date(2000, 3, 2)),
        ("to_date('20010630', 'YYYYMMDD', true)", datetime.date(2001, 6, 30)),
        ("to_timestamp('310400 2400', 'DDMMYY HH24MI')::timestamp", datetime.datetime(2000, 5, 2)),
        ("to_timestamp(timestamp '2001-02-03 04:05:06.7', 'YYYY-MM-DD HH24:MI:SS')::timestamp - '2001-02-03'", None),
    ],
)
def test_dates_by_a_format(ask, call, expected):
    ((value,),) = ask(f"select {call}")
    assert value == (expected or datetime.timedelta(hours=4, minutes=5, seconds=6))


@pytest.mark.parametrize(
    "call", ["to_date('20010631', 'YYYYMMDD', true)", "to_timestamp('20010101 24', 'YYYYMMDD HH24', true)"]
)
def test_strict_date_does_not_carry_over(ask, call):
    with pytest.raises(psycopg.errors.DatetimeFieldOverflow, match="date/time field date value out of range"):
        ask(f"select {call}")
