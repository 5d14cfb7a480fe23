"""The index on a sort key: which tables have one, that queries use it, and that clients do not see it."""

from __future__ import annotations

import random

import psycopg
import pytest

INDEXED = """
select array_agg(attname order by attnum)
from pg_attribute
where attrelid in (select indexrelid from pg_index where indrelid = %s::regclass)
"""


@pytest.fixture
def postgres(shared_endpoint):
    """A direct connection to PostgreSQL, in the cluster's database."""
    return shared_endpoint.connect_to_postgres()


@pytest.fixture
def make(session):
    """Run statements in autocommit mode; the tables t and u are dropped at the end from any schema."""

    def run(*statements: str) -> None:
        for statement in statements:
            session.execute(statement)

    yield run
    run("drop table if exists t, u cascade", "drop schema if exists extra cascade")


def indexed(postgres, table="t"):
    [(columns,)] = postgres.execute(INDEXED, (table,)).fetchall()
    return columns


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("create table t (a int sortkey, b int)", ["a"]),
        ("create table t (a int, b int) sortkey (b)", ["b"]),
        ("create table if not exists t (a int, b varchar(10)) distkey (a) compound sortkey (b, a)", ["b", "a"]),
        ("create table t (a int, primary key (a), b numeric(10, 2)) interleaved sortkey (b, a)", ["b", "a"]),
        ('create table t ("a b" int, b int default length(\'/* sort key 2 */\')) sortkey ("a b")', ["a b"]),
        ("create table t (a varchar(1200), b varchar(1200), c int) sortkey (a, b, c)", ["a", "b", "c"]),
        ("create table t (a varchar(1200), b varchar(2000), c int) sortkey (a, b, c)", ["a"]),
        ("create table t (a varchar(max)) sortkey (a)", None),
        ("create table t (a int) distkey (a) /* sort key 1 */", None),
        ("create table t (a int) sortkey auto", None),
        ("create temp table t (a int) sortkey (a)", None),
    ],
)
def test_table_gets_an_index_on_the_part_of_its_sort_key_that_fits(make, postgres, session, table, columns):
    make(table)
    [(relation,)] = session.execute("select oid from pg_class where relname = 't'").fetchall()
    assert indexed(postgres, str(relation)) == columns


@pytest.mark.parametrize("sizes", [(2590, 8), (1290, 1290), (2700, 8), (1300, 1300), (8, 65535)])
def test_values_that_fill_the_sort_key_are_accepted(make, session, sizes):
    make(f"create table t (a varchar({sizes[0]}), b varchar({sizes[1]})) sortkey (a, b)")
    # Random digits, because PostgreSQL would compress anything else.
    values = ["".join(random.Random(size).choices("0123456789abcdef", k=size)) for size in sizes]
    session.execute("insert into t values (%s, %s)", values)
    assert session.execute("select * from t").fetchall() == [tuple(values)]


def test_index_is_used_without_analyze(make, postgres):
    make("create table t (a timestamp, b varchar(50)) sortkey (a)")
    postgres.execute(
        "insert into t select timestamp '2018-11-01' + n * interval '1 minute', md5(n::text) "
        "from generate_series(1, 20000) as n"
    )
    query = "select b from t where a >= timestamp '2018-11-05' and a < timestamp '2018-11-05 01:00'"
    plan = "\n".join(line for (line,) in postgres.execute(f"explain {query}"))
    assert "standin_sort_key" in plan
    assert "Seq Scan" not in plan
    assert len(postgres.execute(query).fetchall()) == 60


def test_table_with_a_sort_key_is_renamed_moved_and_recreated(make, postgres, session):
    made = "create table t (a int, b int) sortkey (a)"
    make(made, "alter table t rename to u", made, "alter table t rename column a to c", "create schema extra")
    make("create table extra.t (a int) sortkey (a)", "create table if not exists t (b int) sortkey (b)")
    assert indexed(postgres, "u") == indexed(postgres) == indexed(postgres, "extra.t") == ["a"]
    make("insert into t values (1, 2)", "truncate t", "alter table t drop column c cascade", "drop table t, u", made)
    assert session.execute("select * from t").fetchall() == []


def test_copy_of_a_table_with_a_sort_key_has_no_index(make, postgres):
    make("create table t (a int, b int) sortkey (a)", "create table u (like t)")
    assert indexed(postgres, "u") is None


def test_clients_cannot_see_or_create_an_index(make, session):
    make("create table t (a int, b int) sortkey (a)")
    assert session.execute("select * from pg_indexes where tablename = 't'").fetchall() == []
    with pytest.raises(psycopg.errors.FeatureNotSupported):
        session.execute("create index i on t (a)")


def test_rolled_back_table_leaves_nothing_behind(ask, session):
    ask("create table t (a int) sortkey (a)")
    assert session.execute("select relname from pg_class where relname like 'standin%sort%'").fetchall() == []
