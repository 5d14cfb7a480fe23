"""Decisions of the retry policy that need no database and no AWS."""

from __future__ import annotations

import copy
import pickle

import pytest
import redshift_connector
from airflow.sdk import RetryAction

from redshift_elt.integrations.retry_policy import WarehouseRetryPolicy


def test_unknown_errors_are_left_to_the_task_retries():
    assert WarehouseRetryPolicy().evaluate(KeyError("columns"), 1, 4).action is RetryAction.DEFAULT


@pytest.mark.parametrize("message", ["permission denied for relation loads", "must be owner of relation loads"])
def test_missing_privilege_is_not_retried_even_without_its_sqlstate(message):
    error = redshift_connector.ProgrammingError({"S": "ERROR", "C": "XX000", "M": message})
    assert WarehouseRetryPolicy().evaluate(error, 1, 4).action is RetryAction.FAIL


def test_policy_can_be_copied_and_sent_to_another_process():
    policy = WarehouseRetryPolicy()
    for other in (copy.deepcopy(policy), pickle.loads(pickle.dumps(policy))):  # noqa: S301 - made here
        assert other.evaluate(TimeoutError(), 1, 4).action is RetryAction.RETRY
