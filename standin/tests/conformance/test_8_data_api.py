"""Section 8: the Data API. More of it is in ../aws/data_api.

AWS pages "Using the Amazon Redshift Data API" and the API's reference.
"""

from __future__ import annotations

import json
import time

import psycopg
import pytest

from redshift_standin.aws.data_api.execution import Session
from redshift_standin.aws.data_api.sessions import Sessions
from standin_support.data_api import TARGET, batch, ended, execute, refused, started, value_of
from standin_support.facts import Here, fact
from standin_support.whole import BUCKET, CLUSTER, DATABASE, ROLE, USER


@fact(
    "8/1 batch",
    "BatchExecuteStatement accepts up to 40 statements.",
    Here.SUPPORTED,
    "BatchExecuteStatement",
)
def test_batch_has_forty_statements_at_most(api):
    assert refused(api.batch_execute_statement, Sqls=["select 1"] * 41, **TARGET) == "ValidationException"


@fact(
    "8/1 CSV",
    "GetStatementResultV2 returns CSV.",
    Here.SUPPORTED,
    "GetStatementResultV2",
)
def test_result_as_csv(api):
    described = execute(api, "select 1 as n, 'a,b' as text, null as nothing", ResultFormat="CSV")
    result = api.get_statement_result_v2(Id=described["Id"])
    assert (result["ResultFormat"], result["TotalNumRows"]) == ("CSV", 1)
    assert "".join(record["CSVRecords"] for record in result["Records"]).split() == ["n,text,nothing", '1,"a,b",']
    assert refused(api.get_statement_result, Id=described["Id"]) == "ValidationException"


@fact(
    "8/1 cancel",
    "CancelStatement cancels a statement. Its status is then ABORTED.",
    Here.SUPPORTED,
    "CancelStatement",
)
def test_statement_is_cancelled(whole, api):
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


@fact("8/1", "ExecuteStatement accepts one statement.", Here.SUPPORTED, "ExecuteStatement")
def test_one_statement(api):
    assert value_of(api, execute(api, "select 7")) == 7
    assert execute(api, "select 1; select 2")["Status"] == "FAILED"


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        pytest.param(
            "list_databases",
            {},
            marks=fact("8/1 ListDatabases", "ListDatabases lists databases.", Here.REFUSED, "ListDatabases"),
        ),
        pytest.param(
            "list_schemas", {}, marks=fact("8/1 ListSchemas", "ListSchemas lists schemas.", Here.REFUSED, "ListSchemas")
        ),
        pytest.param(
            "list_tables", {}, marks=fact("8/1 ListTables", "ListTables lists tables.", Here.REFUSED, "ListTables")
        ),
        pytest.param(
            "describe_table",
            {"Table": "t"},
            marks=fact("8/1 DescribeTable", "DescribeTable lists columns.", Here.REFUSED, "DescribeTable"),
        ),
        pytest.param(
            "list_sessions",
            {},
            marks=fact("8/1 ListSessions", "ListSessions lists sessions.", Here.REFUSED, "ListSessions"),
        ),
    ],
)
def test_operations_that_are_not_supported(api, operation, arguments):
    assert refused(getattr(api, operation), ClusterIdentifier=CLUSTER, Database=DATABASE, **arguments) == (
        "UnsupportedOperation"
    )


@fact(
    "8/2",
    "A statement runs as DbUser, as the user in the secret, or as the user of the IAM identity.",
    Here.SUPPORTED,
    "data-api",
)
def test_user_that_runs_the_statement(whole, api):
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
    # With neither, the statement runs as the database user of the IAM identity, which is created on demand.
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
    # The statements of another identity are not visible.
    mine = execute(api, "select 1")["Id"]
    assert refused(as_alice.describe_statement, Id=mine) == "ResourceNotFoundException"
    assert mine not in [entry["Id"] for entry in as_alice.list_statements(Status="ALL")["Statements"]]
    described = ended(api, api.execute_statement(Sql="select 1", **here, DbUser="nobody")["Id"])
    assert (described["Status"], "password authentication failed" in described["Error"]) == ("FAILED", True)


@fact(
    "8/2 Serverless",
    "WorkgroupName identifies a workgroup of Redshift Serverless.",
    Here.REFUSED,
    "data-api",
)
def test_serverless(api):
    code = refused(api.execute_statement, Sql="select 1", WorkgroupName="w", Database="dev")
    assert code == "UnsupportedOperation"


@fact(
    "8/3",
    "The status of a statement is SUBMITTED, PICKED, STARTED, and finally FINISHED, FAILED or ABORTED.",
    Here.SUPPORTED,
    "DescribeStatement",
)
def test_states(whole, api):
    blocker = whole.psycopg(autocommit=False)
    blocker.execute("create table held (n integer)")
    blocker.commit()
    blocker.execute("lock table held")
    waiting = api.execute_statement(Sql="select * from held", **TARGET)["Id"]
    assert api.describe_statement(Id=waiting)["Status"] in ("SUBMITTED", "PICKED", "STARTED")
    started(api, waiting)
    assert api.describe_statement(Id=waiting)["Status"] == "STARTED"
    blocker.rollback()
    assert ended(api, waiting)["Status"] == "FINISHED"


@fact(
    "8/3 description",
    "DescribeStatement has Duration, ResultRows, RedshiftPid, HasResultSet and, after a failure, Error.",
    Here.SUPPORTED,
    "DescribeStatement",
)
def test_description(api):
    described = execute(api, "select 1")
    assert (described["ResultRows"], described["HasResultSet"], "Error" in described) == (1, True, False)
    assert described["Duration"] > 0
    assert described["RedshiftPid"] > 0
    assert "does not exist" in execute(api, "select * from nowhere")["Error"]


@fact("8/3 query", "RedshiftQueryId is the id of the query on the cluster.", Here.DIFFERS, "DescribeStatement")
def test_query_number(api):
    assert execute(api, "select 1")["RedshiftQueryId"] == -1


@fact(
    "8/4",
    "With WaitTimeSeconds, the response waits for the end of the statement.",
    Here.SUPPORTED,
    "data-api",
)
def test_response_can_wait_for_the_end(api):
    answer = api.execute_statement(Sql="select 1", WaitTimeSeconds=30, **TARGET)
    assert (answer["Status"], answer["HasResultSet"]) == ("FINISHED", True)


@fact("8/4 maximum", "It can be at most 30 seconds.", Here.SUPPORTED, "data-api")
def test_maximum_wait(api):
    assert refused(api.execute_statement, Sql="select 1", WaitTimeSeconds=31, **TARGET) == "ValidationException"


@fact(
    "8/5",
    "A batch is one transaction: all of its statements succeed, or none of them.",
    Here.SUPPORTED,
    "BatchExecuteStatement",
)
def test_batch_is_one_transaction(api):
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


@fact(
    "8/5 AUTO_COMMIT",
    "With AUTO_COMMIT, each statement is its own transaction, and the batch continues after a failed one.",
    Here.SUPPORTED,
    "BatchExecuteStatement",
)
def test_batch_with_auto_commit(api):
    sqls = ("create table c (n integer)", "select * from nowhere", "insert into c values (1)", "vacuum c")
    described = batch(api, *sqls, ExecutionMode="AUTO_COMMIT")
    assert [step["Status"] for step in described["SubStatements"]] == ["FINISHED", "FAILED", "FINISHED", "FINISHED"]
    assert described["Status"] == "FAILED"
    assert execute(api, "select * from c")["ResultRows"] == 1
    assert batch(api, "vacuum c")["Error"].startswith("Query #1 failed with ERROR: VACUUM cannot run inside")


@fact(
    "8/6 active",
    "There can be up to 500 active statements and 500 sessions.",
    Here.SUPPORTED,
    "amazon-redshift-limits",
)
def test_limits_of_statements_and_sessions(api, monkeypatch):
    monkeypatch.setattr("redshift_standin.aws.data_api.sessions.MOST_SESSIONS", 0)
    code = refused(api.execute_statement, Sql="select 1", SessionKeepAliveSeconds=60, **TARGET)
    assert code == "ActiveSessionsExceededException"
    monkeypatch.setattr("redshift_standin.aws.data_api.service.MOST_ACTIVE", 0)
    assert refused(api.execute_statement, Sql="select 1", **TARGET) == "ActiveStatementsExceededException"


@fact(
    "8/6 result",
    "A result can have up to 500 MB.",
    Here.SUPPORTED,
    "amazon-redshift-limits",
)
def test_result_that_is_too_large(api, monkeypatch):
    # 500 MB would take a while.
    monkeypatch.setattr(
        "redshift_standin.aws.data_api.service.Session", lambda login, _: Session(login, largest_result=3)
    )
    assert execute(api, "select 'abc'")["Status"] == "FINISHED"
    described = execute(api, "select 'abcd'")
    assert described["Status"] == "FAILED"
    assert "larger than 3 bytes" in described["Error"]


@fact(
    "8/6 kept",
    "A result is kept for 24 hours.",
    Here.SUPPORTED,
    "data-api",
)
def test_statements_and_tokens_expire(api, monkeypatch):
    """Results are kept for 24 hours, and a token is remembered for 8."""
    identifier = ended(api, api.execute_statement(Sql="select 1", ClientToken="forgotten", **TARGET)["Id"])["Id"]
    monkeypatch.setattr("redshift_standin.aws.data_api.record_store.TOKEN_SECONDS", -1)
    assert api.execute_statement(Sql="select 1", ClientToken="forgotten", **TARGET)["Id"] != identifier
    monkeypatch.setattr("redshift_standin.aws.data_api.record_store.KEPT_SECONDS", -1)
    assert refused(api.describe_statement, Id=identifier) == "ResourceNotFoundException"


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(
            {"Sql": "select " + "1" * 204_800},
            marks=fact("8/6 text", "A statement can have up to 200 KB.", Here.SUPPORTED, "amazon-redshift-limits"),
        ),
        pytest.param(
            {"StatementName": "x" * 2049},
            marks=fact("8/6 name", "StatementName can have up to 2,048 characters.", Here.SUPPORTED, "data-api"),
        ),
        pytest.param(
            {"ClientToken": "x" * 65},
            marks=fact("8/7 length", "ClientToken can have up to 64 characters.", Here.SUPPORTED, "data-api"),
        ),
        pytest.param(
            {"SessionKeepAliveSeconds": 86_401},
            marks=fact("8/8 maximum", "A session lives for up to 24 hours.", Here.SUPPORTED, "data-api"),
        ),
    ],
)
def test_lengths(api, changed):
    request = {"Sql": "select 1", **TARGET, **changed}
    assert refused(api.execute_statement, **request) == "ValidationException"


@fact(
    "8/6 rates",
    "Requests beyond the rate limit are throttled.",
    Here.DIFFERS,
    "amazon-redshift-limits",
)
def test_rates(api):
    # AWS allows three of these requests per second.
    for _ in range(6):
        api.list_statements()


@fact(
    "8/7",
    "Within 8 hours, the same ClientToken submits one statement.",
    Here.SUPPORTED,
    "data-api",
)
def test_same_token_submits_once(api):
    execute(api, "create table once (n integer)")
    submit = {"Sql": "insert into once values (1)", "ClientToken": "run-1", **TARGET}
    first = api.execute_statement(**submit)["Id"]
    ended(api, first)
    assert api.execute_statement(**submit)["Id"] == first
    assert execute(api, "select * from once")["ResultRows"] == 1
    assert api.execute_statement(**{**submit, "ClientToken": "run-2"})["Id"] != first


@fact("8/7 failed", "A failed statement does not run again for the same token.", Here.SUPPORTED, "no source")
def test_failed_statement_keeps_its_token(api):
    submit = {"Sql": "select * from nowhere", "ClientToken": "failing", **TARGET}
    first = api.execute_statement(**submit)["Id"]
    assert ended(api, first)["Status"] == "FAILED"
    assert api.execute_statement(**submit)["Id"] == first


@fact(
    "8/8",
    "A session keeps temporary tables and a transaction across calls.",
    Here.SUPPORTED,
    "data-api",
)
def test_session_keeps_its_temporary_tables_and_its_transaction(whole, api):
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
    # Without a SessionId, each statement has its own session.
    assert execute(api, "select * from mine")["Status"] == "FAILED"
    stranger = whole.make_user("stranger")
    other = whole.client("redshift-data", key=stranger["AccessKeyId"], secret=stranger["SecretAccessKey"])
    assert refused(other.execute_statement, Sql="select 1", SessionId=session) == "ResourceNotFoundException"


@fact(
    "8/8 one",
    "A session runs one statement at a time, without a queue, and ends on request.",
    Here.SUPPORTED,
    "data-api",
)
def test_session_runs_one_statement_at_a_time_and_ends(whole, api, endpoint_postgres):
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
    with psycopg.connect(**endpoint_postgres.dsn.parameters("postgres"), autocommit=True) as postgres:
        while postgres.execute("select 1 from pg_stat_activity where pid = %s", (pid,)).fetchone():
            time.sleep(0.01)
    assert refused(api.execute_statement, Sql="select 1", SessionId=session) == "ResourceNotFoundException"


def test_session_is_free_before_its_statement_is_reported_as_finished(api, monkeypatch):
    release = Sessions.release

    def release_late(sessions, kept):
        time.sleep(0.3)
        release(sessions, kept)

    monkeypatch.setattr(Sessions, "release", release_late)
    first = api.execute_statement(Sql="select 1", SessionKeepAliveSeconds=60, WaitTimeSeconds=30, **TARGET)
    assert first["Status"] == "FINISHED"
    assert api.execute_statement(Sql="select 1", SessionId=first["SessionId"])["SessionId"] == first["SessionId"]


@fact("8/8 fresh", "Without a SessionId, each call has a new session.", Here.SUPPORTED, "data-api")
def test_new_session_for_each_call(api):
    execute(api, "create temp table mine (n integer)")
    assert execute(api, "select * from mine")["Status"] == "FAILED"


@fact(
    "8/9",
    "`:name` is a placeholder for a value, which is passed as a string.",
    Here.SUPPORTED,
    "data-api",
)
def test_named_parameters(api):
    execute(api, "create table people (id integer, name varchar(20))")
    parameters = [{"name": "id", "value": "1"}, {"name": "name", "value": "O'Neil :id"}]
    execute(api, "insert into people values (:id, :name)", Parameters=parameters)
    sql = "select id, ':id' as text, name::varchar(20) from people where id = :id -- :x\n and name = :name and id = :id"
    described = execute(api, sql, Parameters=parameters)
    assert described["QueryParameters"] == parameters
    record = api.get_statement_result(Id=described["Id"])["Records"][0]
    assert record == [{"longValue": 1}, {"stringValue": ":id"}, {"stringValue": "O'Neil :id"}]


@fact(
    "8/9 all",
    "Every parameter must be used and must have a value.",
    Here.SUPPORTED,
    "data-api",
)
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


@fact("8/9 empty", "A parameter cannot be NULL or empty.", Here.SUPPORTED, "data-api")
def test_empty_parameters(api):
    parameters = [{"name": "a", "value": ""}]
    code = refused(api.execute_statement, Sql="select :a", Parameters=parameters, **TARGET)
    assert code == "ValidationException"


@fact("8/9 values", "A parameter is a value and cannot be an identifier.", Here.SUPPORTED, "data-api")
def test_parameters_are_values(api):
    parameters = [{"name": "table", "value": "pg_class"}]
    assert execute(api, "select * from :table", Parameters=parameters)["Status"] == "FAILED"


@fact(
    "8/10 SQL",
    "SQL errors do not raise exceptions: the statement has the status FAILED and an Error.",
    Here.SUPPORTED,
    "data-api",
)
def test_statement_that_fails(api):
    described = execute(api, "select * from nowhere")
    assert described["Status"] == "FAILED"
    assert described["Error"].startswith('ERROR: relation "nowhere" does not exist')
    assert refused(api.get_statement_result, Id=described["Id"]) == "ResourceNotFoundException"
    assert execute(api, "select 1; select 2")["Error"].startswith("ERROR: cannot insert multiple commands")
    assert execute(api, "select array[1]")["Status"] == "FAILED"


@fact(
    "8/10",
    "Invalid requests fail with ValidationException, ResourceNotFoundException or a similar exception.",
    Here.SUPPORTED,
    "ExecuteStatement",
)
def test_exceptions(api):
    assert refused(api.execute_statement, Sql=" ", **TARGET) == "ValidationException"
    nothing = "00000000-0000-4000-8000-000000000000"
    assert refused(api.describe_statement, Id=nothing) == "ResourceNotFoundException"


@fact("8/11", "A statement is not visible to other IAM identities.", Here.SUPPORTED, "data-api")
def test_visibility(whole, api):
    mine = execute(api, "select 1")["Id"]
    key = whole.make_user("curious")
    other = whole.client("redshift-data", key=key["AccessKeyId"], secret=key["SecretAccessKey"])
    for call in (other.describe_statement, other.get_statement_result, other.cancel_statement):
        assert refused(call, Id=mine) == "ResourceNotFoundException"


@fact(
    "8/12",
    "A paused cluster accepts no statements.",
    Here.SUPPORTED,
    "no source",
)
def test_paused_cluster_takes_no_statement(whole, api):
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


@fact(
    "8/13 rows",
    "ResultRows is the number of rows that COPY loaded or a statement changed.",
    Here.SUPPORTED,
    "DescribeStatement",
)
def test_result_rows_of_changes_and_loads(whole, api):
    whole.put("in/1.json", b'{"n": 7}\n{"n": 8}\n{"n": 9}')
    assert execute(api, "create table t (n integer)")["HasResultSet"] is False
    assert execute(api, "insert into t values (1), (2)")["ResultRows"] == 2
    assert execute(api, f"copy t from 's3://{BUCKET}/in/' iam_role default json")["ResultRows"] == 3
    assert execute(api, "delete from t where n > 7")["ResultRows"] == 2
    assert execute(api, f"unload ('select n from t') to 's3://{BUCKET}/out/' iam_role default")["Status"] == "FINISHED"
    assert sorted(b"".join(whole.objects("out/").values()).split()) == [b"1", b"2", b"7"]


@fact(
    "8/13 notices",
    "Notices are not returned. SYS_LOAD_HISTORY has the row counts of loads.",
    Here.SUPPORTED,
    "DescribeStatement",
)
def test_notices(whole, api):
    whole.put("in/1.json", b'{"n": 7}')
    execute(api, "create table t (n integer)")
    described = execute(api, f"copy t from 's3://{BUCKET}/in/' iam_role default json")
    assert "completed" not in json.dumps(described, default=str)
    rows = execute(api, "select loaded_rows from sys_load_history order by query_id desc limit 1")
    assert value_of(api, rows) == 1


@fact("8/13 SQLSTATE", "An Error is a message without an SQLSTATE.", Here.SUPPORTED, "DescribeStatement")
def test_errors_have_no_sqlstate(api):
    assert execute(api, "select 1/0")["Error"].startswith("ERROR: ")
