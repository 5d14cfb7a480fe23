"""Section 9: the wire protocol and sessions. More of it is in ../wire/."""

from __future__ import annotations

import psycopg
import pytest

from standin_support.background import Background
from standin_support.facts import Here, fact
from standin_support.raw import frame, logged_in, read_to_end, read_until_ready


@pytest.fixture
def held(endpoint):
    """A session that waits for a lock of another one, and its waiting statement."""
    endpoint.psycopg(autocommit=True).execute("create table held (n integer)")
    endpoint.psycopg().execute("lock table held")
    waiting = endpoint.psycopg(autocommit=True)
    running = Background(lambda: waiting.execute("delete from held"))
    endpoint.wait_for_blocked_session()
    return endpoint, waiting.info.backend_pid, running


@fact(
    "9.wire/cancel",
    "CANCEL cancels the statement of another session, and the session continues.",
    Here.SUPPORTED,
    "r_CANCEL",
)
def test_cancel(held):
    endpoint, process, running = held
    endpoint.psycopg(autocommit=True).execute(f"cancel {process}")
    with pytest.raises(psycopg.errors.QueryCanceled, match="cancelled on user's request"):
        running.result()


@fact(
    "9.wire/cancel-function",
    "PG_CANCEL_BACKEND cancels the statement of another session like CANCEL.",
    Here.SUPPORTED,
    "PG_CANCEL_BACKEND",
)
def test_pg_cancel_backend(held):
    endpoint, process, running = held
    endpoint.psycopg(autocommit=True).execute(f"select pg_cancel_backend({process})")
    with pytest.raises(psycopg.errors.QueryCanceled):
        running.result()


@fact("9.wire/terminate", "PG_TERMINATE_BACKEND ends a session.", Here.SUPPORTED, "PG_TERMINATE_BACKEND")
def test_pg_terminate_backend(held):
    endpoint, process, running = held
    endpoint.psycopg(autocommit=True).execute(f"select pg_terminate_backend({process})")
    with pytest.raises(psycopg.errors.AdminShutdown):
        running.result()


@fact("9.wire/cancel-message", "CANCEL can send a message.", Here.REFUSED, "r_CANCEL")
def test_cancel_with_a_message(session):
    with pytest.raises(psycopg.errors.FeatureNotSupported, match="CANCEL with a message"):
        session.execute("cancel 1 'please'")


@fact(
    "9.wire/cancel-missing",
    "CANCEL of a session that does not exist fails with the documented message.",
    Here.SUPPORTED,
    "r_CANCEL",
)
def test_cancel_of_a_missing_session(session):
    with pytest.raises(psycopg.Error, match=r"Session 1 does not exist\. The session PID might have changed\."):
        session.execute("cancel 1")


@fact("9.wire/cancel-result", "PG_CANCEL_BACKEND and PG_TERMINATE_BACKEND return 1 or 0.", Here.UNKNOWN, "no source")
def test_result_of_pg_cancel_backend(session):
    assert session.execute("select pg_cancel_backend(1), pg_terminate_backend(1)").fetchall() == [(0, 0)]


@fact(
    "9.wire/large",
    "A statement of more than 16 MB is refused with 42601, and the error states its size.",
    Here.SUPPORTED,
    "psycopg/psycopg2#1091",
)
def test_large_statement(session):
    with pytest.raises(psycopg.errors.SyntaxError, match=r"Statement is too large\. Statement Size: 16777224"):
        session.execute("select 1" + " " * (16 << 20))
    assert session.execute("select 42").fetchone() == (42,)


@fact(
    "9.wire/garbage",
    "Invalid bytes end only the connection that sent them.",
    Here.SUPPORTED,
    "PostgreSQL's protocol, which Redshift's is",
)
def test_garbage(shared_endpoint, session):
    with logged_in(shared_endpoint) as connection:
        connection.sendall(b"\xff" * 64)
        assert b"08P01" in read_to_end(connection)
    assert session.execute("select 42").fetchone() == (42,)


@fact(
    "9.wire/skip",
    "After an error, everything up to Sync is skipped, including simple queries.",
    Here.SUPPORTED,
    "PostgreSQL's protocol, which Redshift's is",
)
def test_skip_to_sync(shared_endpoint):
    with logged_in(shared_endpoint) as connection:
        connection.sendall(frame(b"P", b"\0select missing\0\0\0") + frame(b"Q", b"select 41\0") + frame(b"S"))
        answer = read_until_ready(connection)
    assert (b"42703" in answer, b"SELECT" in answer) == (True, False)


@fact(
    "9.wire/encoding",
    "A client can use an encoding other than UTF-8.",
    Here.REFUSED,
    "no source",
)
def test_another_encoding(session, shared_endpoint):
    with pytest.raises(psycopg.errors.FeatureNotSupported):
        session.execute("set client_encoding to 'latin1'")
    with pytest.raises(psycopg.OperationalError, match="client encoding latin1 is not supported"):
        shared_endpoint.psycopg(client_encoding="latin1")
    session.execute("set client_encoding to 'UTF8'")


@fact("9.wire/catalog", "PG_STAT_ACTIVITY lists the sessions.", Here.REFUSED, "no source")
def test_pg_stat_activity(session):
    with pytest.raises(psycopg.errors.FeatureNotSupported):
        session.execute("select * from pg_stat_activity")
