"""Names with the current database in front, as dbt writes them, and those of other databases."""

from __future__ import annotations

import psycopg
import pytest

from standin_support.endpoint import DATABASE

MADE = ("create schema s", "create table s.t (a int, b int)", "insert into s.t values (1, 2), (3, 4)")
OTHER_DATABASE = 'access to another database ("other") is not supported by the stand-in'


@pytest.mark.parametrize("name", [f"{DATABASE}.s.t", f'"{DATABASE}"."s"."t"', f'{DATABASE.upper()}."S".t'])
def test_spellings(ask, name):
    assert ask(*MADE, f"select a from {name} order by a") == [(1,), (3,)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("select dev.s.t.a from dev.s.t order by dev.s.t.a", [(1,), (3,)]),
        ("select s.t.a, t.b from dev.s.t order by 1", [(1, 2), (3, 4)]),
        ("select dev.s.t.* from dev.s.t order by 1", [(1, 2), (3, 4)]),
        ("select count(*) from dev.s.t x, dev.s.t y", [(4,)]),
        ("select count(*) from (dev.s.t x join dev.s.t y on x.a < y.a)", [(1,)]),
        ("select count(*) from s.t x left join dev.s.t y on x.a = y.a, dev.s.t z", [(4,)]),
        ("with x as (select a from dev.s.t) select max(a) from x", [(3,)]),
        ("select a from s.t where b in (select u.b from dev.s.t as u where u.a = 3)", [(3,)]),
        ("select trim(both from dev.s.t.a::varchar) from dev.s.t where a = 1", [("1",)]),
        ("select a + 1 as n, n * 2 from dev.s.t where n > 2", [(4, 8)]),
        ("select count(*) > 0 from dev.pg_catalog.pg_class", [(True,)]),
        ("select count(*) from dev.information_schema.tables where table_schema = 's'", [(1,)]),
        ('select \'dev.s.t\', \'"dev"."s"."t"\'', [("dev.s.t", '"dev"."s"."t"')]),
    ],
)
def test_in_queries(ask, query, expected):
    assert ask(*MADE, query) == expected


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        (["insert into dev.s.t (a) select dev.s.t.a + 10 from dev.s.t"], [(1,), (3,), (11,), (13,)]),
        (["update dev.s.t set a = dev.s.t.a + 1"], [(2,), (4,)]),
        (["update dev.s.t set a = u.a * 100 from dev.s.t u where u.a = dev.s.t.a and u.a = 1"], [(3,), (100,)]),
        (["delete from dev.s.t where dev.s.t.a = 1"], [(3,)]),
        (["delete dev.s.t where a = 3"], [(1,)]),
        (["delete from dev.s.t using s.t x, dev.s.t y where dev.s.t.a = x.a and x.a = y.a and y.b = 2"], [(3,)]),
        (
            [
                "create temp table u as select 1 as a, 20 as b union all select 5, 6",
                "merge into dev.s.t using u on dev.s.t.a = u.a "
                "when matched then update set a = u.b when not matched then insert values (u.a, u.b)",
            ],
            [(3,), (5,), (20,)],
        ),
        (["create table dev.s.u as (select a from dev.s.t)", "alter table dev.s.u rename to t2"], [(1,), (3,)]),
        (["create table dev.s.u (like dev.s.t)", "drop table if exists dev.s.u, dev.s.u cascade"], [(1,), (3,)]),
        (["create table dev.s.u (a int references dev.s.t (a))"], [(1,), (3,)]),
        (["select a into dev.s.u from dev.s.t", "insert into s.t select * from s.u where a = 1"], [(1,), (1,), (3,)]),
        (["create view dev.s.v as select a from dev.s.t", "drop view dev.s.v"], [(1,), (3,)]),
        (["alter table dev.s.t add column c int", "alter table dev.s.t drop column c"], [(1,), (3,)]),
        (["comment on table dev.s.t is 'x'", "comment on column dev.s.t.a is 'y'"], [(1,), (3,)]),
        (["grant select on dev.s.t to public", "revoke select on table dev.s.t from public"], [(1,), (3,)]),
        (["lock dev.s.t", "analyze dev.s.t", "explain select * from dev.s.t"], [(1,), (3,)]),
        (["declare c cursor for select a from dev.s.t", "fetch 1 from c"], [(1,), (3,)]),
    ],
)
def test_in_statements(ask, statements, expected):
    assert ask(*MADE, *statements, "select a from s.t order by a") == expected


@pytest.fixture
def table(session):
    """The table s.t, for statements that commit or do not run in a transaction."""
    for statement in MADE:
        session.execute(statement)
    yield
    session.execute("drop schema s cascade")


@pytest.mark.usefixtures("table")
def test_outside_transactions(session):
    session.execute('vacuum "dev"."s"."t"')
    session.execute("create table dev.s.u (a int, b int)")
    session.execute("alter table dev.s.u append from dev.s.t")
    assert session.execute("select count(*) from s.u").fetchone() == (2,)
    session.execute("truncate table dev.s.u")
    assert session.execute("select count(*) from s.u").fetchone() == (0,)


def test_schema_with_the_name_of_the_database(ask):
    made = ("create schema dev", "create table dev.t (c int)", "insert into dev.t values (7)")
    assert ask(*made, "select dev.t.c, dev.dev.t.c, t.c from dev.dev.t where dev.t.c = 7") == [(7, 7, 7)]
    assert ask(*made, "comment on column dev.t.c is 'x'", "select c from dev.t") == [(7,)]


@pytest.mark.parametrize(
    "statement",
    [
        "select * from other.s.t",
        'select * from s.t, "OTHER".s.t',
        "select other.s.t.a from s.t",
        "insert into other.s.t values (1)",
        "create table other.s.t (a int)",
        "drop table other.s.t",
        "copy other.s.t from 's3://bucket/key' iam_role default",
        "comment on column other.s.t.a is 'x'",
        "select * from other.dev.s.t",
    ],
)
def test_other_databases_are_refused(session, statement):
    with pytest.raises(psycopg.errors.FeatureNotSupported) as refused:
        session.execute(statement)
    assert refused.value.diag.message_primary == OTHER_DATABASE


def test_database_is_that_of_the_session(endpoint):
    endpoint.psycopg(autocommit=True).execute("create database other")
    session = endpoint.psycopg(dbname="other", autocommit=True)
    session.execute("create table other.public.t (a int)")
    assert session.execute("select count(*) from other.public.t").fetchone() == (0,)
    with pytest.raises(psycopg.errors.FeatureNotSupported):
        session.execute("select count(*) from dev.public.t")
