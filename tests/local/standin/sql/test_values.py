"""What Redshift's functions and operators give. The expected values are those of the AWS documentation or reckoned."""

from __future__ import annotations

import datetime
from decimal import Decimal

import psycopg
import pytest

SUNDAY = "timestamp '2018-11-11 23:59:59.796'"


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # AWS pages "NVL", "NVL2", "DECODE", "CONCAT", "LEN", "CHARINDEX"
        ("nvl(null, null, 3)", 3),
        ("nvl2(null, 1, 2)", 2),
        ("decode(2, 1, 'one', 2, 'two', 'many')", "two"),
        ("decode(null, 1, 'one', null, 'nothing')", "nothing"),
        ("decode(7, 1, 'one')", None),
        ("decode(decode(1, 1, 2), 2, nvl(null, 'inner'))", "inner"),
        ("concat('a', null)", None),
        ("concat('a', 'b')", "ab"),
        ("len('français')", 8),
        ("octet_length('français')", 9),
        ("len('cat   ')", 6),
        ("charindex('fish', 'dogfish')", 4),
        ("upper('björk é')", "BJÖRK É"),
        ("lower('ÀÉÎ')", "àéî"),
        # AWS pages "DATEADD", "DATEDIFF", "DATE_PART", "EXTRACT", "DATE_TRUNC", "ADD_MONTHS", "LAST_DAY"
        ("dateadd(month, 18, '2008-02-28'::date)", datetime.datetime(2009, 8, 28)),
        ("dateadd(minute, 30, '2008-02-28'::date)", datetime.datetime(2008, 2, 28, 0, 30)),
        ("dateadd(month, 1, '2008-01-31'::date)", datetime.datetime(2008, 2, 29)),
        ("dateadd(hr, -1, timestamp '2018-11-30 00:30:00')", datetime.datetime(2018, 11, 29, 23, 30)),
        ("dateadd('qtr', 1, timestamp '2018-11-30')", datetime.datetime(2019, 2, 28)),
        ("datediff(year, '2008-12-31', '2009-01-01')", 1),
        ("datediff(week_part, '2008-12-31', '2009-01-01')".replace("week_part", "qtr"), 1),
        ("datediff(hour, '2018-11-01 08:30', '2018-11-01 10:00')", 2),
        ("datediff(hour, '2018-11-01 01:59', '2018-11-01 02:01')", 1),
        ("datediff(day, '2018-11-30 23:59', '2018-12-01 00:00')", 1),
        ("datediff(mon, '2018-12-01', '2018-11-30')", -1),
        ("datediff(min, '1969-12-31 23:59:30', '1970-01-01 00:00:30')", 1),
        ("datediff(ms, '2018-11-01', '2018-11-01 00:00:01.5')", 1500),
        (f"extract(hour from {SUNDAY})", 23),
        (f"extract(day from {SUNDAY})", 11),
        (f"extract(week from {SUNDAY})", 45),
        (f"extract(month from {SUNDAY})", 11),
        (f"extract(year from {SUNDAY})", 2018),
        (f"extract(weekday from {SUNDAY})", 0),
        (f"extract(dow from {SUNDAY} - interval '1 day')", 6),
        (f"extract(epoch from {SUNDAY})", 1541980799),
        ("extract(second from timestamp '2009-09-09 12:08:43')", 43),
        ("extract(sec from timestamp '2009-01-01 00:00:03.189717')", 3),
        (f"extract(ms from {SUNDAY})", 796),
        ("extract(week from date '2018-12-31')", 1),
        ("date_part(sec, timestamp '2009-01-01 00:00:03.189717')", 3.189717),
        (f"date_part('w', {SUNDAY})", 45.0),
        (f"date_trunc('week', {SUNDAY})", datetime.datetime(2018, 11, 5)),
        ("date_trunc('month', date '2018-11-30')", datetime.datetime(2018, 11, 1)),
        (f"trunc({SUNDAY})", datetime.date(2018, 11, 11)),
        ("add_months(timestamp '2008-02-29', 1)", datetime.datetime(2008, 3, 31)),
        ("last_day(timestamp '2008-02-03')", datetime.date(2008, 2, 29)),
        (
            "timestamp 'epoch' + 1541980799796 / 1000.0 * interval '1 second'",
            datetime.datetime(2018, 11, 11, 23, 59, 59, 796000),
        ),
        ("convert_timezone('America/New_York', timestamp '2018-11-30 12:00')", datetime.datetime(2018, 11, 30, 7)),
        ("convert_timezone('EST', 'UTC', timestamp '2018-11-30 12:00')", datetime.datetime(2018, 11, 30, 17)),
        (f"to_char({SUNDAY}, 'YYYY-MM-DD HH24:MI:SS.MS D')", "2018-11-11 23:59:59.796 1"),
        # A text is a time without a zone
        ("dateadd(day, 1, '2018-01-01')", datetime.datetime(2018, 1, 2)),
        ("date_trunc('day', '2018-01-01 10:00')", datetime.datetime(2018, 1, 1)),
        ("extract(hour from '2018-01-01 10:00')", 10),
        ("date_part(hour, '2018-01-01 10:00')", 10.0),
        # As many weeks from Sunday as from Monday, whichever a week begins with
        ("datediff(week, '2009-01-01', '2009-12-31')", 52),
        ("datediff(w, '2018-11-03', '2018-11-05')", 1),
        ("datediff(week, '2018-11-05', '2018-11-03')", -1),
        # AWS page "TO_TIMESTAMP"
        ("to_timestamp('', 'YYYY-MM-DD')", datetime.datetime(1, 1, 1, tzinfo=datetime.timezone.utc)),
        ("to_timestamp('2011-12-18', 'YYYY-MM-DD')", datetime.datetime(2011, 12, 18, tzinfo=datetime.timezone.utc)),
        # AWS page "FNV_HASH"
        ("fnv_hash(1)", -5968735742475085980),
        ("fnv_hash(1::smallint)", 589727492704079044),
        ("fnv_hash(1::bigint)", -8517097267634966620),
        ("fnv_hash('Amazon Redshift')", 7783490368944507294),
        ("fnv_hash('Amazon Redshift', fnv_hash(1))", -2202602717770968555),
        ("fnv_hash('cd', fnv_hash('ab'))", -281581062704388899),
        ("fnv_hash('abcd')", -281581062704388899),
        ("fnv_hash('a '::varchar(3)) = fnv_hash('a')", False),
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
        ("""json_extract_path_text('{"f2":{"f3":1},"f4":{"f5":99,"f6":"star"}}', 'f4', 'f6')""", "star"),
        ("""json_extract_path_text('{"f2":{"f3":1}}', 'f2')""", '{"f3":1}'),
        ("""json_extract_path_text('{"f2":{"f3":1}}', 'F2')""", None),
        ("""json_extract_path_text('{"f2":[1]}', 'f2', '0')""", None),
        ("""json_extract_path_text('{"f2":', 'f2', true)""", None),
        ("""is_valid_json('{"a": {"b": 1}}')""", True),
        ("""is_valid_json('{"a": {"b": 1}')""", False),
        ("is_valid_json_array('[1, {}, []]')", True),
        ("is_valid_json_array('{}')", False),
        ("json_array_length('[11, 12, [1, 2]]')", 3),
        ("json_array_length('[11', true)", None),
        # Numbers
        ("round(7)", 7),
        ("trunc(-7.5)", Decimal(-7)),
        ("7 / 2", 3),
        ("round(2.5::float8)", 3.0),
        ("round(1234.5678::float8, 2)", 1234.57),
        ("100.8976::decimal(5, 2)", Decimal("100.90")),
        ("7.9::decimal", Decimal(8)),
        ("'12'::int + 1", 13),
        ("sha2('abc', 256)", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ("md5('abc')", "900150983cd24fb0d6963f7d28e17f72"),
        # Strings
        (r"'a\'b' || 'c\\d'", "a'bc\\d"),
        ("'a' || null", None),
        ("'é' > 'z'", True),
        ("'Z' < 'a'", True),
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
        "datediff(week, '2018-11-03', '2018-11-04')",
        "datediff(week, '2018-11-04', '2018-11-05')",
        "regexp_substr('a', '(?=a)')",
        "regexp_substr('aa', 'a+?')",
        "regexp_substr('a', 'a', 1, 1, 'p')",
        "regexp_replace('a', '(a)', '$1')",
        r"regexp_replace('a', '(a)', '\\1')",
    ],
)
def test_what_is_not_known_of_a_function_is_refused(ask, expression):
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


def test_a_function_that_is_not_found_is_called_by_its_own_name(ask):
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
def test_an_average_of_decimals_has_the_digits_of_its_argument(ask, expression, expected):
    """AWS pages "AVG", "SUM" and "Computations with numeric values"."""
    rows = ask(
        "create temp table t (a decimal(8, 2))",
        "insert into t values (1.10), (2.25), (3.33), (null)",
        f"select {expression} from t",
    )
    assert [str(value) for (value,) in rows] == [expected]


@pytest.mark.parametrize("aggregate", ["avg(n)", "sum(n)", "sum(b)", "sum(r)", "median(f)", "listagg(s)"])
def test_aggregates_of_nothing_are_null(ask, aggregate):
    assert ask(*NUMBERS, f"select {aggregate} from t where n > 9") == [(None,)]


def test_windows(ask):
    rows = ask(
        *NUMBERS,
        "select n, avg(n) over (partition by s), sum(n) over (order by n rows unbounded preceding), "
        "row_number() over (order by n, s) from t where n is not null order by n",
    )
    assert [row[1:] for row in rows] == [(1, 1, 1), (1, 2, 2), (2, 4, 3), (4, 8, 4)]


def test_times_of_the_statement_and_of_the_transaction(session):
    with session.transaction():
        (first, started), (second, started_again) = (
            session.execute("select getdate(), sysdate").fetchone() for _ in range(2)
        )
        assert started == started_again
        assert first.microsecond == 0
        assert first <= second
        assert first.tzinfo is None


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


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("select 'abc'::int from t", "Invalid digit, Value 'a', Pos 0, Type: Integer"),
        ("select s::bigint from t where s = 'b'", "Invalid digit, Value 'b', Pos 0, Type: Long"),
        ("select n / 0 from t", "Divide by zero"),
        ("insert into strict values (null)", "Cannot insert a NULL value into column n"),
    ],
)
def test_errors_of_the_engine(ask, statement, message):
    with pytest.raises(psycopg.errors.InternalError_) as caught:
        ask(*NUMBERS, "create temp table strict (n integer not null)", statement)
    assert caught.value.diag.message_primary == message
    assert caught.value.sqlstate == "XX000"
