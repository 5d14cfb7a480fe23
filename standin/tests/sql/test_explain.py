"""EXPLAIN: the grammar of the AWS page "EXPLAIN"; the plan itself is PostgreSQL's."""

from __future__ import annotations

import psycopg
import pytest

TABLE = "create table t (a integer)"


@pytest.mark.parametrize(
    "statement",
    [
        "select a as b, b + 1 from t where b = 2",
        "with q as (select * from t) select count(*) from q",
        "insert into t select 1",
        "update t set a = 2",
        "delete from t",
        "create table u as select a from t",
        "create temp table #u distkey (a) as (select a, a as b, b + 1 as c from t)",
    ],
)
@pytest.mark.parametrize("form", ["explain", "explain verbose"])
def test_plan_is_rows_of_text_and_nothing_is_executed(ask, statement, form):
    plan = ask(TABLE, f"{form} {statement}")
    assert plan
    assert all(isinstance(line, str) for (line,) in plan)
    assert ask(TABLE, "insert into t values (1)", f"{form} {statement}", "select a from t") == [(1,)]
    with pytest.raises(psycopg.errors.UndefinedTable):
        ask(TABLE, f"{form} {statement}", "select 1 from u")


def test_column_name_and_error_position(shared_endpoint):
    connection = shared_endpoint.psycopg(autocommit=True)
    assert connection.execute("explain select %s::integer", (1,)).description[0].name == "QUERY PLAN"
    query = "explain verbose select nvl(1, 2), missing"
    with pytest.raises(psycopg.errors.UndefinedColumn) as caught:
        connection.execute(query)
    assert int(caught.value.diag.statement_position) == query.index("missing") + 1
