"""The role that COPY uses: created and brought up to date, each step safe to repeat."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from typing import Any

from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook

from redshift_elt.cluster.tags import refuse_foreign, tag_list

log = logging.getLogger(__name__)

_POLICY = "read-the-data"


def ensure_copy_role(
    name: str,
    bucket: str,
    prefixes: Sequence[str],
    tags: dict[str, str],
    labels: dict[str, str] | None = None,
    aws_conn_id: str = "aws_default",
) -> str:
    """Create the role that COPY uses, or bring the one of this name up to date, and return its ARN.

    Redshift may assume it for this account's clusters only (AWS page "Cross-service confused deputy prevention"), and
    it may list and read just these prefixes of the bucket (AWS page "Permissions to access other AWS resources").

    :param prefixes: key prefixes or whole keys.
    :param tags: the tags by which the project knows its own role.
    :param labels: further tags of a new role.
    :raises AirflowFailException: the role of this name belongs to somebody else.
    """
    iam = AwsBaseHook(aws_conn_id=aws_conn_id, client_type="iam").conn
    account = AwsBaseHook(aws_conn_id=aws_conn_id, client_type="sts").conn.get_caller_identity()["Account"]
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
            Tags=tag_list({**(labels or {}), **tags}),
        )["Role"]
        log.info("Role %s: created.", name)
    except iam.exceptions.EntityAlreadyExistsException:
        role = iam.get_role(RoleName=name)["Role"]
        refuse_foreign(f"role {name!r}", role.get("Tags", ()), tags)
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
