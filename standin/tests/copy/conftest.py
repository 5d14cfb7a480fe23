from __future__ import annotations

import json
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import psycopg
import pytest
from botocore.config import Config

from redshift_standin.aws import AwsServer
from redshift_standin.engine.postgres import PostgresServer
from redshift_standin.engine.template import CATALOG
from redshift_standin.settings import ACCESS_KEY, REGION, SECRET_KEY, Settings
from standin_support.copy_session import BUCKET, CLUSTER, ROLE, TRUST, CopyClient, NoEndpoints

FILES = ("90_load_history.sql", "91_load_replacements.sql")


@pytest.fixture(scope="session")
def conninfo() -> Iterator[str]:
    # In a folder that other users cannot access, root's server would store its data elsewhere, where it is not deleted.
    with tempfile.TemporaryDirectory(prefix="copy-", dir="/tmp") as folder:
        Path(folder).chmod(0o711)
        server = PostgresServer(Path(folder) / "postgres", _free_port(), durable=False)
        server.start()
        try:
            yield _prepared(server)
        finally:
            server.stop()


def _prepared(server: PostgresServer) -> str:
    server.create_database("dev")
    conninfo = f"host={server.dsn.socket_dir} port={server.dsn.port} user={server.dsn.user} dbname=dev"
    with psycopg.connect(conninfo, autocommit=True) as connection:
        files = [CATALOG / name for name in FILES]
        # An endpoint runs the scripts again at every start.
        for file in files * 2:
            connection.execute(file.read_text())
    return conninfo


@pytest.fixture(scope="session")
def clients(tmp_path_factory) -> Iterator[Callable]:
    environment = pytest.MonkeyPatch()
    environment.setenv("REDSHIFT_STANDIN_CLUSTER_SECONDS", "0")
    settings = Settings(state=tmp_path_factory.mktemp("state"), aws_port=_free_port(), redshift_port=_free_port())
    aws = AwsServer(settings, NoEndpoints())
    aws.start()

    def client(service: str):
        return boto3.client(
            service,
            endpoint_url=settings.aws_url,
            region_name=REGION,
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            config=Config(retries={"total_max_attempts": 1}),
        )

    client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    trust = json.dumps({"Version": "2012-10-17", "Statement": [TRUST]})
    client("iam").create_role(RoleName="copy", AssumeRolePolicyDocument=trust)
    client("iam").attach_role_policy(RoleName="copy", PolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
    client("redshift").create_cluster(
        ClusterIdentifier=CLUSTER,
        NodeType="ra3.large",
        ClusterType="single-node",
        MasterUsername="awsuser",
        ManageMasterPassword=True,
        IamRoles=[ROLE],
        DefaultIamRoleArn=ROLE,
    )
    client("redshift").get_waiter("cluster_available").wait(
        ClusterIdentifier=CLUSTER, WaiterConfig={"Delay": 0, "MaxAttempts": 1000}
    )
    yield client
    aws.stop()
    environment.undo()


@pytest.fixture
def warehouse(conninfo, clients) -> Iterator[CopyClient]:
    s3 = clients("s3")
    warehouse = CopyClient(conninfo, s3, clients("iam"), clients("redshift"))
    yield warehouse
    warehouse.rollback()
    warehouse.run("drop table if exists t")
    warehouse.commit()
    warehouse.close()
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET):
        for entry in page.get("Contents", []):
            s3.delete_object(Bucket=BUCKET, Key=entry["Key"])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
