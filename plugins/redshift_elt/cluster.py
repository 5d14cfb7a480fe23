"""The cluster and the role that its COPY uses: created and deleted, each step safe to repeat."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from airflow.sdk.exceptions import AirflowFailException

log = logging.getLogger(__name__)

_POLICY = "read-the-data"


def ensure_copy_role(
    name: str, bucket: str, prefixes: Sequence[str], tags: dict[str, str], aws_conn_id: str = "aws_default"
) -> str:
    """Create the role that COPY uses, or bring the one of this name up to date, and return its ARN.

    Redshift may assume it, and it may list and read just these prefixes of the bucket (AWS page "Permissions to access
    other AWS resources").

    :param prefixes: key prefixes or whole keys.
    :param tags: the tags by which the project knows its own role.
    :raises AirflowFailException: the role of this name belongs to somebody else.
    """
    iam = AwsBaseHook(aws_conn_id=aws_conn_id, client_type="iam").conn
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "redshift.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
    try:
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust), Tags=_tag_list(tags))["Role"]
        log.info("Role %s: created.", name)
    except iam.exceptions.EntityAlreadyExistsException:
        role = iam.get_role(RoleName=name)["Role"]
        _refuse_foreign(f"role {name!r}", role.get("Tags", ()), tags)
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(trust))
        log.info("Role %s: already there.", name)
    iam.put_role_policy(RoleName=name, PolicyName=_POLICY, PolicyDocument=json.dumps(read_policy(bucket, prefixes)))
    return role["Arn"]


def read_policy(bucket: str, prefixes: Sequence[str]) -> dict[str, Any]:
    """Return the IAM policy that allows to list and read the given prefixes of a bucket, and nothing else."""
    patterns = [f"{prefix}*" for prefix in prefixes]
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "s3:ListBucket",
                "Resource": f"arn:aws:s3:::{bucket}",
                "Condition": {"StringLike": {"s3:prefix": patterns}},
            },
            {
                "Effect": "Allow",
                "Action": "s3:GetObject",
                "Resource": [f"arn:aws:s3:::{bucket}/{pattern}" for pattern in patterns],
            },
        ],
    }


def ensure_cluster(
    identifier: str,
    *,
    node_type: str,
    role_arn: str,
    tags: dict[str, str],
    security_groups: Sequence[str] = (),
    subnet_group: str | None = None,
    database: str = "dev",
    master_user: str = "awsuser",
    aws_conn_id: str = "aws_default",
) -> None:
    """Ask for a single-node cluster, unless there is one of this name with the same tags.

    It is private and encrypted, its administrator's password is made and kept by Secrets Manager, and COPY uses the
    role by default.

    :raises AirflowFailException: a cluster of this name belongs to somebody else.
    """
    redshift = AwsBaseHook(aws_conn_id=aws_conn_id, client_type="redshift").conn
    optional = {"VpcSecurityGroupIds": list(security_groups), "ClusterSubnetGroupName": subnet_group}
    try:
        redshift.create_cluster(
            ClusterIdentifier=identifier,
            ClusterType="single-node",
            NodeType=node_type,
            DBName=database,
            MasterUsername=master_user,
            ManageMasterPassword=True,
            Encrypted=True,
            PubliclyAccessible=False,
            IamRoles=[role_arn],
            DefaultIamRoleArn=role_arn,
            Tags=_tag_list(tags),
            **{name: value for name, value in optional.items() if value},
        )
        log.info("Cluster %s (%s): asked for.", identifier, node_type)
    except redshift.exceptions.ClusterAlreadyExistsFault:
        cluster = redshift.describe_clusters(ClusterIdentifier=identifier)["Clusters"][0]
        _refuse_foreign(f"cluster {identifier!r}", cluster.get("Tags", ()), tags)
        log.info("Cluster %s: already there, %s.", identifier, cluster["ClusterStatus"])


def delete_cluster(
    identifier: str, final_snapshot: str | None, tags: dict[str, str], aws_conn_id: str = "aws_default"
) -> None:
    """Ask for a cluster's deletion; one that is gone, or going, is no error.

    :param final_snapshot: the name of the snapshot to take first; None takes none, and the data are lost.
    :param tags: the tags by which the project knows its own cluster.
    :raises AirflowFailException: the cluster of this name belongs to somebody else.
    """
    redshift = AwsBaseHook(aws_conn_id=aws_conn_id, client_type="redshift").conn
    try:
        cluster = redshift.describe_clusters(ClusterIdentifier=identifier)["Clusters"][0]
    except redshift.exceptions.ClusterNotFoundFault:
        log.info("Cluster %s: not there.", identifier)
        return
    _refuse_foreign(f"cluster {identifier!r}", cluster.get("Tags", ()), tags)
    if cluster["ClusterStatus"] in ("deleting", "final-snapshot"):
        log.info("Cluster %s: being deleted already.", identifier)
        return
    if final_snapshot:
        snapshot = {"SkipFinalClusterSnapshot": False, "FinalClusterSnapshotIdentifier": final_snapshot}
    else:
        snapshot = {"SkipFinalClusterSnapshot": True}
    redshift.delete_cluster(ClusterIdentifier=identifier, **snapshot)
    log.info("Cluster %s: deletion asked for; final snapshot: %s.", identifier, final_snapshot or "none")


def delete_copy_role(name: str, tags: dict[str, str], aws_conn_id: str = "aws_default") -> None:
    """Delete the role that COPY used, with its policy; one that is gone is no error.

    :param tags: the tags by which the project knows its own role.
    :raises AirflowFailException: the role of this name belongs to somebody else.
    """
    iam = AwsBaseHook(aws_conn_id=aws_conn_id, client_type="iam").conn
    try:
        role = iam.get_role(RoleName=name)["Role"]
    except iam.exceptions.NoSuchEntityException:
        log.info("Role %s: not there.", name)
        return
    _refuse_foreign(f"role {name!r}", role.get("Tags", ()), tags)
    with suppress(iam.exceptions.NoSuchEntityException):
        iam.delete_role_policy(RoleName=name, PolicyName=_POLICY)
    iam.delete_role(RoleName=name)
    log.info("Role %s: deleted.", name)


def _refuse_foreign(what: str, found: Iterable[dict[str, str]], tags: dict[str, str]) -> None:
    named = {tag["Key"]: tag.get("Value", "") for tag in found}
    if not tags.items() <= named.items():
        raise AirflowFailException(
            f"The {what} has the tags {named} and not this project's {tags}: it is somebody else's and left alone. "
            "Choose another cluster_identifier."
        )


def _tag_list(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]
