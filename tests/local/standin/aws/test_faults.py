"""Outages that are asked for: what boto3 is told, how often, and that all is well afterwards."""

from __future__ import annotations

import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local.standin.aws.faults import PATH
from tests.local.standin.aws.service_parts import client


@pytest.fixture
def faults(aws, settings):
    """The address of the switch; everything works again afterwards."""
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


def test_an_error_that_is_due_once_goes_by_unnoticed_where_the_client_retries(settings, faults):
    s3 = client(settings, "s3")
    s3.create_bucket(Bucket="files", CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name})
    faults.post(PATH, json={"place": "s3", "code": "SlowDown", "times": 1})
    patient = client(settings, "s3", Config(retries={"total_max_attempts": 2}))
    # A body that is refused unread must not be taken for the next request on the same connection.
    patient.put_object(Bucket="files", Key="a", Body=b"x" * 100_000)
    assert patient.get_object(Bucket="files", Key="a")["Body"].read() == b"x" * 100_000
    assert faults.get(PATH).json() == {"s3": 1}


def test_the_control_plane_has_faults_of_its_own(settings, faults):
    faults.post(PATH, json={"place": "redshift", "code": "ExpiredToken"})
    with pytest.raises(ClientError) as refused:
        client(settings, "redshift").describe_clusters()
    assert code_of(refused.value) == ("ExpiredToken", 400)
    client(settings, "s3").list_buckets()


@pytest.mark.parametrize("body", [b"", b"[]", b'{"place": "s3"}', b'{"place": "s3", "code": "Earthquake"}'])
def test_what_is_no_fault_is_refused(settings, faults, body):
    assert faults.post(PATH, content=body).status_code == 400
    client(settings, "s3").list_buckets()
