"""SQL of the documentation that no other test executes, on the stand-in."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from datetime import datetime, timezone

import pytest

from redshift_elt.checks import Query
from redshift_elt.checks.run_checks import run_checks
from redshift_elt.connection.transaction import in_transaction
from redshift_elt.run.window import Window
from redshift_elt.sql.bookkeeping import LOCK, table_of_target
from tests.support.recipes import Kitchen, Recipe
from tests.support.snippets import block
from tests.support.warehouse import BUCKET, WarehouseUnderTest

ORDERS = "(order_id integer, ordered_at timestamp)"
TABLES = ("staging_north", "staging_south", "orders_of_both")
# Two sources, combined in the SELECT of the page.
DAG_FILE = f"""\
from airflow.sdk import DAG

from redshift_elt import LoadFactOperator, StageToRedshiftOperator
from redshift_elt.run.names import staging_table

with DAG("both", schedule=None, user_defined_macros={{"staging_table": staging_table}}) as dag:
    sources = [
        StageToRedshiftOperator(
            task_id=f"stage_{{side}}",
            table=f"staging_{{side}}",
            bucket="{BUCKET}",
            key_pattern=f"orders/{{side}}/%Y-%m-%d.json",
            window_column="ordered_at",
        )
        for side in ("north", "south")
    ]
    LoadFactOperator(
        task_id="load_orders",
        table="orders_of_both",
        select=SELECT,
        staged_by=sources,
        key="order_id",
        window_column="ordered_at",
    )
"""


def test_query_of_labelled_statements_has_columns_of_the_view(warehouse):
    """The labels of the stand-in are null, so it finds none."""
    query = block(
        "docs/aws.md", "select query_id, query_label, status, queue_time, execution_time from sys_query_history"
    ).text
    assert query.count("query_label = 'redshift_elt'") == 1
    assert warehouse.query(query.strip().rstrip(";")) == []
    rows = warehouse.query(query.replace("= 'redshift_elt'", "is null").strip().rstrip(";"))
    assert {status.strip() for _, _, status, _, _ in rows} >= {"success"}


def test_query_of_a_check_sees_the_window(warehouse):
    query = block("docs/checks.md", "select sum(amount)")
    hour = Window(datetime(2025, 3, 1, 5, tzinfo=timezone.utc), datetime(2025, 3, 1, 6, tzinfo=timezone.utc))

    def work(session):
        session.execute("create temporary table orders (amount integer, ordered_at timestamp)")
        session.execute(
            "insert into orders values (1, '2025-03-01 04:59:59'), (2, '2025-03-01 05:00:00'),"
            " (4, '2025-03-01 05:59:59'), (8, '2025-03-01 06:00:00')"
        )
        return run_checks(session, hour, [Query(table="orders", name="total", sql=query.text, equals=6)])

    [result] = in_transaction(warehouse._hook, work)
    assert result.finding.actual == "6"


@pytest.fixture
def both(through_postgres: WarehouseUnderTest) -> Iterator[Kitchen]:
    """Two sources of orders, and the table of both."""
    select = block("docs/layouts.md", "select order_id, ordered_at from {{ staging_table('staging_north', dag_run) }}")
    recipe = Recipe(
        "both", tuple(f"create table {table} {ORDERS}" for table in TABLES), f"SELECT = {select.text!r}\n{DAG_FILE}"
    )
    for statement in recipe.ddl:
        through_postgres.execute(statement)
    yield Kitchen(recipe, copy.copy(through_postgres))
    for table in (*TABLES, table_of_target(LOCK, "orders_of_both")):
        through_postgres.execute(f"drop table if exists {table}")


def test_select_combines_two_sources(both):
    both.put("orders/north/2025-03-01.json", json.dumps({"order_id": 1, "ordered_at": "2025-03-01 05:10:00"}))
    both.put("orders/south/2025-03-01.json", json.dumps({"order_id": 2, "ordered_at": "2025-03-01 05:20:00"}))
    both.run("2025-03-01T05:00:00Z", "2025-03-01T06:00:00Z")
    assert [order for order, _ in both.rows("select order_id, ordered_at from orders_of_both")] == [1, 2]
