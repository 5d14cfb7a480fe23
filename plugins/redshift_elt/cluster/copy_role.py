"""The IAM role that COPY uses."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from typing import Any

from redshift_elt.cluster.spec import ManagedCluster
from redshift_elt.cluster.tags import refuse_foreign, tag_list
from redshift_elt.connection.aws_api import boto3_client

log = logging.getLogger(__name__)

_POLICY = "read-the-data"


def ensure_copy_role(
    cluster: ManagedCluster, bucket: str, prefixes: Sequence[str], aws_conn_id: str = "aws_default"
) -> str:
    """Create or update the role that COPY uses, and return its ARN.

    Redshift may assume it for clusters of this account only (AWS page "Cross-service confused deputy prevention"). It
    may list and read only these prefixes of the bucket (AWS page "Permissions to access other AWS resources").

    :param prefixes: key prefixes or complete keys.
    :raises AirflowFailException: a role of this name belongs to somebody else.
    """
    name = cluster.copy_role
    iam = boto3_client("iam", aws_conn_id)
    account = boto3_client("sts", aws_conn_id).get_caller_identity()["Account"]
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "redshift.amazonaws.com"},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"aws:SourceAccount": account}},
            }
        ],
    }
    try:
        role = iam.create_role(
            RoleName=name,
            AssumeRolePolicyDocument=json.dumps(trust),
            Description="Lets COPY read the data",
            Tags=tag_list(cluster.all_tags),
        )["Role"]
        log.info("Role %s: created.", name)
    except iam.exceptions.EntityAlreadyExistsException:
        role = iam.get_role(RoleName=name)["Role"]
        refuse_foreign(f"role {name!r}", role.get("Tags", ()), cluster.tags)
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(trust))
        log.info("Role %s: already there.", name)
    iam.put_role_policy(RoleName=name, PolicyName=_POLICY, PolicyDocument=json.dumps(read_policy(bucket, prefixes)))
    return role["Arn"]


def read_policy(bucket: str, prefixes: Sequence[str]) -> dict[str, Any]:
    """Return the IAM policy that allows listing and reading these prefixes of a bucket, and nothing else."""
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
