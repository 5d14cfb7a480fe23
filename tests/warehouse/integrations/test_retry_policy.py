"""Decisions of the retry policy for real errors of the drivers and of botocore."""

from __future__ import annotations

import json
from collections.abc import Iterator

import boto3
import pytest
from airflow.models.connection import Connection
from airflow.serialization.serialized_objects import DagSerialization
from botocore.config import Config

from local.stack.cluster_login import require_login
from redshift_elt.compatibility import RetryAction
from redshift_elt.connection.hook import warehouse_hook
from redshift_elt.connection.transaction import in_transaction
from redshift_elt.integrations.retry_policy import WarehouseRetryPolicy
from tests.support.faults import AwsFaults
from tests.support.warehouse import BUCKET, WarehouseUnderTest


@pytest.fixture
def aws(standin) -> Iterator[AwsFaults]:
    faults = AwsFaults(standin.settings.aws_url)
    yield faults
    faults.clear()


@pytest.fixture
def s3(created_warehouse):
    """A client without retries."""
    return boto3.client("s3", config=Config(retries={"total_max_attempts": 1}))


@pytest.fixture
def connecting_with(standin, created_warehouse, monkeypatch):
    """Return a function that connects with a connection that is correct except for some fields."""
    endpoint = require_login(standin.settings)
    right = {
        "host": endpoint.host,
        "port": endpoint.port,
        "login": endpoint.user,
        "password": endpoint.password,
        "schema": endpoint.database,
    }

    def connect(**wrong: object) -> None:
        connection = Connection(conn_type="redshift", **{**right, **wrong})
        monkeypatch.setenv("AIRFLOW_CONN_WRONG", connection.as_json())
        warehouse_hook("wrong").get_conn()

    return connect


def raised(act, *arguments) -> Exception:
    with pytest.raises(Exception) as failure:  # noqa: PT011 - what it is, is what the test is about
        act(*arguments)
    return failure.value


def action(error: BaseException) -> RetryAction:
    return WarehouseRetryPolicy().evaluate(error, try_number=1, max_tries=4).action


def refused(warehouse: WarehouseUnderTest, statement: str) -> Exception:
    return raised(warehouse.execute, statement)


@pytest.mark.parametrize(
    "statement",
    [
        "insert into songplays (songplay_id) values (upper('x') || no_such_column)",
        "select * from no_such_table",
        "selekt 1",
        "select 'x'::integer",
        "drop table pg_class",
        "copy songs from 's3://sparkify-tests/song_data/' iam_role 'arn:aws:iam::123456789012:role/nobody' json 'auto'",
        "copy no_such_table from 's3://sparkify-tests/song_data/' iam_role default json 'auto'",
        "copy songs from 's3://sparkify-tests/forbidden/' iam_role default json 'auto'",
        "copy songs from 's3://no-such-bucket/song_data/' iam_role default json 'auto'",
    ],
)
def test_permanent_warehouse_error_fails_at_once(warehouse, statement):
    error = refused(warehouse, statement)
    assert action(error) is RetryAction.FAIL, error


def test_transaction_with_repeated_conflicts_is_retried(warehouse, monkeypatch):
    monkeypatch.setattr("redshift_elt.connection.transaction.ATTEMPTS", 1)

    warehouse.execute("insert into users (user_id, level_as_of) values (1, '2018-11-01')")

    def work(session):
        session.fetch("select count(*) from users")
        warehouse.execute("update users set level = 'paid'")
        session.execute("update users set level = 'free'")

    error = raised(in_transaction, warehouse._hook, work)
    assert action(error) is RetryAction.RETRY, error


def test_cancelled_statement_is_retried(warehouse):
    def work(session):
        session.execute("set statement_timeout to 1")
        session.fetch("select count(*) from pg_class a, pg_class b, pg_class c")

    error = raised(in_transaction, warehouse._hook, work)
    assert action(error) is RetryAction.RETRY, error


@pytest.mark.parametrize("wrong", [{"password": "Wrong-42"}, {"schema": "no_such_database"}])
def test_wrong_login_fails_at_once(connecting_with, wrong):
    error = raised(lambda: connecting_with(**wrong))
    assert action(error) is RetryAction.FAIL, error


def test_unreachable_host_is_retried(connecting_with):
    for wrong in ({"port": 1}, {"host": "warehouse.invalid"}):
        error = raised(lambda wrong=wrong: connecting_with(**wrong))
        assert action(error) is RetryAction.RETRY, error


def test_missing_cluster_or_connection_fails_at_once(created_warehouse, monkeypatch):
    extra = json.dumps({"iam": True, "cluster_identifier": "no-such-cluster"})
    monkeypatch.setenv("AIRFLOW_CONN_LOST", Connection(conn_type="redshift", login="awsuser", extra=extra).as_json())
    error = raised(warehouse_hook("lost").get_conn)
    assert "There is no Redshift cluster" in str(error)
    assert action(error) is RetryAction.FAIL
    assert action(raised(warehouse_hook, "no_such_connection")) is RetryAction.FAIL


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("SlowDown", RetryAction.RETRY),
        ("InternalError", RetryAction.RETRY),
        ("ThrottlingException", RetryAction.RETRY),
        ("ExpiredToken", RetryAction.RETRY),
        ("AccessDenied", RetryAction.FAIL),
    ],
)
def test_aws_error_is_classified_by_its_code(s3, aws, code, expected):
    aws.set("s3", code)
    assert action(raised(lambda: s3.list_objects_v2(Bucket=BUCKET))) is expected


def test_response_without_a_body_is_classified_by_its_status(s3, aws):
    for code, expected in (("InternalError", RetryAction.RETRY), ("AccessDenied", RetryAction.FAIL)):
        aws.set("s3", code)
        assert action(raised(lambda: s3.head_object(Bucket=BUCKET, Key="a"))) is expected


def test_wrong_bucket_fails_at_once_and_missing_object_is_retried(s3):
    assert action(raised(lambda: s3.list_objects_v2(Bucket="no-such-bucket"))) is RetryAction.FAIL
    assert action(raised(lambda: s3.get_object(Bucket=BUCKET, Key="gone"))) is RetryAction.RETRY
    assert action(raised(lambda: s3.get_object(Bucket=BUCKET))) is RetryAction.FAIL


def test_unreachable_aws_is_retried(created_warehouse):
    once = Config(retries={"total_max_attempts": 1})
    s3 = boto3.client("s3", endpoint_url="http://127.0.0.1:1", config=once)
    assert action(raised(lambda: s3.list_objects_v2(Bucket=BUCKET))) is RetryAction.RETRY


def test_first_classified_error_in_the_chain_decides(s3, aws):
    aws.set("s3", "AccessDenied")
    denied = raised(lambda: s3.list_objects_v2(Bucket=BUCKET))
    wrapped = RuntimeError("There is nothing to stage")
    wrapped.__cause__ = denied
    assert action(wrapped) is RetryAction.FAIL
    # An error can be its own cause.
    circular = RuntimeError("round and round")
    circular.__cause__ = circular
    assert action(circular) is RetryAction.DEFAULT


def test_scheduler_stores_only_that_a_policy_exists(created_warehouse):
    """The scheduler runs no code of the DAG; the policy is used where the task runs."""
    dag = created_warehouse.dag
    assert {type(task.retry_policy) for task in dag.tasks} == {WarehouseRetryPolicy}
    stored = json.loads(json.dumps(DagSerialization.to_dict(dag)))
    read = DagSerialization.from_dict(stored)
    assert all(task.has_retry_policy for task in read.tasks)
    assert "WarehouseRetryPolicy" not in json.dumps(stored)
