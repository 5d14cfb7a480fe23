from __future__ import annotations

import asyncio
import gzip
import json
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import boto3
import psycopg
import pytest
from botocore.config import Config

from local.postgres import PostgresServer
from local.settings import ACCESS_KEY, REGION, ROOT, SECRET_KEY, Settings
from local.standin.aws import Aws
from local.standin.backend import CopyResult, WarehouseError
from local.standin.copy import S3Copier

CLUSTER = "sparkify"
BUCKET = "sparkify-test"
ROLE = "arn:aws:iam::123456789012:role/copy"
TRUST = {"Effect": "Allow", "Principal": {"Service": "redshift.amazonaws.com"}, "Action": "sts:AssumeRole"}


class NoEndpoints:
    """The copier is given a session of the database itself, so the cluster needs no listener."""

    def create(self, cluster, **_):
        pass

    def set_password(self, *_, **__):
        pass

    def delete(self, cluster):
        pass


class PsycopgBackend:
    """A client's session, on psycopg instead of the wire."""

    cluster = CLUSTER
    database = "dev"
    user = "rdsdb"

    def __init__(self, connection: psycopg.AsyncConnection, conninfo: str) -> None:
        self.connection = connection
        self.session_id = connection.info.backend_pid
        self.cancelled = False
        self.pieces = 0
        self._conninfo = conninfo

    async def fetch(self, sql):
        cursor = await self.connection.execute(sql)
        rows = await cursor.fetchall() if cursor.description else []
        return [tuple(_text(value) for value in row) for row in rows]

    async def copy_in(self, sql: str, rows: AsyncIterator[bytes]) -> int:
        cursor = self.connection.cursor()
        async with cursor.copy(sql) as copy:
            async for piece in rows:
                self.pieces += 1
                await copy.write(piece)
        return cursor.rowcount

    async def execute_apart(self, sql, parameters=()):
        async with await psycopg.AsyncConnection.connect(self._conninfo, autocommit=True) as connection:
            await connection.execute(sql, parameters)


def _text(value):
    return None if value is None else "t" if value is True else "f" if value is False else str(value)


class Warehouse:
    """One database with one client, and the S3 that it copies from."""

    def __init__(self, conninfo: str, s3, iam, redshift) -> None:
        self.s3, self.iam, self.redshift = s3, iam, redshift
        self._conninfo = conninfo
        self._loop = asyncio.new_event_loop()
        self._connection = self._loop.run_until_complete(psycopg.AsyncConnection.connect(conninfo))
        self.backend = PsycopgBackend(self._connection, conninfo)

    def put(self, key: str, *records: object, compress: bool = False) -> str:
        lines = (line if isinstance(line, bytes) else json.dumps(line).encode() for line in records)
        body = b"\n".join(lines)
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=gzip.compress(body) if compress else body)
        return f"s3://{BUCKET}/{key}"

    def copy(self, statement: str) -> CopyResult:
        return self._loop.run_until_complete(S3Copier().copy(statement, self.backend))

    def fails(self, statement: str) -> WarehouseError:
        with pytest.raises(WarehouseError) as caught:
            self.copy(statement)
        self.rollback()
        return caught.value

    def run(self, sql: str) -> list[tuple]:
        async def run():
            cursor = await self._connection.execute(sql)
            return await cursor.fetchall() if cursor.description else []

        return self._loop.run_until_complete(run())

    def commit(self) -> None:
        self._loop.run_until_complete(self._connection.commit())

    def rollback(self) -> None:
        self._loop.run_until_complete(self._connection.rollback())

    def close(self) -> None:
        self._loop.run_until_complete(self._connection.close())
        self._loop.close()


@pytest.fixture(scope="session")
def conninfo(tmp_path_factory) -> Iterator[str]:
    server = PostgresServer(tmp_path_factory.mktemp("pg") / "data", _free_port())
    server.start()
    server.create_database("dev")
    conninfo = f"host={server.dsn.socket_dir} port={server.dsn.port} user={server.dsn.user} dbname=dev"
    with psycopg.connect(conninfo, autocommit=True) as connection:
        sql = Path(ROOT / "local/standin/sql/catalog/90_load_history.sql").read_text()
        connection.execute(sql)
        # An endpoint runs the files again at every start.
        connection.execute(sql)
    yield conninfo
    server.stop()


@pytest.fixture(scope="session")
def clients(tmp_path_factory) -> Iterator[Callable]:
    environment = pytest.MonkeyPatch()
    environment.setenv("SPARKIFY_CLUSTER_SECONDS", "0")
    settings = Settings(state=tmp_path_factory.mktemp("state"), aws_port=_free_port(), redshift_port=_free_port())
    aws = Aws(settings, NoEndpoints())
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
def warehouse(conninfo, clients) -> Iterator[Warehouse]:
    s3 = clients("s3")
    warehouse = Warehouse(conninfo, s3, clients("iam"), clients("redshift"))
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
