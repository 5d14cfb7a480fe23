"""What AWS knows survives a stop and the death of the process."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys

import pytest

from local.errors import StackError
from local.settings import ACCOUNT, REGION, ROOT
from local.standin.aws import Aws
from local.standin.aws.state import StateFile
from tests.local.standin.aws.service_parts import NotedEndpoints, client

TRUST = {"Version": "2012-10-17", "Statement": []}
SERVER = """
import sys
from pathlib import Path
from local.settings import Settings
from local.standin.aws import Aws
from tests.local.standin.aws.service_parts import NotedEndpoints
settings = Settings(state=Path(sys.argv[1]), aws_port=int(sys.argv[2]), redshift_port=int(sys.argv[3]))
Aws(settings, NotedEndpoints()).start()
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
        ClusterIdentifier="sparkify",
        NodeType="ra3.large",
        ClusterType="single-node",
        MasterUsername="awsuser",
        ManageMasterPassword=True,
        IamRoles=[f"arn:aws:iam::{ACCOUNT}:role/copy"],
    )
    redshift.get_waiter("cluster_available").wait(WaiterConfig={"Delay": 0, "MaxAttempts": 5000})
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
    secret = client(settings, "secretsmanager").get_secret_value(SecretId=clusters[0]["MasterPasswordSecretArn"])
    return json.loads(secret["SecretString"])["password"]


def test_a_restart_takes_up_everything(aws, settings):
    clusters = fill(settings)
    temporary = client(settings, "redshift").get_cluster_credentials(ClusterIdentifier="sparkify", DbUser="awsuser")
    aws.stop()
    endpoints = NotedEndpoints()
    again = Aws(settings, endpoints)
    again.start()
    try:
        password = check(settings, clusters)
        port = clusters[0]["Endpoint"]["Port"]
        assert endpoints.calls == [("create", "sparkify", port, "dev", "awsuser")]
        assert endpoints.passwords == [
            ("sparkify", "awsuser", password, None, False),
            ("sparkify", "awsuser", temporary["DbPassword"], temporary["Expiration"], False),
        ]
    finally:
        again.stop()


def test_only_its_owner_can_read_what_is_kept(tmp_path):
    file = StateFile(tmp_path / "aws" / "state.sqlite")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "aws").iterdir()}
    file.close()
    assert set(modes.values()) == {0o600}, modes


def test_a_killed_process_loses_nothing_that_it_answered(settings):
    def start():
        process = subprocess.Popen(
            [sys.executable, "-c", SERVER, str(settings.state), str(settings.aws_port), str(settings.redshift_port)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
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


def test_a_paused_cluster_stays_paused(aws, settings):
    fill(settings)
    redshift = client(settings, "redshift")
    redshift.pause_cluster(ClusterIdentifier="sparkify")
    aws.stop()
    endpoints = NotedEndpoints()
    again = Aws(settings, endpoints)
    again.start()
    try:
        assert redshift.describe_clusters()["Clusters"][0]["ClusterStatus"] == "paused"
        assert [call[0] for call in endpoints.calls] == ["create", "pause"]
    finally:
        again.stop()


def test_a_taken_port_is_one_clear_line(settings):
    with socket.socket() as other:
        other.bind(("127.0.0.1", settings.aws_port))
        other.listen()
        with pytest.raises(StackError, match="SPARKIFY_AWS_PORT") as caught:
            Aws(settings, NotedEndpoints()).start()
    assert f"Port {settings.aws_port} on 127.0.0.1 is taken" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_port_of_a_cluster_that_was_taken_meanwhile_is_one_clear_line(aws, settings):
    fill(settings)
    aws.stop()
    endpoints = NotedEndpoints()

    def taken(*_, **__):
        raise OSError(98, "Address already in use")

    endpoints.create = taken
    with pytest.raises(StackError, match=f"sparkify cannot listen on 127.0.0.1:{settings.redshift_port}"):
        Aws(settings, endpoints).start()
