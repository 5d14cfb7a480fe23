"""The message of a task that has waited too long for a state of the cluster."""

from __future__ import annotations

import copy
from types import SimpleNamespace

import pytest
from airflow.providers.common.compat.sdk import AirflowSensorTimeout

from tests.support.account import DAGS, NAME

PARAMS = {"cluster_identifier": NAME, "snapshot_identifier": "kept"}


def time_out(dag_id, task_id):
    """Execute a task whose time is over after its first step, and return its error."""
    dag = DAGS[dag_id]
    task = copy.copy(dag.get_task(task_id))
    assert task.mode == "reschedule"
    task.mode, task.timeout = "poke", 0
    resources = {"role_arn": "arn:aws:iam::123456789012:role/life-copy", "security_group": "", "parameter_group": ""}
    context = {
        "dag": dag,
        "params": {**dag.params.dump(), **PARAMS},
        "ti": SimpleNamespace(xcom_pull=lambda **_: resources),
    }
    task.render_template_fields(context)
    with pytest.raises(AirflowSensorTimeout) as timeout:
        task.execute(context)
    return str(timeout.value)


def message(until, last_state):
    return (
        f"Waited 0:00:00 until {until}. Last state: {last_state} See what holds it up in the AWS console; then clear "
        "this task, which continues from the state that it finds."
    )


@pytest.mark.parametrize(
    ("dag_id", "task_id", "until"),
    [
        ("sparkify_pause_cluster", "pause_cluster", "the cluster is paused"),
        ("sparkify_resume_cluster", "resume_cluster", "the cluster is available"),
    ],
)
def test_state_of_a_busy_cluster_is_quoted(account, dag_id, task_id, until):
    with account.held():
        account.create(wait=False)
        assert time_out(dag_id, task_id) == message(until, "Cluster life: creating; waiting.")


def test_refusal_of_a_deletion_is_quoted(account):
    with account.held():
        account.create(wait=False)
        for task_id, until, beginning in (
            ("delete_cluster", "the cluster is gone", "Cluster life: creating, cannot be deleted yet: "),
            ("delete_security_group", "the security group is gone", "Security group life-access (sg-"),
            ("delete_parameter_group", "the parameter group is gone", "Parameter group life-tls: cannot be deleted "),
        ):
            found = time_out("sparkify_teardown_cluster", task_id)
            before, after = message(until, "|").split("|")
            assert found.startswith(before + beginning)
            assert "An error occurred (" in found
            assert found.endswith(after)


def test_state_of_a_restored_cluster_is_quoted(account):
    account.create()
    account.redshift.delete_cluster(ClusterIdentifier=NAME, FinalClusterSnapshotIdentifier="kept")
    account.wait_for_status(None)
    with account.held():
        found = time_out("sparkify_restore_cluster", "restore_cluster")
        assert found == message(
            "the restored cluster is available", "Cluster life: restore from the snapshot kept requested."
        )
