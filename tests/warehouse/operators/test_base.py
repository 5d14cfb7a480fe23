"""A task that finds the cluster paused resumes it if the run allows it, and waits without a worker."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import boto3
import pytest
from airflow.providers.common.compat.sdk import AirflowException, TaskDeferred

from redshift_elt.connection.endpoints import ClusterPausedError
from redshift_elt.connection.hook import warehouse_hook
from standin_support.waiting import wait_until
from tests.support.aws_calls import recorded
from tests.support.faults import AwsFaults

CLUSTER = "sparkify"


@pytest.fixture(scope="module")
def redshift(created_warehouse):
    return boto3.client("redshift")


@pytest.fixture
def paused(redshift, warehouse):
    """The warehouse's cluster, paused; it is available again afterwards."""
    redshift.pause_cluster(ClusterIdentifier=CLUSTER)
    wait_for_status(redshift, "paused")
    yield warehouse.through("redshift_default")
    wait_until(lambda: status(redshift) in ("paused", "available"), "the cluster settles")
    if status(redshift) == "paused":
        redshift.resume_cluster(ClusterIdentifier=CLUSTER)
    wait_for_status(redshift, "available")


@pytest.fixture
def aws(standin):
    faults = AwsFaults(standin.settings.aws_url)
    yield faults
    faults.clear()


def status(redshift) -> str:
    return redshift.describe_clusters(ClusterIdentifier=CLUSTER)["Clusters"][0]["ClusterStatus"]


def wait_for_status(redshift, wanted) -> None:
    wait_until(lambda: status(redshift) == wanted, f"the cluster is {wanted}")


def deferral(act, *arguments) -> TaskDeferred:
    with pytest.raises(TaskDeferred) as deferred:
        act(*arguments)
    return deferred.value


def task_of(run, task_id):
    """Return a task with the run's values, and the run's context."""
    task = run.dag.get_task(task_id)
    context = run._context(task)
    task = task.prepare_for_execution()
    task.render_template_fields(context, run.dag.get_template_env())
    return task, context


def test_without_the_option_the_run_fails_and_the_cluster_stays_paused(paused, redshift):
    with pytest.raises(ClusterPausedError, match="'sparkify' is paused"):
        paused.run().execute("stage_events")
    assert status(redshift) == "paused"


def test_cluster_is_resumed_and_the_task_restarts_when_it_is_available(paused, redshift):
    task, context = task_of(paused.run(resume_cluster=True), "stage_songs")
    first = deferral(task.execute, context)
    assert status(redshift) in ("resuming", "available")
    assert (first.method_name, first.kwargs["identifier"]) == ("when_resumed", CLUSTER)
    # A triggerer that has died ends the wait too.
    assert first.timeout == timedelta(minutes=10, seconds=30)
    wait_for_status(redshift, "available")
    # Airflow stores the arguments of a deferred task as JSON.
    result = task.when_resumed(context, **json.loads(json.dumps(first.kwargs)), event=None)
    assert result["rows"] == 0


def test_resume_is_retried_while_the_cluster_refuses(paused, redshift, aws):
    task, context = task_of(paused.run(resume_cluster=True), "stage_events")
    aws.set("redshift", "InsufficientClusterCapacity", times=1, operation="ResumeCluster")
    first = deferral(task.execute, context)
    assert status(redshift) == "paused"
    aws.set("redshift", "InvalidClusterState", times=1, operation="ResumeCluster")
    second = deferral(lambda: task.when_resumed(context, **first.kwargs))
    assert status(redshift) == "paused"
    assert second.kwargs == first.kwargs
    deferral(lambda: task.when_resumed(context, **second.kwargs))
    assert status(redshift) != "paused"


LATE = (
    r"'sparkify' is not available 1:00:00 after the task began to resume it\. Last state: Cluster sparkify: paused, "
    r"cannot be resumed yet: .*InsufficientClusterCapacity.* Check it in the AWS console\. The retry waits again\."
)


def test_waiting_for_the_cluster_has_a_limit(paused, aws):
    task, context = task_of(paused.run(resume_cluster=True), "stage_events")
    aws.set("redshift", "InsufficientClusterCapacity", operation="ResumeCluster")
    past = (datetime.now(timezone.utc) - timedelta(seconds=1)).isoformat()
    with pytest.raises(AirflowException, match=LATE):
        task.when_resumed(context, identifier=CLUSTER, deadline=past)


def test_two_concurrent_tasks_both_wait(paused, aws):
    run = paused.run(resume_cluster=True)
    # The response of AWS to the second request.
    aws.set("redshift", "InvalidClusterState", operation="ResumeCluster")
    for task_id in ("stage_events", "stage_songs"):
        task, context = task_of(run, task_id)
        assert deferral(task.execute, context).method_name == "when_resumed"


def test_cluster_that_is_available_costs_no_more_calls_than_without_the_option(warehouse):
    counts = []
    warehouse.put("log_data/2018/10/2018-10-31-events.json", b"")
    warehouse.put("log_json_path.json", b"{}")
    for resume in (False, True):
        run = warehouse.run(resume_cluster=resume)

        task, context = task_of(run, "stage_events")
        task.__dict__["_hook"] = warehouse_hook("redshift_default")
        with recorded() as calls:
            task.execute(context)
        counts.append(sorted(calls))
    assert counts[0] == counts[1]
    assert [operation for service, operation in counts[1] if service == "redshift"] == [
        "DescribeClusters",
        "GetClusterCredentials",
    ]
