"""The cluster's functions on the stand-in's control plane, through boto3."""

from __future__ import annotations

import json

import boto3
import pytest
from airflow.sdk.exceptions import AirflowFailException

from redshift_elt.cluster.cluster import ensure_cluster
from redshift_elt.cluster.copy_role import ensure_copy_role
from redshift_elt.cluster.deletion import delete_cluster, delete_copy_role
from tests.support.waiting import wait_until

TAGS = {"project": "this one"}
NAME = "life"
ROLE = "life-copy"


@pytest.fixture
def redshift(created_warehouse):
    client = boto3.client("redshift")
    yield client
    wait_until(lambda: delete_cluster(NAME, TAGS, final_snapshot=False), "the cluster is gone")


@pytest.fixture
def iam(created_warehouse):
    client = boto3.client("iam")
    yield client
    delete_copy_role(ROLE, TAGS)


def create(redshift, iam):
    role = ensure_copy_role(ROLE, "bucket", ["logs/", "paths.json"], TAGS)
    ensure_cluster(NAME, node_type="ra3.large", role_arn=role, tags=TAGS)
    redshift.get_waiter("cluster_available").wait(ClusterIdentifier=NAME, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    return role


def test_a_cluster_is_private_encrypted_and_has_no_password_of_ours(redshift, iam):
    role = create(redshift, iam)
    [cluster] = redshift.describe_clusters(ClusterIdentifier=NAME)["Clusters"]
    assert cluster["Encrypted"]
    assert not cluster["PubliclyAccessible"]
    assert cluster["MasterPasswordSecretArn"].startswith("arn:aws:secretsmanager:")
    assert cluster["DefaultIamRoleArn"] == role
    assert cluster["NumberOfNodes"] == 1


def test_the_role_may_be_assumed_by_redshift_and_read_just_the_prefixes(redshift, iam):
    ensure_copy_role(ROLE, "bucket", ["logs/", "paths.json"], TAGS)
    role = iam.get_role(RoleName=ROLE)["Role"]
    [trust] = role["AssumeRolePolicyDocument"]["Statement"]
    assert (trust["Principal"], trust["Action"]) == ({"Service": "redshift.amazonaws.com"}, "sts:AssumeRole")
    [policy] = iam.list_role_policies(RoleName=ROLE)["PolicyNames"]
    listing, reading = iam.get_role_policy(RoleName=ROLE, PolicyName=policy)["PolicyDocument"]["Statement"]
    assert (listing["Action"], listing["Resource"]) == ("s3:ListBucket", "arn:aws:s3:::bucket")
    assert listing["Condition"] == {"StringLike": {"s3:prefix": ["logs/*", "paths.json*"]}}
    assert reading["Action"] == "s3:GetObject"
    assert reading["Resource"] == ["arn:aws:s3:::bucket/logs/*", "arn:aws:s3:::bucket/paths.json*"]


def test_creating_and_deleting_twice_is_no_error(redshift, iam):
    assert create(redshift, iam) == create(redshift, iam)
    for _ in range(2):
        wait_until(lambda: delete_cluster(NAME, TAGS, final_snapshot=False), "the cluster is gone")
        delete_copy_role(ROLE, TAGS)


def test_what_belongs_to_others_is_left_alone(redshift, iam):
    create(redshift, iam)
    other = {"project": "another one"}
    with pytest.raises(AirflowFailException, match=r"cluster 'life' has the tags .* left alone"):
        delete_cluster(NAME, other, final_snapshot=False)
    with pytest.raises(AirflowFailException, match=r"role 'life-copy' has the tags .* left alone"):
        delete_copy_role(ROLE, other)
    with pytest.raises(AirflowFailException, match=r"role 'life-copy' has the tags .* left alone"):
        ensure_copy_role(ROLE, "bucket", ["logs/"], other)
    with pytest.raises(AirflowFailException, match=r"cluster 'life' has the tags .* left alone"):
        ensure_cluster(NAME, node_type="ra3.large", role_arn="arn:aws:iam::123456789012:role/x", tags=other)
    assert redshift.describe_clusters(ClusterIdentifier=NAME)["Clusters"][0]["ClusterStatus"] == "available"


def test_a_role_whose_trust_was_changed_is_brought_up_to_date(redshift, iam):
    ensure_copy_role(ROLE, "bucket", ["logs/"], TAGS)
    nobody = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}]}
    iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=json.dumps(nobody))
    ensure_copy_role(ROLE, "bucket", ["logs/"], TAGS)
    [trust] = iam.get_role(RoleName=ROLE)["Role"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Effect"] == "Allow"
