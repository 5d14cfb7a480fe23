"""S3 in this process, for tests that need no other service."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from moto import mock_aws

from redshift_standin import REGION

CONNECTION = {"conn_type": "aws", "login": "key", "password": "secret", "extra": {"region_name": REGION}}


@contextmanager
def s3_in_process(bucket: str) -> Iterator[Any]:
    """Yield a client of an S3 with one empty bucket; Airflow's connection ``aws_default`` points to it."""
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        # Other tests in this process may use another stand-in.
        for name in ("AWS_ENDPOINT_URL", "AWS_CA_BUNDLE"):
            patch.delenv(name, raising=False)
        patch.setenv("AIRFLOW_CONN_AWS_DEFAULT", json.dumps(CONNECTION))
        s3 = boto3.client("s3", region_name=REGION)
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        yield s3
