"""Airflow's Amazon provider: the operators on the Redshift Data API."""

from __future__ import annotations

import json

import pytest
from airflow.providers.amazon.aws.hooks.redshift_data import RedshiftDataHook, RedshiftDataQueryFailedError
from airflow.providers.amazon.aws.operators.redshift_data import RedshiftDataOperator
from airflow.providers.amazon.aws.transfers.redshift_to_s3 import RedshiftToS3Operator
from airflow.providers.amazon.aws.transfers.s3_to_redshift import S3ToRedshiftOperator

from standin_support.whole import BUCKET, CLUSTER, DATABASE, USER

TARGET = {"cluster_identifier": CLUSTER, "database": DATABASE, "db_user": USER}


class TaskInstance:
    """Receives the XComs that an operator pushes."""

    def __init__(self) -> None:
        self.pushed: dict[str, object] = {}

    def xcom_push(self, key, value):
        self.pushed[key] = value


def run(**arguments):
    instance = TaskInstance()
    # Durable execution needs the task store of a running Airflow.
    operator = RedshiftDataOperator(task_id="run", poll_interval=1, durable=False, **{**TARGET, **arguments})
    return operator.execute({"ti": instance}), instance.pushed


@pytest.mark.usefixtures("connections")
def test_one_statement_and_its_result():
    results, _ = run(sql="select :n as n", parameters=[{"name": "n", "value": "7"}], return_sql_result=True)
    assert [result["Records"] for result in results] == [[[{"stringValue": "7"}]]]


@pytest.mark.usefixtures("connections")
def test_several_statements_are_one_transaction(whole):
    identifiers, _ = run(sql=["create table t (n integer)", "insert into t values (1)"])
    assert [identifier.partition(":")[2] for identifier in identifiers] == ["1", "2"]
    with pytest.raises(RedshiftDataQueryFailedError, match="nowhere"):
        run(sql=["delete from t", "select * from nowhere"])
    assert whole.psycopg().execute("select n from t").fetchall() == [(1,)]


@pytest.mark.usefixtures("connections")
def test_task_that_does_not_wait_and_a_session():
    identifiers, pushed = run(
        sql="create temp table mine as select 1 as n", wait_for_completion=False, session_keep_alive_seconds=60
    )
    hook = RedshiftDataHook()
    hook.wait_for_results(identifiers[0], poll_interval=1)
    none = dict.fromkeys(TARGET)
    results, _ = run(sql="select n from mine", session_id=pushed["session_id"], return_sql_result=True, **none)
    assert results[0]["Records"] == [[{"longValue": 1}]]


@pytest.mark.usefixtures("connections")
def test_killed_task_cancels_its_statement(whole):
    blocker = whole.psycopg(autocommit=False)
    blocker.execute("create table held (n integer)")
    blocker.commit()
    blocker.execute("lock table held")
    operator = RedshiftDataOperator(
        task_id="run", sql="select * from held", wait_for_completion=False, durable=False, **TARGET
    )
    operator.execute({"ti": TaskInstance()})
    operator.on_kill()
    assert operator.hook.conn.describe_statement(Id=operator.statement_id)["Status"] == "ABORTED"


LIKE_ANOTHER = pytest.mark.long("transfers that are executed like others")


@pytest.mark.usefixtures("connections")
@pytest.mark.parametrize(
    ("method", "expected"),
    [
        pytest.param("APPEND", [(1, "Ann"), (2, "Bill"), (2, "Bob")], marks=LIKE_ANOTHER),
        pytest.param("REPLACE", [(2, "Bill")], marks=LIKE_ANOTHER),
        ("UPSERT", [(1, "Ann"), (2, "Bill")]),
    ],
)
def test_transfers_by_the_data_api(whole, method, expected):
    connection = whole.psycopg()
    connection.execute("create table people (id integer, name varchar(20))")
    connection.execute("insert into people values (1, 'Ann'), (2, 'Bob')")
    whole.put("in/people.json", json.dumps({"id": 2, "name": "Bill"}).encode())
    api = {**TARGET, "poll_interval": 1}
    S3ToRedshiftOperator(
        task_id="load",
        schema="public",
        table="people",
        s3_bucket=BUCKET,
        s3_key="in/people.json",
        copy_options=["json 'auto'"],
        method=method,
        upsert_keys=["id"],
        redshift_conn_id="aws_default",
        redshift_data_api_kwargs=api,
    ).execute({})
    assert connection.execute("select id, name from people order by 1, 2").fetchall() == expected
    RedshiftToS3Operator(
        task_id="unload",
        schema="public",
        table="people",
        s3_bucket=BUCKET,
        s3_key="out",
        unload_options=["parallel off"],
        redshift_conn_id="aws_default",
        redshift_data_api_kwargs=api,
    ).execute({})
    lines = whole.objects("out")["out/people_000"].decode().split()
    assert sorted(lines) == [f"{number}|{name}" for number, name in expected]
