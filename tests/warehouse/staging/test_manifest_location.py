"""Manifests outside of the source's bucket, and objects and manifests that are encrypted with a KMS key."""

from __future__ import annotations

import json
from collections.abc import Iterator

import boto3
import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from redshift_elt.cluster.copy_policy import read_policy
from redshift_elt.cluster.spec import Access
from tests.support.aws_calls import Request, recorded_with_arguments
from tests.support.warehouse import BUCKET, WarehouseUnderTest

KEY = "log_data/2018/11/2018-11-01-events.json"
DAY = ("2018-11-01T00:00:00", "2018-11-02T00:00:00")
KMS_KEY = "arn:aws:kms:us-west-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ROLE, POLICY = "sparkify-copy", "read-the-data"
WORK = "sparkify-work"
DATA = ["log_data/", "song_data/", "log_json_path.json"]
WRITES = ("PutObject", "DeleteObject", "DeleteObjects")


@pytest.fixture
def source(uploaded: WarehouseUnderTest) -> Iterator[WarehouseUnderTest]:
    """The bucket with the data, which COPY may only read, and the empty bucket of the manifests."""
    s3, iam = uploaded.s3, boto3.client("iam")
    s3.create_bucket(Bucket=WORK, CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name})
    before = iam.get_role_policy(RoleName=ROLE, PolicyName=POLICY)["PolicyDocument"]
    boundary = iam.get_role(RoleName=ROLE)["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"]
    iam.delete_role_permissions_boundary(RoleName=ROLE)
    yield uploaded
    iam.put_role_permissions_boundary(RoleName=ROLE, PermissionsBoundary=boundary)
    iam.put_role_policy(RoleName=ROLE, PolicyName=POLICY, PolicyDocument=json.dumps(before))
    for found in s3.list_objects_v2(Bucket=WORK).get("Contents", ()):
        s3.delete_object(Bucket=WORK, Key=found["Key"])
    s3.delete_bucket(Bucket=WORK)


def allow(**more: object) -> None:
    """Give the role of COPY the policy that the product derives."""
    document = json.dumps(read_policy(Access(BUCKET, DATA, **more)))
    boto3.client("iam").put_role_policy(RoleName=ROLE, PolicyName=POLICY, PolicyDocument=document)


def writes(requests: list[Request]) -> list[Request]:
    return [request for request in requests if request.service == "s3" and request.operation in WRITES]


def test_bucket_of_the_data_is_only_read(source, monkeypatch):
    allow(also_read=[f"s3://{WORK}/etl/manifests/"])
    monkeypatch.setenv("AIRFLOW_VAR_SPARKIFY_MANIFEST_URL", f"s3://{WORK}/etl/")
    monkeypatch.setenv("AIRFLOW_VAR_SPARKIFY_MANIFEST_ENCRYPTION", "AES256")
    with recorded_with_arguments() as requests:
        run = source.run(*DAY)
        assert run.execute("stage_events")["rows"] > 0
        # What a killed task leaves behind.
        left = f"etl/manifests/sparkify_etl/{'0' * 12}/stage_events/left.manifest"
        source.s3.put_object(Bucket=WORK, Key=left, Body=b"{}")
        run.execute("clean_up")
    changed = writes(requests)
    assert {request.arguments["Bucket"] for request in changed} == {WORK}
    [manifest, *_] = [request.arguments for request in changed if request.operation == "PutObject"]
    assert manifest["Key"].startswith("etl/manifests/sparkify_etl/")
    assert manifest["ServerSideEncryption"] == "AES256"
    assert [found["Key"] for found in source.s3.list_objects_v2(Bucket=WORK)["Contents"]] == [left]


def test_objects_and_manifests_with_a_kms_key_need_the_permission_to_decrypt(source, monkeypatch):
    encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": KMS_KEY}
    body = source.s3.get_object(Bucket=BUCKET, Key=KEY)["Body"].read()
    source.s3.put_object(Bucket=BUCKET, Key=KEY, Body=body, **encryption)
    monkeypatch.setenv("AIRFLOW_VAR_SPARKIFY_MANIFEST_URL", f"s3://{WORK}/")
    monkeypatch.setenv("AIRFLOW_VAR_SPARKIFY_MANIFEST_ENCRYPTION", KMS_KEY)
    allow(also_read=[f"s3://{WORK}/"])
    with pytest.raises(Exception, match="Access Denied"):
        source.run(*DAY).execute("stage_events")
    allow(also_read=[f"s3://{WORK}/"], kms_keys=[KMS_KEY])
    with recorded_with_arguments() as requests:
        assert source.run(*DAY).execute("stage_events")["rows"] > 0
    put = [request.arguments for request in requests if request.operation == "PutObject"]
    assert put
    assert all(encryption.items() <= arguments.items() for arguments in put)


def test_rendered_location_that_is_refused_is_not_retried(source, monkeypatch):
    monkeypatch.setenv("AIRFLOW_VAR_SPARKIFY_MANIFEST_URL", "s3://*/")
    with pytest.raises(AirflowFailException, match=r"The bucket of manifest_url .* is not a bucket name"):
        source.run(*DAY).execute("stage_events")
