"""Transactions on a real PostgreSQL, with real conflicts and lost connections."""

from __future__ import annotations

import psycopg
import pytest
from airflow.providers.postgres.hooks.postgres import PostgresHook

from redshift_elt.connection import transaction
from redshift_elt.connection.columns import Columns
from redshift_elt.connection.session import Session
from redshift_elt.connection.transaction import ConnectionLostError, in_transaction, without_transaction
from redshift_standin import PostgresServer
from tests.support.ports import free_port


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    server = PostgresServer(tmp_path_factory.mktemp("postgres") / "data", free_port(), durable=False)
    server.start()
    yield server.dsn.parameters("postgres")
    server.stop()


@pytest.fixture
def hook(address, monkeypatch):
    uri = f"postgresql://{address['user']}@/postgres?host={address['host']}&port={address['port']}"
    monkeypatch.setenv("AIRFLOW_CONN_PLAIN", uri.replace(address["host"], address["host"].replace("/", "%2F")))
    return PostgresHook(postgres_conn_id="plain")


@pytest.fixture
def outside(address):
    """Another client, which commits each statement."""
    with psycopg.connect(**address, autocommit=True) as connection:
        connection.execute("drop table if exists counted")
        connection.execute("create table counted (name text, number integer)")
        connection.execute("insert into counted values ('a', 0), ('b', 0)")
        yield connection


def numbers(outside):
    return dict(outside.execute("select name, number from counted").fetchall())


def test_work_is_committed_and_its_result_returned(hook, outside):
    def work(session: Session):
        assert (
            session.execute("update counted set number = %(number)s where name = %(name)s", {"number": 7, "name": "a"})
            == 1
        )
        assert session.columns("counted") == Columns(("name", "number"), frozenset({"name"}))
        return session.fetch("select name from counted order by name")

    assert in_transaction(hook, work) == [("a",), ("b",)]
    assert numbers(outside) == {"a": 7, "b": 0}


def test_error_rolls_everything_back_and_is_raised(hook, outside):
    def work(session: Session):
        session.execute("update counted set number = 7")
        session.execute("insert into counted values ('c', 1 / 0)")

    with pytest.raises(psycopg.errors.DivisionByZero):
        in_transaction(hook, work)
    assert numbers(outside) == {"a": 0, "b": 0}


def test_read_only_work_cannot_write(hook, outside):
    def read(session: Session):
        before = session.answer("select name, number from counted order by name limit 1")
        assert session.fetch("show transaction_read_only") == [("on",)]
        return before

    assert in_transaction(hook, read, read_only=True) == (["name", "number"], [("a", 0)])
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        in_transaction(hook, lambda session: session.execute("update counted set number = 7"), read_only=True)
    assert numbers(outside) == {"a": 0, "b": 0}


def test_error_is_explained_with_the_failed_session(hook, outside):
    pids = []

    def work(session: Session):
        pids.append(session.fetch("select pg_backend_pid()"))
        session.execute("select 1 / 0")

    def explain(session: Session, error: Exception) -> Exception:
        pids.append(session.fetch("select pg_backend_pid()"))
        return RuntimeError(f"explained: {type(error).__name__}")

    with pytest.raises(RuntimeError, match="explained: DivisionByZero"):
        in_transaction(hook, work, explain)
    assert pids[0] == pids[1]


def test_conflict_repeats_all_of_the_work(hook, outside):
    seen = []

    def work(session: Session):
        session.execute("set transaction isolation level repeatable read")
        seen.append(dict(session.fetch("select name, number from counted")))
        if len(seen) == 1:
            outside.execute("update counted set number = 5")
        session.execute("update counted set number = number + 1")

    in_transaction(hook, work)
    assert seen == [{"a": 0, "b": 0}, {"a": 5, "b": 5}]
    assert numbers(outside) == {"a": 6, "b": 6}


def test_persistent_conflict_is_raised_in_the_end(hook, outside, monkeypatch):
    monkeypatch.setattr(transaction, "ATTEMPTS", 2)
    attempts = []

    def work(session: Session):
        attempts.append(1)
        session.execute("set transaction isolation level repeatable read")
        session.fetch("select * from counted")
        outside.execute("update counted set number = number + 1")
        session.execute("update counted set number = 0")

    with pytest.raises(psycopg.errors.SerializationFailure):
        in_transaction(hook, work)
    assert len(attempts) == 2
    assert numbers(outside) == {"a": 2, "b": 2}


def terminate(session: Session, outside):
    [(pid,)] = session.fetch("select pg_backend_pid()")
    outside.execute("select pg_terminate_backend(%s, 5000)", (pid,))


def test_lost_connection_is_raised_as_such(hook, outside):
    explained = []

    def work(session: Session):
        session.execute("update counted set number = 7")
        terminate(session, outside)
        session.execute("update counted set number = 8")

    with pytest.raises(ConnectionLostError, match="nothing was changed") as lost:
        in_transaction(hook, work, lambda session, error: explained.append(error))
    assert isinstance(lost.value.__cause__, psycopg.OperationalError)
    assert explained == []
    assert numbers(outside) == {"a": 0, "b": 0}


def test_connection_lost_before_the_commit_leaves_the_outcome_unknown(hook, outside):
    def work(session: Session):
        session.execute("update counted set number = 7")
        terminate(session, outside)

    with pytest.raises(ConnectionLostError, match="during the commit, so the outcome is unknown"):
        in_transaction(hook, work)


def test_connection_lost_after_a_commit_of_the_work_keeps_what_was_committed(hook, outside):
    def work(session: Session):
        session.execute("update counted set number = 7")
        session.commit()
        terminate(session, outside)
        session.execute("update counted set number = 8")

    with pytest.raises(ConnectionLostError, match="what was committed before is kept"):
        in_transaction(hook, work)
    assert numbers(outside) == {"a": 7, "b": 7}


def test_connection_lost_before_a_commit_of_the_work_leaves_the_outcome_unknown(hook, outside):
    def work(session: Session):
        session.execute("update counted set number = 7")
        terminate(session, outside)
        session.commit()

    with pytest.raises(ConnectionLostError, match="during the commit, so the outcome is unknown"):
        in_transaction(hook, work)


def test_without_transaction_each_statement_is_committed_by_itself(hook, outside):
    def work(session: Session):
        session.execute("update counted set number = 7 where name = 'a'")
        assert numbers(outside) == {"a": 7, "b": 0}
        session.execute("update counted set number = 1 / 0 where name = 'b'")

    with pytest.raises(RuntimeError, match="explained: DivisionByZero"):
        without_transaction(hook, work, lambda _, error: RuntimeError(f"explained: {type(error).__name__}"))
    assert numbers(outside) == {"a": 7, "b": 0}


def test_connection_lost_without_a_transaction_leaves_the_outcome_of_the_last_statement_unknown(hook, outside):
    def work(session: Session):
        session.execute("update counted set number = 7")
        terminate(session, outside)
        session.execute("update counted set number = 8")

    with pytest.raises(ConnectionLostError, match="unknown whether the last statement was executed"):
        without_transaction(hook, work)
    assert numbers(outside) == {"a": 7, "b": 7}


def test_unchanged_error_has_no_cause(hook, outside):
    def work(session: Session):
        session.execute("select 1 / 0")

    with pytest.raises(psycopg.errors.DivisionByZero) as failure:
        in_transaction(hook, work, lambda session, error: error)
    assert failure.value.__cause__ is None


def test_other_error_of_the_work_rolls_back_and_is_raised(hook, outside):
    def work(session: Session):
        session.execute("update counted set number = 7")
        raise ValueError("no such choice")

    with pytest.raises(ValueError, match="no such choice"):
        in_transaction(hook, work)
    assert numbers(outside) == {"a": 0, "b": 0}
