"""Redshift's extensions of SELECT: AWS pages "QUALIFY clause", "SELECT list", "GROUP BY clause", "SELECT INTO"."""

from __future__ import annotations

import psycopg
import pytest

ROWS = (
    "create temp table t (g varchar(5), n integer)",
    "insert into t values ('a', 1), ('a', 2), ('b', 3), ('b', 4), ('c', 5)",
    "create temp table u (n integer, w integer)",
    "insert into u values (1, 10), (2, 20), (3, 30)",
)
LAST = "row_number() over (partition by g order by n desc) = 1"


@pytest.mark.parametrize(
    ("query", "names", "expected"),
    [
        # TOP
        ("select top 2 n from t order by n desc", "n", [(5,), (4,)]),
        ("select top 2 distinct g from t order by g", "g", [("a",), ("b",)]),
        ("select n from (select top 1 n from t order by n) q", "n", [(1,)]),
        ("with q as (select top 3 n from t order by n) select top 1 n from q order by n desc", "n", [(3,)]),
        ("select count(*) from t where n in (select top 2 n from t order by n)", "count", [(2,)]),
        # QUALIFY
        (f"select * from t x qualify {LAST} order by n", "g n", [("a", 2), ("b", 4), ("c", 5)]),
        (f"select * from t where n > 1 qualify {LAST} order by g limit 2", "g n", [("a", 2), ("b", 4)]),
        (f"select n as m, g letter from t as x qualify {LAST} order by m", "m letter", [(2, "a"), (4, "b"), (5, "c")]),
        (
            "select g, row_number() over (partition by g order by n) as place from t x qualify place = 2 order by g",
            "g place",
            [("a", 2), ("b", 2)],
        ),
        (
            "select g, sum(n) from t group by g having sum(n) > 3 qualify rank() over (order by sum(n)) = 1",
            "g sum",
            [("c", 5)],
        ),
        (
            "select x.*, y.w from t x join u y on x.n = y.n qualify row_number() over (order by x.n) <= 2 order by w",
            "g n w",
            [("a", 1, 10), ("a", 2, 20)],
        ),
        (
            "select * from t x, (select n as k, w from u) y where n = k qualify rank() over (order by n desc) = 1",
            "g n k w",
            [("b", 3, 3, 30)],
        ),
        ("select distinct g from t x qualify count(*) over (partition by g) > 1 order by g", "g", [("a",), ("b",)]),
        ("select top 1 n from t x qualify row_number() over (order by n) <= 3 order by n desc", "n", [(3,)]),
        (f"select n from t x qualify {LAST} union all select 9 order by n", "n", [(2,), (4,), (5,), (9,)]),
        (f"select count(*) from (select x.* from t x qualify {LAST}) q", "count", [(3,)]),
        (f"with q as (select * from t x qualify {LAST}) select sum(n) from q", "sum", [(11,)]),
        ("select nvl(g, 'x'), len(g) from t x qualify row_number() over (order by n) = 1", "coalesce len", [("a", 1)]),
        (
            "select case when n > 1 then 'many' else 'one' end amount from t x "
            "qualify row_number() over (order by n) = 1",
            "amount",
            [("one",)],
        ),
        ("select n from t x qualify row_number() over (order by n) > 9", "n", []),
        # AWS page "IN condition"
        ("select n from t where (g, n) in (select 'a', w / 10 from u) order by n", "n", [(1,), (2,)]),
        ("select n from t where (g, n) not in (('a', 1), ('b', 3), ('b', 4)) order by n", "n", [(2,), (5,)]),
        (
            "select g, n, count(*) from t group by grouping sets ((g, n), (g)) having count(*) > 1 order by g",
            "g n count",
            [("a", None, 2), ("b", None, 2)],
        ),
        # GROUP BY ALL
        (
            "select g, count(*), sum(n) from t group by all order by g",
            "g count sum",
            [("a", 2, 3), ("b", 2, 7), ("c", 1, 5)],
        ),
        ("select count(*) from t group by all", "count", [(5,)]),
        (
            "select distinct n % 2 as odd, g, max(n) from t where n < 5 group by all having max(n) > 2 order by 1",
            "odd g max",
            [(0, "b", 4), (1, "b", 3)],
        ),
        ("select count(*) from (select g, min(n) from t group by all) q", "count", [(3,)]),
    ],
)
def test_rows_and_names(session, query, names, expected):
    with session.transaction(force_rollback=True):
        for statement in ROWS:
            session.execute(statement)
        cursor = session.execute(query)
        assert cursor.fetchall() == expected
        assert [column.name for column in cursor.description] == names.split()


@pytest.mark.parametrize(
    "query",
    [
        f"select n from t qualify {LAST}",
        f"select * from t qualify {LAST}",
        f"select n + 1 from t x qualify {LAST}",
        f"select n::bigint from t x qualify {LAST}",
        f"select * from t x join u y using (n) qualify {LAST}",
        f"select * from t x natural join u y qualify {LAST}",
        f"select n into y from t x qualify {LAST}",
        "select top n from t",
        "select top (2) n from t",
        "select top 1.5 percent n from t",
        "select top 2 n from t limit 1",
        "select top 2 n from t union select 1",
        "select * from t group by all",
        "select g, sum(n) over () from t group by all",
        "select n from (select n into y from t) q",
        "select * exclude n from t",
        "select n from t pivot (count(n) for g in ('a', 'b'))",
    ],
)
def test_unsupported_queries_are_refused(ask, query):
    with pytest.raises(psycopg.Error):
        ask(*ROWS, query)


@pytest.mark.parametrize(
    ("into", "table"),
    [("into made", "made"), ("into table made", "made"), ("into temp made", "made"), ("into #made", "#made")],
)
def test_select_into_makes_a_table(ask, into, table):
    assert ask(
        *ROWS, f"select n, g as letter {into} from t where n < 3", f"select letter, n from {table} order by n"
    ) == [
        ("a", 1),
        ("a", 2),
    ]
    rows = ask(*ROWS, f"with q as (select n from t) select n {into} from q", f"select count(*) from {table}")
    assert rows == [(5,)]


def test_select_into_keeps_a_temporary_table_apart(ask):
    rows = ask(
        *ROWS, "select n into temporary made from t", "select table_type from svv_tables where table_name = 'made'"
    )
    assert rows == [("LOCAL TEMPORARY",)]


def test_qualify_is_written_to_tables_and_views(ask):
    kept = f"select * from t x qualify {LAST}"
    permanent = [statement.replace("temp ", "") for statement in ROWS]
    assert ask(*permanent, f"create view v as {kept}", "select n from v order by n") == [(2,), (4,), (5,)]
    assert ask(*permanent, f"create table made as {kept}", "select n from made order by n") == [(2,), (4,), (5,)]
    inserted = f"insert into u (n) select n from t x qualify {LAST}"
    assert ask(*permanent, inserted, "select n from u where w is null order by n") == [(2,), (4,), (5,)]
