"""Sessions: values are bound by name, percent signs are sent unchanged, and a lost connection is noticed."""

from __future__ import annotations

from datetime import datetime
from types import MappingProxyType

import pytest

from redshift_elt.connection.hook import warehouse_hook
from redshift_elt.connection.session import Session
from redshift_elt.connection.transaction import ConnectionLostError, in_transaction, without_transaction
from tests.support.faults import shut_down

MOMENT = datetime(2018, 11, 1, 12, 30)


@pytest.fixture(params=["redshift", "postgres"])
def fetch(request, warehouse, through_postgres):
    """Run a query through a connection of either type."""
    through = warehouse if request.param == "redshift" else through_postgres
    return lambda query, values=MappingProxyType({}): through.query(query, **values)


@pytest.mark.parametrize("values", [{}, {"name": "anna"}], ids=["no value", "a value"])
def test_percent_sign_is_unchanged(fetch, values):
    query = "select replace('a%20b', '%20', ' '), '100%', 7 % 4, '50%%', '%s'"
    if values:
        query += ", %(name)s::varchar"
    assert fetch(query, values) == [("a b", "100%", 3, "50%%", "%s", *values.values())]


def test_value_can_be_used_more_than_once_and_in_any_order(fetch):
    query = "select %(second)s::varchar, %(first)s::timestamp, %(second)s::varchar || '%'"
    assert fetch(query, {"first": MOMENT, "second": "x"}) == [("x", MOMENT, "x%")]


def test_unused_value_is_not_sent(fetch):
    assert fetch("select 1", {"unused": MOMENT}) == [(1,)]


def test_placeholder_without_a_value_is_text(fetch):
    assert fetch("select '%(other)s', %(name)s::varchar", {"name": "a"}) == [("%(other)s", "a")]


@pytest.mark.parametrize("run", [in_transaction, without_transaction])
def test_connection_that_is_lost_while_no_statement_is_sent_is_noticed(created_warehouse, run):
    def work(session: Session) -> None:
        shut_down(session._connection)
        raise ValueError("The work fails too.")

    with pytest.raises(ConnectionLostError):
        run(warehouse_hook("redshift_default"), work)
