"""Waiting for a new cluster: when it ends, and what it says."""

from __future__ import annotations

import asyncio

import pytest
from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from airflow.sdk.exceptions import AirflowException, AirflowFailException, TaskDeferred

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


def wait(seconds=60.0, cluster="one"):
    """Run the task as Airflow does, the trigger in this process."""
    task = WaitForClusterOperator(
        task_id="wait", cluster_identifier=cluster, role_arn=ROLE, max_wait=seconds, poll_interval=0.01
    )
    with pytest.raises(TaskDeferred) as deferred:
        task.execute({})
    path, arguments = deferred.value.trigger.serialize()
    assert path == "redshift_elt.triggers.cluster_ready.ClusterReadyTrigger"

    async def fire():
        return (await anext(ClusterReadyTrigger(**arguments).run())).payload

    getattr(task, deferred.value.method_name)({}, event=asyncio.run(fire()))


def test_it_waits_until_the_cluster_is_available(redshift):
    wait()
    assert redshift.describe_clusters()["Clusters"][0]["ClusterStatus"] == "available"


def test_a_busy_aws_is_asked_again(redshift):
    FAULTS.set("redshift", "ThrottlingException", 5, "DescribeClusters")
    wait()


def test_an_aws_that_never_answers_is_told(redshift):
    FAULTS.set("redshift", "AccessDenied", None, "DescribeClusters")
    with pytest.raises(AirflowException, match=r"Cannot describe the cluster 'one': .*AccessDenied"):
        wait()
    FAULTS.clear()
    wait()


def test_a_cluster_that_takes_too_long_is_left_alone(redshift):
    with pytest.raises(AirflowException, match=r"is creating\. This task waited 0 minutes\. Nothing was deleted"):
        wait(seconds=0)
    assert len(redshift.describe_clusters()["Clusters"]) == 1
    wait()


def test_a_cluster_that_is_gone_ends_the_waiting(redshift):
    with pytest.raises(AirflowFailException, match="'other' does not exist"):
        wait(cluster="other")
