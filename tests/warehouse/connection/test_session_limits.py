"""Each session has a statement timeout and a query group, and a timeout says what to do."""

from __future__ import annotations

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from redshift_elt.connection.hook import warehouse_hook
from redshift_elt.connection.session_limits import LOCK_TIMEOUT, SessionLimits, StatementTimeoutError
from redshift_elt.connection.transaction import in_transaction
from redshift_elt.operators.base import WarehouseOperator

CONN_IDS = ("redshift_default", "redshift_as_postgres")
SLOW = "select count(*)\nfrom pg_class as a, pg_class as b, pg_class as c"


@pytest.fixture(params=CONN_IDS)
def hook(through_postgres, request):
    return warehouse_hook(request.param)


def settings(session):
    return [session.fetch(f"show {name}")[0][0] for name in ("statement_timeout", "query_group")]


@pytest.mark.parametrize("read_only", [True, False])
def test_both_are_set_for_the_whole_session(hook, read_only):
    limits = SessionLimits(statement_timeout=90, query_group="etl prod:1")
    assert in_transaction(hook, settings, limits=limits, read_only=read_only) == ["90s", "etl prod:1"]


def test_they_outlast_a_rollback(hook):
    found = []

    def fail(session):
        session.execute("select 1 / 0")

    def explain(session, error):
        found.extend(settings(session))
        return error

    with pytest.raises(Exception, match="ivi"):
        in_transaction(hook, fail, explain, limits=SessionLimits(statement_timeout=90, query_group="etl"))
    assert found == ["90s", "etl"]


def test_session_without_limits_of_its_own_has_the_defaults(hook):
    assert in_transaction(hook, settings) == ["2h", ""]


def test_statement_that_takes_too_long_is_cancelled_with_advice(hook):
    limits = SessionLimits(statement_timeout=0.1)
    with pytest.raises(StatementTimeoutError) as raised:
        in_transaction(hook, lambda session: session.fetch(SLOW), limits=limits)
    message = str(raised.value)
    assert "cancelled a statement after 0.1 s (statement_timeout): select count(*) from pg_class as a" in message
    assert "increase statement_timeout in the form of the DAG or in the operator" in message
    assert "Nothing was changed" in message


def test_other_cancellation_is_not_taken_for_a_timeout(hook):
    def cancelled(session):
        session.execute("set statement_timeout to 50")
        session.fetch(SLOW)

    with pytest.raises(Exception, match="cancel") as raised:
        in_transaction(hook, cancelled)
    assert not isinstance(raised.value, StatementTimeoutError)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"statement_timeout": 0}, "statement_timeout is 0: write a number of seconds greater than 0"),
        ({"statement_timeout": True}, "statement_timeout is True"),
        ({"statement_timeout": "soon"}, "statement_timeout is 'soon': write a number of seconds"),
        ({"statement_timeout": "nan"}, "statement_timeout is nan"),
        ({"statement_timeout": 10**9}, "write a number of seconds from 0.1 to 604800"),
        ({"query_group": "x" * 31}, "query_group is .*: write at most 30 letters"),
        ({"query_group": "etl'; drop table t --"}, "write at most 30 letters"),
        ({"query_group": None}, "write at most 30 letters"),
    ],
)
def test_what_is_no_limit_is_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        WarehouseOperator(task_id="t", **arguments)
    operator = WarehouseOperator(task_id="t")
    # As after rendering.
    for name, value in arguments.items():
        setattr(operator, name, value)
    with pytest.raises(AirflowFailException, match=words):
        operator.transaction(lambda session: session.fetch("select 1"))


def test_rendered_texts_are_numbers():
    assert SessionLimits.rendered(LOCK_TIMEOUT, "7200", "etl") == SessionLimits(LOCK_TIMEOUT, 7200, "etl")
