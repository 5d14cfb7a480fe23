"""The read-only user of the notebook, and the messages that an analyst sees when something is wrong."""

from __future__ import annotations

import json
import re

import boto3
import pytest
import redshift_connector

from local.errors import StackError
from local.stack.cluster_login import require_login
from local.stack.notebook import ANALYST, ensure_analyst
from notebooks.warehouse import Warehouse
from standin_support.waiting import wait_until
from tests.support.aws_calls import recorded
from tests.support.ports import free_port
from tests.support.warehouse import ROOT, TARGETS

WHERE = {"cluster": "sparkify", "user": ANALYST}


@pytest.fixture(scope="module")
def analyst(administrator) -> Warehouse:
    administrator.execute(
        "insert into users values (1, 'Ann', 'Lee', 'F', 'paid', '2018-11-01'), (2, null, null, null, null, sysdate)"
    )
    return Warehouse("dev", **WHERE)


def test_answer_is_a_dataframe_with_numeric_columns(analyst):
    frame = analyst.ask("select user_id, first_name, user_id * 1.50 as more from users order by user_id")
    assert list(frame.columns) == ["user_id", "first_name", "more"]
    assert frame["user_id"].sum() == 3
    assert frame["more"].dtype == float
    assert frame["more"].sum() == 4.5
    assert list(frame["first_name"].isna()) == [False, True]


def test_percent_sign_is_literal(analyst):
    assert analyst.ask("select first_name from users where first_name like 'A%n'").to_numpy().tolist() == [["Ann"]]


def test_user_is_the_analyst(analyst):
    assert analyst.ask("select current_user as name")["name"].tolist() == [ANALYST]


@pytest.mark.parametrize("table", [*TARGETS, "etl.loads", "etl.check_results"])
def test_analyst_can_read(analyst, table):
    analyst.ask(f"select * from {table} limit 1")


@pytest.mark.parametrize(
    "table", ["staging_events", "staging_songs", "etl.loaded_files", "etl.rejects", "etl.user_records"]
)
def test_analyst_cannot_read_internal_tables(analyst, table):
    with pytest.raises(ValueError, match="permission denied"):
        analyst.ask(f"select * from {table} limit 1")


@pytest.mark.parametrize(
    "statement",
    [
        "delete from users",
        "update users set level = 'free'",
        "insert into users values (3)",
        "drop table users",
        "create table own (a int)",
        "lock table etl.lock_users",
    ],
)
def test_analyst_cannot_change_anything(analyst, statement):
    # Without the read-only transactions.
    refused = pytest.raises(redshift_connector.ProgrammingError, match=r"permission denied|must be owner")
    with analyst._connect() as connection, connection.cursor() as cursor, refused:
        cursor.execute(statement)


def test_default_public_privileges_are_revoked(analyst, administrator):
    administrator.execute("grant create on schema public to public")
    with analyst._connect() as connection, connection.cursor() as cursor:
        cursor.execute("create table own (a int)")
        connection.rollback()
    ensure_analyst(administrator)
    refused = pytest.raises(redshift_connector.ProgrammingError, match="permission denied")
    with analyst._connect() as connection, connection.cursor() as cursor, refused:
        cursor.execute("create table own (a int)")


def test_transactions_are_read_only_for_every_user():
    administrator = Warehouse("dev", cluster="sparkify", user="awsuser")
    with pytest.raises(ValueError, match=r"The warehouse refuses the query: .*read-only transaction"):
        administrator.ask("delete from users")


def test_ensure_analyst_is_idempotent_and_covers_new_tables(analyst, administrator):
    administrator.execute("revoke select on table users from sparkify_analyst")
    with pytest.raises(ValueError, match="permission denied"):
        analyst.ask("select * from users")
    ensure_analyst(administrator)
    assert len(analyst.ask("select * from users")) == 2


def test_ensure_analyst_fails_without_tables(analyst, administrator):
    administrator.execute("alter table users rename to people")
    try:
        with pytest.raises(StackError, match="The warehouse has no tables yet: run make demo"):
            ensure_analyst(administrator)
    finally:
        administrator.execute("alter table people rename to users")


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ({**WHERE, "cluster": "other"}, "no connection to the cluster 'other': "),
        ({**WHERE, "cluster": "other"}, "Cluster other not found. docs/analysts.md says what it needs"),
        ({**WHERE, "user": "nobody"}, 'authentication failed for user "nobody". docs/analysts.md'),
        ({"workgroup": "other"}, "no connection to the workgroup 'other': "),
    ],
)
def test_wrong_login_is_reported_at_once(analyst, where, message):
    with pytest.raises(ConnectionError, match=re.escape(message)):
        Warehouse("dev", **where)


@pytest.mark.parametrize("where", [{}, {"cluster": "sparkify"}, {"user": ANALYST}, {**WHERE, "workgroup": "listeners"}])
def test_missing_warehouse_name(where):
    with pytest.raises(ValueError, match="Give either a cluster and a user, or a workgroup"):
        Warehouse("dev", **where)


def test_port_without_a_listener(analyst, monkeypatch):
    monkeypatch.setattr(analyst, "_cluster_login", lambda: {"host": "127.0.0.1", "port": free_port(), "user": "a"})
    with pytest.raises(ConnectionError, match=r"no connection to the cluster 'sparkify': .*refused"):
        analyst.ask("select 1")


def test_cluster_that_is_paused(administrator):
    redshift = boto3.client("redshift")
    redshift.pause_cluster(ClusterIdentifier="sparkify")
    try:
        with pytest.raises(ConnectionError, match=r"it is paus\w+, and must be available"):
            Warehouse("dev", **WHERE)
    finally:
        wait_until(lambda: status(redshift) == "paused", "the cluster is paused")
        redshift.resume_cluster(ClusterIdentifier="sparkify")
        wait_until(lambda: status(redshift) == "available", "the cluster is available")


def status(redshift) -> str:
    return redshift.describe_clusters(ClusterIdentifier="sparkify")["Clusters"][0]["ClusterStatus"]


def test_serverless_workgroup(warehouse):
    serverless = boto3.client("redshift-serverless")
    serverless.create_namespace(namespaceName="music", adminUsername="admin", manageAdminPassword=True, dbName="plays")
    serverless.create_workgroup(workgroupName="listeners", namespaceName="music")
    wait_until(
        lambda: serverless.get_workgroup(workgroupName="listeners")["workgroup"]["status"] == "AVAILABLE", "it is there"
    )
    found = Warehouse("plays", workgroup="listeners").ask("select current_user as name")
    assert found["name"][0] == "iam:root"


def test_no_credentials_and_no_region(analyst, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(ConnectionError, match="credentials"):
        Warehouse("dev", **WHERE)
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(ConnectionError, match="region"):
        Warehouse("dev", **WHERE)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("select nothing from users", 'refuses the query: column "nothing" does not exist'),
        ("set timezone to 'UTC'", "has no rows to show: ask with a SELECT"),
    ],
)
def test_invalid_query(analyst, query, message):
    with pytest.raises(ValueError, match=message):
        analyst.ask(query)


def test_unknown_question(analyst):
    with pytest.raises(ValueError, match="There is no question 'plays'; there are most_played_songs, "):
        analyst.show("plays")


def test_checks_of_another_environment(own_standin, warehouse):
    # The connection of the fixture ends when another test pauses the cluster.
    with require_login(own_standin.settings).connect() as administrator:
        administrator.execute("create schema etl_prod")
        administrator.execute("create table etl_prod.check_results (like etl.check_results)")
        administrator.execute(
            "insert into etl_prod.check_results (dag_id, run_id, window_start, window_end, target, check_name, "
            "severity, expected, actual, passed, outcome, checked_at, duration_seconds) "
            "values ('orders', 'a', '2018-11-01', '2018-11-02', "
            "'orders', 'rows', 'error', 'at least 1', '2', true, 'passed', sysdate, 0)"
        )
    checks = Warehouse("dev", cluster="sparkify", user="awsuser")
    assert list(checks.show_checks("orders", bookkeeping_schema="etl_prod")["table"]) == ["orders"]
    assert checks.show_checks("orders").empty


def test_analyst_docs_list_exactly_the_aws_calls():
    with recorded() as calls:
        Warehouse("dev", **WHERE)
    [policy] = re.findall(r"```json\n(.*?)```", (ROOT / "docs" / "analysts.md").read_text("utf-8"), re.DOTALL)
    statements = json.loads(policy)["Statement"]
    assert {statement["Action"] for statement in statements} == {f"{service}:{name}" for service, name in calls}
    [user, database] = statements[1]["Resource"]
    assert user.endswith(f"dbuser:CLUSTER/{ANALYST}")
    assert database.endswith("dbname:CLUSTER/dev")
