"""The sensor waits while Airflow reports an active run."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from airflow.providers.common.compat.sdk import AirflowSensorTimeout

from redshift_elt.sensors.no_active_runs import NoActiveRunsSensor


@pytest.mark.parametrize(("running", "done"), [(0, True), (1, False), (8, False)])
def test_it_waits_for_running_runs_of_the_other_dag(running, done):
    queries = []

    def get_dr_count(dag_id, logical_dates=None, run_ids=None, states=None):
        queries.append((dag_id, states))
        return running

    sensor = NoActiveRunsSensor(task_id="wait", other_dag_id="load")
    assert sensor.poke({"ti": SimpleNamespace(get_dr_count=get_dr_count)}) is done
    assert queries == [("load", ["running"])]


def test_its_timeout_names_the_other_dag():
    sensor = NoActiveRunsSensor(task_id="wait", other_dag_id="load", timeout=0, poke_interval=0)
    expected = (
        r"Waited 0:00:00 for the runs of load to end; 3 are still running\. See what they wait for, .* clear this task"
    )
    with pytest.raises(AirflowSensorTimeout, match=expected):
        sensor.execute({"ti": SimpleNamespace(get_dr_count=lambda **_: 3)})
