"""Decisions of the retry policy that need no database and no AWS."""

from __future__ import annotations

import copy
import json
import pickle

import pytest
import redshift_connector
from airflow.providers.common.compat.sdk import AirflowException
from jinja2 import DictLoader, Environment, StrictUndefined

from redshift_elt.compatibility import RetryAction
from redshift_elt.integrations.retry_policy import WarehouseRetryPolicy
from redshift_elt.sql import identifiers


def action(error: BaseException) -> RetryAction:
    return WarehouseRetryPolicy().evaluate(error, 1, 4).action


def raised(act) -> Exception:
    with pytest.raises(Exception) as failure:  # noqa: PT011 - what it is, is what the test is about
        act()
    return failure.value


@pytest.mark.parametrize("error", [RuntimeError("busy"), AirflowException("not yet"), MemoryError(), EOFError()])
def test_unknown_errors_are_left_to_the_task_retries(error):
    assert action(error) is RetryAction.DEFAULT


@pytest.mark.parametrize(
    "act",
    [
        lambda: None.table,
        lambda: len(4),
        lambda: int("many"),
        lambda: {}["columns"],
        lambda: next(iter([()]))[0],
        lambda: 1 / 0,
        lambda: undefined_name,  # noqa: F821
        lambda: __import__("no_such_module_at_all"),
        b"\xe4".decode,
        lambda: identifiers.table("Sales 2018"),
        lambda: Environment(autoescape=True).from_string("{{ params.table.name }}").render(params={}),
        lambda: Environment(autoescape=True, undefined=StrictUndefined).from_string("{{ parms }}").render(),
        lambda: Environment(autoescape=True).from_string("{{ table"),
        lambda: Environment(autoescape=True, loader=DictLoader({})).get_template("select/ordres.sql"),
    ],
)
def test_wrong_code_argument_or_template_is_not_retried(act):
    error = raised(act)
    assert action(error) is RetryAction.FAIL, repr(error)


def test_wrong_code_decides_only_if_no_cause_is_known():
    while_it_was_handled = KeyError("columns")
    while_it_was_handled.__context__ = TimeoutError()
    assert action(while_it_was_handled) is RetryAction.RETRY
    handled = AirflowException("The file is not there yet.")
    handled.__cause__ = KeyError("file")
    assert action(handled) is RetryAction.DEFAULT


def test_response_that_is_not_json_may_be_an_error_page():
    assert action(raised(lambda: json.loads("<html>"))) is RetryAction.DEFAULT


@pytest.mark.parametrize("message", ["permission denied for relation loads", "must be owner of relation loads"])
def test_missing_privilege_is_not_retried_even_without_its_sqlstate(message):
    error = redshift_connector.ProgrammingError({"S": "ERROR", "C": "XX000", "M": message})
    assert WarehouseRetryPolicy().evaluate(error, 1, 4).action is RetryAction.FAIL


def test_policy_can_be_copied_and_sent_to_another_process():
    policy = WarehouseRetryPolicy()
    for other in (copy.deepcopy(policy), pickle.loads(pickle.dumps(policy))):  # noqa: S301 - made here
        assert other.evaluate(TimeoutError(), 1, 4).action is RetryAction.RETRY
