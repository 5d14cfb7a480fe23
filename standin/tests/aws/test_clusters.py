"""The Redshift control plane, called with boto3 on a running server."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from botocore.exceptions import ClientError

from redshift_standin import temporary_passwords
from standin_support.service_parts import client
from standin_support.waiting import WAITER_CONFIG

GOOD = {
    "ClusterIdentifier": "shop",
    "NodeType": "ra3.large",
    "ClusterType": "single-node",
    "MasterUsername": "awsuser",
    "MasterUserPassword": "Secret123",
}


@pytest.fixture
def redshift(aws, settings):
    return client(settings, "redshift")


def wait(redshift, name="cluster_available", identifier="shop"):
    redshift.get_waiter(name).wait(ClusterIdentifier=identifier, WaiterConfig=WAITER_CONFIG)


def test_new_cluster_gets_its_endpoint_when_it_is_available(redshift, endpoints, settings):
    created = redshift.create_cluster(**GOOD)["Cluster"]
    assert created["ClusterStatus"] == "creating"
    assert "Endpoint" not in created
    wait(redshift)

    cluster = redshift.describe_clusters()["Clusters"][0]

    assert cluster["Endpoint"] == {"Address": "localhost", "Port": settings.redshift_port}
    assert cluster["ClusterAvailabilityStatus"] == "Available"
    assert (cluster["DBName"], cluster["Encrypted"], cluster["PubliclyAccessible"]) == ("dev", True, False)
    assert endpoints.calls == [("create", "shop", settings.redshift_port, "dev", "awsuser")]
    assert endpoints.passwords == [("shop", "awsuser", "Secret123")]


def test_audit_logging_is_switched_on_and_off(redshift, settings):
    redshift.create_cluster(**GOOD)
    with pytest.raises(redshift.exceptions.InvalidClusterStateFault):
        redshift.enable_logging(ClusterIdentifier="shop", LogDestinationType="cloudwatch")
    wait(redshift)
    assert not redshift.describe_logging_status(ClusterIdentifier="shop")["LoggingEnabled"]
    with pytest.raises(redshift.exceptions.BucketNotFoundFault):
        redshift.enable_logging(ClusterIdentifier="shop", BucketName="none", LogDestinationType="s3")
    logs = ["connectionlog", "userlog"]
    redshift.enable_logging(ClusterIdentifier="shop", LogDestinationType="cloudwatch", LogExports=logs)
    status = redshift.describe_logging_status(ClusterIdentifier="shop")
    assert (status["LoggingEnabled"], status["LogDestinationType"]) == (True, "cloudwatch")
    assert status["LogExports"] == logs
    redshift.disable_logging(ClusterIdentifier="shop")
    assert not redshift.describe_logging_status(ClusterIdentifier="shop")["LoggingEnabled"]


def test_endpoint_accepts_temporary_credentials_until_they_expire(redshift, endpoints, monkeypatch):
    redshift.create_cluster(**GOOD)
    wait(redshift)
    before = datetime.now(timezone.utc)
    got = redshift.get_cluster_credentials(
        ClusterIdentifier="shop", DbUser="loader", AutoCreate=True, DurationSeconds=1200
    )
    after = datetime.now(timezone.utc)
    assert got["DbUser"] == "IAMA:loader"
    assert endpoints.users == [("shop", "loader")]
    assert before <= got["Expiration"] - timedelta(seconds=1200) <= after
    accepted = endpoints.temporary_passwords["shop"]
    assert accepted.accept("loader", got["DbPassword"])
    monkeypatch.setattr(temporary_passwords, "_now", lambda: before + timedelta(seconds=1199))
    assert accepted.accept("loader", got["DbPassword"])
    monkeypatch.setattr(temporary_passwords, "_now", lambda: after + timedelta(seconds=1200))
    assert not accepted.accept("loader", got["DbPassword"])
    for seconds in (899, 3601):
        with pytest.raises(ClientError, match="between 900 and 3600"):
            redshift.get_cluster_credentials(ClusterIdentifier="shop", DbUser="awsuser", DurationSeconds=seconds)
    with pytest.raises(redshift.exceptions.ClusterNotFoundFault):
        redshift.get_cluster_credentials(ClusterIdentifier="other", DbUser="awsuser")
