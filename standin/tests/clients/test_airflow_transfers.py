"""Airflow's Amazon provider: the SQL hook, and the operators that COPY and UNLOAD.

The operators authorize with CREDENTIALS, which AWS page "Authorization parameters" had until 2025.
"""

from __future__ import annotations

import json

import psycopg
import pytest
import redshift_connector
from airflow.providers.amazon.aws.hooks.redshift_sql import RedshiftSQLHook
from airflow.providers.amazon.aws.transfers.redshift_to_s3 import RedshiftToS3Operator
from airflow.providers.amazon.aws.transfers.s3_to_redshift import S3ToRedshiftOperator

from redshift_standin.settings import REGION
from standin_support.whole import BUCKET, CLUSTER, DATABASE, ROLE, USER, allow

JSON = ["format json 'auto'"]
S3 = (allow("s3:ListBucket", resource=f"arn:aws:s3:::{BUCKET}"), allow("s3:GetObject", "s3:PutObject"))


@pytest.fixture
def people(whole, connections):
    """A table with two people, and a file that changes one and adds another."""
    connection = whole.psycopg()
    connection.execute("create table people (id integer not null primary key, name varchar(20))")
    connection.execute("insert into people values (1, 'Ann'), (2, 'Bob')")
    records = [{"id": 2, "name": "Bill"}, {"id": 3, "name": "Cid"}]
    whole.put("in/people.json", "\n".join(map(json.dumps, records)).encode())
    return connection


def rows(connection):
    return connection.execute("select id, name from people order by id, name").fetchall()


def load(**changed):
    known = {
        "task_id": "load",
        "schema": "public",
        "table": "people",
        "s3_bucket": BUCKET,
        "s3_key": "in/people.json",
        "copy_options": JSON,
        "autocommit": True,
    }
    S3ToRedshiftOperator(**{**known, **changed}).execute({})


def unload(**changed):
    known = {"task_id": "unload", "s3_bucket": BUCKET, "s3_key": "out", "schema": "public", "table": "people"}
    RedshiftToS3Operator(**{**known, "autocommit": True, **changed}).execute({})


def as_data_api(**more):
    return {"cluster_identifier": CLUSTER, "database": DATABASE, "db_user": USER, "poll_interval": 0.05, **more}


@pytest.mark.parametrize("name", ["redshift_default", "redshift_iam"])
def test_hook_runs_queries(people, name):
    hook = RedshiftSQLHook(redshift_conn_id=name)
    assert [tuple(row) for row in hook.get_records("select id from people where name = %s", ("Bob",))] == [(2,)]
    assert hook.get_table_primary_key("people", "public") == ["id"]
    assert hook.test_connection()[0] is True
    hook.insert_rows("people", [(5, "Eve"), (6, None)], ["id", "name"])
    assert rows(people)[2:] == [(5, "Eve"), (6, None)]
    hook.run(["update people set name = 'x' where id = 5", "delete from people where id < 5"], autocommit=False)
    assert rows(people) == [(5, "x"), (6, None)]


def test_hook_rolls_back_after_an_error(people):
    with pytest.raises(redshift_connector.Error):
        RedshiftSQLHook().run(["delete from people", "select * from nowhere"])
    assert rows(people) == [(1, "Ann"), (2, "Bob")]


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("APPEND", [(1, "Ann"), (2, "Bill"), (2, "Bob"), (3, "Cid")]),
        ("REPLACE", [(2, "Bill"), (3, "Cid")]),
        ("UPSERT", [(1, "Ann"), (2, "Bill"), (3, "Cid")]),
    ],
)
@pytest.mark.parametrize("autocommit", [True, False])
def test_every_method_of_the_load(people, method, expected, autocommit):
    load(method=method, autocommit=autocommit)
    assert rows(people) == expected


def test_upsert_by_named_keys_and_columns(people):
    load(method="UPSERT", upsert_keys=["name"], column_list=["id", "name"])
    assert rows(people) == [(1, "Ann"), (2, "Bill"), (2, "Bob"), (3, "Cid")]


def test_failed_replace_keeps_the_table(whole, people):
    whole.put("in/people.json", b'{"id": "x"}')
    with pytest.raises(redshift_connector.Error, match="Load into table 'people' failed"):
        load(method="REPLACE")
    assert rows(people) == [(1, "Ann"), (2, "Bob")]


def test_load_with_a_role_and_a_region(connections, people):
    connections("aws_role", conn_type="aws", extra=json.dumps({"role_arn": ROLE, "region": REGION}))
    load(aws_conn_id="aws_role")
    assert len(rows(people)) == 4


def test_keys_of_a_user_and_of_a_session(whole, connections, people):
    key = whole.make_user("loader", *S3, allow("sts:AssumeRole"))
    connections("aws_user", conn_type="aws", login=key["AccessKeyId"], password=key["SecretAccessKey"])
    load(aws_conn_id="aws_user")
    assert len(rows(people)) == 4
    session = whole.client("sts").assume_role(RoleArn=ROLE, RoleSessionName="load")["Credentials"]
    connections(
        "aws_session",
        conn_type="aws",
        login=session["AccessKeyId"],
        password=session["SecretAccessKey"],
        extra=json.dumps({"aws_session_token": session["SessionToken"]}),
    )
    load(aws_conn_id="aws_session")
    assert len(rows(people)) == 6


def test_invalid_and_unauthorized_keys(whole, people):
    statement = (
        f"copy people from 's3://{BUCKET}/in/' credentials "
        "'aws_access_key_id={};aws_secret_access_key={}{}' json 'auto'"
    )
    powerless, loader = whole.make_user("powerless"), whole.make_user("careless", *S3)
    session = whole.client("sts").assume_role(RoleArn=ROLE, RoleSessionName="load")["Credentials"]
    cases = [
        ("AKIAUNKNOWN", "secret", "", "InvalidAccessKeyId"),
        (loader["AccessKeyId"], "wrong", "", "SignatureDoesNotMatch"),
        (loader["AccessKeyId"], loader["SecretAccessKey"], ";token=x", "InvalidToken"),
        (session["AccessKeyId"], session["SecretAccessKey"], "", "InvalidToken"),
        (powerless["AccessKeyId"], powerless["SecretAccessKey"], "", "AccessDenied"),
    ]
    for key, secret, token, code in cases:
        with pytest.raises(psycopg.errors.InternalError_, match=f"Status 403,Error {code}") as caught:
            people.execute(statement.format(key, secret, token))
        assert secret not in str(caught.value)
    assert len(rows(people)) == 2


def test_unload_of_a_table(whole, people):
    unload(unload_options=["csv", "parallel off"])
    assert whole.objects("out") == {"out/people_000": b"1,Ann\n2,Bob\n"}


def test_unload_of_a_query_with_quotes_and_a_header(whole, people):
    unload(
        select_query="select name from public.people where name = ''Ann''",
        table_as_file_name=False,
        s3_key="out/names_",
        include_header=True,
        unload_options=["parallel off", "manifest"],
    )
    objects = whole.objects("out")
    assert objects["out/names_000"] == b"name\nAnn\n"
    assert json.loads(objects["out/names_manifest"])["entries"] == [{"url": f"s3://{BUCKET}/out/names_000"}]


def test_unload_with_a_role(whole, connections, people):
    connections("aws_role", conn_type="aws", extra=json.dumps({"role_arn": ROLE}))
    unload(aws_conn_id="aws_role", unload_options=["json", "parallel off", "gzip"])
    assert list(whole.objects("out")) == ["out/people_000.gz"]


def test_unloaded_files_can_be_loaded(whole, people):
    unload(unload_options=["json"])
    load(method="REPLACE", s3_key="out/people_")
    assert rows(people) == [(1, "Ann"), (2, "Bob")]
