"""Section 1.8: COPY in transactions, and COPY JOB."""

from __future__ import annotations

import pytest

from standin_support.facts import Here, fact


@fact(
    "1.8/53",
    "COPY is part of the same transaction as the statements that follow it.",
    Here.SUPPORTED,
    "verifying-that-data-loaded-correctly",
)
def test_transaction(loader):
    url = loader.put("a", "1\n2\n")
    loader.run("create table t (id integer)", "create table target (id integer)", "insert into target values (7)")
    copy = f"copy t from '{url}' iam_role default"
    steps = ("begin", copy, "delete from target", "insert into target select id from t")
    assert loader.run(*steps, "select count(*) from target") == [(2,)]
    assert loader.whole.psycopg().execute("select id from target").fetchall() == [(7,)]
    assert loader.run("rollback", "select id from target") == [(7,)]
    assert loader.run(*steps, "commit", "select id from target order by id") == [(1,), (2,)]


@fact("1.8/54", "After an error, every statement fails (25P02) until ROLLBACK.", Here.SUPPORTED, "no source")
def test_aborted(loader):
    loader.run("create table t (id integer)", "begin", "insert into t values (1)")
    loader.copy_fails(loader.put("a", "x\n"))
    error = loader.fails("select 1")
    assert (error.sqlstate, error.diag.message_primary) == (
        "25P02",
        "current transaction is aborted, commands ignored until end of transaction block",
    )
    assert loader.run("rollback", "select count(*) from t") == [(0,)]


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(
            "copy t from 's3://b/k' iam_role default job create nightly auto on",
            marks=fact("1.8/55", "COPY … JOB CREATE loads objects as they arrive.", Here.REFUSED, "r_COPY-JOB"),
        ),
        pytest.param(
            "copy job run nightly",
            marks=fact(
                "1.8/55 verbs", "COPY JOB also has ALTER, RUN, LIST, SHOW and DROP.", Here.REFUSED, "r_COPY-JOB"
            ),
        ),
    ],
)
def test_jobs(loader, statement):
    loader.run("create table t (id integer)")
    assert loader.fails(statement).sqlstate == "0A000"


@fact("1.8/56", "SYS_COPY_JOB and similar views list such jobs.", Here.REFUSED, "loading-data-copy-job")
def test_views_of_jobs(loader):
    assert loader.fails("select * from sys_copy_job").sqlstate == "42P01"
