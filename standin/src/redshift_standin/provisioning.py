"""Create what a client of Redshift needs at least: a bucket, a role that may use it, and a cluster."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError, ParamValidationError, WaiterError

from redshift_standin.access import Aws, Cluster
from redshift_standin.errors import StandinError

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


@dataclass(frozen=True)
class Names:
    """What the cluster and the resources around it are called."""

    cluster_identifier: str = "standin"
    database: str = "dev"
    user: str = "awsuser"
    bucket: str = "standin"
    role: str = "standin-copy"


def provision(aws: Aws, names: Names) -> Cluster:
    """Create the bucket, the role and the cluster as far as they are missing, and return how to reach them.

    The master password is one that Secrets Manager generates.

    :raises StandinError: a name is not valid, or the cluster does not become available.
    """
    try:
        role_arn = _create_resources(aws, names)
    except (ClientError, ParamValidationError) as error:
        reason = " ".join(str(error).split())
        raise StandinError(f"The cluster {names.cluster_identifier} cannot be created: {reason}") from error
    except WaiterError as error:
        raise StandinError(
            f"The cluster {names.cluster_identifier} does not become available ({error}): resume it if it is paused, "
            "or choose another one."
        ) from error
    return _describe(aws, names, role_arn)


def _create_resources(aws: Aws, names: Names) -> str:
    s3, redshift = aws.client("s3"), aws.client("redshift")
    if names.bucket not in {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}:
        s3.create_bucket(Bucket=names.bucket, CreateBucketConfiguration={"LocationConstraint": aws.region_name})
    role_arn = _ensure_role(aws.client("iam"), names.role)
    try:
        redshift.describe_clusters(ClusterIdentifier=names.cluster_identifier)
    except redshift.exceptions.ClusterNotFoundFault:
        redshift.create_cluster(
            ClusterIdentifier=names.cluster_identifier,
            ClusterType="single-node",
            NodeType="ra3.large",
            DBName=names.database,
            MasterUsername=names.user,
            ManageMasterPassword=True,
            Encrypted=True,
            PubliclyAccessible=False,
            IamRoles=[role_arn],
            DefaultIamRoleArn=role_arn,
        )
    redshift.get_waiter("cluster_available").wait(
        ClusterIdentifier=names.cluster_identifier, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    return role_arn


def _describe(aws: Aws, names: Names, role_arn: str) -> Cluster:
    redshift = aws.client("redshift")
    [found] = redshift.describe_clusters(ClusterIdentifier=names.cluster_identifier)["Clusters"]
    secret = aws.client("secretsmanager").get_secret_value(SecretId=found["MasterPasswordSecretArn"])
    return Cluster(
        aws=aws,
        cluster_identifier=names.cluster_identifier,
        host=found["Endpoint"]["Address"],
        port=found["Endpoint"]["Port"],
        database=found["DBName"],
        user=found["MasterUsername"],
        password=json.loads(secret["SecretString"])["password"],
        bucket=names.bucket,
        role_arn=role_arn,
    )


def _ensure_role(iam: Any, name: str) -> str:
    """Create the role with which COPY and UNLOAD may use every bucket of the stand-in, and return its ARN."""
    try:
        arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(_TRUST))["Role"]["Arn"]
    except iam.exceptions.EntityAlreadyExistsException:
        arn = iam.get_role(RoleName=name)["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="whole-s3", PolicyDocument=json.dumps(_WHOLE_S3))
    return arn
