"""The whole stand-in, with clusters that a test can keep in an intermediate state, such as "creating"."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import httpx
import psycopg
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from redshift_standin.aws import AwsServer
from redshift_standin.aws.faults import PATH
from redshift_standin.copy import S3Copier
from redshift_standin.engine.postgres import PostgresServer
from redshift_standin.settings import ACCESS_KEY, ACCOUNT, REGION, SECRET_KEY, Settings
from redshift_standin.unload import S3Unloader
from redshift_standin.wire.endpoints import Endpoints, EndpointSettings
from standin_support.endpoint import free_port
from standin_support.waiting import HANGS_AFTER_SECONDS, WAITER_CONFIG, wait_until

USER, PASSWORD = "awsuser", "Secret-42"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/copy"
TRUST = {"Effect": "Allow", "Principal": {"Service": "redshift.amazonaws.com"}, "Action": "sts:AssumeRole"}
API = "API reference: "

# The cluster that all tests share.
SHARED = "shared"


class HeldEndpoints(Endpoints):
    """Endpoints that block in each operation that a test holds."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.gates: dict[str, threading.Event] = {}

    def create(self, *args: Any, **kwargs: Any) -> None:
        self._wait("create")
        super().create(*args, **kwargs)

    def pause(self, *args: Any) -> None:
        super().pause(*args)
        self._wait("pause")

    def resume(self, *args: Any) -> None:
        self._wait("resume")
        super().resume(*args)

    def delete(self, *args: Any) -> None:
        self._wait("delete")
        super().delete(*args)

    def save_snapshot(self, *args: Any) -> None:
        self._wait("save_snapshot")
        super().save_snapshot(*args)

    def _wait(self, operation: str) -> None:
        if gate := self.gates.get(operation):
            assert gate.wait(HANGS_AFTER_SECONDS), f"{operation} was held for too long"


class Service:
    """The stand-in as its clients see it, initially without a cluster."""

    def __init__(self, settings: Settings, endpoints: HeldEndpoints) -> None:
        self.settings = settings
        self.endpoints = endpoints
        self.redshift = self.client("redshift")

    def client(self, service: str, *, key: str = ACCESS_KEY, secret: str = SECRET_KEY, token: str | None = None) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.settings.aws_url,
            region_name=REGION,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token,
            config=Config(retries={"total_max_attempts": 1}),
        )

    @contextmanager
    def held(self, operation: str) -> Iterator[None]:
        """Block an operation, such as ``create`` or ``save_snapshot``, so that the state does not change."""
        gate = self.endpoints.gates[operation] = threading.Event()
        try:
            yield
        finally:
            del self.endpoints.gates[operation]
            gate.set()

    def create(self, identifier: str, **changed: Any) -> dict[str, Any]:
        """Create a cluster, wait until it is available, and return its description."""
        self.redshift.create_cluster(**request(identifier, **changed))
        return self.available(identifier)

    def available(self, identifier: str) -> dict[str, Any]:
        self.redshift.get_waiter("cluster_available").wait(ClusterIdentifier=identifier, WaiterConfig=WAITER_CONFIG)
        return self.describe(identifier)

    def snapshot(self, cluster: str, identifier: str, **more: Any) -> dict[str, Any]:
        """Take a snapshot, wait until it is available, and return its description."""
        self.redshift.create_cluster_snapshot(ClusterIdentifier=cluster, SnapshotIdentifier=identifier, **more)
        self.redshift.get_waiter("snapshot_available").wait(SnapshotIdentifier=identifier, WaiterConfig=WAITER_CONFIG)
        return self.redshift.describe_cluster_snapshots(SnapshotIdentifier=identifier)["Snapshots"][0]

    def describe(self, identifier: str) -> dict[str, Any]:
        return self.redshift.describe_clusters(ClusterIdentifier=identifier)["Clusters"][0]

    def status(self, identifier: str) -> str:
        return self.describe(identifier)["ClusterStatus"]

    def wait_for_status(self, identifier: str, status: str) -> None:
        """Wait until a cluster has this status."""
        wait_until(lambda: self.status(identifier) == status, f"{identifier} is {status}")

    def wait_until_deleted(self, identifier: str) -> None:
        """Wait until the cluster has been deleted."""
        self.redshift.get_waiter("cluster_deleted").wait(ClusterIdentifier=identifier, WaiterConfig=WAITER_CONFIG)

    def connect(self, identifier: str, user: str = USER, password: str = PASSWORD, **more: Any) -> psycopg.Connection:
        port = self.describe(identifier)["Endpoint"]["Port"]
        parameters = {"host": "localhost", "dbname": "dev", "sslmode": "require", "autocommit": True, **more}
        return psycopg.connect(port=port, user=user, password=password, **parameters)

    def delete_all_except(self, kept: str) -> None:
        """Delete every snapshot, and every cluster except one."""
        for cluster in self.redshift.describe_clusters()["Clusters"]:
            identifier = cluster["ClusterIdentifier"]
            if identifier == kept:
                continue
            with contextlib.suppress(self.redshift.exceptions.ClusterNotFoundFault):
                while self.status(identifier) not in ("available", "paused", "incompatible-restore"):
                    pass
                self.redshift.delete_cluster(ClusterIdentifier=identifier, SkipFinalClusterSnapshot=True)
            self.wait_until_deleted(identifier)
        for snapshot in self.redshift.describe_cluster_snapshots()["Snapshots"]:
            self.redshift.delete_cluster_snapshot(SnapshotIdentifier=snapshot["SnapshotIdentifier"])

    def fault(self, **asked: Any) -> None:
        """Inject an error; without arguments, stop injecting errors."""
        with httpx.Client(base_url=self.settings.aws_url, trust_env=False) as switch:
            (switch.post(PATH, json=asked) if asked else switch.delete(PATH)).raise_for_status()


def request(identifier: str, **changed: Any) -> dict[str, Any]:
    """Return the parameters of CreateCluster; a parameter that is changed to None is left out."""
    known = {
        "ClusterIdentifier": identifier,
        "NodeType": "ra3.large",
        "ClusterType": "single-node",
        "MasterUsername": USER,
        "MasterUserPassword": PASSWORD,
        **changed,
    }
    return {name: value for name, value in known.items() if value is not None}


@contextmanager
def refused(code: str, status: int = 400, match: str | None = None) -> Iterator[None]:
    """Expect a call to fail with this error code and HTTP status, and with a message that matches."""
    with pytest.raises(ClientError, match=match) as error:
        yield
    answer = error.value.response
    assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == (code, status)


@contextmanager
def held_standin(postgres: PostgresServer, certificates: Path, state: Path) -> Iterator[Service]:
    """Start the stand-in without a cluster."""
    settings = Settings(state=state, aws_port=free_port(), redshift_port=free_port())
    endpoints = HeldEndpoints(postgres, EndpointSettings(certificates), S3Copier(), S3Unloader())
    aws = AwsServer(settings, endpoints)
    aws.start()
    try:
        yield Service(settings, endpoints)
    finally:
        aws.stop()
        endpoints.close()


def document(*statements: dict) -> str:
    """Return a policy with these statements."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def make_role(service: Service, name: str, *actions: str, trust: dict = TRUST) -> None:
    """Create a role that is allowed these actions on every resource."""
    iam = service.client("iam")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))
    allowed = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    iam.put_role_policy(RoleName=name, PolicyName="s3", PolicyDocument=document(allowed))
