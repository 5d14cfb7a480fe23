"""The page serves the report from S3 in a sandbox."""

from __future__ import annotations

import httpx
import pytest

from local.stack.environment import BUCKET as STACK_BUCKET
from tests.warehouse.warehouse_page.conftest import DAG
from warehouse_page import report as report_module

HOSTILE = b"<h1>Report</h1><script>parent.location = 'http://example.test/'</script>"


@pytest.fixture
def bucket(warehouse, monkeypatch):
    """The bucket in the Variable, without a report."""
    monkeypatch.setenv("AIRFLOW_VAR_SPARKIFY_BUCKET", "page-reports")
    s3 = warehouse.s3
    if "page-reports" not in [one["Name"] for one in s3.list_buckets()["Buckets"]]:
        s3.create_bucket(Bucket="page-reports", CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name})
    for entry in s3.list_objects_v2(Bucket="page-reports").get("Contents", ()):
        s3.delete_object(Bucket="page-reports", Key=entry["Key"])

    def put(key, body):
        s3.put_object(Bucket="page-reports", Key=key, Body=body, ContentType="application/x-anything")

    return put


def test_there_is_no_report_yet(client, bucket):
    page = client(DAG)
    assert page.get("/data/report").json() == {
        "message": "There is no report yet. It is published after the next load, or when you trigger its DAG."
    }
    assert page.get("/report/").status_code == 404


def test_report_is_served_in_a_sandbox(client, bucket):
    bucket("reports/index.html", HOSTILE)
    page = client(DAG)
    assert set(page.get("/data/report").json()) == {"published_at"}
    for address in ("/report/", "/report/index.html"):
        answer = page.get(address)
        assert answer.content == HOSTILE
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        policy = dict(part.split(None, 1) for part in answer.headers["content-security-policy"].split("; "))
        assert policy["default-src"] == "'none'"
        assert "script-src" not in policy
        assert "allow-scripts" not in policy["sandbox"]
        assert "allow-top-navigation" not in policy["sandbox"]


def test_other_files_of_the_report_are_served(client, bucket):
    bucket("reports/2018-12-01T00-00-00-000000/plays_by_hour.csv", b"hour,plays\r\n")
    answer = client(DAG).get("/report/2018-12-01T00-00-00-000000/plays_by_hour.csv")
    assert answer.content == b"hour,plays\r\n"
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"


@pytest.mark.parametrize(
    "name", ["secret.html", "a/index.html", "a/b/c.csv", "..%2Flog_data%2Fx.csv", "a/..%2Fx.csv", "%2Fx.csv", ".csv"]
)
def test_other_objects_of_the_bucket_are_not_served(client, bucket, name):
    for key in ("reports/secret.html", "reports/a/index.html", "reports/a/b/c.csv", "log_data/x.csv", "reports/x.csv"):
        bucket(key, b"not to be seen")
    answer = client(DAG).get(f"/report/{name}")
    assert answer.status_code == 404
    assert b"not to be seen" not in answer.content


def test_file_that_is_too_large_is_not_read_into_memory(client, bucket, monkeypatch):
    monkeypatch.setattr(report_module, "MAX_BYTES", 10)
    bucket("reports/index.html", b"x" * 11)
    assert "larger than 10 bytes" in client(DAG).get("/report/").json()["detail"]


def test_missing_bucket_variable(client, warehouse, monkeypatch):
    monkeypatch.delenv("AIRFLOW_VAR_SPARKIFY_BUCKET")
    message = client(DAG).get("/data/report").json()["message"]
    assert "Variable 'sparkify_bucket' is not set" in message
    assert STACK_BUCKET not in message


def test_s3_access_denied(client, bucket, standin):
    with httpx.Client(base_url=standin.settings.aws_url, trust_env=False) as faults:
        faults.post("/_standin/faults", json={"place": "s3", "code": "AccessDenied", "times": 1}).raise_for_status()
        message = client(DAG).get("/data/report").json()["message"]
    assert "There is no report yet, or access is denied." in message
    assert "s3:GetObject on reports/" in message
