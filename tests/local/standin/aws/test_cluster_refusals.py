"""Which clusters the control plane refuses to create."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from local.settings import ACCOUNT, Settings
from local.standin.aws import Aws
from tests.local.standin.aws.service_parts import NotedEndpoints, client, free_port

ROLE = f"arn:aws:iam::{ACCOUNT}:role/copy"
GOOD = {
    "ClusterIdentifier": "sparkify",
    "NodeType": "ra3.large",
    "ClusterType": "single-node",
    "MasterUsername": "awsuser",
    "MasterUserPassword": "Secret123",
}


@pytest.fixture(scope="module")
def redshift(tmp_path_factory):
    settings = Settings(state=tmp_path_factory.mktemp("state"), aws_port=free_port(), redshift_port=free_port())
    aws = Aws(settings, NotedEndpoints())
    aws.start()
    yield client(settings, "redshift")
    aws.stop()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"NodeType": "dc2.large"}, "Invalid node type: dc2.large"),
        ({"NodeType": "zz.9"}, "Invalid node type"),
        ({"ClusterIdentifier": "9Bad"}, "not a valid identifier"),
        ({"ClusterIdentifier": "a--b"}, "not a valid identifier"),
        ({"ClusterIdentifier": "a-"}, "not a valid identifier"),
        ({"ClusterIdentifier": "a" * 64}, "not a valid identifier"),
        ({"MasterUserPassword": "secret"}, "not a valid password"),
        ({"MasterUserPassword": "alllower1"}, "not a valid password"),
        ({"MasterUserPassword": "Has@Sign1"}, "not a valid password"),
        ({"MasterUserPassword": "A1" + "a" * 63}, "not a valid password"),
        ({"ManageMasterPassword": True}, "ManageMasterPassword is true"),
        ({"Encrypted": False}, "without encryption"),
        ({"ClusterType": "multi-node"}, "greater than or equal to 2"),
        ({"ClusterType": "multi-node", "NumberOfNodes": 1}, "greater than or equal to 2"),
        ({"NodeType": "ra3.4xlarge"}, "Single-node clusters are not available"),
        ({"Port": 5000}, "Port 5000"),
        ({"MasterUsername": "AwsUser"}, "lower-case"),
        ({"MasterUsername": "public"}, "reserved"),
        ({"DBName": "Dev"}, "database name"),
        ({"IamRoles": ["copy"]}, "Invalid IAM role ARN"),
        ({"DefaultIamRoleArn": ROLE}, "is not associated"),
        ({"AutomatedSnapshotRetentionPeriod": 0}, "between 1 and 35"),
        ({"ClusterSubnetGroupName": "none"}, "not found"),
    ],
)
def test_what_aws_refuses_is_refused(redshift, change, reason):
    with pytest.raises(ClientError, match=reason):
        redshift.create_cluster(**{**GOOD, **change})
    assert redshift.describe_clusters()["Clusters"] == []
