"""The bookkeeping schema: every earlier version is migrated to the current one and keeps its rows."""

from __future__ import annotations

import itertools
import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from local.settings import ROOT
from local.stack.cluster_login import find_login
from local.stack.environment import MASTER_USER
from redshift_elt.connection.hook import warehouse_hook
from redshift_elt.connection.transaction import in_transaction
from redshift_elt.ddl import migrate
from redshift_elt.ddl.files import statements_of
from redshift_elt.ddl.migrations import TABLES, migrations
from tests.support.new_warehouse import WAREHOUSE

# The DDL of earlier versions of the schema, oldest first.
HISTORY = sorted((Path(__file__).parent / "history").glob("*.sql"))
BETWEEN = pytest.mark.long("migrations from other versions than the oldest and the newest")
FORMS = [HISTORY[0], *(pytest.param(form, marks=BETWEEN) for form in HISTORY[1:-1]), HISTORY[-1]]
CONN = "redshift_migrated"
EVERY = [migration.version for migration in migrations()]
_numbers = itertools.count(1)

COLUMNS = """
select table_name, column_name, data_type, character_maximum_length, is_nullable, encoding, distkey, sortkey
from svv_redshift_columns
join svv_columns using (table_name, column_name, data_type, is_nullable)
where svv_redshift_columns.schema_name = 'etl' and svv_columns.table_schema = 'etl'
"""
STYLES = """
select relname, reldiststyle
from pg_class
join pg_namespace on pg_namespace.oid = relnamespace
where nspname = 'etl' and relkind = 'r'
"""
MOMENT = "2018-11-01 12:30:00"
VALUES = {"character varying": "x", "timestamp without time zone": MOMENT, "boolean": True}


class Database:
    """A new database of the cluster, with an administrator's connection.

    :ivar schema: the schema that statements with ``etl`` are about.
    """

    def __init__(self, conn_id: str) -> None:
        self._hook = warehouse_hook(conn_id)
        self.schema = "etl"

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        return in_transaction(self._hook, lambda session: session.fetch(self._in_schema(sql)))

    def execute(self, *statements: str) -> None:
        in_transaction(self._hook, lambda session: [session.execute(self._in_schema(one)) for one in statements])

    def create_tables(self, form: Path) -> None:
        """Create the tables of an earlier version."""
        self.execute(*statements_of(form.read_text("utf-8")))

    def fill(self) -> dict[str, dict[str, Any]]:
        """Insert a row into each table, and return the values by table and column."""
        rows: dict[str, dict[str, Any]] = {}
        for table, column, kind, *_ in sorted(self.query(COLUMNS)):
            rows.setdefault(table, {})[column] = VALUES.get(kind, 7)
        for table, row in rows.items():
            values = ", ".join(f"'{value}'" if isinstance(value, str) else str(value) for value in row.values())
            self.execute(f"insert into etl.{table} ({', '.join(row)}) values ({values})")
        return rows

    def versions(self) -> list[int]:
        return [version for (version,) in self.query("select version from etl.schema_versions order by version")]

    def form(self) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
        return sorted(self.query(COLUMNS)), sorted(self.query(STYLES))

    def _in_schema(self, sql: str) -> str:
        return re.sub(r"\betl\b", self.schema, sql)


def new_database(standin, patch: pytest.MonkeyPatch) -> Database:
    """Create an empty database and set it in the connection."""
    name = f"migrated{next(_numbers)}"
    with find_login(standin.settings).connect() as connection:
        connection.execute(f"create database {name}")
    fields = {**WAREHOUSE, "login": MASTER_USER, "schema": name}
    patch.setenv(f"AIRFLOW_CONN_{CONN.upper()}", json.dumps(fields))
    return Database(CONN)


@pytest.fixture
def database(created_warehouse, standin, monkeypatch):
    return new_database(standin, monkeypatch)


@pytest.fixture(scope="module")
def newest(created_warehouse, standin):
    """The structure of the tables in a new warehouse."""
    with pytest.MonkeyPatch.context() as patch:
        database = new_database(standin, patch)
        migrate(CONN)
        return database.form()


def test_new_warehouse_has_every_migration_once(database):
    assert migrate(CONN) == [migration.name for migration in migrations()]
    assert database.versions() == EVERY == list(range(1, len(EVERY) + 1))
    assert {table for table, *_ in database.query(COLUMNS)} == {*TABLES, "staged_files", "schema_versions"}
    assert migrate(CONN) == []
    assert database.versions() == EVERY


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.stem)
def test_every_earlier_version_is_migrated_and_keeps_its_rows(database, newest, form):
    database.create_tables(form)
    rows = database.fill()
    migrate(CONN)
    assert database.versions() == EVERY
    for table, row in rows.items():
        if "rows_read" in row and "rows_staged" not in row:
            row["rows_staged"] = row.pop("rows_read")
        times = {name: datetime.fromisoformat(MOMENT) for name, value in row.items() if value == MOMENT}
        assert database.query(f"select {', '.join(row)} from etl.{table}") == [tuple({**row, **times}.values())], table
    assert database.form() == newest


@BETWEEN
def test_tables_of_different_versions_are_migrated(database, newest):
    """``create table if not exists`` added new tables next to old ones, and users applied the changelog manually."""
    database.create_tables(HISTORY[0])
    database.execute("drop table etl.check_results")
    database.create_tables(HISTORY[-1])
    database.fill()
    migrate(CONN)
    assert database.form() == newest
    assert database.query("select count(*) from etl.loads") == [(1,)]


def test_manually_added_columns_are_kept(database, newest):
    database.create_tables(HISTORY[5])
    for name in ("objects", "rows_read", "rejected"):
        database.execute(f"alter table etl.loads add column {name} bigint encode az64")
    for name in ("staging", "waiting", "preparing", "writing"):
        database.execute(f"alter table etl.loads add column {name}_seconds double precision encode zstd")
    database.fill()
    assert migrate(CONN) == [
        "0001_first_tables.sql",
        "0005_rejects.sql",
        "0007_listings.sql",
        "0011_staged_files_kind.sql",
        "0012_schema_drift.sql",
        "0013_qualified_targets.sql",
        "0014_snapshots.sql",
        "0015_loads_deleted_by_source.sql",
        "0016_staged_files_period_start.sql",
        "0017_loaded_periods.sql",
    ]
    assert database.form() == newest
    assert database.query("select objects, rows_read, writing_seconds from etl.loads") == [(7, 7, 7.0)]


def test_values_of_old_rows_are_moved_to_the_newest_tables(database):
    database.create_tables(HISTORY[2])
    database.execute(
        "insert into etl.loaded_files values ('songs', 'b', 'song_data/', 'listed', 0, '2018-11-05', '2018-11-06')",
        "insert into etl.loaded_files values ('songs', 'b', 'song_data/A.json', 'e1', 9, '2018-11-04', '2018-11-06')",
        *(
            "insert into etl.check_results values ('d', 'r', '2018-11-01', '2018-11-02', 'songs', 'c', "
            f"'{severity}', '1', '2', {passed}, '2018-11-03')"
            for severity, passed in (("error", True), ("error", False), ("warn", True), ("warn", False))
        ),
    )
    migrate(CONN)
    assert database.query("select target, bucket, prefix, listed_at from etl.listings") == [
        ("songs", "b", "song_data/", datetime(2018, 11, 5))
    ]
    assert database.query("select object_key, etag, modified_at from etl.loaded_files") == [
        ("song_data/A.json", "e1", datetime(2018, 11, 4))
    ]
    assert sorted(database.query("select severity, passed, outcome, duration_seconds from etl.check_results")) == [
        ("error", False, "failed", 0.0),
        ("error", True, "passed", 0.0),
        ("warn", False, "warned", 0.0),
        ("warn", True, "passed", 0.0),
    ]


@BETWEEN
def test_unknown_version_is_treated_as_the_oldest(database):
    database.create_tables(HISTORY[1])
    database.execute("insert into etl.loaded_files values ('songs', 'b', 'A.json', 'e1', 9, '2018-11-06')")
    migrate(CONN)
    assert database.query("select modified_at from etl.loaded_files") == [(datetime(1970, 1, 1),)]


@pytest.mark.long("migrations by several processes at once")
@pytest.mark.parametrize(
    "form",
    [None, HISTORY[0], HISTORY[4]],
    ids=["empty", "oldest", "middle"],
)
def test_concurrent_migrations_apply_each_migration_once(database, form):
    if form:
        database.create_tables(form)
        database.fill()
    with ThreadPoolExecutor(3) as threads:
        changed = list(threads.map(migrate, [CONN] * 3))
    assert database.versions() == EVERY
    names = [name for names in changed for name in names]
    assert len(names) == len(set(names))
    if form:
        assert database.query("select count(*) from etl.loads") == [(1,)]


def test_migration_that_fails_leaves_nothing_behind_and_is_applied_later(database):
    database.create_tables(HISTORY[0])
    database.fill()
    database.execute("create view etl.latest as select * from etl.loads")
    with pytest.raises(Exception, match="other objects depend on it"):
        migrate(CONN)
    assert database.versions() == [1, 2, 3, 4, 5]
    assert database.query("select count(*) from etl.loads") == [(1,)]
    database.execute("drop view etl.latest")
    assert migrate(CONN)[0] == "0006_loads_sorted_by_window.sql"
    assert database.versions() == EVERY


def test_user_without_admin_rights_gets_an_error_with_what_to_do(database, monkeypatch):
    database.execute("create user only_reads_etl password disable")
    fields = json.loads(os.environ[f"AIRFLOW_CONN_{CONN.upper()}"])
    monkeypatch.setenv(f"AIRFLOW_CONN_{CONN.upper()}", json.dumps({**fields, "login": "only_reads_etl"}))
    with pytest.raises(AirflowFailException, match=f"connection '{CONN}' may not change .* as an administrator"):
        migrate(CONN)


@pytest.mark.long("the command of the migrations as a process")
def test_command_prints_what_it_did(database):
    command = [sys.executable, "-m", "redshift_elt.ddl.migrate_schema", CONN]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "plugins")}
    said = [subprocess.run(command, capture_output=True, text=True, check=True, env=environment) for _ in range(2)]
    assert re.search(r"^Applied: 0001_first_tables\.sql, .*", said[0].stdout, re.MULTILINE)
    assert said[1].stdout.splitlines()[-1] == "The schema is up to date."
    assert database.versions() == EVERY


def test_schema_with_another_name_is_migrated(database, newest, monkeypatch):
    database.schema = "etl_prod"
    database.create_tables(HISTORY[0])
    database.fill()
    monkeypatch.setenv("AIRFLOW__REDSHIFT_ELT__BOOKKEEPING_SCHEMA", database.schema)
    migrate(CONN)
    assert database.form() == newest
    assert database.versions() == EVERY
    assert database.query("select count(*) from etl.loads") == [(1,)]
    database.schema = "etl"
    assert database.form() == ([], [])


def test_old_targets_outside_of_public_get_their_qualified_names(database):
    """One table in ``shop``, one in ``public``, and a name that two schemas have."""
    database.create_tables(HISTORY[-1])
    for statement in (
        *(f"create schema {schema}" for schema in ("shop", "other")),
        *(f"create table {table} (i integer)" for table in ("shop.items", "songs", "shop.both", "other.both")),
        *(f"create table etl.lock_{table} (unused boolean)" for table in ("items", "songs", "both")),
    ):
        database.execute(statement)
    for table in ("items", "songs", "both"):
        database.execute(
            f"insert into etl.loaded_files values ('{table}', 'b', 'A.json', 'e', 9, '2018-11-04', '2018-11-06')",
            f"insert into etl.listings values ('{table}', 'b', 'data/', '2018-11-06')",
            "insert into etl.loads (dag_id, run_id, task_id, try_number, target, window_start, window_end, full_load, "
            "rows_staged, inserted, updated, deleted, unchanged, late, started_at, loaded_at) "
            f"values ('d', 'r', 't', 1, '{table}', "
            "'2018-11-01', '2018-11-02', false, 1, 1, 0, 0, 0, 0, '2018-11-03', '2018-11-03')",
        )
    migrate(CONN)

    def targets(table: str) -> list[str]:
        return sorted(target for (target,) in database.query(f"select target from etl.{table}"))

    assert targets("loads") == ["both", "shop.items", "songs"]
    assert targets("loaded_files") == targets("listings") == ["shop.items", "songs"]
    locks = database.query("select tablename from pg_tables where schemaname = 'etl' and tablename like 'lock\\\\_%'")
    assert sorted(locks) == [("lock_both",), ("lock_songs",)]
