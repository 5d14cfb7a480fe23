"""The lock of a target: the first load creates its table, even if others try at the same time."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from types import SimpleNamespace

import pytest

from local.stack.environment import CLUSTER
from redshift_elt.connection.hook import warehouse_hook
from redshift_elt.connection.transaction import in_transaction
from redshift_elt.loading.merge_rows import MergeRows
from redshift_elt.operators.load_dimension import LoadDimensionOperator
from redshift_standin.engine.databases import database_name
from tests.support.faults import before_each_statement
from tests.support.postgres_admin import PostgresAdmin
from tests.support.warehouse import WarehouseUnderTest

CONTEXT = {
    "params": {"window_start": "2018-11-01T00:00:00", "window_end": "2018-11-02T00:00:00"},
    "dag_run": SimpleNamespace(dag_id="generic", run_id="one"),
    "ti": SimpleNamespace(dag_id="generic", run_id="one", task_id="load", try_number=1),
}
SELECT = "select 'red' as colour"


@pytest.fixture
def colours(warehouse: WarehouseUnderTest) -> Iterator[WarehouseUnderTest]:
    warehouse.execute("create table colours (colour varchar(16))")
    yield warehouse
    warehouse.execute("drop table colours")
    warehouse.execute("drop table if exists etl.lock_colours")


@pytest.fixture
def postgres_admin(standin, created_warehouse) -> Iterator[PostgresAdmin]:
    postgres_admin = PostgresAdmin(standin.postgres.dsn.parameters(database_name(CLUSTER, "dev")))
    yield postgres_admin
    postgres_admin.close()


def load(select: str = SELECT, **arguments: object) -> dict[str, int]:
    strategy = MergeRows(identical_rows=True)
    operator = LoadDimensionOperator(
        task_id="load", table="colours", select=select, key="colour", strategy=strategy, **arguments
    )
    return operator.execute(CONTEXT)


def test_first_load_creates_the_lock_table_and_the_next_ones_send_nothing_for_it(colours):
    assert load()["inserted"] == 1
    sent: list[str] = []
    with before_each_statement(lambda _, statement: sent.append(statement)):
        assert load(select="select 'blue' as colour")["inserted"] == 1
    # After the limits of the session.
    assert sent[1:3] == ["begin transaction", 'lock table "etl"."lock_colours"']
    assert not [statement for statement in sent if statement.startswith("create table")]


def test_load_of_several_targets_locks_them_in_the_order_of_their_names(colours):
    """In the same order as every other load, so that two of them cannot block each other."""
    dependent = {"after_merge": "update artists set name = name", "after_merge_writes": ["artists"]}
    load(select="select 'red' as colour", **dependent)
    sent: list[str] = []
    with before_each_statement(lambda _, statement: sent.append(statement)):
        load(select="select 'blue' as colour", **dependent)
    locks = [statement for statement in sent if statement.startswith("lock table")]
    assert locks == ['lock table "etl"."lock_artists", "etl"."lock_colours"']


def test_two_first_loads_at_the_same_time_both_load(colours, postgres_admin):
    with closing(warehouse_hook("redshift_default").get_conn()) as other, ThreadPoolExecutor(1) as pool:
        other.cursor().execute("create table etl.lock_colours (unused boolean)")
        loading = pool.submit(load)
        postgres_admin.wait_for_blocked_session()
        other.commit()
        assert loading.result()["inserted"] == 1


def test_many_first_loads_at_the_same_time_all_load(colours):
    selects = [f"select '{colour}' as colour" for colour in ("red", "green", "blue")]
    with ThreadPoolExecutor(len(selects)) as pool:
        counts = list(pool.map(lambda select: load(select=select), selects))
    assert [count["inserted"] for count in counts] == [1, 1, 1]


def test_session_knows_its_process(colours, through_postgres):
    for conn_id in ("redshift_default", "redshift_as_postgres"):
        found = in_transaction(
            warehouse_hook(conn_id), lambda session: (session.pid, session.fetch("select pg_backend_pid()"))
        )
        assert found == (found[0], [(found[0],)])
