"""Restoring a cluster from a snapshot: its properties, foreign resources, and temporary refusals by AWS."""

from __future__ import annotations

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from redshift_elt.cluster.restore import restore_cluster
from redshift_elt.cluster.spec import ManagedCluster
from tests.support.account import NAME, run

OWN = {"project": "sparkify-warehouse"}
LABELS = {"owner": "Ann", "purpose": "tests"}
OTHER = [{"Key": "project", "Value": "another one"}]
SNAPSHOT = "kept"


@pytest.fixture
def torn_down(account):
    """The account with a snapshot and the role, but without a cluster."""
    account.create()
    account.redshift.delete_cluster(ClusterIdentifier=NAME, FinalClusterSnapshotIdentifier=SNAPSHOT)
    account.wait_for_status(None)
    return account


def step(role):
    resources = {"role_arn": role, "security_group": "sg-0", "parameter_group": f"{NAME}-tls"}
    return restore_cluster(ManagedCluster(NAME, OWN), SNAPSHOT, resources)


def restore(**params):
    run("sparkify_restore_cluster", **{"snapshot_identifier": SNAPSHOT, "bucket": "any", **LABELS, **params})


def tags_of(found):
    return {tag["Key"]: tag["Value"] for tag in found["Tags"]}


def test_restored_cluster_is_like_a_new_one(torn_down):
    run("sparkify_teardown_cluster", approved=True)
    assert list(torn_down.contents()) == ["snapshots"]
    restore()
    [cluster] = torn_down.redshift.describe_clusters()["Clusters"]
    role = torn_down.iam.get_role(RoleName=f"{NAME}-copy")["Role"]["Arn"]
    assert cluster["ClusterStatus"] == "available"
    assert cluster["Encrypted"]
    assert not cluster["PubliclyAccessible"]
    assert cluster["MasterPasswordSecretArn"].startswith("arn:aws:secretsmanager:")
    assert (cluster["DefaultIamRoleArn"], [one["IamRoleArn"] for one in cluster["IamRoles"]]) == (role, [role])
    groups = torn_down.ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": [f"{NAME}-access"]}])
    assert [one["VpcSecurityGroupId"] for one in cluster["VpcSecurityGroups"]] == [
        one["GroupId"] for one in groups["SecurityGroups"]
    ]
    assert [one["ParameterGroupName"] for one in cluster["ClusterParameterGroups"]] == [f"{NAME}-tls"]
    [parameters] = torn_down.redshift.describe_cluster_parameter_groups(ParameterGroupName=f"{NAME}-tls")[
        "ParameterGroups"
    ]
    [group] = groups["SecurityGroups"]
    assert tags_of(parameters) == tags_of(group) == {**OWN, **LABELS}
    assert tags_of(cluster) == {**OWN, **LABELS, "restored-from": SNAPSHOT}
    restore(owner="Bob")
    [cluster] = torn_down.redshift.describe_clusters()["Clusters"]
    assert tags_of(cluster)["owner"] == "Ann"
    run("sparkify_teardown_cluster", approved=True, final_snapshot=False, confirm_data_loss=NAME)
    assert list(torn_down.contents()) == ["snapshots"]


def test_restored_cluster_without_tags_is_identified_by_its_role_and_tagged(torn_down):
    role = torn_down.iam.get_role(RoleName=f"{NAME}-copy")["Role"]["Arn"]
    torn_down.redshift.restore_from_cluster_snapshot(
        ClusterIdentifier=NAME, SnapshotIdentifier=SNAPSHOT, IamRoles=[role]
    )
    arn = torn_down.redshift.describe_tags(ResourceType="cluster")["TaggedResources"][0]["ResourceName"]
    torn_down.redshift.delete_tags(ResourceName=arn, TagKeys=["project"])
    restore()
    [cluster] = torn_down.redshift.describe_clusters()["Clusters"]
    assert tags_of(cluster) == {**OWN, **LABELS, "restored-from": SNAPSHOT}


def test_cluster_from_another_snapshot_is_not_changed(torn_down):
    restore()
    torn_down.redshift.create_cluster_snapshot(ClusterIdentifier=NAME, SnapshotIdentifier="another")
    with pytest.raises(AirflowFailException, match="restored from the snapshot 'kept'; requested is 'another'"):
        restore(snapshot_identifier="another")
    assert torn_down.status() == "available"


def test_cluster_that_was_not_restored_is_not_changed(account):
    account.create()
    with pytest.raises(AirflowFailException, match="not restored from a snapshot; requested is 'kept'"):
        restore()
    assert account.status() == "available"


def test_foreign_cluster_is_not_changed(account):
    account.create(Tags=OTHER)
    with pytest.raises(AirflowFailException, match="belongs to somebody else"):
        step("arn:aws:iam::123456789012:role/none")
    [cluster] = account.redshift.describe_clusters()["Clusters"]
    assert cluster["Tags"] == OTHER


def test_missing_snapshot_fails_at_once(account):
    account.create_role()
    with pytest.raises(AirflowFailException, match="There is no snapshot 'kept'"):
        restore()
    assert account.status() is None


def test_it_waits_for_a_cluster_that_is_being_deleted(account):
    account.create()
    with account.held():
        account.redshift.delete_cluster(ClusterIdentifier=NAME, FinalClusterSnapshotIdentifier=SNAPSHOT)
        role = account.iam.get_role(RoleName=f"{NAME}-copy")["Role"]["Arn"]
        assert not step(role)
        assert account.status() == "final-snapshot"
    restore()
    assert account.status() == "available"


@pytest.mark.parametrize("code", ["InsufficientClusterCapacity", "InvalidClusterSnapshotState"])
def test_temporary_refusal_is_retried(torn_down, code):
    torn_down.faults.set("redshift", code, times=2, operation="RestoreFromClusterSnapshot")
    restore()
    assert torn_down.faults.counts() == {"redshift.RestoreFromClusterSnapshot": 2}
    assert torn_down.status() == "available"


def test_cluster_is_not_ready_before_its_role_is(torn_down):
    role = torn_down.iam.get_role(RoleName=f"{NAME}-copy")["Role"]["Arn"]
    restore()
    torn_down.redshift.modify_cluster_iam_roles(ClusterIdentifier=NAME, RemoveIamRoles=[role])
    torn_down.redshift.modify_cluster_iam_roles(ClusterIdentifier=NAME, AddIamRoles=[role])
    assert torn_down.status() == "available"
    assert not step(role)
