"""The Redshift control plane by boto3 against the started server."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest
from botocore.exceptions import ClientError

from local.settings import ACCOUNT
from tests.local.standin.aws.service_parts import client

ROLE = f"arn:aws:iam::{ACCOUNT}:role/copy"
GOOD = {
    "ClusterIdentifier": "sparkify",
    "NodeType": "ra3.large",
    "ClusterType": "single-node",
    "MasterUsername": "awsuser",
    "MasterUserPassword": "Secret123",
}


@pytest.fixture
def redshift(aws, settings):
    return client(settings, "redshift")


def wait(redshift, name="cluster_available", identifier="sparkify"):
    redshift.get_waiter(name).wait(ClusterIdentifier=identifier, WaiterConfig={"Delay": 0, "MaxAttempts": 5000})


def status(redshift):
    return redshift.describe_clusters(ClusterIdentifier="sparkify")["Clusters"][0]["ClusterStatus"]


def test_a_cluster_takes_a_while_and_then_tells_where_it_is(redshift, endpoints, settings):
    created = redshift.create_cluster(**GOOD)["Cluster"]
    assert created["ClusterStatus"] == "creating"
    assert "Endpoint" not in created
    assert status(redshift) == "creating"
    wait(redshift)

    cluster = redshift.describe_clusters()["Clusters"][0]

    assert cluster["Endpoint"] == {"Address": "localhost", "Port": settings.redshift_port}
    assert cluster["ClusterAvailabilityStatus"] == "Available"
    assert (cluster["DBName"], cluster["Encrypted"], cluster["PubliclyAccessible"]) == ("dev", True, False)
    assert endpoints.calls == [("create", "sparkify", settings.redshift_port, "dev", "awsuser")]
    assert endpoints.passwords == [("sparkify", "awsuser", "Secret123", None, False)]


def test_every_cluster_has_its_own_port(redshift):
    redshift.create_cluster(**GOOD)
    redshift.create_cluster(**{**GOOD, "ClusterIdentifier": "second"})
    wait(redshift)
    wait(redshift, identifier="second")
    ports = [cluster["Endpoint"]["Port"] for cluster in redshift.describe_clusters()["Clusters"]]
    assert len(set(ports)) == 2


def test_a_second_cluster_of_the_same_name_is_refused(redshift):
    redshift.create_cluster(**GOOD)
    with pytest.raises(redshift.exceptions.ClusterAlreadyExistsFault):
        redshift.create_cluster(**GOOD)


def test_a_managed_password_is_in_a_secret_that_goes_with_the_cluster(redshift, endpoints, settings):
    secrets = client(settings, "secretsmanager")
    del (request := dict(GOOD))["MasterUserPassword"]
    arn = redshift.create_cluster(**request, ManageMasterPassword=True)["Cluster"]["MasterPasswordSecretArn"]
    wait(redshift)
    secret = json.loads(secrets.get_secret_value(SecretId=arn)["SecretString"])
    assert endpoints.passwords[0][:3] == ("sparkify", secret["username"], secret["password"])
    redshift.delete_cluster(ClusterIdentifier="sparkify", SkipFinalClusterSnapshot=True)
    wait(redshift, "cluster_deleted")
    with pytest.raises(secrets.exceptions.ResourceNotFoundException):
        secrets.get_secret_value(SecretId=arn)


def test_pause_and_resume_take_a_while_and_need_the_right_state(redshift, endpoints):
    redshift.create_cluster(**GOOD)
    with pytest.raises(redshift.exceptions.InvalidClusterStateFault):
        redshift.pause_cluster(ClusterIdentifier="sparkify")
    wait(redshift)
    redshift.pause_cluster(ClusterIdentifier="sparkify")
    assert status(redshift) == "pausing"
    while status(redshift) == "pausing":
        pass
    assert status(redshift) == "paused"
    redshift.resume_cluster(ClusterIdentifier="sparkify")
    assert status(redshift) == "resuming"
    wait(redshift)
    assert [call[0] for call in endpoints.calls] == ["create", "pause", "resume"]


def test_delete_must_say_what_becomes_of_the_data(redshift, endpoints):
    redshift.create_cluster(**GOOD)
    with pytest.raises(ClientError, match="operation running"):
        redshift.delete_cluster(ClusterIdentifier="sparkify", SkipFinalClusterSnapshot=True)
    wait(redshift)
    with pytest.raises(ClientError, match="FinalClusterSnapshotIdentifier is required"):
        redshift.delete_cluster(ClusterIdentifier="sparkify")
    with pytest.raises(ClientError, match="cannot be specified"):
        redshift.delete_cluster(
            ClusterIdentifier="sparkify", SkipFinalClusterSnapshot=True, FinalClusterSnapshotIdentifier="last"
        )
    deleted = redshift.delete_cluster(ClusterIdentifier="sparkify", FinalClusterSnapshotIdentifier="last")
    assert deleted["Cluster"]["ClusterStatus"] == "final-snapshot"
    wait(redshift, "cluster_deleted")
    assert endpoints.calls[-1] == ("delete", "sparkify")
    assert [snapshot["SnapshotIdentifier"] for snapshot in redshift.describe_cluster_snapshots()["Snapshots"]] == [
        "last"
    ]


def test_temporary_credentials_reach_the_endpoint_with_their_expiry(redshift, endpoints):
    redshift.create_cluster(**GOOD)
    wait(redshift)
    before = datetime.now(timezone.utc)
    got = redshift.get_cluster_credentials(
        ClusterIdentifier="sparkify", DbUser="loader", AutoCreate=True, DurationSeconds=1200
    )
    cluster, user, password, expires_at, create_user = endpoints.passwords[-1]
    assert (cluster, user, create_user) == ("sparkify", "loader", True)
    assert (got["DbUser"], got["DbPassword"]) == ("IAMA:loader", password)
    assert timedelta(seconds=1200) <= expires_at - before < timedelta(seconds=1260)
    for seconds in (899, 3601):
        with pytest.raises(ClientError, match="between 900 and 3600"):
            redshift.get_cluster_credentials(ClusterIdentifier="sparkify", DbUser="awsuser", DurationSeconds=seconds)
    with pytest.raises(redshift.exceptions.ClusterNotFoundFault):
        redshift.get_cluster_credentials(ClusterIdentifier="other", DbUser="awsuser")


def test_roles_are_associated_after_a_while(redshift):
    redshift.create_cluster(**GOOD)
    wait(redshift)
    added = redshift.modify_cluster_iam_roles(ClusterIdentifier="sparkify", AddIamRoles=[ROLE], DefaultIamRoleArn=ROLE)[
        "Cluster"
    ]
    assert added["IamRoles"] == [{"IamRoleArn": ROLE, "ApplyStatus": "adding"}]
    assert added["DefaultIamRoleArn"] == ROLE

    def roles():
        return redshift.describe_clusters()["Clusters"][0]["IamRoles"]

    while roles()[0]["ApplyStatus"] == "adding":
        pass
    assert roles() == [{"IamRoleArn": ROLE, "ApplyStatus": "in-sync"}]
    removed = redshift.modify_cluster_iam_roles(ClusterIdentifier="sparkify", RemoveIamRoles=[ROLE])["Cluster"]
    assert removed["IamRoles"] == [{"IamRoleArn": ROLE, "ApplyStatus": "removing"}]
    assert "DefaultIamRoleArn" not in removed
    while roles():
        pass
