"""Waits for other sessions: each has a limit, and the error names the session that is waited for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from threading import Timer
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import DAG

from local.stack.environment import CLUSTER
from redshift_elt.checks import RowCount
from redshift_elt.compatibility import RetryAction
from redshift_elt.connection.hook import warehouse_hook
from redshift_elt.connection.lock_wait import LockTimeoutError
from redshift_elt.connection.session_limits import SessionLimits
from redshift_elt.connection.transaction import in_transaction
from redshift_elt.integrations.retry_policy import WarehouseRetryPolicy
from redshift_elt.loading.merge_rows import MergeRows
from redshift_elt.operators.base import WarehouseOperator
from redshift_elt.operators.clean_up import CleanUpOperator
from redshift_elt.operators.data_quality import DataQualityOperator
from redshift_elt.operators.load_dimension import LoadDimensionOperator
from redshift_elt.operators.load_fact import LoadFactOperator
from redshift_elt.operators.stage_to_redshift import StageToRedshiftOperator
from redshift_elt.run.names import staging_table
from redshift_standin.engine.databases import database_name
from tests.support.faults import before_each_statement
from tests.support.postgres_admin import PostgresAdmin
from tests.support.warehouse import BUCKET, WarehouseUnderTest

LIMIT = 0.2
RUN = SimpleNamespace(dag_id="generic", run_id="one", run_type="manual")
RUNS_TABLE = staging_table("staging_colours", RUN)
CONTEXT = {
    "params": {"window_start": "2018-11-01T00:00:00", "window_end": "2018-11-02T00:00:00"},
    "dag_run": RUN,
    "ti": SimpleNamespace(dag_id="generic", run_id="one", task_id="load", try_number=1),
}
TABLES = ("colours", "etl.lock_colours", "staging_colours", RUNS_TABLE)
SELECT = "select 'blue' as colour, timestamp '2018-11-01 10:00:00' as seen_at"


@pytest.fixture
def colours(through_postgres: WarehouseUnderTest) -> Iterator[WarehouseUnderTest]:
    """The tables of colours, and an object to stage."""
    for table in ("colours", "staging_colours", RUNS_TABLE):
        through_postgres.execute(f"create table {table} (colour varchar(16) not null, seen_at timestamp)")
    through_postgres.execute("create table etl.lock_colours (unused boolean)")
    through_postgres.put("song_data/colours/1.json", b'{"colour": "red"}')
    yield through_postgres
    for table in TABLES:
        through_postgres.execute(f"drop table if exists {table}")


@pytest.fixture
def postgres_admin(standin, created_warehouse) -> Iterator[PostgresAdmin]:
    postgres_admin = PostgresAdmin(standin.postgres.dsn.parameters(database_name(CLUSTER, "dev")))
    yield postgres_admin
    postgres_admin.close()


def dimension(**arguments: Any) -> LoadDimensionOperator:
    return LoadDimensionOperator(
        task_id="load",
        table="colours",
        select=SELECT,
        key="colour",
        strategy=MergeRows(identical_rows=True),
        **{"lock_timeout": LIMIT, **arguments},
    )


def fact() -> LoadFactOperator:
    return LoadFactOperator(
        task_id="load", table="colours", select=SELECT, key="colour", window_column="seen_at", lock_timeout=LIMIT
    )


def stage() -> StageToRedshiftOperator:
    return StageToRedshiftOperator(
        task_id="stage",
        dag=DAG("generic", schedule=None),
        table="staging_colours",
        bucket=BUCKET,
        prefix="song_data/colours/",
        lock_timeout=LIMIT,
    )


def clean_up() -> CleanUpOperator:
    return CleanUpOperator(task_id="clean_up", staged_by=[stage()], lock_timeout=LIMIT)


def check() -> DataQualityOperator:
    checks = [RowCount(table="colours", at_least=0)]
    return DataQualityOperator(task_id="check", checks=checks, lock_timeout=LIMIT)


def refused(operator: WarehouseOperator) -> LockTimeoutError:
    with pytest.raises(LockTimeoutError) as failure:
        operator.execute(CONTEXT)
    return failure.value


@pytest.mark.parametrize("conn_id", ["redshift_default", "redshift_as_postgres"])
def test_wait_for_another_load_has_a_limit_and_the_error_names_its_session(colours, conn_id):
    with closing(warehouse_hook("redshift_default").get_conn()) as other:
        cursor = other.cursor()
        cursor.execute("lock table etl.lock_colours")
        cursor.execute("select pg_backend_pid(), current_user, to_char(sysdate, 'YYYY-MM-DD HH24:MI:SS')")
        pid, user, began = cursor.fetchone()
        error = refused(dimension(conn_id=conn_id))
        other.rollback()
    assert str(error) == (
        f"A statement waited 0.2 s (lock_timeout) for the lock on etl.lock_colours, held by process {pid} of the user "
        f"'{user}', whose transaction began at {began} UTC. Nothing was changed. Let that transaction end, or end it "
        f"as its user or an administrator with select pg_terminate_backend({pid}). The task can be retried after that."
    )
    assert WarehouseRetryPolicy().evaluate(error, 1, 4).action is RetryAction.RETRY
    assert dimension(conn_id=conn_id).execute(CONTEXT)["inserted"] == 1


@pytest.mark.parametrize(
    ("operator", "table"),
    [
        pytest.param(dimension, "colours", id="LoadDimension, its target"),
        pytest.param(fact, "colours", id="LoadFact, its target"),
        pytest.param(fact, "etl.loads", id="LoadFact, the history"),
        pytest.param(stage, "staging_colours", id="StageToRedshift, its template"),
        pytest.param(stage, RUNS_TABLE, id="StageToRedshift, the table of its run"),
        pytest.param(check, "colours", id="DataQuality, a table"),
        pytest.param(clean_up, RUNS_TABLE, id="CleanUp, a table of its run"),
    ],
)
def test_every_wait_of_an_operator_has_a_limit(colours, postgres_admin, operator, table):
    name = table if "." in table else f"public.{table}"
    with postgres_admin.locked(table) as pid:
        error = refused(operator())
    assert f"for the lock on {name}, held by process {pid} of another user. Nothing was changed." in str(error)


def test_reader_who_does_not_block_the_load_is_not_named(colours):
    hook = warehouse_hook("redshift_default")
    with closing(hook.get_conn()) as reader, closing(hook.get_conn()) as writer:
        pids = {}
        for name, session, statement in (
            ("reader", reader, "select count(*) from colours"),
            ("writer", writer, "insert into colours values ('green')"),
        ):
            cursor = session.cursor()
            cursor.execute(statement)
            cursor.execute("select pg_backend_pid()")
            [pids[name]] = cursor.fetchone()
        error = str(refused(dimension()))
        reader.rollback()
        writer.rollback()
    assert f"process {pids['writer']} of the user" in error
    assert f"process {pids['reader']} " not in error


def test_wait_for_the_creation_of_a_lock_table_has_a_limit(colours):
    colours.execute("drop table etl.lock_colours")
    with closing(warehouse_hook("redshift_default").get_conn()) as other:
        cursor = other.cursor()
        cursor.execute("create table etl.lock_colours (unused boolean)")
        cursor.execute("select pg_backend_pid()")
        [pid] = cursor.fetchone()
        error = refused(dimension())
        other.rollback()
    assert f"A statement waited 0.2 s (lock_timeout) for a transaction, held by process {pid} of the user" in str(error)


def test_wait_that_cannot_be_cancelled_at_first_is_cancelled_later(colours, monkeypatch, caplog):
    hook = warehouse_hook("redshift_default")
    connect, attempts = hook.get_conn, []

    def second_fails():
        attempts.append(1)
        if len(attempts) == 2:
            raise OSError("too many connections")
        return connect()

    monkeypatch.setattr(hook, "get_conn", second_fails)
    with closing(connect()) as other:
        other.cursor().execute("lock table etl.lock_colours")
        with pytest.raises(LockTimeoutError):
            in_transaction(
                hook, lambda session: session.execute("lock table etl.lock_colours"), limits=SessionLimits(LIMIT)
            )
        other.rollback()
    assert "cannot be cancelled yet: too many connections" in caplog.text
    assert len(attempts) == 3


def test_statement_that_works_for_longer_than_the_limit_is_not_cancelled(colours):
    digits = " union all ".join(f"select {digit} as digit" for digit in range(10))
    slow = f"with d as ({digits}) select count(*) from d as a, d as b, d as c, d as e, d as f, d as g"
    connections: list[int] = []
    with before_each_statement(lambda connection, _: connections.append(id(connection))):
        hook = warehouse_hook("redshift_default")
        assert in_transaction(hook, lambda session: session.fetch(slow), limits=SessionLimits(0.001)) == [(10**6,)]
    # It was checked, and did not wait.
    assert len(set(connections)) > 1


def test_wait_that_ends_within_the_limit_is_none(colours, postgres_admin):
    other = warehouse_hook("redshift_default").get_conn()
    with closing(other):
        other.cursor().execute("lock table etl.lock_colours")
        released = Timer(0.0, lambda: (postgres_admin.wait_for_blocked_session(), other.rollback()))
        released.start()
        assert dimension(lock_timeout=60).execute(CONTEXT)["inserted"] == 1
        released.join()
