"""S3, called with boto3 on a running server."""

from __future__ import annotations

import gc
import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError
from moto.s3.models import FakeKey

from redshift_standin.settings import REGION
from standin_support.service_parts import client

LOCATION = {"LocationConstraint": REGION}


@pytest.fixture
def s3(aws, settings):
    s3 = client(settings, "s3")
    s3.create_bucket(Bucket="bucket-1", CreateBucketConfiguration=LOCATION)
    return s3


def test_object_is_returned_unchanged(s3, tmp_path):
    body = bytes(range(256)) * 50
    s3.put_object(Bucket="bucket-1", Key="ä/b c+d.json", Body=body)
    got = s3.get_object(Bucket="bucket-1", Key="ä/b c+d.json")
    assert got["Body"].read() == body
    assert got["ETag"] == f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
    file = tmp_path / "big"
    file.write_bytes(b"0123456789" * 1_000_000)
    s3.upload_file(str(file), "bucket-1", "big")
    assert s3.head_object(Bucket="bucket-1", Key="big")["ContentLength"] == 10_000_000


def test_many_clients_put_at_once(s3):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: s3.put_object(Bucket="bucket-1", Key=f"{number:03}", Body=b"x"), range(300)))
    listed = s3.list_objects_v2(Bucket="bucket-1")["Contents"]
    assert [entry["Key"] for entry in listed] == [f"{number:03}" for number in range(300)]


def objects_in_memory() -> int:
    gc.collect()
    return sum(type(each) is FakeKey for each in gc.get_objects())


def test_replaced_and_deleted_objects_are_forgotten(s3):
    s3.put_object(Bucket="bucket-1", Key="replaced", Body=b"x")
    before = objects_in_memory()
    for _ in range(10):
        s3.put_object(Bucket="bucket-1", Key="replaced", Body=b"x")
        s3.put_object(Bucket="bucket-1", Key="deleted", Body=b"x")
        s3.delete_object(Bucket="bucket-1", Key="deleted")
    assert objects_in_memory() <= before


def test_listing_pages_in_order_and_each_key_once(s3):
    keys = sorted(f"p/{number}" for number in range(25))
    for key in [*keys, "q", "o"]:
        s3.put_object(Bucket="bucket-1", Key=key, Body=b"x")
    pages = list(
        s3.get_paginator("list_objects_v2").paginate(Bucket="bucket-1", Prefix="p/", PaginationConfig={"PageSize": 10})
    )
    assert [page["KeyCount"] for page in pages] == [10, 10, 5]
    assert [entry["Key"] for page in pages for entry in page["Contents"]] == keys
    assert pages[0]["Contents"][0]["Size"] == 1
    after = s3.list_objects_v2(Bucket="bucket-1", StartAfter="p/8")
    assert [entry["Key"] for entry in after["Contents"]] == ["p/9", "q"]


def test_listing_with_a_delimiter_gives_folders_once(s3):
    for key in ("a/1", "a/2", "a/b/3", "c&d/1", "e"):
        s3.put_object(Bucket="bucket-1", Key=key, Body=b"")
    top = s3.list_objects_v2(Bucket="bucket-1", Delimiter="/")
    assert [folder["Prefix"] for folder in top["CommonPrefixes"]] == ["a/", "c&d/"]
    assert [entry["Key"] for entry in top["Contents"]] == ["e"]
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket="bucket-1", Delimiter="/", PaginationConfig={"PageSize": 1}
    )
    found = [
        name
        for page in pages
        for name in [
            *(folder["Prefix"] for folder in page.get("CommonPrefixes", [])),
            *(entry["Key"] for entry in page.get("Contents", [])),
        ]
    ]
    assert found == ["a/", "c&d/", "e"]
    inner = s3.list_objects_v2(Bucket="bucket-1", Delimiter="/", Prefix="a/")
    assert [folder["Prefix"] for folder in inner["CommonPrefixes"]] == ["a/b/"]


def test_empty_listing_and_a_missing_bucket(s3):
    assert s3.list_objects_v2(Bucket="bucket-1", Prefix="none")["KeyCount"] == 0
    with pytest.raises(s3.exceptions.NoSuchBucket):
        s3.list_objects_v2(Bucket="bucket-2")
    with pytest.raises(s3.exceptions.NoSuchKey):
        s3.get_object(Bucket="bucket-1", Key="none")


def test_deleted_object_of_a_versioned_bucket_is_not_listed(s3):
    s3.put_bucket_versioning(Bucket="bucket-1", VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket="bucket-1", Key="a", Body=b"1")
    s3.delete_object(Bucket="bucket-1", Key="a")
    assert s3.list_objects_v2(Bucket="bucket-1")["KeyCount"] == 0


def test_service_that_the_stand_in_does_not_run_is_refused(aws, settings):
    with pytest.raises(ClientError, match="sqs is not supported by the stand-in") as caught:
        client(settings, "sqs").list_queues()
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    with pytest.raises(ClientError, match="DescribeResize is not supported by the stand-in"):
        client(settings, "redshift").describe_resize(ClusterIdentifier="x")
