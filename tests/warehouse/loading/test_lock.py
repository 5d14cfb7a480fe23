"""The lock of a target: the first load creates its table, even if others try at the same time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from types import SimpleNamespace

import pytest
from airflow.sdk import RetryAction

from local.stack.environment import CLUSTER
from redshift_elt.connection.hook import warehouse_hook
from redshift_elt.connection.session import Session
from redshift_elt.connection.transaction import in_transaction
from redshift_elt.integrations.retry_policy import WarehouseRetryPolicy
from redshift_elt.loading.lock import lock_targets
from redshift_elt.loading.lock_wait import LockTimeoutError, WaitLimit
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
    assert sent[:2] == ["begin transaction", 'lock table "etl"."lock_colours"']
    assert not [statement for statement in sent if statement.startswith("create table")]


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


def refused_load(**arguments: object) -> LockTimeoutError:
    with pytest.raises(LockTimeoutError) as failure:
        load(select="select 'blue' as colour", lock_timeout=0.2, **arguments)
    return failure.value


@pytest.mark.parametrize("conn_id", ["redshift_default", "redshift_as_postgres"])
def test_wait_for_a_lock_has_a_limit_and_the_error_names_the_session(colours, through_postgres, conn_id):
    load()
    with closing(warehouse_hook("redshift_default").get_conn()) as other:
        cursor = other.cursor()
        cursor.execute("lock table etl.lock_colours")
        cursor.execute("select pg_backend_pid(), current_user, to_char(sysdate, 'YYYY-MM-DD HH24:MI:SS')")
        pid, user, began = cursor.fetchone()
        error = refused_load(conn_id=conn_id)
        other.rollback()
    assert str(error) == (
        f"The load waited 0.2 s (lock_timeout) for the lock etl.lock_colours, which is held by process {pid} of the "
        f"user '{user}', whose transaction began at {began} UTC. Nothing was loaded. Let that transaction end, or end "
        f"it as its user or an administrator with select pg_terminate_backend({pid}). The task can be retried after "
        "that."
    )
    assert WarehouseRetryPolicy().evaluate(error, 1, 4).action is RetryAction.RETRY
    assert load(select="select 'blue' as colour", lock_timeout=0.2, conn_id=conn_id)["inserted"] == 1


def test_wait_that_cannot_be_cancelled_at_first_is_cancelled_later(colours, monkeypatch, caplog):
    load()
    hook = warehouse_hook("redshift_default")
    connect, attempts = hook.get_conn, []

    def second_fails():
        attempts.append(1)
        if len(attempts) == 1:
            raise OSError("too many connections")
        return connect()

    monkeypatch.setattr(hook, "get_conn", second_fails)
    with closing(connect()) as other, closing(connect()) as waiting:
        other.cursor().execute("lock table etl.lock_colours")
        with pytest.raises(LockTimeoutError):
            lock_targets(Session(waiting), ["colours"], WaitLimit(hook, 0.2))
        other.rollback()
    assert "cannot be cancelled yet: too many connections" in caplog.text
    assert len(attempts) == 2


def test_session_of_another_user_is_named_by_its_process(colours, postgres_admin):
    load()
    with postgres_admin.locked("etl.lock_colours") as pid:
        assert f"which is held by process {pid} of another user. Nothing" in str(refused_load())


def test_wait_for_the_table_of_a_lock_has_a_limit_too(colours):
    with closing(warehouse_hook("redshift_default").get_conn()) as other:
        cursor = other.cursor()
        cursor.execute("create table etl.lock_colours (unused boolean)")
        cursor.execute("select pg_backend_pid()")
        [pid] = cursor.fetchone()
        error = refused_load()
        other.rollback()
    assert f"0.2 s (lock_timeout) for the lock etl.lock_colours, which is held by process {pid} of the user" in str(
        error
    )


def test_limit_ends_with_the_wait(colours):
    """A load that has its lock may take longer."""
    load()
    watched = {}

    def threads(_, statement):
        watched[statement.split(" ")[0]] = "lock_timeout" in {thread.name for thread in threading.enumerate()}

    with before_each_statement(threads):
        load(select="select 'blue' as colour")
    assert [statement for statement, is_watched in watched.items() if is_watched] == ["begin", "lock"]


def test_session_knows_its_process(colours, through_postgres):
    for conn_id in ("redshift_default", "redshift_as_postgres"):
        found = in_transaction(
            warehouse_hook(conn_id), lambda session: (session.pid, session.fetch("select pg_backend_pid()"))
        )
        assert found == (found[0], [(found[0],)])
