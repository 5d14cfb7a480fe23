"""The query history: AWS pages "SYS_QUERY_HISTORY" and "STL_QUERY"."""

from __future__ import annotations

import gc
import tracemalloc

import psycopg
import pytest

from redshift_standin.settings import ACCESS_KEY, SECRET_KEY
from standin_support.whole import BUCKET

ASKED = (
    "select trim(query_type), trim(status), returned_rows, trim(query_text) from sys_query_history "
    "where session_id = {} order by start_time"
)


@pytest.fixture
def session(endpoint):
    return endpoint.psycopg(autocommit=True)


@pytest.fixture
def history(endpoint):
    """Return the statements of a session as another session reads them."""
    reader = endpoint.psycopg(autocommit=True)
    return lambda session: reader.execute(ASKED.format(session.info.backend_pid)).fetchall()


def test_each_statement_is_listed_once_with_its_type_and_rows(session, history):
    statements = [
        ("DDL", 0, "create table t (a integer)"),
        ("CTAS", 0, "create table u as select 1 as a"),
        ("INSERT", 0, "insert into t values (1), (2)"),
        ("SELECT", 2, "select a from t"),
        ("SELECT", 1, "with q as (select 1) select * from q"),
        ("UPDATE", 0, "update t set a = 3"),
        ("DELETE", 0, "delete from t"),
        ("DDL", 0, "truncate t"),
        ("UTILITY", 0, "set query_group to 'x'"),
        ("UTILITY", 0, "analyze t"),
    ]
    for _, _, statement in statements:
        session.execute(statement)
    assert history(session) == [(kind, "success", rows, text) for kind, rows, text in statements]
    assert len(history(session)) == len(statements), "none is written twice"


def test_both_protocols_and_several_statements_in_one(session, history):
    session.execute("select %s::integer", (1,))
    psycopg.ClientCursor(session).execute("select 1; select 2")
    assert [text for *_, text in history(session)] == ["select $1::integer", "select 1", "select 2"]


def test_failures(session, history, endpoint):
    with pytest.raises(psycopg.errors.UndefinedTable):
        psycopg.ClientCursor(session).execute("select * from nowhere")
    with pytest.raises(psycopg.errors.InternalError):
        session.execute("create table t (a integer); insert into t values (0); select 1 / a from t")
    assert [row[:2] for row in history(session)] == [
        ("SELECT", "failed"),
        ("DDL", "success"),
        ("INSERT", "success"),
        ("SELECT", "failed"),
    ]
    reader = endpoint.psycopg()
    rows = reader.execute("select trim(error_message) from sys_query_history where status = 'failed' order by query_id")
    assert rows.fetchall() == [('relation "nowhere" does not exist',), ("Divide by zero",)]


def test_history_of_a_dropped_database_is_forgotten(session, endpoint):
    session.execute("create database other")
    endpoint.psycopg(dbname="other", autocommit=True).execute("select 'before'")
    endpoint.opened.pop().close()
    endpoint.wait_for("select 1 where not exists (select from pg_stat_activity where datname like '%other')")
    session.execute("drop database other")
    session.execute("create database other")
    there = endpoint.psycopg(dbname="other", autocommit=True)
    there.execute("select 'after'")
    assert [text for *_, text in there.execute(ASKED.format("session_id")).fetchall()] == ["select 'after'"]


def test_long_texts_are_not_kept(session, history):
    statement = f"create table t as select 1 /* {'x' * 1_000_000} */ as a"
    session.execute("select 1")
    tracemalloc.start()
    try:
        for _ in range(8):
            session.execute(statement)
            session.execute("drop table t")
        gc.collect()
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # Each statement has a megabyte, and the client keeps its last one.
    assert kept < 3_000_000
    assert history(session)[1:3] == [("CTAS", "success", 0, statement[:4000]), ("DDL", "success", 0, "drop table t")]


def test_stl_query_lists_only_queries(session, endpoint):
    for statement in ("create table t (a integer)", "insert into t values (1)", "select a from t"):
        session.execute(statement)
    rows = endpoint.psycopg().execute(
        "select trim(querytxt), aborted, endtime >= starttime, trim(database), pid from stl_query order by query"
    )
    pid = session.info.backend_pid
    assert rows.fetchall() == [
        ("insert into t values (1)", 0, True, "dev", pid),
        ("select a from t", 0, True, "dev", pid),
    ]


def test_copy_has_its_own_id_and_shows_no_secrets(whole):
    connection = whole.psycopg()
    connection.execute("create table t (a integer)")
    whole.put("in/t.csv", b"1\n")
    keys = f"aws_access_key_id={ACCESS_KEY};aws_secret_access_key={SECRET_KEY}"
    whole.psycopg().execute(f"copy t from 's3://{BUCKET}/in/' credentials '{keys}' csv")
    rows = connection.execute(
        "select trim(query_text), query_id = (select query_id from sys_load_history) from sys_query_history "
        "where query_type = 'COPY'"
    ).fetchall()
    assert rows == [(f"copy t from 's3://{BUCKET}/in/' credentials '' csv", True)]
