"""Any running statement can be cancelled by its client or by another session."""

from __future__ import annotations

import asyncio
import threading

import psycopg
import pytest

from redshift_standin.engine.interfaces import CopyResult, UnloadResult
from redshift_standin.errors import WarehouseError
from redshift_standin.wire.endpoints import Endpoints, EndpointSettings
from standin_support.background import Background
from standin_support.endpoint import Endpoint, free_port, open_cluster
from standin_support.raw import answers, frame, logged_in, read_to_end
from standin_support.waiting import HANGS_AFTER_SECONDS

COPY = "copy victims from 's3://bucket/key' iam_role default json 'auto'"
UNLOAD = "unload ('select 1') to 's3://bucket/key' iam_role default"


@pytest.fixture(scope="module")
def victims(shared_endpoint):
    shared_endpoint.psycopg(autocommit=True).execute("create table victims (n integer)")
    shared_endpoint.connect_to_postgres().execute("insert into victims select generate_series(1, 5000)")
    yield shared_endpoint
    shared_endpoint.psycopg(autocommit=True).execute("drop table victims")


async def until_cancelled(started: threading.Event, backend) -> None:
    started.set()
    while not backend.cancelled:
        await asyncio.sleep(0.01)
    raise WarehouseError("Query cancelled on user's request", sqlstate="57014")


def a_query(endpoint, copier, victim):
    running = Background(lambda: victim.execute("select count(*) from victims a, victims b, victims c, victims d"))
    endpoint.wait_for(f"select 1 from pg_stat_activity where pid = {victim.info.backend_pid} and state = 'active'")
    return running


def a_wait_for_a_lock(endpoint, copier, victim):
    holder = endpoint.psycopg()
    holder.execute("lock table victims")
    running = Background(lambda: victim.execute("delete from victims"))
    endpoint.wait_for_blocked_session()
    return running


def a_copy_that_reads(endpoint, copier, victim):
    started = threading.Event()
    copier.action = lambda statement, backend: until_cancelled(started, backend)
    running = Background(lambda: victim.execute(COPY))
    assert started.wait(HANGS_AFTER_SECONDS)
    return running


def a_copy_that_writes(endpoint, copier, victim):
    started = threading.Event()

    async def rows():
        yield b"1\n"
        started.set()
        await asyncio.sleep(0.01)
        while True:
            yield b"2\n"
            await asyncio.sleep(0.01)

    async def load(statement, backend):
        return CopyResult(await backend.copy_in("copy victims from stdin", rows()), ())

    copier.action = load
    running = Background(lambda: victim.execute(COPY))
    assert started.wait(HANGS_AFTER_SECONDS)
    return running


RUNNING = [a_query, a_wait_for_a_lock, a_copy_that_reads, a_copy_that_writes]


def by_its_client(endpoint, victim):
    victim.cancel_safe()


def by_cancel(endpoint, victim):
    cursor = endpoint.psycopg(autocommit=True).execute(f"cancel {victim.info.backend_pid}")
    assert cursor.statusmessage == "CANCEL"


def by_function(endpoint, victim):
    asked = endpoint.psycopg(autocommit=True).execute("select pg_cancel_backend(%s)", (victim.info.backend_pid,))
    assert asked.fetchone() == (1,)


@pytest.fixture
def left_nothing(victims):
    before = len(victims.opened)
    yield
    while len(victims.opened) > before:
        victims.opened.pop().close()
    rows = victims.psycopg(autocommit=True).execute("select count(*) from victims").fetchone()
    assert rows == (5000,)


@pytest.mark.parametrize("end", [by_its_client, by_cancel, by_function])
@pytest.mark.parametrize("begin", RUNNING)
def test_running_statement_can_be_cancelled(victims, copier, left_nothing, begin, end):
    victim = victims.psycopg(autocommit=True)
    running = begin(victims, copier, victim)
    end(victims, victim)
    with pytest.raises(psycopg.errors.QueryCanceled, match="cancelled on user's request"):
        running.result()
    assert victim.execute("select 42").fetchone() == (42,)


@pytest.mark.parametrize("begin", RUNNING)
def test_session_can_be_terminated(victims, copier, left_nothing, begin):
    victim = victims.psycopg(autocommit=True)
    running = begin(victims, copier, victim)
    other = victims.psycopg(autocommit=True)
    assert other.execute("select pg_terminate_backend(%s)", (victim.info.backend_pid,)).fetchone() == (1,)
    with pytest.raises(psycopg.errors.AdminShutdown):
        running.result()
    assert victim.closed


def test_idle_session_is_notified_at_once_of_its_termination(victims):
    with logged_in(victims) as victim:
        victim.sendall(frame(b"Q", b"begin; select 'pid ' || pg_backend_pid()\0"))
        row = next(body for kind, body in answers(victim) if kind == b"D")
        process = int(row.rpartition(b"pid ")[2])
        victims.psycopg(autocommit=True).execute("select pg_terminate_backend(%s)", (process,))
        assert b"57P01" in read_to_end(victim)


def test_unload_can_be_cancelled(endpoint_postgres, certificates, copier):
    class Unloader:
        started = threading.Event()

        async def unload(self, statement, backend) -> UnloadResult:
            await until_cancelled(self.started, backend)
            return UnloadResult(())

    endpoints, port = Endpoints(endpoint_postgres, EndpointSettings(certificates), copier, Unloader()), free_port()
    open_cluster(endpoints, "unloading", port)
    endpoint = Endpoint(endpoints, endpoint_postgres, certificates, "unloading", port)
    try:
        victim, other = endpoint.psycopg(autocommit=True), endpoint.psycopg(autocommit=True)
        running = Background(lambda: victim.execute(UNLOAD))
        assert Unloader.started.wait(HANGS_AFTER_SECONDS)
        other.execute(f"cancel {victim.info.backend_pid}")
        with pytest.raises(psycopg.errors.QueryCanceled):
            running.result()
    finally:
        endpoint.close()
        endpoints.delete("unloading")
        endpoints.close()


def test_users_can_end_their_own_sessions_and_the_master_user_all(victims):
    victims.add_user("impatient", "p")
    user = victims.psycopg(user="impatient", password="p", autocommit=True)
    own = victims.psycopg(user="impatient", password="p")
    master = victims.psycopg(autocommit=True)
    for statement in ("select pg_cancel_backend({})", "select pg_terminate_backend({})", "cancel {}"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            user.execute(statement.format(master.info.backend_pid))
    assert user.execute("select pg_terminate_backend(%s)", (own.info.backend_pid,)).fetchone() == (1,)
    assert master.execute("select pg_terminate_backend(%s)", (user.info.backend_pid,)).fetchone() == (1,)


def test_missing_session_cannot_be_cancelled(victims):
    connection = victims.psycopg(autocommit=True)
    assert connection.execute("select pg_cancel_backend(1)").fetchone() == (0,)
    with pytest.raises(psycopg.errors.InternalError_, match="Session 1 does not exist"):
        connection.execute("cancel 1")


@pytest.mark.parametrize("statement", ["cancel", "cancel 'x'", "cancel 1.5", "cancel 1 'please'"])
def test_cancel_accepts_a_process_id(victims, statement):
    with pytest.raises((psycopg.errors.SyntaxError, psycopg.errors.FeatureNotSupported)):
        victims.psycopg().execute(statement)
