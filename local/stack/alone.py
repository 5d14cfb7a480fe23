"""The stand-in alone: S3 and a Redshift cluster for any client, without Airflow."""

from __future__ import annotations

import json
from typing import Any

from local.settings import Settings
from local.stack.aws_client import aws_client
from local.stack.cluster_login import require_login
from local.stack.env_file import env_file
from local.stack.environment import BUCKET, CLUSTER_ALONE, DATABASE, MASTER_USER
from local.stack.interrupt import Interrupted
from local.stack.progress import Progress
from local.stack.stack import Stack
from redshift_standin.settings import ACCESS_KEY, REGION, SECRET_KEY

ROLE = "local-copy"

_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "redshift.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
}
_WHOLE_S3 = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": ["s3:ListBucket", "s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
            "Resource": "*",
        },
    ],
}


def serve_alone(stack: Stack, progress: Progress) -> None:
    """Start PostgreSQL and the stand-in, create a bucket, a role and a cluster, and print how to reach them.

    What exists already is left as it is.
    """
    stack.up_without_airflow()
    try:
        with progress.step(f"Creating the cluster {CLUSTER_ALONE}") as step:
            _create_resources(stack.settings)
            step.done = f"The cluster {CLUSTER_ALONE} is available"
    except Interrupted:
        stack.undo()
        raise
    _print_addresses(stack.settings, progress)


def _create_resources(settings: Settings) -> None:
    s3, iam, redshift = (aws_client(settings, service) for service in ("s3", "iam", "redshift"))
    if BUCKET not in {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}:
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    role = _ensure_role(iam)
    try:
        redshift.describe_clusters(ClusterIdentifier=CLUSTER_ALONE)
    except redshift.exceptions.ClusterNotFoundFault:
        redshift.create_cluster(
            ClusterIdentifier=CLUSTER_ALONE,
            ClusterType="single-node",
            NodeType="ra3.large",
            DBName=DATABASE,
            MasterUsername=MASTER_USER,
            ManageMasterPassword=True,
            Encrypted=True,
            PubliclyAccessible=False,
            IamRoles=[role],
            DefaultIamRoleArn=role,
        )
    redshift.get_waiter("cluster_available").wait(
        ClusterIdentifier=CLUSTER_ALONE, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )


def _ensure_role(iam: Any) -> str:
    """Create the role with which COPY and UNLOAD may use every bucket of the stand-in, and return its ARN."""
    try:
        arn: str = iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=json.dumps(_TRUST))["Role"]["Arn"]
    except iam.exceptions.EntityAlreadyExistsException:
        arn = iam.get_role(RoleName=ROLE)["Role"]["Arn"]
    iam.put_role_policy(RoleName=ROLE, PolicyName="whole-s3", PolicyDocument=json.dumps(_WHOLE_S3))
    return arn


def _print_addresses(settings: Settings, progress: Progress) -> None:
    warehouse = require_login(settings, CLUSTER_ALONE)
    progress.console.print(
        f"\nAWS:         {settings.aws_url}   (region {REGION}, key {ACCESS_KEY}, secret {SECRET_KEY})"
        f"\nS3:          s3://{BUCKET}"
        f"\nRedshift:    {warehouse.host}:{warehouse.port}, database {warehouse.database}, TLS only"
        f"\nLogin:       {warehouse.user} / {warehouse.password}"
        f"\nCertificate: {warehouse.certificate}"
        f"\nYour shell:  source {env_file(settings)}   (configures boto3, psql and redshift_connector)"
        f'\nQuery:       make sql Q="select version()"'
        "\nStop:        make down",
        markup=False,
    )
