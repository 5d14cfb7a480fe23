"""A task that no triggerer resumes says so."""

from __future__ import annotations

import pytest
from airflow.providers.common.compat.sdk import AirflowException
from airflow.sdk.bases.operator import TRIGGER_FAIL_REPR, TriggerFailureReason

from redshift_elt import WaitForClusterOperator

TASK = WaitForClusterOperator(task_id="wait", cluster_identifier="one", role_arn="arn")


def test_timeout_names_the_triggerer():
    expected = r"^wait was deferred, and no triggerer has resumed it in time\. Check that a triggerer is running"
    with pytest.raises(AirflowException, match=expected):
        TASK.resume_execution(TRIGGER_FAIL_REPR, {"error": TriggerFailureReason.TRIGGER_TIMEOUT.value}, {})


def test_other_failures_are_those_of_the_trigger():
    with pytest.raises(AirflowException, match=r"^Trigger failure$"):
        TASK.resume_execution(TRIGGER_FAIL_REPR, {"error": TriggerFailureReason.TRIGGER_FAILURE.value}, {})


def test_event_reaches_the_method():
    assert TASK.resume_execution("execute_complete", {"event": {"state": "success", "message": "ready"}}, {}) is None
