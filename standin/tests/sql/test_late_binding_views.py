"""CREATE VIEW .. WITH NO SCHEMA BINDING (AWS page "CREATE VIEW"), which dbt writes for ``bind: false``."""

from __future__ import annotations

import psycopg
import pytest

MADE = ("create schema s", "create table s.t (a int, b varchar(9))", "insert into s.t values (1, 'it''s'), (2, 'x')")
VIEW = "create view s.v as (select a, b from s.t) with no schema binding"
COLUMNS = (
    "select col_name, col_type, col_num from pg_get_late_binding_view_cols() "
    "cols(view_schema name, view_name name, col_name name, col_type varchar, col_num int) "
    "where view_schema = 's' order by col_num"
)


@pytest.mark.parametrize(
    "query",
    [
        "select a from s.t where b = 'it''s'",
        "(select t.a from dev.s.t)",
        "with x as (select a from s.t) select a from x where a = 1 union all select a + 1 from x where a = 1",
        "select a::integer + 0 as n, n * 1 as a from s.t",
        "select s.t.a from s.t join (select max(a) as m from s.t) as u on a <= m",
    ],
)
def test_queries(ask, query):
    view = f'create view "dev"."s"."v" as {query} with no schema binding'
    rows = ask(*MADE, query.replace("dev.", ""))
    assert sorted(ask(*MADE, view, "select * from dev.s.v")) == sorted(rows)


@pytest.mark.parametrize("change", ["drop table s.t", "alter table s.t rename to old"])
def test_tables_are_looked_up_by_name(ask, change):
    made = (*MADE, VIEW, change, "create table s.t (b varchar(99), new int, a bigint)", "insert into s.t values ('n')")
    assert ask(*made, "select a, b from s.v") == [(None, "n")]


def test_dropped_table(ask):
    with pytest.raises(psycopg.errors.UndefinedTable, match="does not exist"):
        ask(*MADE, VIEW, "drop table s.t", "select a from s.v")
    with pytest.raises(psycopg.errors.UndefinedColumn, match="does not exist"):
        ask(*MADE, VIEW, "alter table s.t drop column b", "select a from s.v")


def test_names_of_columns(ask):
    view = "create view s.v (x, y) as select * from s.t with no schema binding"
    assert ask(*MADE, view, "select y from s.v where x = 2") == [("x",)]
    assert ask(*MADE, view, COLUMNS) == [("x", "integer", 1), ("y", "character varying(9)", 2)]


def test_catalogs(ask):
    made = (*MADE, VIEW, "create view s.bound as select a from s.t")
    assert ask(*made, COLUMNS) == [("a", "integer", 1), ("b", "character varying(9)", 2)]
    listed = "select table_name, column_name from {} where table_schema = 's' and table_name <> 't' order by 1, 2"
    assert ask(*made, listed.format("information_schema.columns")) == [("bound", "a")]
    assert ask(*made, listed.format("svv_columns")) == [("bound", "a"), ("v", "a"), ("v", "b")]
    views = "select table_name from information_schema.views where table_schema = 's' order by 1"
    assert ask(*made, views) == [("bound",), ("v",)]


def test_replaced_views_keep_their_privileges(ask):
    made = (*MADE, "create user reader password disable", VIEW, "grant select on s.v to reader")
    replaced = "create or replace view s.v as select a + 1 as a, b from s.t with no schema binding"
    assert ask(*made, replaced, "select has_table_privilege('reader', 's.v', 'select')") == [(True,)]
    assert ask(*made, replaced, "select min(a) from s.v") == [(2,)]
    with pytest.raises(psycopg.Error, match="cannot drop columns from view"):
        ask(*made, replaced.replace("a + 1 as a, ", ""))


def test_view_of_a_view(ask):
    above = "create view s.above as select count(*) as n from s.v with no schema binding"
    assert ask(*MADE, VIEW, above, "drop view s.v", VIEW, "select n from s.above") == [(2,)]


def test_own_rows_are_seen(ask):
    assert ask(*MADE, VIEW, "insert into s.t values (3, 'y')", "select max(a) from s.v") == [(3,)]


@pytest.mark.parametrize(
    "query", ["select a from t", "select x.a from s.t as x, t", "with t2 as (select 1) select * from t"]
)
def test_relations_must_be_qualified(ask, query):
    with pytest.raises(psycopg.errors.FeatureNotSupported, match="All the relation names inside should be qualified"):
        ask(*MADE, f"create view s.v as {query} with no schema binding")


@pytest.mark.parametrize("query", ["select a from s.missing", "select a from missing.t", "select missing from s.t"])
def test_relations_must_exist(ask, query):
    with pytest.raises(psycopg.errors.FeatureNotSupported, match="before the relations and columns exist"):
        ask(*MADE, f"create view s.v as {query} with no schema binding")


def test_owner_needs_privileges_on_the_tables(endpoint):
    admin = endpoint.psycopg(autocommit=True)
    for user in ("maker", "reader"):
        endpoint.add_user(user)
    for statement in (
        *MADE,
        "grant usage, create on schema s to public",
        "grant select on s.t to maker",
    ):
        admin.execute(statement)
    maker = endpoint.psycopg(user="maker", autocommit=True)
    reader = endpoint.psycopg(user="reader", autocommit=True)
    maker.execute(VIEW)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        reader.execute("select a from s.v")
    maker.execute("grant select on s.v to reader")
    assert reader.execute("select min(a) from s.v").fetchone() == (1,)
    admin.execute("revoke select on s.t from maker")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied for relation"):
        reader.execute("select a from s.v")


def test_in_the_extended_protocol(endpoint):
    cursor = endpoint.redshift().cursor()
    for statement in (*MADE, VIEW):
        cursor.execute(statement)
    cursor.execute("select b from s.v where a = %s", (1,))
    assert [tuple(row) for row in cursor.fetchall()] == [("it's",)]
