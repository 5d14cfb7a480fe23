"""COPY in the client's session: transaction, errors and notices."""

from __future__ import annotations

import threading

import psycopg
import pytest

from redshift_standin.engine.interfaces import CopyResult
from redshift_standin.errors import WarehouseError
from standin_support.background import Background, values
from standin_support.waiting import HANGS_AFTER_SECONDS

COPY = "copy numbers from 's3://bucket/key' iam_role default json 'auto'"


@pytest.fixture
def numbers(endpoint):
    endpoint.psycopg(autocommit=True).execute("create table numbers (n integer); insert into numbers values (1)")
    return endpoint


async def lines(*numbers):
    for number in numbers:
        yield f"{number}\n".encode()


def loading(*numbers, notices=()):
    async def load(statement, backend):
        return CopyResult(await backend.copy_in("copy numbers from stdin", lines(*numbers)), notices)

    return load


@pytest.mark.parametrize("client", ["psycopg", "psycopg2", "redshift"])
def test_rows_are_part_of_the_clients_transaction(numbers, copier, client):
    copier.action = loading(2, 3)
    connection = getattr(numbers, client)()
    cursor = connection.cursor()
    cursor.execute(COPY)
    cursor.execute("select count(*) from numbers")
    assert tuple(cursor.fetchone()) == (3,)
    assert values(numbers) == [1]
    connection.rollback()
    assert values(numbers) == [1]
    cursor.execute(COPY)
    connection.commit()
    assert values(numbers) == [1, 2, 3]


@pytest.mark.parametrize("client", ["psycopg", "psycopg2", "redshift"])
def test_outside_a_transaction_it_is_committed_automatically(numbers, copier, client):
    copier.action = loading(2)
    connection = getattr(numbers, client)()
    connection.autocommit = True
    connection.cursor().execute(COPY)
    assert values(numbers) == [1, 2]


@pytest.mark.parametrize("client", ["psycopg", "psycopg2", "redshift"])
def test_failure_aborts_the_transaction(numbers, copier, client):
    async def fail(statement, backend):
        await backend.copy_in("copy numbers from stdin", lines(2))
        raise WarehouseError("Load into table 'numbers' failed.  Check 'stl_load_errors' system table for details.")

    copier.action = fail
    connection = getattr(numbers, client)()
    cursor = connection.cursor()
    cursor.execute("delete from numbers")
    with pytest.raises(Exception, match="Load into table 'numbers' failed"):
        cursor.execute(COPY)
    with pytest.raises(Exception, match="current transaction is aborted"):
        cursor.execute("select 1")
    connection.rollback()
    assert values(numbers) == [1]


def test_error_has_its_sqlstate_and_detail(numbers, copier):
    async def fail(statement, backend):
        raise WarehouseError("The specified S3 prefix 'key' does not exist", detail="code: 8001")

    copier.action = fail
    with pytest.raises(psycopg.errors.InternalError_) as caught:
        numbers.psycopg(autocommit=True).execute(COPY)
    assert caught.value.sqlstate == "XX000"
    assert caught.value.diag.message_detail == "code: 8001"
    assert values(numbers) == [1]


def test_row_that_postgresql_refuses_fails_the_copy(numbers, copier):
    copier.action = loading("2", "x")
    connection = numbers.psycopg()
    with pytest.raises(psycopg.Error, match="invalid input syntax"):
        connection.execute(COPY)
    with pytest.raises(psycopg.errors.InFailedSqlTransaction):
        connection.execute("select 1")
    connection.rollback()
    assert connection.execute("select count(*) from numbers").fetchone() == (1,)


def test_error_of_the_row_source_is_raised_again(numbers, copier):
    async def broken():
        yield b"2\n"
        raise WarehouseError("the object is gone")

    async def load(statement, backend):
        return CopyResult(await backend.copy_in("copy numbers from stdin", broken()), ())

    copier.action = load
    with pytest.raises(psycopg.Error, match="the object is gone"):
        numbers.psycopg(autocommit=True).execute(COPY)
    assert values(numbers) == [1]


def test_notices_reach_the_client(numbers, copier):
    copier.action = loading(2, notices=("Load into table 'numbers' completed, 1 record(s) loaded successfully.",))
    connection = numbers.psycopg(autocommit=True)
    received = []
    connection.add_notice_handler(lambda diagnostic: received.append((diagnostic.severity, diagnostic.message_primary)))
    cursor = connection.execute(COPY)
    assert received == [("INFO", "Load into table 'numbers' completed, 1 record(s) loaded successfully.")]
    assert cursor.statusmessage == "COPY"


def test_it_knows_the_session_and_sees_its_temporary_tables(numbers, copier):
    seen = {}

    async def look(statement, backend):
        seen.update(
            statement=statement,
            identity=(backend.cluster, backend.database, backend.user, backend.session_id),
            rows=await backend.fetch("select n, null from mine order by n"),
        )
        return CopyResult(0, ())

    copier.action = look
    connection = numbers.psycopg()
    connection.execute("create temp table mine (n integer); insert into mine values (5), (6)")
    connection.execute(f"  {COPY} -- the end\n;")
    assert seen["statement"] == COPY
    assert seen["identity"] == (numbers.cluster, "dev", "awsuser", connection.info.backend_pid)
    assert seen["rows"] == [("5", None), ("6", None)]


def test_separately_written_rows_survive_the_rollback(numbers, copier):
    numbers.psycopg(autocommit=True).execute("create table history (what varchar(20))")

    async def fail(statement, backend):
        await backend.execute_apart("insert into history values (%s)", ("it's noted",))
        raise WarehouseError("no")

    copier.action = fail
    connection = numbers.psycopg()
    with pytest.raises(psycopg.Error):
        connection.execute(COPY)
    connection.rollback()
    assert connection.execute("select what from history").fetchall() == [("it's noted",)]


def test_it_waits_for_another_writer(numbers, copier):
    copier.action = loading(2)
    first = numbers.psycopg()
    first.execute("delete from numbers")
    second = numbers.psycopg(autocommit=True)
    waiting = Background(lambda: second.execute(COPY))
    numbers.wait_for_blocked_session()
    first.commit()
    waiting.result()
    assert values(numbers) == [2]


def test_copy_sees_its_cancellation(numbers, copier):
    started = threading.Event()

    async def until_cancelled(statement, backend):
        import asyncio

        started.set()
        while not backend.cancelled:
            await asyncio.sleep(0.01)
        raise WarehouseError("Query cancelled on user's request", sqlstate="57014")

    copier.action = until_cancelled
    connection = numbers.psycopg()
    waiting = Background(lambda: connection.execute(COPY))
    assert started.wait(HANGS_AFTER_SECONDS)
    connection.cancel_safe()
    with pytest.raises(psycopg.errors.QueryCanceled):
        waiting.result()


def test_client_that_disconnects_during_copy_in_a_transaction_leaves_nothing(numbers, copier):
    started, ended = threading.Event(), threading.Event()

    async def endless():
        import asyncio

        try:
            while True:
                yield b"2\n"
                started.set()
                await asyncio.sleep(0.01)
        finally:
            ended.set()

    async def load(statement, backend):
        return CopyResult(await backend.copy_in("copy numbers from stdin", endless()), ())

    copier.action = load
    connection = numbers.psycopg()
    connection.execute("delete from numbers")
    process = connection.info.backend_pid
    connection.pgconn.send_query(COPY.encode())
    assert started.wait(HANGS_AFTER_SECONDS)
    connection.pgconn.finish()
    assert ended.wait(HANGS_AFTER_SECONDS)
    numbers.wait_for(f"select 1 where not exists (select 1 from pg_stat_activity where pid = {process})")
    assert values(numbers) == [1]


@pytest.mark.parametrize(
    "statement", ["copy numbers from stdin", "copy numbers to stdout", "copy (select 1) to 's3://x'"]
)
def test_postgresqls_own_copy_is_refused(numbers, statement):
    with pytest.raises(psycopg.Error):
        numbers.psycopg(autocommit=True).execute(statement)
    assert values(numbers) == [1]


def test_internal_error_is_reported_to_the_client(numbers, copier):
    async def broken(statement, backend):
        raise ZeroDivisionError("a bug")

    copier.action = broken
    connection = numbers.psycopg()
    with pytest.raises(psycopg.Error, match="internal error in the stand-in"):
        connection.execute(COPY)
    connection.rollback()
    assert connection.execute("select count(*) from numbers").fetchone() == (1,)


@pytest.mark.parametrize(
    "view",
    [
        "stl_load_commits",
        "stl_load_errors",
        "stl_replacements",
        "sys_load_detail",
        "sys_load_error_detail",
        "sys_load_history",
    ],
)
def test_client_can_read_the_copy_history(shared_endpoint, view):
    """AWS page "System tables for troubleshooting data loads"."""
    assert shared_endpoint.psycopg(autocommit=True).execute(f"select count(*) from {view}").fetchone() == (0,)
