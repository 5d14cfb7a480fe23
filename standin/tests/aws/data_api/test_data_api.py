"""Behavior of the Data API that is not among the facts in ../../conformance/test_8_data_api.py."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from standin_support.data_api import TARGET, batch, ended, execute, refused
from standin_support.whole import CLUSTER, DATABASE, allow


def test_query_and_its_result(api):
    answer = api.execute_statement(
        Sql="select 1 as n, 1.50::numeric(5,2) as price, 'a'::varchar(3) as name, 0.5::float8 as share, true as yes, "
        "'2024-02-29'::date as day, null::integer as nothing",
        StatementName="first",
        **TARGET,
    )
    assert {name: answer[name] for name in TARGET} == TARGET
    described = ended(api, answer["Id"])
    assert (described["Status"], described["HasResultSet"], described["ResultRows"]) == ("FINISHED", True, 1)
    assert described["RedshiftPid"] > 0
    assert described["Duration"] > 0
    assert "Error" not in described
    result = api.get_statement_result(Id=answer["Id"])
    assert result["TotalNumRows"] == 1
    assert result["Records"] == [
        [
            {"longValue": 1},
            {"stringValue": "1.50"},
            {"stringValue": "a"},
            {"doubleValue": 0.5},
            {"booleanValue": True},
            {"stringValue": "2024-02-29"},
            {"isNull": True},
        ]
    ]
    columns = result["ColumnMetadata"]
    assert [column["name"] for column in columns] == ["n", "price", "name", "share", "yes", "day", "nothing"]
    assert [column["typeName"] for column in columns] == [
        "int4",
        "numeric",
        "varchar",
        "float8",
        "bool",
        "date",
        "int4",
    ]
    assert (columns[1]["precision"], columns[1]["scale"], columns[2]["precision"]) == (5, 2, 3)


def test_result_in_pages(api):
    described = execute(api, "create table pages as select 1 as n")
    for _ in range(11):
        execute(api, "insert into pages select n + (select max(n) from pages) from pages")
    # The number of rows is doubled eleven times.
    described = execute(api, "select n from pages order by n")
    assert described["ResultRows"] == 2048
    numbers, token = [], {}
    while True:
        page = api.get_statement_result(Id=described["Id"], **token)
        numbers += [record[0]["longValue"] for record in page["Records"]]
        assert page["TotalNumRows"] == 2048
        if not page.get("NextToken"):
            break
        token = {"NextToken": page["NextToken"]}
    assert numbers == list(range(1, 2049))
    assert refused(api.get_statement_result, Id=described["Id"], NextToken="x") == "ValidationException"


def test_statements_are_listed_newest_first(api):
    one = execute(api, "select 1", StatementName="list-1")["Id"]
    two = batch(api, "select 2", "select 3", StatementName="list-2")["Id"]
    failed = execute(api, "select * from nowhere", StatementName="list-3")["Id"]
    # Only finished statements are shown, unless the request says otherwise.
    listed = api.list_statements(StatementName="list-")["Statements"]
    assert [entry["Id"] for entry in listed] == [two, one]
    assert (listed[0]["QueryStrings"], listed[0]["IsBatchStatement"]) == (["select 2", "select 3"], True)
    assert listed[1]["QueryString"] == "select 1"
    everything = api.get_paginator("list_statements").paginate(
        StatementName="list-", Status="ALL", PaginationConfig={"PageSize": 2}
    )
    assert [entry["Id"] for page in everything for entry in page["Statements"]] == [failed, two, one]
    assert api.list_statements(StatementName="LIST-")["Statements"] == []


def test_credentials_of_the_iam_identity(whole):
    """GetClusterCredentialsWithIAM: a separate user with the privileges of PUBLIC, even if the plain name exists."""
    bob = whole.make_user("bob", allow("redshift:GetClusterCredentialsWithIAM"))
    client = whole.client("redshift", key=bob["AccessKeyId"], secret=bob["SecretAccessKey"])
    credentials = client.get_cluster_credentials_with_iam(ClusterIdentifier=CLUSTER, DbName=DATABASE)
    assert credentials["DbUser"] == "IAM:bob"
    assert credentials["NextRefreshTime"] < credentials["Expiration"]
    connection = whole.psycopg(user=credentials["DbUser"], password=credentials["DbPassword"])
    assert connection.execute("select current_user").fetchone() == ("iam:bob",)
    with pytest.raises(ClientError, match="between 900 and 3600"):
        client.get_cluster_credentials_with_iam(ClusterIdentifier=CLUSTER, DurationSeconds=899)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"ClusterIdentifier": "nowhere"}, "ValidationException"),
        ({"ClusterIdentifier": None}, "ValidationException"),
        ({"Database": None}, "ValidationException"),
        ({"SecretArn": "arn:aws:secretsmanager:us-west-2:123456789012:secret:x"}, "ValidationException"),
        (
            {"DbUser": None, "SecretArn": "arn:aws:secretsmanager:us-west-2:123456789012:secret:x"},
            "ValidationException",
        ),
        ({"WithEvent": True}, "UnsupportedOperation"),
    ],
)
def test_requests_that_are_refused(api, changed, code):
    request = {"Sql": "select 1", **TARGET, **changed}
    given = {name: value for name, value in request.items() if value is not None}
    assert refused(api.execute_statement, **given) == code


def test_database_that_does_not_exist(api):
    described = execute(api, "select 1", Database="nowhere")
    assert described["Status"] == "FAILED"
    assert 'database "nowhere" does not exist' in described["Error"]
