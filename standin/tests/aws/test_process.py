"""The stand-in as a process, and its clients boto3 and redshift_connector with the environment that it prints."""

from __future__ import annotations

import json
import os
import socket
import ssl
import struct
import subprocess
import sys
import urllib.request
from contextlib import suppress
from dataclasses import replace

import boto3
import psutil
import psycopg
import pytest
import redshift_connector

from redshift_standin.access import standin_environment
from redshift_standin.engine.postgres import PostgresServer
from redshift_standin.errors import StandinError
from redshift_standin.settings import ACCOUNT, REGION, Settings
from standin_support.service_parts import free_port
from standin_support.waiting import WAITER_CONFIG

EVERY_ADDRESS = "0.0.0.0"  # noqa: S104 - for containers
SSL_REQUEST = struct.pack("!ii", 8, 80877103)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/copy"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "redshift.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


class StandIn:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        variables = {**settings.to_environment(), "REDSHIFT_STANDIN_CLUSTER_SECONDS": "0"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "redshift_standin", "--no-cluster", "--format", "json"],
            env={**os.environ, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait_until_ready(self) -> dict:
        # The process prints its only line when everything is listening, or exits at once.
        line = self.process.stdout.readline()
        assert json.loads(line)["endpoint_url"] == self.settings.aws_url
        with urllib.request.urlopen(f"{self.settings.aws_url}/_standin/health") as response:  # noqa: S310
            return json.load(response)


@pytest.fixture
def listen():
    return "127.0.0.1"


@pytest.fixture
def settings(tmp_path, monkeypatch, listen):
    ports = {name: free_port() for name in ("aws_port", "postgres_port", "redshift_port")}
    settings = Settings(state=tmp_path, listen=listen, **ports)
    for name, value in standin_environment(settings).items():
        monkeypatch.setenv(name, value)
    yield settings
    PostgresServer(settings.state / "postgres", settings.postgres_port).stop()


def connect(cluster="shop"):
    described = boto3.client("redshift").describe_clusters(ClusterIdentifier=cluster)
    endpoint = described["Clusters"][0]["Endpoint"]
    return redshift_connector.connect(
        iam=True,
        cluster_identifier=cluster,
        db_user="awsuser",
        database="dev",
        region=REGION,
        iam_disable_cache=True,
        host=endpoint["Address"],
        port=endpoint["Port"],
    )


def listening(process: int) -> set[tuple[str, int]]:
    """Return the addresses on which a process and its children, such as PostgreSQL, listen."""
    parent = psutil.Process(process)
    sockets = []
    for one in (parent, *parent.children(recursive=True)):
        # The PostgreSQL process of a session may have exited in the meantime.
        with suppress(psutil.NoSuchProcess):
            sockets += one.net_connections("inet")
    return {tuple(each.laddr) for each in sockets if each.status == psutil.CONN_LISTEN}


@pytest.mark.long("the stand-in as a process that is killed")
def test_copy_by_a_client_then_a_kill_then_a_clean_stop(settings):
    standin = StandIn(settings)
    try:
        assert standin.wait_until_ready() == {"status": "ready", "clusters": {}}
        s3, iam, redshift = boto3.client("s3"), boto3.client("iam"), boto3.client("redshift")
        s3.create_bucket(Bucket="bucket-1", CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_object(Bucket="bucket-1", Key="events/1.json", Body=b'{"id": 1, "at": 1541105830796}\n{"id": 2}')
        iam.create_role(RoleName="copy", AssumeRolePolicyDocument=json.dumps(TRUST))
        iam.attach_role_policy(RoleName="copy", PolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
        redshift.create_cluster(
            ClusterIdentifier="shop",
            NodeType="ra3.large",
            ClusterType="single-node",
            MasterUsername="awsuser",
            ManageMasterPassword=True,
            IamRoles=[ROLE],
            DefaultIamRoleArn=ROLE,
        )
        redshift.get_waiter("cluster_available").wait(ClusterIdentifier="shop", WaiterConfig=WAITER_CONFIG)
        with connect() as connection, connection.cursor() as cursor:
            cursor.execute("create table events (id integer, at timestamp)")
            cursor.execute(
                "copy events from 's3://bucket-1/events/' iam_role default json 'auto' timeformat 'epochmillisecs'"
            )
            cursor.execute(
                "select pg_last_copy_count(), loaded_rows, source_file_count, error_count from sys_load_history "
                "where query_id = pg_last_copy_id()"
            )
            assert [list(row) for row in cursor.fetchall()] == [[2, 2, 1, 0]]
            connection.commit()
        redshift.create_cluster_snapshot(ClusterIdentifier="shop", SnapshotIdentifier="kept")
        redshift.get_waiter("snapshot_available").wait(WaiterConfig=WAITER_CONFIG)
        assert listening(standin.process.pid) == {
            ("127.0.0.1", settings.aws_port),
            ("127.0.0.1", settings.redshift_port),
        }
        given = redshift.get_cluster_credentials(ClusterIdentifier="shop", DbUser="awsuser")
        standin.process.kill()
        standin.process.communicate()

        standin = StandIn(settings)
        assert standin.wait_until_ready() == {"status": "ready", "clusters": {"shop": "available"}}
        login = {"user": given["DbUser"], "password": given["DbPassword"], "dbname": "dev", "sslmode": "require"}
        psycopg.connect(host="127.0.0.1", port=settings.redshift_port, **login).close()
        redshift.restore_from_cluster_snapshot(ClusterIdentifier="restored", SnapshotIdentifier="kept")
        redshift.get_waiter("cluster_restored").wait(ClusterIdentifier="restored", WaiterConfig=WAITER_CONFIG)
        for cluster in ("shop", "restored"):
            with connect(cluster) as connection, connection.cursor() as cursor:
                cursor.execute("select id, at::varchar from events order by id")
                assert [list(row) for row in cursor.fetchall()] == [[1, "2018-11-01 20:57:10.796"], [2, None]]
        standin.process.terminate()
        _, errors = standin.process.communicate()
        assert (standin.process.returncode, "Traceback" in errors) == (0, False)
    finally:
        if standin.process.returncode is None:
            standin.process.kill()
            standin.process.communicate()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has every address of 127.0.0.0/8")
@pytest.mark.parametrize("listen", ["127.0.0.2"])
def test_configured_address_is_the_only_one_and_returned_to_clients(settings):
    standin = StandIn(settings)
    try:
        standin.wait_until_ready()
        boto3.client("redshift").create_cluster(
            ClusterIdentifier="shop",
            NodeType="ra3.large",
            ClusterType="single-node",
            MasterUsername="awsuser",
            ManageMasterPassword=True,
        )
        boto3.client("redshift").get_waiter("cluster_available").wait(WaiterConfig=WAITER_CONFIG)
        with connect() as connection, connection.cursor() as cursor:
            cursor.execute("select 1")
        assert listening(standin.process.pid) == {
            ("127.0.0.2", settings.aws_port),
            ("127.0.0.2", settings.redshift_port),
        }
    finally:
        standin.process.kill()
        standin.process.communicate()


@pytest.mark.long("the stand-in as a process with a host name")
@pytest.mark.parametrize("listen", [EVERY_ADDRESS])
def test_host_name_is_that_of_endpoints_and_certificate(settings):
    named = replace(settings, host_name="stand-in")
    standin = StandIn(named)
    try:
        # When everything is listening. The name leads nowhere here.
        access = json.loads(standin.process.stdout.readline())
        assert access["endpoint_url"] == f"http://stand-in:{settings.aws_port}"
        redshift = boto3.client("redshift", endpoint_url=f"http://127.0.0.1:{settings.aws_port}")
        redshift.create_cluster(
            ClusterIdentifier="shop", NodeType="ra3.large", ClusterType="single-node", MasterUsername="awsuser",
            ManageMasterPassword=True,
        )  # fmt: skip
        redshift.get_waiter("cluster_available").wait(WaiterConfig=WAITER_CONFIG)
        [cluster] = redshift.describe_clusters()["Clusters"]
        assert cluster["Endpoint"]["Address"] == "stand-in"
        trusting = ssl.create_default_context(cafile=access["certificate"])
        with socket.create_connection(("127.0.0.1", cluster["Endpoint"]["Port"])) as plain:
            plain.sendall(SSL_REQUEST)
            assert plain.recv(1) == b"S"
            with trusting.wrap_socket(plain, server_hostname="stand-in"):
                pass
    finally:
        standin.process.kill()
        standin.process.communicate()


@pytest.mark.long("the stand-in as a process before it has a cluster")
def test_template_of_the_databases_exists_before_the_first_cluster(settings):
    standin = StandIn(settings)
    try:
        assert standin.wait_until_ready() == {"status": "ready", "clusters": {}}
        address = PostgresServer(settings.state / "postgres", settings.postgres_port).dsn.parameters("postgres")
        with psycopg.connect(**address) as connection:
            found = connection.execute("select datistemplate from pg_database where datname like 'standin_template%'")
            assert found.fetchall() == [(True,)]
    finally:
        standin.process.kill()
        standin.process.communicate()


def test_every_address_needs_a_name():
    with pytest.raises(StandinError, match="--host-name, or REDSHIFT_STANDIN_HOST_NAME"):
        Settings.from_environment({"REDSHIFT_STANDIN_LISTEN": EVERY_ADDRESS})


def test_port_in_use_ends_the_process_with_one_line(settings):
    with socket.socket() as other:
        other.bind(("127.0.0.1", settings.aws_port))
        other.listen()
        _, errors = StandIn(settings).process.communicate()
    assert errors.count("\n") == 1
    assert f"Port {settings.aws_port}" in errors
