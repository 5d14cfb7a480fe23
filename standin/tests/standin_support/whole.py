"""The whole stand-in in this process, for tests that need both AWS and a Redshift endpoint."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import psycopg
import redshift_connector
from botocore.config import Config

from redshift_standin.aws import AwsServer
from redshift_standin.copy import S3Copier
from redshift_standin.engine.postgres import PostgresServer
from redshift_standin.settings import ACCESS_KEY, ACCOUNT, REGION, SECRET_KEY, Settings
from redshift_standin.unload import S3Unloader
from redshift_standin.wire.endpoints import Endpoints, EndpointSettings
from standin_support.endpoint import free_port
from standin_support.waiting import WAITER_CONFIG

CLUSTER = "shop"
DATABASE = "dev"
USER = "awsuser"
PASSWORD = "Secret-42"
BUCKET = "shop-test"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/warehouse"
TRUST = {"Effect": "Allow", "Principal": {"Service": "redshift.amazonaws.com"}, "Action": "sts:AssumeRole"}


class Whole:
    """AWS with one cluster, one bucket, and a role that gives the cluster full access to S3."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.opened: list[Any] = []
        self._clients: dict[tuple, Any] = {}

    def client(
        self,
        service: str,
        *,
        key: str = ACCESS_KEY,
        secret: str = SECRET_KEY,
        token: str | None = None,
        region: str = REGION,
        **config,
    ):
        known = (service, key, secret, token, region, *sorted(config.items()))
        # Creating a client takes longer than most requests.
        if known not in self._clients:
            self._clients[known] = boto3.client(
                service,
                endpoint_url=self.settings.aws_url,
                region_name=region,
                aws_access_key_id=key,
                aws_secret_access_key=secret,
                aws_session_token=token,
                config=Config(retries={"total_max_attempts": 1}, **config),
            )
        return self._clients[known]

    @property
    def port(self) -> int:
        return self.client("redshift").describe_clusters()["Clusters"][0]["Endpoint"]["Port"]

    def psycopg(self, **changed) -> psycopg.Connection:
        known = {"host": "localhost", "port": self.port, "user": USER, "password": PASSWORD, "dbname": DATABASE}
        connection = psycopg.connect(**{**known, "sslmode": "require", "autocommit": True, **changed})
        self.opened.append(connection)
        return connection

    def redshift(self, **changed) -> redshift_connector.Connection:
        known = {"host": "localhost", "port": self.port, "user": USER, "password": PASSWORD, "database": DATABASE}
        connection = redshift_connector.connect(**{**known, **changed})
        self.opened.append(connection)
        return connection

    def objects(self, prefix: str = "") -> dict[str, bytes]:
        """Return the content of each object under a prefix by its key."""
        s3 = self.client("s3")
        listed = s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
        return {entry["Key"]: s3.get_object(Bucket=BUCKET, Key=entry["Key"])["Body"].read() for entry in listed}

    def put(self, key: str, body: bytes) -> None:
        self.client("s3").put_object(Bucket=BUCKET, Key=key, Body=body)

    def make_role(self, name: str, *statements: dict) -> str:
        """Create a role with these permissions, attach it to the cluster, and return its ARN."""
        iam, redshift = self.client("iam"), self.client("redshift")
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=_document(TRUST))
        if statements:
            iam.put_role_policy(RoleName=name, PolicyName="s3", PolicyDocument=_document(*statements))
        arn = f"arn:aws:iam::{ACCOUNT}:role/{name}"
        redshift.modify_cluster_iam_roles(ClusterIdentifier=CLUSTER, AddIamRoles=[arn])
        return arn

    def make_user(self, name: str, *statements: dict) -> dict[str, str]:
        """Create an IAM user with these permissions and return an access key."""
        iam = self.client("iam")
        iam.create_user(UserName=name)
        if statements:
            iam.put_user_policy(UserName=name, PolicyName="s3", PolicyDocument=_document(*statements))
        return iam.create_access_key(UserName=name)["AccessKey"]

    def empty(self) -> None:
        """Delete every object and every table, and close every connection."""
        for connection in self.opened:
            connection.close()
        self.opened.clear()
        s3 = self.client("s3")
        for key in self.objects():
            s3.delete_object(Bucket=BUCKET, Key=key)
        connection = self.psycopg()
        for (name,) in connection.execute("select tablename from pg_tables where schemaname = 'public'").fetchall():
            connection.execute(f'drop table "{name}" cascade')
        self.opened.remove(connection)
        connection.close()


def allow(*actions: str, resource: str = "*") -> dict[str, Any]:
    """Return a policy statement that allows these actions."""
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource}


@contextmanager
def whole_standin(postgres: PostgresServer, certificates: Path, state: Path, **cluster) -> Iterator[Whole]:
    """Start the stand-in and create the cluster and the bucket."""
    settings = Settings(state=state, aws_port=free_port(), redshift_port=free_port())
    endpoints = Endpoints(postgres, EndpointSettings(certificates), S3Copier(), S3Unloader())
    aws = AwsServer(settings, endpoints)
    aws.start()
    whole = Whole(settings)
    try:
        whole.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        iam, redshift = whole.client("iam"), whole.client("redshift")
        iam.create_role(RoleName="warehouse", AssumeRolePolicyDocument=_document(TRUST))
        iam.attach_role_policy(RoleName="warehouse", PolicyArn="arn:aws:iam::aws:policy/AmazonS3FullAccess")
        redshift.create_cluster(
            **{
                "ClusterIdentifier": CLUSTER,
                "NodeType": "ra3.large",
                "ClusterType": "single-node",
                "MasterUsername": USER,
                "MasterUserPassword": PASSWORD,
                "IamRoles": [ROLE],
                "DefaultIamRoleArn": ROLE,
                **cluster,
            }
        )
        redshift.get_waiter("cluster_available").wait(ClusterIdentifier=CLUSTER, WaiterConfig=WAITER_CONFIG)
        yield whole
        for connection in whole.opened:
            connection.close()
        endpoints.delete(CLUSTER)
    finally:
        aws.stop()
        endpoints.close()


def _document(*statements: dict) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
