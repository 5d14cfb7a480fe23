"""Lateral column alias references: AWS pages "SELECT list" (the note on aliases) and "WHERE clause" (usage notes)."""

from __future__ import annotations

import datetime

import psycopg
import pytest

ROWS = (
    "create temp table clicks (clicks integer, impressions integer, name varchar(9))",
    "insert into clicks values (1, 4, 'a'), (3, 4, 'b')",
)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (
            "select clicks::float / impressions as probability, round(100 * probability, 1) as percentage from clicks "
            "order by 1",
            [(0.25, 25.0), (0.75, 75.0)],
        ),
        ("select clicks + 1 as a, a * 10 as b, a + b as c from clicks order by 1", [(2, 20, 22), (4, 40, 44)]),
        ("select clicks + 1 a, -a, a::varchar from clicks where a > 2", [(4, -4, "4")]),
        ("select upper(name) as letter from clicks where letter = 'B' and clicks > 0", [("B",)]),
        ("select sum(clicks) as total, total * 2 as twice from clicks", [(4, 8)]),
        (
            "select name, sum(clicks) as total, total + 1 from clicks group by name order by name",
            [("a", 1, 2), ("b", 3, 4)],
        ),
        ("select rank() over (order by clicks) as place, place + 1 from clicks order by 1", [(1, 2), (2, 3)]),
        (
            "select case when clicks > 2 then 'many' else 'few' end as much, much || '!' from clicks order by 1",
            [("few", "few!"), ("many", "many!")],
        ),
        # A column of FROM takes precedence.
        ("select upper(name) as name, name || '!' as called from clicks where name = 'b'", [("B", "b!")]),
        ("select clicks * 100 as impressions, impressions + 1 from clicks order by 1", [(100, 5), (300, 5)]),
        # Each SELECT has its own aliases.
        (
            "select clicks as x, x + 1 from clicks where name = 'a' "
            "union all select x * 10 as x, x + 1 from (select 7 as x) q order by 1",
            [(1, 2), (70, 8)],
        ),
        ("select * from (select clicks as x, x + 1 as y from clicks) q where y = 2", [(1, 2)]),
        ("with q as (select clicks as x, x + 1 as y from clicks) select max(y) as most, most + 1 from q", [(4, 5)]),
        ('select clicks as "Odd", "odd" + 1 from clicks where ODD = 1', [(1, 2)]),
        (
            "select datediff(day, '2020-01-01', '2020-01-03') as day, day * 2, date_trunc('day', '2020-01-01'::date)",
            [(2, 4, datetime.datetime(2020, 1, 1))],
        ),
    ],
)
def test_alias_means_its_expression_unless_a_column_has_its_name(ask, query, expected):
    assert ask(*ROWS, query) == expected


@pytest.mark.parametrize(
    "statement",
    [
        "create table made as select clicks as x, x + 1 as y from clicks where x = 1",
        "create table made (x, y) as (select clicks as x, x + 1 as y from clicks where x = 1)",
        "create view made as select clicks as x, x + 1 as y from kept where x = 1",
        "create table made (x integer, y integer); insert into made select clicks as x, x + 1 from clicks where x = 1",
    ],
)
def test_statements_that_contain_a_query(ask, statement):
    kept = "create table kept as select * from clicks"
    assert ask(*ROWS, kept, *statement.split(";"), "select x, y from made") == [(1, 2)]


def test_cursor(endpoint):
    connection = endpoint.psycopg()
    connection.execute("declare numbers cursor for select 1 as x, x + 1 as y")
    assert connection.execute("fetch all from numbers").fetchall() == [(1, 2)]


def test_alias_is_defined_only_for_later_items(ask):
    for query in (
        "select a + 1, clicks as a from clicks",
        "select clicks as a, 1 from clicks union select a, 1 from clicks",
        "select clicks as a, (select max(a) from clicks) from clicks",
        "select clicks as a, missing + a from clicks",
    ):
        with pytest.raises(psycopg.errors.UndefinedColumn):
            ask(*ROWS, query)


def test_prepared_statement_with_an_alias_accepts_parameters(shared_endpoint):
    connection = shared_endpoint.psycopg(autocommit=True)
    for number in (1, 2):
        row = connection.execute("select %s::integer as x, x + 1 as y where y > 0", (number,), prepare=True).fetchone()
        assert row == (number, number + 1)


def test_column_lookup_does_not_affect_the_transaction(endpoint):
    connection = endpoint.psycopg()
    connection.execute("create table t (a integer)")
    connection.execute("insert into t select 1 as x where x = 1")
    assert connection.execute("select a as b, b + 1 from t").fetchone() == (1, 2)
    connection.rollback()
    with pytest.raises(psycopg.errors.UndefinedTable):
        connection.execute("select a as b, b + 1 from t")
