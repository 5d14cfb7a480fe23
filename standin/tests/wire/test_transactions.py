"""Transactions, table write locks, snapshots, and clients that disconnect."""

from __future__ import annotations

import select

import psycopg
import pytest

from standin_support.background import Background, values


@pytest.fixture
def numbers(endpoint):
    """A table with the number 1."""
    endpoint.psycopg(autocommit=True).execute("create table numbers (n integer); insert into numbers values (1)")
    return endpoint


@pytest.mark.parametrize("client", ["psycopg", "psycopg2", "redshift"])
def test_after_an_error_only_a_rollback_is_accepted(numbers, client):
    connection = getattr(numbers, client)()
    cursor = connection.cursor()
    cursor.execute("insert into numbers values (2)")
    with pytest.raises(Exception, match="does not exist"):
        cursor.execute("select * from missing")
    with pytest.raises(Exception, match="current transaction is aborted"):
        cursor.execute("select 1")
    connection.rollback()
    cursor.execute("select count(*) from numbers")
    assert tuple(cursor.fetchone()) == (1,)


@pytest.mark.parametrize("client", ["psycopg", "psycopg2", "redshift"])
def test_refusal_aborts_the_transaction_like_any_error(numbers, client):
    connection = getattr(numbers, client)()
    cursor = connection.cursor()
    cursor.execute("insert into numbers values (2)")
    with pytest.raises(Exception, match="not supported by the stand-in"):
        cursor.execute("select frobnicate(1)")
    with pytest.raises(Exception, match="current transaction is aborted"):
        cursor.execute("insert into numbers values (3)")
    connection.commit()
    assert values(numbers) == [1]


@pytest.mark.parametrize("client", ["psycopg", "psycopg2", "redshift"])
def test_truncate_commits_what_came_before_it(numbers, client):
    connection = getattr(numbers, client)()
    cursor = connection.cursor()
    cursor.execute("create table kept (n integer)")
    cursor.execute("truncate numbers")
    connection.rollback()
    assert values(numbers) == []
    cursor.execute("select count(*) from kept")
    assert tuple(cursor.fetchone()) == (0,)


@pytest.mark.parametrize("client", ["psycopg", "psycopg2", "redshift"])
def test_second_writer_waits_and_then_changes_the_result_of_the_first(numbers, client):
    first = numbers.psycopg()
    first.execute("delete from numbers where n = 1")
    first.execute("insert into numbers values (10)")
    second = getattr(numbers, client)()

    def write():
        cursor = second.cursor()
        cursor.execute("update numbers set n = n + 1")
        second.commit()
        return cursor.rowcount

    waiting = Background(write)
    numbers.wait_for_blocked_session()
    assert values(numbers) == [1], "readers neither wait nor see what is not committed"
    first.commit()
    assert waiting.result() == 1
    assert values(numbers) == [11]


def test_single_statement_waits_for_a_writer_and_sees_what_it_committed(numbers):
    first = numbers.psycopg()
    first.execute("update numbers set n = 5")
    second = numbers.psycopg(autocommit=True)
    waiting = Background(lambda: second.execute("update numbers set n = n * 2"))
    numbers.wait_for_blocked_session()
    first.commit()
    waiting.result()
    assert values(numbers) == [10]


def test_lock_lets_loads_queue_before_their_snapshot(numbers):
    numbers.psycopg(autocommit=True).execute("create table gate (n integer)")
    first, second = numbers.psycopg(), numbers.psycopg()
    first.execute("lock table gate")
    first.execute("update numbers set n = 2")

    def load():
        second.execute("lock gate")
        seen = second.execute("select n from numbers").fetchone()
        second.execute("update numbers set n = n + 1")
        second.commit()
        return seen

    waiting = Background(load)
    numbers.wait_for_blocked_session()
    first.commit()
    assert waiting.result() == (2,)
    assert values(numbers) == [3]


@pytest.mark.parametrize("client", ["psycopg", "psycopg2", "redshift"])
def test_writer_with_an_older_snapshot_fails_with_1023(numbers, client):
    late = getattr(numbers, client)()
    cursor = late.cursor()
    cursor.execute("select count(*) from numbers")
    numbers.psycopg(autocommit=True).execute("update numbers set n = 2")
    with pytest.raises(Exception, match="1023") as caught:
        cursor.execute("update numbers set n = 3")
    assert "Serializable isolation violation on table" in str(caught.value)
    late.rollback()
    assert values(numbers) == [2]


def test_client_that_disconnects_while_waiting_for_a_lock_leaves_the_queue(numbers):
    holder = numbers.psycopg()
    holder.execute("update numbers set n = 2")
    vanishing = numbers.psycopg()
    vanishing.execute("create table made (n integer)")
    vanishing.pgconn.send_query(b"update numbers set n = 3")
    numbers.wait_for_blocked_session()
    vanishing.pgconn.finish()
    numbers.wait_for("select 1 where not exists (select 1 from pg_locks where not granted)")
    holder.commit()
    assert values(numbers) == [2]


def test_client_can_cancel_a_waiting_statement(numbers):
    holder = numbers.psycopg()
    holder.execute("update numbers set n = 2")
    impatient = numbers.psycopg()
    waiting = Background(lambda: impatient.execute("update numbers set n = 3"))
    numbers.wait_for_blocked_session()
    impatient.cancel_safe()
    with pytest.raises(psycopg.errors.QueryCanceled):
        waiting.result()
    impatient.rollback()
    holder.commit()
    assert values(numbers) == [2]


@pytest.mark.parametrize("client", ["psycopg2", "redshift"])
def test_vacuum_and_similar_statements_are_refused_in_a_transaction(numbers, client):
    connection = getattr(numbers, client)()
    for statement in ("vacuum numbers", "alter table numbers alter column n type varchar(5)"):
        connection.cursor().execute("select 1")
        with pytest.raises(Exception, match="cannot run inside a transaction block"):
            connection.cursor().execute(statement)
        connection.rollback()
    connection.autocommit = True
    connection.cursor().execute("vacuum numbers")
    connection.cursor().execute("analyze numbers")


def test_implicit_transaction_is_invisible_to_the_client(numbers):
    connection = numbers.psycopg(autocommit=True)
    connection.execute("insert into numbers values (2)")
    assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    with pytest.raises(psycopg.errors.InternalError_):
        connection.execute("insert into numbers select n / 0 from numbers")
    assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    assert values(numbers) == [1, 2]


def send_together(connection, *statements) -> None:
    """Send statements of the extended protocol with one Sync after the last, as JDBC does."""
    wire = connection.pgconn
    wire.enter_pipeline_mode()
    for statement in statements:
        wire.send_query_params(statement.encode(), None)
    wire.pipeline_sync()
    wire.flush()
    states = []
    while psycopg.pq.ExecStatus.PIPELINE_SYNC not in states:
        assert select.select([wire.socket], [], [], 5)[0], f"no answer after {states}"
        wire.consume_input()
        while not wire.is_busy() and psycopg.pq.ExecStatus.PIPELINE_SYNC not in states:
            result = wire.get_result()
            if result is not None:
                states.append(result.status)
    wire.exit_pipeline_mode()
    assert states[:-1] == [psycopg.pq.ExecStatus.COMMAND_OK] * len(statements)


def test_transaction_opened_together_with_its_first_write_stays_open(numbers):
    connection = numbers.psycopg(autocommit=True)
    send_together(connection, "begin", "insert into numbers values (2)")
    assert connection.info.transaction_status is psycopg.pq.TransactionStatus.INTRANS
    connection.execute("rollback")
    assert values(numbers) == [1]


def test_transaction_opened_together_with_the_end_of_another_stays_open(numbers):
    connection = numbers.psycopg(autocommit=True)
    insert = "insert into numbers values ({})"
    send_together(connection, "begin", insert.format(2), "commit", "begin", insert.format(3))
    connection.execute("rollback")
    assert values(numbers) == [1, 2]
