"""The functions for clusters, on the stand-in's control plane."""

from __future__ import annotations

import json
from dataclasses import replace

import boto3
import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from local.stack.copy_role_boundary import ensure_boundary
from redshift_elt.cluster.cluster import ensure_cluster
from redshift_elt.cluster.copy_role import ensure_copy_role
from redshift_elt.cluster.deletion import (
    Deletion,
    delete_cluster,
    delete_copy_role,
    delete_parameter_group,
    delete_security_group,
)
from redshift_elt.cluster.resources import ensure_resources
from redshift_elt.cluster.spec import Access, ClusterSpec, ManagedCluster
from standin_support.waiting import WAITER_CONFIG, wait_until
from tests.support.aws_calls import recorded

pytestmark = pytest.mark.usefixtures("shared_clients")

TAGS = {"project": "this one"}
NAME = "life"
ROLE = "life-copy"
CLUSTER = ManagedCluster(NAME, TAGS)
ACCESS = Access("bucket", ["logs/", "paths.json"])
BOUNDARY = "arn:aws:iam::123456789012:policy/life-copy-boundary"
SPEC = ClusterSpec("ra3.large")
WITHOUT_SNAPSHOT = Deletion(final_snapshot=False, confirmation=NAME)


@pytest.fixture
def redshift(created_warehouse):
    client = boto3.client("redshift")
    yield client
    wait_until(lambda: delete_cluster(CLUSTER, WITHOUT_SNAPSHOT), "the cluster is gone")
    assert delete_security_group(CLUSTER)
    assert delete_parameter_group(CLUSTER)


@pytest.fixture
def iam(created_warehouse):
    client = boto3.client("iam")
    assert ensure_boundary(client, "life-copy-boundary", "bucket") == BOUNDARY
    yield client
    delete_copy_role(CLUSTER)


def create(redshift, iam):
    resources = ensure_resources(CLUSTER, ACCESS)
    ensure_cluster(CLUSTER, SPEC, resources)
    redshift.get_waiter("cluster_available").wait(ClusterIdentifier=NAME, WaiterConfig=WAITER_CONFIG)
    return resources


def test_cluster_is_private_and_encrypted_with_a_managed_password(redshift, iam):
    role = create(redshift, iam)["role_arn"]
    [cluster] = redshift.describe_clusters(ClusterIdentifier=NAME)["Clusters"]
    assert cluster["Encrypted"]
    assert not cluster["PubliclyAccessible"]
    assert cluster["MasterPasswordSecretArn"].startswith("arn:aws:secretsmanager:")
    assert cluster["DefaultIamRoleArn"] == role
    assert cluster["NumberOfNodes"] == 1


def test_role_trusts_redshift_and_can_read_only_the_prefixes(iam):
    ensure_copy_role(CLUSTER, ACCESS)
    role = iam.get_role(RoleName=ROLE)["Role"]
    [trust] = role["AssumeRolePolicyDocument"]["Statement"]
    assert (trust["Principal"], trust["Action"]) == ({"Service": "redshift.amazonaws.com"}, "sts:AssumeRole")
    [policy] = iam.list_role_policies(RoleName=ROLE)["PolicyNames"]
    listing, reading = iam.get_role_policy(RoleName=ROLE, PolicyName=policy)["PolicyDocument"]["Statement"]
    assert (listing["Action"], listing["Resource"]) == ("s3:ListBucket", "arn:aws:s3:::bucket")
    assert listing["Condition"] == {"StringLike": {"s3:prefix": ["logs/*", "paths.json*"]}}
    assert reading["Action"] == "s3:GetObject"
    assert reading["Resource"] == ["arn:aws:s3:::bucket/logs/*", "arn:aws:s3:::bucket/paths.json*"]


def readable(iam) -> list[str]:
    """Return what the role can read in the bucket."""
    policy = iam.get_role_policy(RoleName=ROLE, PolicyName="read-the-data")["PolicyDocument"]
    _, reading = policy["Statement"]
    return reading["Resource"]


def test_role_keeps_the_prefixes_of_earlier_runs(iam, caplog):
    caplog.set_level("INFO")
    ensure_copy_role(CLUSTER, ACCESS)
    assert "earlier runs" not in caplog.text
    ensure_copy_role(CLUSTER, replace(ACCESS, prefixes=("orders/", "paths.json")))
    earlier = "arn:aws:s3:::bucket/logs/*"
    assert readable(iam) == ["arn:aws:s3:::bucket/orders/*", "arn:aws:s3:::bucket/paths.json*", earlier]
    assert "COPY can still read the prefixes of earlier runs: logs/" in caplog.text


def test_role_loses_the_prefixes_of_earlier_runs_if_that_is_requested(iam, caplog):
    ensure_copy_role(CLUSTER, ACCESS)
    ensure_copy_role(CLUSTER, replace(ACCESS, prefixes=("orders/",), only_these_prefixes=True))
    assert readable(iam) == ["arn:aws:s3:::bucket/orders/*"]
    assert "COPY can no longer read logs/, paths.json, as requested" in caplog.text


def test_prefixes_of_another_bucket_are_not_kept(iam):
    ensure_copy_role(CLUSTER, ACCESS)
    ensure_copy_role(CLUSTER, replace(ACCESS, bucket="landing", prefixes=("orders/",)))
    assert readable(iam) == ["arn:aws:s3:::landing/orders/*"]


def test_role_of_a_run_that_was_ended_gets_its_prefixes(iam):
    ensure_copy_role(CLUSTER, ACCESS)
    iam.delete_role_policy(RoleName=ROLE, PolicyName="read-the-data")
    ensure_copy_role(CLUSTER, ACCESS)
    assert readable(iam) == ["arn:aws:s3:::bucket/logs/*", "arn:aws:s3:::bucket/paths.json*"]


def test_creating_and_deleting_twice_succeeds(redshift, iam):
    assert create(redshift, iam) == create(redshift, iam)
    for _ in range(2):
        wait_until(lambda: delete_cluster(CLUSTER, WITHOUT_SNAPSHOT), "the cluster is gone")
        delete_copy_role(CLUSTER)


def test_resources_of_others_are_not_changed(redshift, iam):
    resources = create(redshift, iam)
    other = ManagedCluster(NAME, {"project": "another one"})
    with pytest.raises(AirflowFailException, match=r"cluster 'life' has the tags .* not touched"):
        delete_cluster(other, WITHOUT_SNAPSHOT)
    with pytest.raises(AirflowFailException, match=r"role 'life-copy' has the tags .* not touched"):
        delete_copy_role(other)
    with pytest.raises(AirflowFailException, match=r"role 'life-copy' has the tags .* not touched"):
        ensure_copy_role(other, ACCESS)
    with pytest.raises(AirflowFailException, match=r"cluster 'life' has the tags .* not touched"):
        ensure_cluster(other, SPEC, resources)
    assert redshift.describe_clusters(ClusterIdentifier=NAME)["Clusters"][0]["ClusterStatus"] == "available"


def test_role_has_the_boundary(iam):
    ensure_copy_role(CLUSTER, ACCESS)
    assert iam.get_role(RoleName=ROLE)["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == BOUNDARY


def test_role_without_a_boundary_gets_it_before_anything_else(iam, caplog):
    ensure_copy_role(CLUSTER, ACCESS)
    iam.delete_role_permissions_boundary(RoleName=ROLE)
    with recorded() as calls:
        ensure_copy_role(CLUSTER, ACCESS)
    assert iam.get_role(RoleName=ROLE)["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == BOUNDARY
    changes = [call.operation for call in calls if call.operation.startswith("Put")]
    assert changes == ["PutRolePermissionsBoundary", "PutRolePolicy"]
    assert "it had no permissions boundary" in caplog.text


def test_role_with_another_boundary_is_not_changed(iam):
    other = ensure_boundary(iam, "other-boundary", "bucket")
    ensure_copy_role(CLUSTER, replace(ACCESS, permissions_boundary=other))
    with pytest.raises(AirflowFailException, match=r"boundary \S+other-boundary instead of \S+life-"):
        ensure_copy_role(CLUSTER, ACCESS)
    assert iam.get_role(RoleName=ROLE)["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == other


@pytest.mark.parametrize("exists", [False, True])
def test_missing_boundary_fails_with_what_to_do(iam, exists):
    missing = replace(ACCESS, permissions_boundary="arn:aws:iam::123456789012:policy/missing")
    if exists:
        ensure_copy_role(CLUSTER, ACCESS)
        iam.delete_role_permissions_boundary(RoleName=ROLE)
    with pytest.raises(AirflowFailException, match=r"policy/missing does not exist\. .* docs/copy-role-boundary\.json"):
        ensure_copy_role(CLUSTER, missing)


def test_role_that_others_may_assume_is_refused(iam):
    ensure_copy_role(CLUSTER, ACCESS)
    allowed = {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}
    everybody = {"Version": "2012-10-17", "Statement": [allowed]}
    iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=json.dumps(everybody))
    with pytest.raises(AirflowFailException, match="role 'life-copy' has another trust policy"):
        ensure_copy_role(CLUSTER, ACCESS)
    assert iam.get_role(RoleName=ROLE)["Role"]["AssumeRolePolicyDocument"] == everybody
