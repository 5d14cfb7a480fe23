"""Alerts from a real Airflow for a failed task and for a late run."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from local.stack.airflow_api import AirflowApi
from local.stack.dag_ids import LOAD
from local.stack.dag_run import wait_for_dag
from local.stack.environment import METADATA
from standin_support.waiting import wait_until
from tests.support.inboxes import Inbox, slack

pytestmark = pytest.mark.long("alerts of a real Airflow")

VARIABLE, CONNECTION = "sparkify_alerts", "slack_alerts"
WINDOW = {"window_start": "2018-11-01T05:00:00Z", "window_end": "2018-11-01T06:00:00Z"}


@pytest.fixture
def inbox(api: AirflowApi) -> Iterator[Inbox]:
    """A Slack inbox, which the Variable names as if a user had set it in the UI."""
    wait_for_dag(api, LOAD)
    api.unpause(LOAD)
    with slack() as inbox:
        api._send("POST", "/api/v2/connections", {"connection_id": CONNECTION, **inbox.connection})
        api._send("POST", "/api/v2/variables", {"key": VARIABLE, "value": CONNECTION})
        yield inbox
        api._send("DELETE", f"/api/v2/variables/{VARIABLE}")
        api._send("DELETE", f"/api/v2/connections/{CONNECTION}")


@pytest.fixture
def airflow(stack) -> Iterator[psycopg.Connection]:
    """A connection to Airflow's database."""
    with psycopg.connect(**stack.metadata.dsn.parameters(METADATA), autocommit=True) as airflow:
        yield airflow


@pytest.fixture
def usual_time(api, faults, airflow) -> Iterator[None]:
    """A successful run that has taken some seconds, from which the deadline of later runs is computed."""
    wait_for_dag(api, LOAD)
    api.unpause(LOAD)
    faults.set("redshift", "ExpiredToken")
    run_id = api.trigger(LOAD, WINDOW)
    wait_until(lambda: states(api, run_id) == {"up_for_retry"}, "the run is under way")
    api.fail_run(LOAD, run_id)
    airflow.execute("update dag_run set state = 'success' where run_id = %s", (run_id,))
    yield
    airflow.execute("update dag_run set state = 'failed' where run_id = %s", (run_id,))


def alerts_of(inbox: Inbox, run_id: str, number: int) -> list[str]:
    """Wait for a number of messages about a run, and ignore messages about the scheduled run."""
    found: list[str] = []
    while len(found) < number:
        found += [text for text in [inbox.next()] if run_id in text]
    return found


def no_other_alert(inbox: Inbox, run_id: str) -> bool:
    return not [text for text in inbox.rest() if run_id in text]


def states(api: AirflowApi, run_id: str) -> set[str | None]:
    return {task["state"] for task in api.tasks(LOAD, run_id) if task["task_id"].startswith("stage_")}


def test_failed_task_is_reported(stack, api, faults, inbox):
    faults.set("redshift", "AccessDenied")
    run_id = api.trigger(LOAD, WINDOW)
    # Both of the first tasks of a run fail.
    by_title = {text.splitlines()[0]: text for text in alerts_of(inbox, run_id, 2)}
    assert set(by_title) == {
        f":red_circle: *{LOAD}: {task_id} has failed*" for task_id in ("stage_events", "stage_songs")
    }
    for text in by_title.values():
        assert f"Window: 2018-11-01 05:00 to 2018-11-01 06:00 UTC\nRun: {run_id}\nTry: 1\n" in text
        assert f"Log: {stack.settings.airflow_url}/dags/{LOAD}/runs/" in text
        assert "```AWS does not allow" in text
    assert no_other_alert(inbox, run_id)


@pytest.mark.long("a run in a real Airflow that is late")
def test_late_run_is_reported_while_it_is_running(stack, api, faults, airflow, usual_time, inbox):
    # The tasks wait for their next try.
    faults.set("redshift", "ExpiredToken")
    run_id = api.trigger(LOAD, WINDOW)
    try:
        wait_until(lambda: states(api, run_id) == {"up_for_retry"}, "the tasks are tried again later")
        assert no_other_alert(inbox, run_id)
        # Simulate that an hour has passed.
        moved = airflow.execute(
            "update deadline set deadline_time = now() - interval '1 second' "
            "where not missed and dagrun_id = (select id from dag_run where run_id = %s)",
            (run_id,),
        ).rowcount
        assert moved == 1
        [text] = alerts_of(inbox, run_id, 1)
        state = api.run_state(LOAD, run_id)
    finally:
        api.fail_run(LOAD, run_id)
    assert text.startswith(
        f":red_circle: *{LOAD} is late*\nWindow: 2018-11-01 05:00 to 2018-11-01 06:00 UTC\nRun: {run_id}, running\n"
    )
    assert f"Page: {stack.settings.airflow_url}/dags/{LOAD}/runs/" in text
    assert state == "running"


def test_failed_run_can_be_cleared_before_its_deadline(api, faults, airflow, usual_time):
    """With a deadline that counts from the time when the run was queued, it could not (Airflow issue 70368)."""
    faults.set("redshift", "AccessDenied")
    run_id = api.trigger(LOAD, WINDOW)
    wait_until(lambda: api.run_state(LOAD, run_id) == "failed", "the run fails")
    ahead = "select count(*) from deadline where not missed and dagrun_id = (select id from dag_run where run_id = %s)"
    assert airflow.execute(ahead, (run_id,)).fetchone() == (1,)
    api.clear(LOAD, run_id, ["stage_events"])
    wait_until(lambda: api.run_state(LOAD, run_id) == "failed", "it fails again")
    assert {task["task_id"]: task["try_number"] for task in api.tasks(LOAD, run_id)}["stage_events"] == 2
