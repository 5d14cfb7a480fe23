"""The deletion of a cluster and its resources, and of nothing else, from every state and repeatedly."""

from __future__ import annotations

import logging
import re

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException
from botocore.exceptions import ClientError

from redshift_elt.cluster.deletion import (
    Deletion,
    delete_cluster,
    delete_copy_role,
    delete_parameter_group,
    delete_security_group,
)
from redshift_elt.cluster.spec import ManagedCluster
from tests.support.account import NAME, POLICY, TAGS, Asked, run
from tests.support.aws_calls import recorded

LIKE_ANOTHER = pytest.mark.long("clusters that are deleted like others")

CLUSTER = ManagedCluster(NAME, {"project": "sparkify-warehouse"})
WITHOUT_TRACE = {"approved": True, "final_snapshot": False, "confirm_data_loss": NAME}
OTHER = [{"Key": "project", "Value": "another one"}]


def tear_down(**params):
    run("sparkify_teardown_cluster", **{**WITHOUT_TRACE, **params})


def test_everything_that_was_created_is_deleted(account):
    account.create()
    made = {"clusters", "parameter groups", "roles", "security groups", "secrets"}
    assert set(account.contents()) == made
    tear_down()
    assert account.contents() == {}
    tear_down()


def test_only_the_final_snapshot_remains_and_its_name_is_logged(account, caplog):
    account.create()
    with caplog.at_level(logging.INFO):
        run("sparkify_teardown_cluster", approved=True)
    [name] = account.contents()["snapshots"]
    assert account.contents() == {"snapshots": [name]}
    assert re.fullmatch(r"life-final-\d{8}-\d{6}", name)
    assert f"final snapshot: {name}" in caplog.text
    assert [tag for tag in account.snapshots()[0]["Tags"] if tag in TAGS] == TAGS


@pytest.mark.parametrize("made", ["role", "security group", "cluster", "nothing"])
def test_failed_creation_leaves_nothing_that_costs_money(account, made):
    if made in ("role", "security group"):
        account.create_role()
    if made == "security group":
        account.create_security_group()
    if made == "cluster":
        account.create(wait=False)
    tear_down()
    assert account.contents() == {}


def test_paused_cluster_is_deleted_with_its_final_snapshot(account):
    account.create()
    account.redshift.pause_cluster(ClusterIdentifier=NAME)
    account.wait_for_status("paused")
    with recorded() as calls:
        tear_down(final_snapshot=True)
    assert ("redshift", "ResumeCluster") not in calls
    assert list(account.contents()) == ["snapshots"]


def test_paused_cluster_that_aws_does_not_delete_is_resumed_first(account):
    account.create()
    account.redshift.pause_cluster(ClusterIdentifier=NAME)
    account.wait_for_status("paused")
    account.faults.set("redshift", "InvalidClusterState", times=1, operation="DeleteCluster")
    with recorded() as calls:
        tear_down()
    assert ("redshift", "ResumeCluster") in calls
    assert account.contents() == {}


@pytest.mark.parametrize(
    "before",
    ["creating", *(pytest.param(status, marks=LIKE_ANOTHER) for status in ("pausing", "modifying", "deleting"))],
)
def test_it_waits_for_a_busy_cluster(account, before):
    if before != "creating":
        account.create()
    with account.held():
        if before == "creating":
            account.create(wait=False)
        elif before == "pausing":
            account.redshift.pause_cluster(ClusterIdentifier=NAME)
        elif before == "modifying":
            account.redshift.create_cluster_snapshot(ClusterIdentifier=NAME, SnapshotIdentifier="slow")
        else:
            account.redshift.delete_cluster(ClusterIdentifier=NAME, SkipFinalClusterSnapshot=True)
        status = account.status()
        assert not delete_cluster(CLUSTER, Deletion())
        assert not delete_security_group(CLUSTER)
        assert not delete_parameter_group(CLUSTER)
        assert account.status() == status
    tear_down()
    assert set(account.contents()) <= {"snapshots"}


def test_resources_of_others_are_not_deleted(account):
    account.create(Tags=OTHER)
    before = account.contents()
    with pytest.raises(AirflowFailException, match="belongs to somebody else"):
        tear_down()
    assert account.contents() == before
    assert account.status() == "available"


def test_roles_and_groups_of_others_are_not_deleted(account):
    account.create_role(OTHER)
    account.create_security_group(OTHER)
    account.redshift.create_cluster_parameter_group(
        ParameterGroupName=f"{NAME}-tls", ParameterGroupFamily="redshift-2.0", Description="tests", Tags=OTHER
    )
    before = account.contents()
    with pytest.raises(AirflowFailException, match=r"role 'life-copy' has the tags .* not touched"):
        delete_copy_role(CLUSTER)
    with pytest.raises(AirflowFailException, match=r"parameter group 'life-tls' has the tags .* not touched"):
        delete_parameter_group(CLUSTER)
    assert delete_security_group(CLUSTER)
    assert account.contents() == before


def test_group_of_the_same_name_in_another_vpc_is_not_deleted(account):
    vpc = account.ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    theirs = account.create_security_group(OTHER, vpc)
    account.create()
    tear_down()
    [group] = account.ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": [f"{NAME}-access"]}])[
        "SecurityGroups"
    ]
    assert group["GroupId"] == theirs
    account.ec2.delete_security_group(GroupId=theirs)
    account.ec2.delete_vpc(VpcId=vpc)


def test_role_with_foreign_policies_is_deleted_without_the_policies(account):
    name = f"{NAME}-copy"
    account.create_role()
    policy = account.iam.create_policy(PolicyName="theirs", PolicyDocument=POLICY)["Policy"]["Arn"]
    account.iam.attach_role_policy(RoleName=name, PolicyArn=policy)
    delete_copy_role(CLUSTER)
    assert account.contents() == {}
    account.iam.delete_policy(PolicyArn=policy)


def test_teardown_asks_first_unless_approved_in_advance(account):
    account.create()
    with pytest.raises(Asked):
        run("sparkify_teardown_cluster", final_snapshot=False, confirm_data_loss=NAME)
    assert account.status() == "available"


@pytest.mark.parametrize("approved", [True, False])
@pytest.mark.parametrize(
    "entered", [None, pytest.param("", marks=LIKE_ANOTHER), "sparkify", pytest.param(NAME.upper(), marks=LIKE_ANOTHER)]
)
def test_data_is_not_lost_without_the_name_of_the_cluster(account, approved, entered):
    account.create()
    before = account.contents()
    with recorded() as calls, pytest.raises(AirflowFailException, match=r"confirm_data_loss is .* must be 'life'"):
        tear_down(approved=approved, confirm_data_loss=entered)
    assert not list(calls)
    with pytest.raises(AirflowFailException, match=r"all data in the cluster 'life' is lost"):
        delete_cluster(CLUSTER, Deletion(final_snapshot=False, confirmation=entered))
    assert account.contents() == before


def test_other_ec2_errors_are_raised(account):
    account.create_security_group()
    account.faults.set("ec2", "AccessDenied", operation="DeleteSecurityGroup")
    with pytest.raises(ClientError, match="Access Denied"):
        delete_security_group(CLUSTER)
