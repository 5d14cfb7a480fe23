"""The database user that loads has exactly the privileges that a run needs."""

from __future__ import annotations

import json

import pytest
import redshift_connector

from local.datagen import Options, generate
from redshift_elt.cluster.database import prepare_database
from redshift_elt.connection.hook import warehouse_hook
from tests.model.star_schema import comparable, star_schema
from tests.support.new_warehouse import MANAGED_CLUSTER, WAREHOUSE
from tests.support.warehouse import ROOT

SCHEMA = ROOT / "include" / "sql" / "schema"
LOADER = "only_loads"
CONN = "redshift_loader"


@pytest.fixture
def loader(created_warehouse, monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_REDSHIFT_LOADER", json.dumps({**WAREHOUSE, "login": LOADER}))
    prepare_database(MANAGED_CLUSTER, SCHEMA, conn_id=CONN)
    return created_warehouse.through(CONN)


@pytest.fixture
def session(loader):
    connection = warehouse_hook(CONN).get_conn()
    yield connection.cursor()
    connection.close()


def test_it_loads_everything_repeatedly(loader, warehouse, tmp_path):
    generate(tmp_path / "data", Options(days=1, users=5, songs=20, seed=3))
    warehouse.upload(tmp_path / "data")
    for _ in range(2):
        loader.run(full_load=True).complete()
    expected = star_schema(tmp_path / "data")
    assert {table: comparable(rows) for table, rows in loader.star_schema().items()} == {
        table: comparable(rows) for table, rows in expected.items()
    }
    assert loader.tables_of_runs() == []


@pytest.mark.parametrize(
    "statement",
    [
        "drop table songplays",
        "alter table songplays add column more int",
        "truncate songplays",
        "create schema own",
        "create user friend password disable",
        "drop table etl.loads",
    ],
)
def test_loader_has_no_other_privileges(session, statement):
    with pytest.raises(redshift_connector.ProgrammingError, match=r"permission denied|must be owner"):
        session.execute(statement)


def test_table_of_another_schema_is_not_readable(created_warehouse, session):
    created_warehouse.execute("create schema own")
    created_warehouse.execute("create table own.private (a int)")
    try:
        with pytest.raises(redshift_connector.ProgrammingError, match="permission denied"):
            session.execute("select * from own.private")
    finally:
        created_warehouse.execute("drop schema own cascade")


def test_second_preparation_changes_nothing(loader, caplog):
    prepare_database(MANAGED_CLUSTER, SCHEMA, conn_id=CONN)
    assert f"User {LOADER}: already there" in caplog.text
    assert "Table public.songplays: already there" in caplog.text
    assert ": created" not in caplog.text
