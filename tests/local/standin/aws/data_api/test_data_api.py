"""The Redshift Data API: AWS page "Using the Amazon Redshift Data API" and the API's reference."""

from __future__ import annotations

import json
import time

import pytest
from botocore.exceptions import ClientError

from local.standin.aws.data_api.engine import Session
from tests.local.standin.whole import BUCKET, CLUSTER, DATABASE, ROLE, USER, allow

TARGET = {"ClusterIdentifier": CLUSTER, "Database": DATABASE, "DbUser": USER}


@pytest.fixture
def api(whole):
    """A client that does not check requests by itself."""
    return whole.client("redshift-data", parameter_validation=False)


def ended(api, identifier):
    """Wait until a statement has ended, and return its description."""
    while True:
        described = api.describe_statement(Id=identifier, WaitTimeSeconds=30)
        if described["Status"] in ("FINISHED", "FAILED", "ABORTED"):
            return described


def started(api, identifier):
    """Wait until a statement runs on the cluster."""
    while api.describe_statement(Id=identifier)["Status"] in ("SUBMITTED", "PICKED"):
        time.sleep(0.01)


def execute(api, sql, **more):
    return ended(api, api.execute_statement(Sql=sql, **{**TARGET, **more})["Id"])


def batch(api, *sqls, **more):
    return ended(api, api.batch_execute_statement(Sqls=list(sqls), **{**TARGET, **more})["Id"])


def refused(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"]


def test_a_query_and_its_result(api):
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


def test_rows_that_are_changed_or_loaded(whole, api):
    whole.put("in/1.json", b'{"n": 7}\n{"n": 8}\n{"n": 9}')
    assert execute(api, "create table t (n integer)")["HasResultSet"] is False
    assert execute(api, "insert into t values (1), (2)")["ResultRows"] == 2
    assert execute(api, f"copy t from 's3://{BUCKET}/in/' iam_role default json")["ResultRows"] == 3
    assert execute(api, "delete from t where n > 7")["ResultRows"] == 2
    assert execute(api, f"unload ('select n from t') to 's3://{BUCKET}/out/' iam_role default")["Status"] == "FINISHED"
    assert sorted(b"".join(whole.objects("out/").values()).split()) == [b"1", b"2", b"7"]


def test_a_statement_that_fails(api):
    described = execute(api, "select * from nowhere")
    assert described["Status"] == "FAILED"
    assert described["Error"].startswith('ERROR: relation "nowhere" does not exist')
    assert refused(api.get_statement_result, Id=described["Id"]) == "ResourceNotFoundException"
    assert execute(api, "select 1; select 2")["Error"].startswith("ERROR: cannot insert multiple commands")
    assert execute(api, "select array[1]")["Status"] == "FAILED"


def test_a_result_in_pages(api):
    described = execute(api, "create table pages as select 1 as n")
    for _ in range(11):
        execute(api, "insert into pages select n + (select max(n) from pages) from pages")
    # Doubled eleven times.
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


def test_a_result_as_csv(api):
    described = execute(api, "select 1 as n, 'a,b' as text, null as nothing", ResultFormat="CSV")
    result = api.get_statement_result_v2(Id=described["Id"])
    assert (result["ResultFormat"], result["TotalNumRows"]) == ("CSV", 1)
    assert "".join(record["CSVRecords"] for record in result["Records"]).split() == ["n,text,nothing", '1,"a,b",']
    assert refused(api.get_statement_result, Id=described["Id"]) == "ValidationException"


def test_a_result_that_is_too_large(api, monkeypatch):
    # 500 MB would take a while.
    monkeypatch.setattr("local.standin.aws.data_api.service.Session", lambda login, _: Session(login, largest_result=3))
    assert execute(api, "select 'abc'")["Status"] == "FINISHED"
    described = execute(api, "select 'abcd'")
    assert described["Status"] == "FAILED"
    assert "larger than 3 bytes" in described["Error"]


def test_named_parameters(api):
    execute(api, "create table people (id integer, name varchar(20))")
    parameters = [{"name": "id", "value": "1"}, {"name": "name", "value": "O'Neil :id"}]
    execute(api, "insert into people values (:id, :name)", Parameters=parameters)
    sql = "select id, ':id' as text, name::varchar(20) from people where id = :id -- :x\n and name = :name and id = :id"
    described = execute(api, sql, Parameters=parameters)
    assert described["QueryParameters"] == parameters
    record = api.get_statement_result(Id=described["Id"])["Records"][0]
    assert record == [{"longValue": 1}, {"stringValue": ":id"}, {"stringValue": "O'Neil :id"}]


@pytest.mark.parametrize(
    "parameters",
    [
        [{"name": "a", "value": "1"}, {"name": "unused", "value": "1"}],
        [{"name": "b", "value": "1"}],
        [{"name": "a", "value": "1"}, {"name": "a", "value": "2"}],
    ],
)
def test_wrong_parameters(api, parameters):
    code = refused(api.execute_statement, Sql="select :a", Parameters=parameters, **TARGET)
    assert code == "ValidationException"


def test_a_batch_is_one_transaction(api):
    described = batch(api, "create table b (n integer)", "insert into b values (1), (2)", "select count(*) from b")
    assert described["Status"] == "FINISHED"
    steps = described["SubStatements"]
    assert [step["Status"] for step in steps] == ["FINISHED"] * 3
    assert [step["ResultRows"] for step in steps] == [-1, 2, 1]
    assert [step["HasResultSet"] for step in steps] == [False, False, True]
    assert steps[2]["Id"] == f"{described['Id']}:3"
    assert api.get_statement_result(Id=steps[2]["Id"])["Records"] == [[{"longValue": 2}]]
    assert api.describe_statement(Id=steps[1]["Id"])["QueryString"] == "insert into b values (1), (2)"

    described = batch(api, "delete from b", "select * from nowhere", "select 1")
    assert described["Status"] == "FAILED"
    assert described["Error"].startswith('Query #2 failed with ERROR: relation "nowhere" does not exist')
    assert [step["Status"] for step in described["SubStatements"]] == ["FINISHED", "FAILED", "ABORTED"]
    count = execute(api, "select count(*) from b")
    assert api.get_statement_result(Id=count["Id"])["Records"] == [[{"longValue": 2}]]


def test_a_batch_whose_statements_commit_by_themselves(api):
    sqls = ("create table c (n integer)", "select * from nowhere", "insert into c values (1)", "vacuum c")
    described = batch(api, *sqls, ExecutionMode="AUTO_COMMIT")
    assert [step["Status"] for step in described["SubStatements"]] == ["FINISHED", "FAILED", "FINISHED", "FINISHED"]
    assert described["Status"] == "FAILED"
    assert execute(api, "select * from c")["ResultRows"] == 1
    assert batch(api, "vacuum c")["Error"].startswith("Query #1 failed with ERROR: VACUUM cannot run inside")


def test_a_session_keeps_its_temporary_tables_and_its_transaction(whole, api):
    first = api.execute_statement(Sql="create temp table mine (n integer)", SessionKeepAliveSeconds=60, **TARGET)
    session = first["SessionId"]
    assert ended(api, first["Id"])["SessionId"] == session
    pids = set()
    for sql in ("begin", "insert into mine values (1)", "select * from mine", "rollback", "select * from mine"):
        described = ended(api, api.execute_statement(Sql=sql, SessionId=session)["Id"])
        pids.add(described["RedshiftPid"])
        assert described["Status"] == "FINISHED"
    assert described["ResultRows"] == 0
    assert len(pids) == 1
    assert refused(api.execute_statement, Sql="select 1", SessionId=session, **TARGET) == "ValidationException"
    # Without a session each statement has one of its own.
    assert execute(api, "select * from mine")["Status"] == "FAILED"
    stranger = whole.make_user("stranger")
    other = whole.client("redshift-data", key=stranger["AccessKeyId"], secret=stranger["SecretAccessKey"])
    assert refused(other.execute_statement, Sql="select 1", SessionId=session) == "ResourceNotFoundException"


def test_a_session_runs_one_statement_at_a_time_and_ends(whole, api):
    blocker = whole.psycopg(autocommit=False)
    blocker.execute("create table held (n integer)")
    blocker.commit()
    blocker.execute("lock table held")
    waiting = api.execute_statement(Sql="select * from held", SessionKeepAliveSeconds=60, **TARGET)
    session = waiting["SessionId"]
    started(api, waiting["Id"])
    assert refused(api.execute_statement, Sql="select 1", SessionId=session) == "ValidationException"
    blocker.rollback()
    assert ended(api, waiting["Id"])["Status"] == "FINISHED"
    last = ended(api, api.execute_statement(Sql="select 1", SessionId=session, SessionKeepAliveSeconds=0)["Id"])
    pid = last["RedshiftPid"]
    watcher = whole.psycopg()
    while watcher.execute(f"select 1 from pg_catalog.pg_stat_activity where pid = {pid}").fetchone():
        time.sleep(0.01)
    assert refused(api.execute_statement, Sql="select 1", SessionId=session) == "ResourceNotFoundException"


def test_a_statement_is_cancelled(whole, api):
    blocker = whole.psycopg(autocommit=False)
    blocker.execute("create table held (n integer)")
    blocker.commit()
    blocker.execute("lock table held")
    running = api.execute_statement(Sql="select * from held", **TARGET)["Id"]
    started(api, running)
    assert api.list_statements(Status="STARTED")["Statements"][0]["Id"] == running
    assert api.cancel_statement(Id=running)["Status"] is True
    assert api.describe_statement(Id=running)["Status"] == "ABORTED"
    assert refused(api.cancel_statement, Id=running) == "ValidationException"
    blocker.rollback()
    assert refused(api.cancel_statement, Id="00000000-0000-4000-8000-000000000000") == "ResourceNotFoundException"


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


def test_the_same_token_submits_once(api):
    execute(api, "create table once (n integer)")
    submit = {"Sql": "insert into once values (1)", "ClientToken": "run-1", **TARGET}
    first = api.execute_statement(**submit)["Id"]
    ended(api, first)
    assert api.execute_statement(**submit)["Id"] == first
    assert execute(api, "select * from once")["ResultRows"] == 1
    assert api.execute_statement(**{**submit, "ClientToken": "run-2"})["Id"] != first


def test_statements_and_tokens_are_forgotten(api, monkeypatch):
    """Results are kept for 24 hours, and a token counts for 8."""
    identifier = ended(api, api.execute_statement(Sql="select 1", ClientToken="forgotten", **TARGET)["Id"])["Id"]
    monkeypatch.setattr("local.standin.aws.data_api.service.TOKEN_SECONDS", -1)
    assert api.execute_statement(Sql="select 1", ClientToken="forgotten", **TARGET)["Id"] != identifier
    monkeypatch.setattr("local.standin.aws.data_api.service.KEPT_SECONDS", -1)
    assert refused(api.describe_statement, Id=identifier) == "ResourceNotFoundException"


def test_there_are_limits_to_statements_and_sessions(api, monkeypatch):
    monkeypatch.setattr("local.standin.aws.data_api.sessions.MOST_SESSIONS", 0)
    code = refused(api.execute_statement, Sql="select 1", SessionKeepAliveSeconds=60, **TARGET)
    assert code == "ActiveSessionsExceededException"
    monkeypatch.setattr("local.standin.aws.data_api.service.MOST_ACTIVE", 0)
    assert refused(api.execute_statement, Sql="select 1", **TARGET) == "ActiveStatementsExceededException"


def test_the_answer_may_wait_for_the_end(api):
    answer = api.execute_statement(Sql="select 1", WaitTimeSeconds=30, **TARGET)
    assert (answer["Status"], answer["HasResultSet"]) == ("FINISHED", True)


def test_who_the_statements_run_as(whole, api):
    def user_of(client, **target):
        described = ended(client, client.execute_statement(Sql="select current_user", **target)["Id"])
        assert described["Status"] == "FINISHED", described
        return client.get_statement_result(Id=described["Id"])["Records"][0][0]["stringValue"]

    here = {"ClusterIdentifier": CLUSTER, "Database": DATABASE}
    secret = whole.client("secretsmanager").create_secret(
        Name="login", SecretString=json.dumps({"username": USER, "password": "Secret-42"})
    )["ARN"]
    assert user_of(api, **here, SecretArn=secret) == USER
    assert user_of(api, **here, DbUser=USER) == USER
    # With neither, the IAM identity has a database user, which is made when it is needed.
    alice = whole.make_user("alice")
    as_alice = whole.client("redshift-data", key=alice["AccessKeyId"], secret=alice["SecretAccessKey"])
    assert user_of(as_alice, **here) == "iam:alice"
    session = whole.client("sts").assume_role(RoleArn=ROLE, RoleSessionName="run")["Credentials"]
    as_role = whole.client(
        "redshift-data",
        key=session["AccessKeyId"],
        secret=session["SecretAccessKey"],
        token=session["SessionToken"],
    )
    assert user_of(as_role, **here) == "iamr:warehouse"
    # Another's statements are not to be seen.
    mine = execute(api, "select 1")["Id"]
    assert refused(as_alice.describe_statement, Id=mine) == "ResourceNotFoundException"
    assert mine not in [entry["Id"] for entry in as_alice.list_statements(Status="ALL")["Statements"]]
    described = ended(api, api.execute_statement(Sql="select 1", **here, DbUser="nobody")["Id"])
    assert (described["Status"], "password authentication failed" in described["Error"]) == ("FAILED", True)


def test_credentials_of_the_iam_identity(whole):
    """GetClusterCredentialsWithIAM: a user of its own with the rights of PUBLIC, whatever user has the plain name."""
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
        ({"Sql": " "}, "ValidationException"),
        ({"Sql": "select " + "1" * 204_800}, "ValidationException"),
        ({"StatementName": "x" * 2049}, "ValidationException"),
        ({"SessionKeepAliveSeconds": 86_401}, "ValidationException"),
        ({"WaitTimeSeconds": 31}, "ValidationException"),
        ({"WithEvent": True}, "UnsupportedOperation"),
        ({"ClusterIdentifier": None, "WorkgroupName": "serverless"}, "UnsupportedOperation"),
    ],
)
def test_requests_that_are_refused(api, changed, code):
    request = {"Sql": "select 1", **TARGET, **changed}
    given = {name: value for name, value in request.items() if value is not None}
    assert refused(api.execute_statement, **given) == code


def test_a_batch_has_forty_statements_at_most(api):
    assert refused(api.batch_execute_statement, Sqls=["select 1"] * 41, **TARGET) == "ValidationException"


def test_a_database_that_does_not_exist(api):
    described = execute(api, "select 1", Database="nowhere")
    assert described["Status"] == "FAILED"
    assert 'database "nowhere" does not exist' in described["Error"]


def test_operations_that_are_not_supported(api):
    assert refused(api.list_databases, ClusterIdentifier=CLUSTER, Database=DATABASE) == "UnsupportedOperation"


def test_a_paused_cluster_takes_no_statement(whole, api):
    redshift = whole.client("redshift")
    redshift.pause_cluster(ClusterIdentifier=CLUSTER)
    assert refused(api.execute_statement, Sql="select 1", **TARGET) == "ValidationException"
    _wait_for(redshift, "paused")
    redshift.resume_cluster(ClusterIdentifier=CLUSTER)
    _wait_for(redshift, "available")
    assert execute(api, "select 1")["Status"] == "FINISHED"


def _wait_for(redshift, status):
    while redshift.describe_clusters(ClusterIdentifier=CLUSTER)["Clusters"][0]["ClusterStatus"] != status:
        time.sleep(0.01)
