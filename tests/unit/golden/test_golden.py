"""Every operator sends the statements of its golden file; ``make golden`` writes these files again."""

from __future__ import annotations

import difflib
import json

import boto3
import pytest
from moto import mock_aws

from local.settings import REGION
from tests.support.golden import STATEMENTS, Recording, golden_text, read_recordings, run_all
from tests.unit.golden import shop

NAMES = sorted(file.stem for file in STATEMENTS.glob("*.sql"))
WAREHOUSE = {"conn_type": "redshift", "host": "warehouse.example.com", "login": "loader", "password": "none"}
AWS = {"conn_type": "aws", "login": "key", "password": "secret", "extra": {"region_name": REGION}}


@pytest.fixture(scope="module")
def sent() -> dict[str, list[Recording]]:
    """What every task sends, when the warehouse answers as it did when the golden files were written."""
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setenv("AIRFLOW_CONN_REDSHIFT_DEFAULT", json.dumps(WAREHOUSE))
        patch.setenv("AIRFLOW_CONN_AWS_DEFAULT", json.dumps(AWS))
        s3 = boto3.client("s3", region_name=REGION)
        s3.create_bucket(Bucket=shop.BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        return run_all(s3, {name: read_recordings(name) for name in NAMES})


def test_every_task_has_a_golden_file():
    assert sorted(shop.tasks()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_statements_are_those_of_the_golden_file(sent, name):
    expected, actual = (STATEMENTS / f"{name}.sql").read_text("utf-8"), golden_text(sent[name])
    diff = difflib.unified_diff(expected.splitlines(), actual.splitlines(), "golden", "sent", n=8, lineterm="")
    failures = [repr(recording.failure) for recording in sent[name] if recording.failure]
    assert expected == actual, "\n".join([*diff, *failures, "If this is intended, run: make golden"])
    assert failures == []
    assert all(recording.position == len(recording.answers) for recording in sent[name])
