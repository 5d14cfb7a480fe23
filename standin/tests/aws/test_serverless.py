"""Redshift Serverless: what a client needs to connect to a workgroup, and nothing else."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from redshift_standin.aws import AwsServer
from standin_support.service_parts import client
from standin_support.waiting import wait_until

NAMESPACE = {"namespaceName": "music", "adminUsername": "admin", "manageAdminPassword": True, "dbName": "plays"}
WORKGROUP = {"workgroupName": "listeners", "namespaceName": "music"}


@pytest.fixture
def serverless(aws, settings):
    return client(settings, "redshift-serverless")


def made(serverless):
    """Create a namespace and a workgroup, and return the description of the workgroup when it is available."""
    serverless.create_namespace(**NAMESPACE)
    return created(serverless)


def created(serverless):
    serverless.create_workgroup(**WORKGROUP)

    def available():
        found = serverless.get_workgroup(workgroupName="listeners")["workgroup"]
        return found if found["status"] == "AVAILABLE" else None

    return wait_until(available, "the workgroup is available")


def refusal(act, **arguments) -> str:
    with pytest.raises(ClientError) as refused:
        act(**arguments)
    return refused.value.response["Error"]["Code"]


def test_workgroup_has_no_endpoint_while_it_is_created(serverless):
    serverless.create_namespace(**NAMESPACE)
    workgroup = serverless.create_workgroup(**WORKGROUP)["workgroup"]
    assert workgroup["status"] == "CREATING"
    assert "endpoint" not in workgroup


def test_available_workgroup_has_the_databases_of_its_namespace_behind_its_endpoint(serverless, endpoints):
    endpoint = made(serverless)["endpoint"]
    assert endpoint["address"] == "localhost"
    assert endpoints.calls[0] == ("create", "serverless!music", endpoint["port"], "plays", "admin")


def test_managed_password_is_a_secret_of_the_namespace(serverless, settings):
    made(serverless)
    namespace = serverless.get_namespace(namespaceName="music")["namespace"]
    secret = client(settings, "secretsmanager").get_secret_value(SecretId=namespace["adminPasswordSecretArn"])
    assert set(json.loads(secret["SecretString"])) == {"username", "password"}


def test_workgroup_is_not_a_cluster(serverless, settings):
    made(serverless)
    assert client(settings, "redshift").describe_clusters()["Clusters"] == []


def test_temporary_password_belongs_to_the_iam_identity(serverless):
    made(serverless)
    given = serverless.get_credentials(workgroupName="listeners", dbName="plays", durationSeconds=900)
    assert given["dbUser"] == "IAM:root"
    assert given["dbPassword"]
    assert refusal(serverless.get_credentials, workgroupName="listeners", durationSeconds=899) == "ValidationException"


def test_resources_survive_a_restart(aws, settings, endpoints, serverless):
    port = made(serverless)["endpoint"]["port"]
    serverless.get_credentials(workgroupName="listeners")
    aws.stop()
    again = AwsServer(settings, endpoints)
    again.start()
    try:
        workgroup = serverless.get_workgroup(workgroupName="listeners")["workgroup"]
        assert (workgroup["status"], workgroup["endpoint"]["port"]) == ("AVAILABLE", port)
    finally:
        again.stop()


def test_duplicate_and_unknown_names_are_refused(serverless):
    made(serverless)
    assert refusal(serverless.create_namespace, **NAMESPACE) == "ConflictException"
    assert refusal(serverless.create_workgroup, **WORKGROUP) == "ConflictException"
    other = {"workgroupName": "others", "namespaceName": "music"}
    assert refusal(serverless.create_workgroup, **other) == "ConflictException"
    assert refusal(serverless.get_workgroup, workgroupName="nobody") == "ResourceNotFoundException"
    assert refusal(serverless.get_namespace, namespaceName="nobody") == "ResourceNotFoundException"
    assert refusal(serverless.get_credentials, workgroupName="nobody") == "ResourceNotFoundException"


@pytest.mark.parametrize(
    "changed",
    [
        {"namespaceName": "Music"},
        {"manageAdminPassword": False, "adminUserPassword": "weak"},
        {"adminUsername": "none"},
    ],
)
def test_namespace_that_aws_refuses_is_refused(serverless, changed):
    assert refusal(serverless.create_namespace, **{**NAMESPACE, **changed}) == "ValidationException"


def test_unsupported_operations_are_refused(serverless):
    assert refusal(serverless.create_namespace, **NAMESPACE, kmsKeyId="key") == "UnsupportedOperation"
    assert refusal(serverless.list_workgroups) == "UnsupportedOperation"
    assert refusal(serverless.delete_workgroup, workgroupName="listeners") == "UnsupportedOperation"
