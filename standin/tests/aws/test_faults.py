"""Injected outages: what boto3 receives, how often, and that everything works afterwards."""

from __future__ import annotations

import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError

from redshift_standin.aws.faults import PATH
from standin_support.service_parts import client


@pytest.fixture
def faults(aws, settings):
    """The URL of the faults; all faults are removed after the test."""
    with httpx.Client(base_url=settings.aws_url, trust_env=False) as switch:
        yield switch
        switch.delete(PATH)


def code_of(error: ClientError) -> tuple[str, int]:
    return error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("SlowDown", 503),
        ("InternalError", 500),
        ("ExpiredToken", 400),
        ("AccessDenied", 403),
    ],
)
def test_s3_answers_with_the_error_until_it_is_cleared(settings, faults, code, status):
    s3 = client(settings, "s3")
    assert faults.post(PATH, json={"place": "s3", "code": code}).status_code == 200
    for _ in range(2):
        with pytest.raises(ClientError) as refused:
            s3.list_buckets()
        assert code_of(refused.value) == (code, status)
    assert faults.get(PATH).json() == {"s3": 2}
    faults.delete(PATH)
    assert s3.list_buckets()["Buckets"] == []


def test_single_error_is_hidden_by_the_retries_of_the_client(settings, faults):
    s3 = client(settings, "s3")
    s3.create_bucket(Bucket="files", CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name})
    faults.post(PATH, json={"place": "s3", "code": "SlowDown", "times": 1})
    patient = client(settings, "s3", Config(retries={"total_max_attempts": 2}))
    # A refused body that was not read must not be parsed as the next request on the same connection.
    patient.put_object(Bucket="files", Key="a", Body=b"x" * 100_000)
    assert patient.get_object(Bucket="files", Key="a")["Body"].read() == b"x" * 100_000
    assert faults.get(PATH).json() == {"s3": 1}


def test_control_plane_has_separate_faults(settings, faults):
    faults.post(PATH, json={"place": "redshift", "code": "ExpiredToken"})
    with pytest.raises(ClientError) as refused:
        client(settings, "redshift").describe_clusters()
    assert code_of(refused.value) == ("ExpiredToken", 400)
    client(settings, "s3").list_buckets()


CALLS = {
    "ec2": ("DescribeVpcs", lambda ec2: ec2.describe_vpcs()),
    "iam": ("ListRoles", lambda iam: iam.list_roles()),
    "redshift": ("DescribeClusters", lambda redshift: redshift.describe_clusters()),
    "redshift-data": ("ListStatements", lambda data: data.list_statements()),
    "secretsmanager": ("ListSecrets", lambda secrets: secrets.list_secrets()),
    "sts": ("GetCallerIdentity", lambda sts: sts.get_caller_identity()),
}


@pytest.mark.parametrize("service", CALLS)
def test_one_operation_fails_and_is_counted_by_its_name(settings, faults, service):
    operation, call = CALLS[service]
    faults.post(PATH, json={"place": service, "operation": operation, "code": "ThrottlingException", "times": 1})
    with pytest.raises(ClientError) as refused:
        call(client(settings, service))
    assert code_of(refused.value) == ("ThrottlingException", 400)
    call(client(settings, service))
    assert faults.get(PATH).json() == {f"{service}.{operation}": 1}


def test_other_operations_of_the_service_work(settings, faults):
    faults.post(PATH, json={"place": "iam", "operation": "GetRole", "code": "AccessDenied"})
    iam = client(settings, "iam")
    assert iam.list_roles()["Roles"] == []
    with pytest.raises(ClientError):
        iam.get_role(RoleName="copy")


def test_operation_can_fail_with_every_error_that_aws_lists_for_it(settings, faults):
    asked = {"place": "redshift", "operation": "ResumeCluster", "code": "InsufficientClusterCapacity"}
    assert faults.post(PATH, json=asked).status_code == 200
    redshift = client(settings, "redshift")
    with pytest.raises(redshift.exceptions.InsufficientClusterCapacityFault) as refused:
        redshift.resume_cluster(ClusterIdentifier="any")
    assert code_of(refused.value) == ("InsufficientClusterCapacity", 400)


@pytest.mark.parametrize("narrowed", [{}, {"operation": "CreateUser"}])
def test_call_with_a_lost_response_takes_effect(settings, faults, narrowed):
    faults.post(PATH, json={"place": "iam", "code": "AnswerLost", "times": 1, **narrowed})
    iam = client(settings, "iam")
    with pytest.raises(ConnectionClosedError):
        iam.create_user(UserName="someone")
    assert [user["UserName"] for user in iam.list_users()["Users"]] == ["someone"]


def test_retry_after_a_lost_response_finds_the_result_of_the_first_call(settings, faults):
    faults.post(PATH, json={"place": "iam", "operation": "CreateUser", "code": "AnswerLost", "times": 1})
    patient = client(settings, "iam", Config(retries={"total_max_attempts": 2}))
    with pytest.raises(patient.exceptions.EntityAlreadyExistsException):
        patient.create_user(UserName="someone")


def test_response_of_s3_can_be_lost(settings, faults):
    s3 = client(settings, "s3")
    faults.post(PATH, json={"place": "s3", "code": "AnswerLost", "times": 1})
    with pytest.raises(ConnectionClosedError):
        s3.create_bucket(Bucket="files", CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name})
    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["files"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"place": "s3"}',
        b'{"place": "s3", "code": "Earthquake"}',
        b'{"place": "s3", "operation": "PutObject", "code": "SlowDown"}',
        b'{"place": "copy", "code": "AnswerLost"}',
        b'{"place": "iam", "operation": "CreateCluster", "code": "AccessDenied"}',
        b'{"place": "iam", "operation": "CreateRole", "code": "InsufficientClusterCapacity"}',
        b'{"place": "redshift", "code": "InsufficientClusterCapacity"}',
    ],
)
def test_invalid_fault_is_refused(settings, faults, body):
    assert faults.post(PATH, content=body).status_code == 400
    client(settings, "s3").list_buckets()
