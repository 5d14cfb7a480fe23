"""Pausing and resuming a cluster: from every state, in any order, and with temporary refusals by AWS."""

from __future__ import annotations

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from redshift_elt.cluster.pause import ensure_available, ensure_paused
from standin_support.waiting import wait_until
from tests.support.account import NAME, run
from tests.support.aws_calls import recorded


def test_cluster_is_paused_and_resumed(account):
    account.create()
    run("sparkify_pause_cluster")
    assert account.status() == "paused"
    run("sparkify_resume_cluster")
    assert account.status() == "available"


def test_longest_name_of_a_cluster_is_accepted(account):
    """A cluster whose name is too long for a role of its own was created elsewhere."""
    name = "s" * 63
    account.create(ClusterIdentifier=name)
    try:
        run("sparkify_pause_cluster", cluster_identifier=name)
        run("sparkify_cluster_status", cluster_identifier=name)
        assert account.status() == "paused"
        run("sparkify_resume_cluster", cluster_identifier=name)
        assert account.status() == "available"
    finally:
        account.redshift.delete_cluster(ClusterIdentifier=name, SkipFinalClusterSnapshot=True)
        account.wait_for_status(None)


@pytest.mark.parametrize(
    ("ensure", "status"), [(ensure_paused, "paused"), (ensure_available, "available")], ids=["pause", "resume"]
)
def test_cluster_in_the_wanted_state_is_described_only_once(account, ensure, status):
    account.create()
    wait_until(lambda: ensure(NAME), "it is in the state")
    with recorded() as calls:
        assert ensure(NAME)
    assert calls == [("redshift", "DescribeClusters")]
    assert account.status() == status


LIKE_ANOTHER = pytest.mark.long("states of a cluster that are waited for like others")


@pytest.mark.parametrize(
    ("before", "dag_id", "status"),
    [
        ("creating", "sparkify_pause_cluster", "paused"),
        pytest.param("resuming", "sparkify_pause_cluster", "paused", marks=LIKE_ANOTHER),
        pytest.param("pausing", "sparkify_pause_cluster", "paused", marks=LIKE_ANOTHER),
        pytest.param("creating", "sparkify_resume_cluster", "available", marks=LIKE_ANOTHER),
        ("pausing", "sparkify_resume_cluster", "available"),
        pytest.param("resuming", "sparkify_resume_cluster", "available", marks=LIKE_ANOTHER),
    ],
)
def test_it_waits_for_a_busy_cluster(account, before, dag_id, status):
    if before != "creating":
        account.create()
    if before == "resuming":
        account.redshift.pause_cluster(ClusterIdentifier=NAME)
        account.wait_for_status("paused")
    with account.held():
        if before == "creating":
            account.create(wait=False)
        elif before == "pausing":
            account.redshift.pause_cluster(ClusterIdentifier=NAME)
        else:
            account.redshift.resume_cluster(ClusterIdentifier=NAME)
        assert not ensure_paused(NAME)
        assert not ensure_available(NAME)
        assert account.status() == before
    run(dag_id)
    assert account.status() == status


@pytest.mark.parametrize(
    ("operation", "code", "dag_id", "status"),
    [
        ("PauseCluster", "InvalidClusterState", "sparkify_pause_cluster", "paused"),
        ("ResumeCluster", "InvalidClusterState", "sparkify_resume_cluster", "available"),
        ("ResumeCluster", "InsufficientClusterCapacity", "sparkify_resume_cluster", "available"),
    ],
)
def test_temporary_refusal_is_retried(account, operation, code, dag_id, status):
    account.create()
    if status == "available":
        run("sparkify_pause_cluster")
    account.faults.set("redshift", code, times=2, operation=operation)
    run(dag_id)
    assert account.faults.counts() == {f"redshift.{operation}": 2}
    assert account.status() == status


@pytest.mark.parametrize("ensure", [ensure_paused, ensure_available])
def test_unusable_cluster_fails_at_once(account, ensure):
    with pytest.raises(AirflowFailException, match="There is no Redshift cluster 'life'"):
        ensure(NAME)
    account.create()
    with pytest.raises(AirflowFailException, match="belongs to somebody else and was not touched"):
        ensure(NAME, {"project": "another one"})
    with account.held():
        account.redshift.delete_cluster(ClusterIdentifier=NAME, SkipFinalClusterSnapshot=True)
        with pytest.raises(AirflowFailException, match="is being deleted"):
            ensure(NAME)


def test_foreign_cluster_is_neither_paused_nor_resumed(account):
    account.create(Tags=[{"Key": "project", "Value": "another one"}])
    with pytest.raises(AirflowFailException, match="belongs to somebody else"):
        run("sparkify_pause_cluster")
    assert account.status() == "available"
    assert wait_until(lambda: ensure_paused(NAME), "it is paused")
    with pytest.raises(AirflowFailException, match="belongs to somebody else"):
        run("sparkify_resume_cluster")
    assert account.status() == "paused"
