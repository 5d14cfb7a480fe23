"""The state of AWS survives a stop and a kill of the process."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing, contextmanager
from dataclasses import make_dataclass
from datetime import datetime, timezone

import pytest
from botocore.exceptions import WaiterError

from redshift_standin.aws import AwsServer
from redshift_standin.aws.redshift import interfaces
from redshift_standin.aws.redshift.backend import redshift_in_region
from redshift_standin.aws.state import StateFile
from redshift_standin.errors import StandinError
from redshift_standin.settings import ACCOUNT, REGION
from standin_support.service_parts import RecordingEndpoints, client
from standin_support.waiting import WAITER_CONFIG

TRUST = {"Version": "2012-10-17", "Statement": []}
GOOD = {
    "ClusterIdentifier": "shop",
    "NodeType": "ra3.large",
    "ClusterType": "single-node",
    "MasterUsername": "awsuser",
    "MasterUserPassword": "Secret123",
}
ARN = f"arn:aws:redshift:{REGION}:{ACCOUNT}:cluster:shop"
SERVER = """
import sys
from pathlib import Path
from redshift_standin.settings import Settings
from redshift_standin.aws import AwsServer
from standin_support.service_parts import RecordingEndpoints
settings = Settings(state=Path(sys.argv[1]), aws_port=int(sys.argv[2]), redshift_port=int(sys.argv[3]))
AwsServer(settings, RecordingEndpoints()).start()
print("ready", flush=True)
sys.stdin.read()
"""


def fill(settings):
    s3, iam, redshift = (client(settings, name) for name in ("s3", "iam", "redshift"))
    s3.create_bucket(Bucket="bucket-1", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="bucket-1", Key="kept", Body=b"one", Metadata={"a": "b"})
    s3.put_object(Bucket="bucket-1", Key="gone", Body=b"two")
    s3.put_object(Bucket="bucket-1", Key="gone/too", Body=b"two")
    s3.delete_object(Bucket="bucket-1", Key="gone")
    s3.delete_objects(Bucket="bucket-1", Delete={"Objects": [{"Key": "gone/too"}]})
    s3.put_object_tagging(Bucket="bucket-1", Key="kept", Tagging={"TagSet": [{"Key": "k", "Value": "v"}]})
    s3.copy_object(Bucket="bucket-1", Key="copied", CopySource="bucket-1/kept")
    iam.create_role(RoleName="copy", AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.attach_role_policy(RoleName="copy", PolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
    redshift.create_cluster(
        ClusterIdentifier="shop",
        NodeType="ra3.large",
        ClusterType="single-node",
        MasterUsername="awsuser",
        ManageMasterPassword=True,
        IamRoles=[f"arn:aws:iam::{ACCOUNT}:role/copy"],
    )
    redshift.get_waiter("cluster_available").wait(WaiterConfig=WAITER_CONFIG)
    redshift.create_cluster_snapshot(ClusterIdentifier="shop", SnapshotIdentifier="kept")
    redshift.get_waiter("snapshot_available").wait(WaiterConfig=WAITER_CONFIG)
    return redshift.describe_clusters()["Clusters"]


def check(settings, clusters):
    s3, iam, redshift = (client(settings, name) for name in ("s3", "iam", "redshift"))
    found = s3.list_objects_v2(Bucket="bucket-1")["Contents"]
    assert [(entry["Key"], entry["Size"]) for entry in found] == [("copied", 3), ("kept", 3)]
    got = s3.get_object(Bucket="bucket-1", Key="kept")
    assert (got["Body"].read(), got["Metadata"]) == (b"one", {"a": "b"})
    assert s3.get_object_tagging(Bucket="bucket-1", Key="kept")["TagSet"] == [{"Key": "k", "Value": "v"}]
    attached = iam.list_attached_role_policies(RoleName="copy")["AttachedPolicies"]
    assert [policy["PolicyName"] for policy in attached] == ["AmazonS3ReadOnlyAccess"]
    assert redshift.describe_clusters()["Clusters"] == clusters
    [snapshot] = redshift.describe_cluster_snapshots()["Snapshots"]
    assert (snapshot["SnapshotIdentifier"], snapshot["Status"]) == ("kept", "available")
    secret = client(settings, "secretsmanager").get_secret_value(SecretId=clusters[0]["MasterPasswordSecretArn"])
    return json.loads(secret["SecretString"])["password"]


def test_restart_restores_everything(aws, settings):
    clusters = fill(settings)
    temporary = client(settings, "redshift").get_cluster_credentials(ClusterIdentifier="shop", DbUser="awsuser")
    aws.stop()
    endpoints = RecordingEndpoints()
    again = AwsServer(settings, endpoints)
    again.start()
    try:
        password = check(settings, clusters)
        port = clusters[0]["Endpoint"]["Port"]
        assert endpoints.calls == [("create", "shop", port, "dev", "awsuser")]
        assert endpoints.passwords == [("shop", "awsuser", password)]
        assert endpoints.temporary_passwords["shop"].accept("awsuser", temporary["DbPassword"])
    finally:
        again.stop()


def saved_clusters(settings) -> bytes:
    """Return the saved state of the control plane."""
    with closing(sqlite3.connect(settings.state / "aws" / "state.sqlite")) as database:
        [(state,)] = database.execute("select state from backends where service = 'redshift' and region = ?", (REGION,))
    return state


def test_temporary_passwords_are_not_stored(aws, settings, endpoints):
    fill(settings)
    redshift = client(settings, "redshift")
    before = saved_clusters(settings)
    for number in range(1000):
        redshift_in_region(REGION).get_cluster_credentials("shop", f"user{number}", False, 900)
    temporary = redshift.get_cluster_credentials(ClusterIdentifier="shop", DbUser="awsuser", AutoCreate=True)
    assert endpoints.temporary_passwords["shop"].accept("awsuser", temporary["DbPassword"])
    assert saved_clusters(settings) == before
    # The whole record is saved.
    redshift.create_tags(ResourceName=ARN, Tags=[{"Key": "k", "Value": "v"}])
    assert len(saved_clusters(settings)) - len(before) < 100


def test_each_cluster_has_a_key_of_its_own(aws, settings, endpoints):
    fill(settings)
    redshift = client(settings, "redshift")

    def password() -> str:
        return redshift.get_cluster_credentials(ClusterIdentifier="shop", DbUser="awsuser")["DbPassword"]

    def delete() -> None:
        redshift.delete_cluster(ClusterIdentifier="shop", SkipFinalClusterSnapshot=True)
        redshift.get_waiter("cluster_deleted").wait(ClusterIdentifier="shop", WaiterConfig=WAITER_CONFIG)

    given = [password()]
    delete()
    redshift.create_cluster(**GOOD)
    redshift.get_waiter("cluster_available").wait(WaiterConfig=WAITER_CONFIG)
    given.append(password())
    delete()
    redshift.restore_from_cluster_snapshot(ClusterIdentifier="shop", SnapshotIdentifier="kept")
    redshift.get_waiter("cluster_restored").wait(ClusterIdentifier="shop", WaiterConfig=WAITER_CONFIG)
    given.append(password())
    accepted = endpoints.temporary_passwords["shop"]
    assert [accepted.accept("awsuser", each) for each in given] == [False, False, True]


def test_state_with_stored_temporary_passwords_is_read(aws, settings, monkeypatch):
    """Version 1.0.0 stored each temporary password in the record of its cluster, which had no key."""
    clusters = fill(settings)
    with monkeypatch.context() as earlier:
        stored = make_dataclass("TemporaryPassword", ["user", "password", "expires_at"], frozen=True)
        stored.__module__ = interfaces.__name__
        earlier.setattr(interfaces, stored.__name__, stored, raising=False)
        cluster = redshift_in_region(REGION).clusters["shop"]
        cluster.temporary_passwords = [stored("awsuser", "p", datetime.now(timezone.utc))]
        del cluster.password_key
        client(settings, "redshift").create_tags(ResourceName=ARN, Tags=[])
        aws.stop()
    assert b"TemporaryPassword" in saved_clusters(settings)
    given = []
    for _ in range(2):
        again = AwsServer(settings, endpoints := RecordingEndpoints())
        again.start()
        try:
            check(settings, clusters)
            redshift = client(settings, "redshift")
            given.append(redshift.get_cluster_credentials(ClusterIdentifier="shop", DbUser="awsuser")["DbPassword"])
        finally:
            again.stop()
    assert [endpoints.temporary_passwords["shop"].accept("awsuser", each) for each in given] == [True, True]
    assert b"TemporaryPassword" not in saved_clusters(settings)


def test_only_its_owner_can_read_the_state(tmp_path):
    file = StateFile(tmp_path / "aws" / "state.sqlite")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "aws").iterdir()}
    file.close()
    assert set(modes.values()) == {0o600}, modes


@pytest.mark.long("the stand-in as a process that is killed")
def test_killed_process_loses_no_acknowledged_change(settings):
    def start():
        process = subprocess.Popen(
            [sys.executable, "-c", SERVER, str(settings.state), str(settings.aws_port), str(settings.redshift_port)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert process.stdout.readline() == b"ready\n"
        return process

    process = start()
    try:
        clusters = fill(settings)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        process = start()
        check(settings, clusters)
    finally:
        process.kill()
        process.communicate()


def test_paused_cluster_stays_paused(aws, settings):
    fill(settings)
    redshift = client(settings, "redshift")
    redshift.pause_cluster(ClusterIdentifier="shop")
    aws.stop()
    endpoints = RecordingEndpoints()
    again = AwsServer(settings, endpoints)
    again.start()
    try:
        assert redshift.describe_clusters()["Clusters"][0]["ClusterStatus"] == "paused"
        assert [call[0] for call in endpoints.calls] == ["create", "pause"]
    finally:
        again.stop()


INTERRUPTED = pytest.mark.long("snapshots, restores and changes that are interrupted or fail")


@contextmanager
def running(settings, monkeypatch, seconds):
    """Run AWS with these durations, and yield its endpoints."""
    monkeypatch.setenv("REDSHIFT_STANDIN_CLUSTER_SECONDS", seconds)
    endpoints = RecordingEndpoints()
    aws = AwsServer(settings, endpoints)
    aws.start()
    try:
        yield endpoints
    finally:
        aws.stop()


@INTERRUPTED
def test_interrupted_snapshot_is_taken_again(settings, monkeypatch):
    redshift = client(settings, "redshift")
    with running(settings, monkeypatch, "0,snapshot=3600"):
        redshift.create_cluster(**GOOD)
        redshift.get_waiter("cluster_available").wait(WaiterConfig=WAITER_CONFIG)
        redshift.create_cluster_snapshot(ClusterIdentifier="shop", SnapshotIdentifier="kept")
    with running(settings, monkeypatch, "0") as endpoints:
        redshift.get_waiter("snapshot_available").wait(WaiterConfig=WAITER_CONFIG)
        assert [call[0] for call in endpoints.calls] == ["create", "save_snapshot"]


@INTERRUPTED
def test_interrupted_restore_starts_again(settings, monkeypatch):
    redshift = client(settings, "redshift")
    with running(settings, monkeypatch, "0,creating=3600"):
        redshift.create_cluster(**GOOD)
    # A cluster that was being created is available after a restart.
    with running(settings, monkeypatch, "0,creating=3600") as endpoints:
        redshift.get_waiter("cluster_available").wait(WaiterConfig=WAITER_CONFIG)
        redshift.create_cluster_snapshot(ClusterIdentifier="shop", SnapshotIdentifier="kept")
        redshift.get_waiter("snapshot_available").wait(WaiterConfig=WAITER_CONFIG)
        folder = endpoints.calls[-1][-1]
        redshift.restore_from_cluster_snapshot(ClusterIdentifier="again", SnapshotIdentifier="kept")
    with running(settings, monkeypatch, "0") as endpoints:
        redshift.get_waiter("cluster_restored").wait(ClusterIdentifier="again", WaiterConfig=WAITER_CONFIG)
        assert ("load_snapshot", "again", folder, "dev", "awsuser") in endpoints.calls


@INTERRUPTED
def test_cluster_with_an_interrupted_final_snapshot_is_deleted(settings, monkeypatch):
    redshift = client(settings, "redshift")
    with running(settings, monkeypatch, "0,final-snapshot=3600"):
        redshift.create_cluster(**GOOD)
        redshift.get_waiter("cluster_available").wait(WaiterConfig=WAITER_CONFIG)
        redshift.delete_cluster(ClusterIdentifier="shop", FinalClusterSnapshotIdentifier="last")
    with running(settings, monkeypatch, "0") as endpoints:
        redshift.get_waiter("cluster_deleted").wait(ClusterIdentifier="shop", WaiterConfig=WAITER_CONFIG)
        assert [call[0] for call in endpoints.calls] == ["create", "pause", "save_snapshot", "delete"]
        assert redshift.describe_cluster_snapshots()["Snapshots"][0]["Status"] == "available"


@INTERRUPTED
def test_pending_change_is_completed(settings, monkeypatch):
    redshift = client(settings, "redshift")
    with running(settings, monkeypatch, "0,resizing=3600"):
        redshift.create_cluster(**GOOD)
        redshift.get_waiter("cluster_available").wait(WaiterConfig=WAITER_CONFIG)
        redshift.resize_cluster(ClusterIdentifier="shop", NumberOfNodes=2)
    with running(settings, monkeypatch, "0"):
        cluster = redshift.describe_clusters()["Clusters"][0]
        assert (cluster["ClusterStatus"], cluster["NumberOfNodes"]) == ("available", 2)


@INTERRUPTED
def test_failed_snapshot_keeps_the_cluster(settings, monkeypatch):
    redshift = client(settings, "redshift")

    def full(*_):
        raise StandinError("No space left on device")

    with running(settings, monkeypatch, "0") as endpoints:
        redshift.create_cluster(**GOOD)
        redshift.get_waiter("cluster_available").wait(WaiterConfig=WAITER_CONFIG)
        endpoints.save_snapshot = full
        redshift.create_cluster_snapshot(ClusterIdentifier="shop", SnapshotIdentifier="kept")
        with pytest.raises(WaiterError, match="terminal failure"):
            redshift.get_waiter("snapshot_available").wait(WaiterConfig=WAITER_CONFIG)
        assert redshift.describe_clusters()["Clusters"][0]["ClusterStatus"] == "available"
        redshift.delete_cluster(ClusterIdentifier="shop", FinalClusterSnapshotIdentifier="last")
        while redshift.describe_clusters()["Clusters"][0]["ClusterStatus"] == "final-snapshot":
            pass
        assert redshift.describe_clusters()["Clusters"][0]["ClusterStatus"] == "incompatible-network"
        assert "delete" not in [call[0] for call in endpoints.calls]


@INTERRUPTED
def test_failed_restore_is_reported(settings, monkeypatch):
    redshift = client(settings, "redshift")

    def broken(*_, **__):
        raise StandinError("pg_restore failed")

    with running(settings, monkeypatch, "0") as endpoints:
        redshift.create_cluster(**GOOD)
        redshift.get_waiter("cluster_available").wait(WaiterConfig=WAITER_CONFIG)
        redshift.create_cluster_snapshot(ClusterIdentifier="shop", SnapshotIdentifier="kept")
        redshift.get_waiter("snapshot_available").wait(WaiterConfig=WAITER_CONFIG)
        endpoints.load_snapshot = broken
        redshift.restore_from_cluster_snapshot(ClusterIdentifier="again", SnapshotIdentifier="kept")
        while (again := redshift.describe_clusters(ClusterIdentifier="again")["Clusters"][0])[
            "ClusterStatus"
        ] == "creating":
            pass
        assert (again["ClusterStatus"], again["RestoreStatus"]["Status"]) == ("incompatible-restore", "failed")
        redshift.delete_cluster(ClusterIdentifier="again", SkipFinalClusterSnapshot=True)
        redshift.get_waiter("cluster_deleted").wait(ClusterIdentifier="again", WaiterConfig=WAITER_CONFIG)


def test_port_in_use_is_one_clear_error_line(settings):
    with socket.socket() as other:
        other.bind(("127.0.0.1", settings.aws_port))
        other.listen()
        with pytest.raises(StandinError, match="REDSHIFT_STANDIN_AWS_PORT") as caught:
            AwsServer(settings, RecordingEndpoints()).start()
    assert f"Port {settings.aws_port} on 127.0.0.1 is in use" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_cluster_port_taken_in_the_meantime_is_one_clear_error_line(aws, settings):
    fill(settings)
    aws.stop()
    endpoints = RecordingEndpoints()

    def taken(*_, **__):
        raise OSError(98, "Address already in use")

    endpoints.create = taken
    with pytest.raises(StandinError, match=f"shop cannot listen on 127.0.0.1:{settings.redshift_port}"):
        AwsServer(settings, endpoints).start()
