"""Waiting for a new cluster: its end and its messages."""

from __future__ import annotations

import asyncio
import time

import pytest
from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException, TaskDeferred

from redshift_elt.operators.wait_for_cluster import WaitForClusterOperator
from redshift_elt.triggers.cluster_ready import ClusterReadyTrigger
from redshift_standin.aws.faults import FAULTS

ROLE = "arn:aws:iam::123456789012:role/copy"


@pytest.fixture
def cluster_seconds():
    return "1"


@pytest.fixture
def redshift(control_plane):
    client = AwsBaseHook(client_type="redshift").conn
    client.create_cluster(
        ClusterIdentifier="one",
        NodeType="ra3.large",
        ClusterType="single-node",
        MasterUsername="awsuser",
        ManageMasterPassword=True,
        IamRoles=[ROLE],
    )
    return client


def operator(seconds=60.0, cluster="one"):
    return WaitForClusterOperator(
        task_id="wait", cluster_identifier=cluster, role_arn=ROLE, max_wait=seconds, poll_interval=0.01
    )


def fire(arguments):
    """Return the first event of the trigger."""

    async def first():
        return (await anext(ClusterReadyTrigger(**arguments).run())).payload

    return asyncio.run(first())


def resume(task, deferral):
    """Resume a deferred task as Airflow does, with the trigger in this process."""
    path, arguments = deferral.trigger.serialize()
    assert path == "redshift_elt.triggers.cluster_ready.ClusterReadyTrigger"
    getattr(task, deferral.method_name)({}, event=fire(arguments))


def wait(seconds=60.0):
    task = operator(seconds)
    with pytest.raises(TaskDeferred) as deferred:
        task.execute({})
    resume(task, deferred.value)


def test_it_waits_until_the_cluster_is_available(redshift):
    wait()
    assert redshift.describe_clusters()["Clusters"][0]["ClusterStatus"] == "available"


def test_throttled_request_is_retried(redshift):
    FAULTS.set("redshift", "ThrottlingException", 5, "DescribeClusters")
    wait()


def test_failed_describe_call_is_reported(redshift):
    FAULTS.set("redshift", "AccessDenied", None, "DescribeClusters")
    with pytest.raises(AirflowException, match=r"Cannot describe the cluster 'one': .*AccessDenied"):
        wait()


def test_waiting_for_a_slow_cluster_times_out(redshift):
    with pytest.raises(AirflowException, match=r"is creating\. This task waited 0 minutes\. Nothing was deleted"):
        wait(seconds=0)
    assert len(redshift.describe_clusters()["Clusters"]) == 1
    wait()


def test_deleted_cluster_ends_the_wait(redshift):
    task = operator()
    with pytest.raises(TaskDeferred) as deferred:
        task.execute({})
    wait()
    redshift.delete_cluster(ClusterIdentifier="one", SkipFinalClusterSnapshot=True)
    with pytest.raises(AirflowFailException, match=r"'one' (does not exist|is being deleted)"):
        resume(task, deferred.value)


def test_it_does_not_wait_for_a_missing_cluster(redshift):
    with pytest.raises(AirflowFailException, match="'other' does not exist"):
        operator(cluster="other").execute({})


def test_cluster_that_is_ready_needs_no_deferral(redshift):
    wait()
    operator().execute({})


def test_trigger_does_not_fire_before_its_interval(redshift, monkeypatch):
    """Airflow can mistake a trigger that fires at once for the end of the task: Airflow issue 67287."""
    wait()
    slept = []
    _, arguments = ClusterReadyTrigger("one", ROLE, time.time() + 60, 15, "aws_default").serialize()

    async def sleep(seconds):
        slept.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    fire(arguments)
    assert slept[0] == 15
