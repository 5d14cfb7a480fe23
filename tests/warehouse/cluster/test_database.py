"""The tables and the user of a new cluster: reset, and recovery after any failed AWS call."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException
from botocore.exceptions import BotoCoreError, ClientError

from redshift_elt.cluster.database import NO_RESET, Reset, prepare_database
from redshift_elt.compatibility import RetryAction
from redshift_elt.connection.hook import warehouse_hook
from redshift_elt.connection.transaction import in_transaction
from redshift_elt.ddl import migrations
from redshift_elt.ddl.files import ddl_files, table_of
from redshift_elt.integrations.retry_policy import WarehouseRetryPolicy
from redshift_elt.sql.bookkeeping import DELETED, table_of_target
from tests.support.aws_calls import recorded
from tests.support.faults import AwsFaults
from tests.support.new_warehouse import CLUSTER, MANAGED_CLUSTER, WAREHOUSE
from tests.support.warehouse import ROOT

SCHEMA = ROOT / "include" / "sql" / "schema"
CONN = "redshift_new_loader"
TABLES = [name for statements in ddl_files(SCHEMA) for name in map(table_of, statements) if name]
BOOKKEEPING = [f"etl.{name}" for name in (*migrations.TABLES, "schema_versions", "staged_files")]


@pytest.fixture
def database(warehouse, monkeypatch):
    """The empty tables, and a connection whose user does not exist."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setenv("AIRFLOW_CONN_REDSHIFT_NEW_LOADER", json.dumps({**WAREHOUSE, "login": "new_loader"}))
    warehouse.execute("insert into time values ('2018-11-01', 0, 1, 44, 11, 2018, 4)")
    return warehouse


def prepare(reset=NO_RESET):
    prepare_database(MANAGED_CLUSTER, SCHEMA, reset, conn_id=CONN)


def tables(warehouse):
    found = warehouse.query("select schemaname, tablename from pg_tables where schemaname in ('public', 'etl')")
    return sorted(f"{schema}.{name}" for schema, name in found if not name.startswith("lock_"))


def may_load(warehouse):
    """Return the tables that the user can write to."""
    query = "select count(*) from pg_user where usename = 'new_loader'"
    if warehouse.query(query) == [(0,)]:
        return []
    return [
        name
        for name in [*TABLES, *BOOKKEEPING]
        if warehouse.query("select has_table_privilege('new_loader', %(name)s, 'insert')", name=name) == [(True,)]
    ]


@pytest.mark.parametrize("confirmation", [None, "", "Sparkify", "other"])
def test_unconfirmed_reset_changes_nothing(database, confirmation):
    with recorded() as calls, pytest.raises(AirflowFailException, match=r"must be 'sparkify'\. Nothing was touched"):
        prepare(Reset(requested=True, confirmation=confirmation))
    assert calls == []
    assert database.query("select count(*) from time") == [(1,)]


def test_reset_drops_the_tables_and_the_records_of_their_loads(database, caplog):
    caplog.set_level("INFO")
    prepare()
    database.execute("insert into etl.listings values ('songs', 'bucket', 'song_data/', '2018-11-01')")
    assert database.query("select count(*) from time") == [(1,)]
    prepare(Reset(requested=True, confirmation=CLUSTER))
    for table in ("time", "etl.listings"):
        assert database.query(f"select count(*) from {table}") == [(0,)]
    assert tables(database) == sorted([*TABLES, *BOOKKEEPING])
    assert may_load(database) == [*TABLES, *BOOKKEEPING]
    assert "Table public.time: dropped and created again" in caplog.text


def test_missing_table_is_created_and_logged(database, caplog):
    prepare()
    database.execute("drop table time")
    caplog.set_level("INFO")
    caplog.clear()
    prepare()
    assert "Table public.time: created" in caplog.text
    assert "Table public.users: already there" in caplog.text
    assert may_load(database) == [*TABLES, *BOOKKEEPING]


def test_table_that_the_administrator_creates_later_can_be_loaded(database):
    prepare()
    for schema in ("public", "etl"):
        database.execute(f"create table {schema}.later (a int)")
        may = ", ".join(f"has_table_privilege('new_loader', %(name)s, '{right}')" for right in ("insert", "delete"))
        assert database.query(f"select {may}", name=f"{schema}.later") == [(True, True)]
        database.execute(f"drop table {schema}.later")


def test_tables_of_another_schema_are_loaded_and_reset_too(database, tmp_path, caplog):
    (tmp_path / "a.sql").write_text("create schema if not exists shop")
    (tmp_path / "b.sql").write_text("create table if not exists shop.orders (a int)")
    try:
        prepare_database(MANAGED_CLUSTER, tmp_path, conn_id=CONN)
        privileges = ", ".join(f"has_schema_privilege('new_loader', 'shop', '{name}')" for name in ("usage", "create"))
        assert database.query(f"select {privileges}") == [(True, True)]
        database.execute("insert into shop.orders values (1)")
        memory = table_of_target(DELETED, "shop.orders")
        database.execute(f"create table {memory} (a int)")
        caplog.set_level("INFO")
        caplog.clear()
        prepare_database(MANAGED_CLUSTER, tmp_path, Reset(requested=True, confirmation=CLUSTER), conn_id=CONN)
        assert "Table shop.orders: dropped and created again" in caplog.text
        assert database.query("select count(*) from shop.orders") == [(0,)]
        left = "select count(*) from pg_tables where tablename like 'deleted%'"
        assert database.query(left) == [(0,)]
    finally:
        database.execute("drop schema if exists shop cascade")


def test_file_that_cannot_be_repeated_is_refused_before_anything_is_changed(database, tmp_path):
    (tmp_path / "a.sql").write_text("create table if not exists left_alone (a int)")
    (tmp_path / "b.sql").write_text("-- Orders.\ncreate table orders (a int)")
    words = r"b\.sql, line 2: 'create table' cannot be repeated.*write create table if not exists"
    with pytest.raises(ValueError, match=words) as failed:
        prepare_database(MANAGED_CLUSTER, tmp_path, conn_id=CONN)
    assert database.query("select count(*) from pg_tables where tablename = 'left_alone'") == [(0,)]
    assert WarehouseRetryPolicy().evaluate(failed.value, 1, 4).action is RetryAction.FAIL


@pytest.mark.long("another bookkeeping schema, as in the tests of the migrations")
def test_bookkeeping_schema_is_a_setting(database, tmp_path, monkeypatch):
    monkeypatch.setenv("AIRFLOW__REDSHIFT_ELT__BOOKKEEPING_SCHEMA", "etl_prod")
    (tmp_path / "orders.sql").write_text("create table if not exists orders (a int)")
    try:
        prepare_database(MANAGED_CLUSTER, tmp_path, conn_id=CONN)
        database.execute("create table etl_prod.later (a int)")
        for table in (*migrations.TABLES, "schema_versions", "staged_files", "later"):
            name = f"etl_prod.{table}"
            assert database.query("select has_table_privilege('new_loader', %(name)s, 'insert')", name=name) == [
                (True,)
            ], name
        create = "select has_schema_privilege('new_loader', 'etl_prod', 'create')"
        assert database.query(create) == [(True,)]
        row = "values ('orders', 'bucket', 'orders/', '2018-11-01')"
        for schema in ("etl", "etl_prod"):
            database.execute(f"insert into {schema}.listings {row}")
        prepare_database(MANAGED_CLUSTER, tmp_path, Reset(requested=True, confirmation=CLUSTER), conn_id=CONN)
        assert database.query("select count(*) from etl_prod.listings") == [(0,)]
        # That of another environment.
        assert database.query("select count(*) from etl.listings") == [(1,)]
    finally:
        database.execute("drop table if exists orders")
        database.execute("drop schema if exists etl_prod cascade")


def test_preparation_that_conflicts_with_another_session_can_be_retried(database, postgres_admin, tmp_path):
    (tmp_path / "a.sql").write_text("create table if not exists meanwhile (a int)")

    def create_first(session):
        session.execute("create table meanwhile (a int)")
        waiting = pool.submit(prepare_database, MANAGED_CLUSTER, tmp_path, conn_id=CONN)
        postgres_admin.wait_for_blocked_session()
        return waiting

    try:
        with ThreadPoolExecutor(1) as pool:
            waiting = in_transaction(warehouse_hook("redshift_default"), create_first)
        with pytest.raises(AirflowException, match="already exists") as failed:
            waiting.result()
        assert not isinstance(failed.value, AirflowFailException)
        prepare_database(MANAGED_CLUSTER, tmp_path, conn_id=CONN)
    finally:
        database.execute("drop table if exists meanwhile")


def test_failed_statement_rolls_everything_back(database, tmp_path):
    (tmp_path / "a.sql").write_text("create table if not exists half (a int)")
    (tmp_path / "b.sql").write_text("create table if not exists broken (a nothing)")
    with pytest.raises(AirflowException, match=r"none took effect: create table if not exists broken: .*nothing"):
        prepare_database(MANAGED_CLUSTER, tmp_path, conn_id=CONN)
    assert "public.half" not in tables(database)


@pytest.fixture
def many_tables(database, tmp_path):
    """A folder with more DDL files than the Data API runs statements in a transaction, and their tables."""
    names = [f"many_{number:02}" for number in range(45)]
    for name in names:
        (tmp_path / f"{name}.sql").write_text(f"create table if not exists {name} (a int)")
    yield tmp_path, names
    database.execute(f"drop table if exists {', '.join(names)}")


def test_any_number_of_tables(database, many_tables):
    folder, names = many_tables
    prepare_database(MANAGED_CLUSTER, folder, conn_id=CONN)
    writes = [f"has_table_privilege('new_loader', '{name}', 'insert')" for name in names]
    assert database.query(f"select {' and '.join(writes)}") == [(True,)]
    database.execute("insert into many_00 values (1)")
    prepare_database(MANAGED_CLUSTER, folder, Reset(requested=True, confirmation=CLUSTER), conn_id=CONN)
    assert database.query("select count(*) from many_00") == [(0,)]


@pytest.mark.long("dozens of tables at once")
def test_next_run_completes_many_tables_of_which_the_last_has_failed(database, many_tables):
    folder, names = many_tables
    last = folder / f"{names[-1]}.sql"
    right = last.read_text()
    # The first statement of the file does not stay without the second.
    last.write_text(f"{right}; create table if not exists broken (a nothing)")
    with pytest.raises(AirflowFailException, match=r"none took effect: .*nothing"):
        prepare_database(MANAGED_CLUSTER, folder, conn_id=CONN)
    assert [name for name in names if f"public.{name}" in tables(database)] == names[:40]
    database.execute("insert into many_00 values (1)")
    last.write_text(right)
    prepare_database(MANAGED_CLUSTER, folder, conn_id=CONN)
    assert [name for name in names if f"public.{name}" in tables(database)] == names
    assert database.query("select has_table_privilege('new_loader', 'many_00', 'insert')") == [(True,)]
    assert database.query("select count(*) from many_00") == [(1,)]


def test_tables_are_not_created_on_another_cluster(database, monkeypatch):
    with pytest.raises(AirflowFailException, match="meant for the cluster 'other'"):
        prepare_database(replace(MANAGED_CLUSTER, identifier="other"), SCHEMA, conn_id=CONN)
    with pytest.raises(AirflowFailException, match="cluster 'sparkify' has the tags"):
        prepare_database(replace(MANAGED_CLUSTER, tags={"project": "another one"}), SCHEMA, conn_id=CONN)


@pytest.mark.long("failures in each request of the Data API")
def test_run_that_fails_in_any_call_is_completed_by_the_next_run(database, standin):
    faults = AwsFaults(standin.settings.aws_url)
    faults.clear()
    with recorded() as calls:
        prepare()
    assert {"DescribeClusters", "BatchExecuteStatement", "DescribeStatement", "GetStatementResult"} == {
        call.operation for call in calls
    }
    for call in dict.fromkeys(calls):
        for code in ("ThrottlingException", "AccessDenied", "AnswerLost"):
            database.execute("drop table time")
            faults.set(call.service, code, 1, call.operation)
            with pytest.raises((ClientError, BotoCoreError)):
                prepare()
            assert faults.counts() == {f"{call.service}.{call.operation}": 1}
            faults.clear()
            prepare()
            assert tables(database) == sorted([*TABLES, *BOOKKEEPING])
            assert may_load(database) == [*TABLES, *BOOKKEEPING]
