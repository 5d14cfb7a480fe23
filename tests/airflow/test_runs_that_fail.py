"""Retries in a real Airflow: only for errors that a retry can fix."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.stack.airflow_api import AirflowApi
from local.stack.dag_ids import LOAD
from local.stack.dag_run import wait_for_dag
from local.stack.environment import ADMIN
from local.stack.secret import Secrets
from standin_support.waiting import wait_until

pytestmark = pytest.mark.long("runs in a real Airflow but for the demo's")


@pytest.fixture
def api(stack) -> Iterator[AirflowApi]:
    with AirflowApi(stack.settings.airflow_url, ADMIN, Secrets.of(stack.settings.state).admin_password) as api:
        wait_for_dag(api, LOAD)
        api.unpause(LOAD)
        yield api


@pytest.mark.parametrize(("code", "state"), [("AccessDenied", "failed"), ("ExpiredToken", "up_for_retry")])
def test_task_is_retried_only_if_a_retry_can_help(api, faults, code, state):
    # The first request of every task is to the control plane, for the address of the cluster.
    faults.set("redshift", code)
    run_id = api.trigger(LOAD, {})
    try:
        task = after_first_try(api, run_id, "stage_events")
        log = "\n".join(api.log(LOAD, run_id, task))
    finally:
        if state == "failed":
            # The tasks end the run themselves, which must not coincide with ending it through the API.
            wait_until(lambda: api.run_state(LOAD, run_id) == "failed", "the run has failed")
        else:
            api.fail_run(LOAD, run_id)
    assert task["state"] == state
    assert "Retry policy decision" in log
    assert code in log


def after_first_try(api: AirflowApi, run_id: str, task_id: str) -> dict:
    """Wait until the first try of a task has ended."""
    ended = {"failed", "up_for_retry", "success", "skipped"}
    [task] = wait_until(
        lambda: [task for task in api.tasks(LOAD, run_id) if task["task_id"] == task_id and task["state"] in ended],
        f"{task_id} has ended its first try",
    )
    assert task["try_number"] == 1
    return task
