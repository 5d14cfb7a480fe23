"""Two environments in one database, each with a bookkeeping schema of its own, share nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pytest
from airflow.sdk import DAG

from redshift_elt.checks import RowCount
from redshift_elt.connection.hook import warehouse_hook
from redshift_elt.connection.session import Session
from redshift_elt.connection.transaction import in_transaction
from redshift_elt.ddl import migrate
from redshift_elt.ddl.migrations import TABLES
from redshift_elt.loading.merge_rows import MergeRows
from redshift_elt.operators.data_quality import DataQualityOperator
from redshift_elt.operators.load_dimension import LoadDimensionOperator
from redshift_elt.operators.stage_to_redshift import StageToRedshiftOperator
from redshift_elt.run.names import staging_table
from tests.support.warehouse import Run, WarehouseUnderTest
from warehouse_page.settings import PageSettings
from warehouse_page.snapshot import Snapshot, read_snapshot

VARIABLE = "AIRFLOW__REDSHIFT_ELT__BOOKKEEPING_SCHEMA"
ENVIRONMENTS = ("dev", "prod")
COLUMNS = "item_id varchar(8) not null, name varchar(16)"
SELECT = "select item_id, name from {{ staging_table('staging_items', dag_run) }}"
DAY = ("2018-11-01T00:00:00", "2018-11-02T00:00:00")
# In seconds. A load that waits for a lock of the other environment fails.
LOCK_TIMEOUT = 0.2
DAG_ID = "items"


@dataclass
class Environments:
    """The environments, of which one at a time is that of this process."""

    warehouse: WarehouseUnderTest
    patch: pytest.MonkeyPatch

    def use(self, name: str) -> None:
        self.patch.setenv(VARIABLE, f"etl_{name}")

    def run(self, table: str, source: str, run_id: str = "scheduled__1") -> Run:
        """Return a run with the same ids in each environment."""
        with DAG(DAG_ID, schedule=None, user_defined_macros={"staging_table": staging_table}) as dag:
            stage = StageToRedshiftOperator(
                task_id="stage",
                table="staging_items",
                bucket="{{ params.bucket }}",
                prefix=f"song_data/{source}/",
                max_rejects=1,
            )
            load = LoadDimensionOperator(
                task_id="load",
                table=table,
                key="item_id",
                select=SELECT,
                staged_by=[stage],
                strategy=MergeRows(identical_rows=True),
                lock_timeout=LOCK_TIMEOUT,
            )
            load >> DataQualityOperator(task_id="check", checks=[RowCount(table=table)])
        return replace(self.warehouse.run(*DAY), dag=dag, run_id=run_id)

    def put(self, source: str, *records: dict[str, Any]) -> None:
        body = "\n".join(json.dumps(record) for record in records).encode()
        self.warehouse.put(f"song_data/{source}/1.json", body)

    def counts(self, schema: str) -> dict[str, int]:
        """Return the number of rows in each bookkeeping table of a schema."""
        return {table: self.warehouse.query(f"select count(*) from {schema}.{table}")[0][0] for table in TABLES}


@pytest.fixture
def environments(warehouse: WarehouseUnderTest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Environments]:
    for table in ("staging_items", "items"):
        warehouse.execute(f"create table {table} ({COLUMNS})")
    environments = Environments(warehouse, monkeypatch)
    for name in ENVIRONMENTS:
        warehouse.execute(f"create schema shop_{name}")
        warehouse.execute(f"create table shop_{name}.items ({COLUMNS})")
        environments.use(name)
        migrate("redshift_default")
    yield environments
    for name in ENVIRONMENTS:
        warehouse.execute(f"drop schema shop_{name} cascade")
        warehouse.execute(f"drop schema etl_{name} cascade")
    for table in ("staging_items", "items"):
        warehouse.execute(f"drop table {table}")


def tables_on_the_page() -> list[str]:
    settings = PageSettings(
        DAG_ID, "redshift_default", "aws_default", "songplays", "start_time", "sparkify_bucket", "reports/"
    )

    def read(session: Session) -> Snapshot:
        return read_snapshot(session, settings, None, datetime(2018, 1, 1))

    snapshot = in_transaction(warehouse_hook("redshift_default"), read, read_only=True)
    return [table.name for table in snapshot.tables]


def test_runs_of_the_same_ids_at_the_same_time(environments):
    runs = {}
    for name in ENVIRONMENTS:
        environments.put(name, {"item_id": name, "name": "Lamp"}, {"item_id": "much too long", "name": "Desk"})
        runs[name] = environments.run(f"shop_{name}.items", name)
    for task_id in ("stage", "load", "check"):
        for name, run in runs.items():
            environments.use(name)
            run.execute(task_id)
    for name in ENVIRONMENTS:
        assert environments.warehouse.query(f"select item_id from shop_{name}.items") == [(name,)]
        # The load has no snapshots, and overwrites no window.
        not_written = {"snapshots": 0, "loaded_periods": 0}
        assert environments.counts(f"etl_{name}") == dict.fromkeys(TABLES, 1) | not_written
        environments.use(name)
        assert tables_on_the_page() == [f"shop_{name}.items"]
    assert environments.counts("etl") == dict.fromkeys(TABLES, 0)


def test_the_other_environment_has_its_own_lock_ledger_and_page(environments, postgres_admin):
    """Both load one table, which environments must not do: then only the bookkeeping tells them apart."""
    environments.put("items", {"item_id": "i1", "name": "Lamp"})
    environments.use("dev")
    first, second = (environments.run("items", "items", f"scheduled__{number}") for number in (1, 2))
    assert first.execute("stage")["rows"] == 1
    assert first.execute("load")["inserted"] == 1
    assert second.execute("stage")["rows"] == 0
    environments.use("prod")
    assert tables_on_the_page() == []
    third = environments.run("items", "items", "scheduled__2")
    assert third.execute("stage")["rows"] == 1
    with postgres_admin.locked("etl_dev.lock_items"):
        assert third.execute("load")["unchanged"] == 1
    assert tables_on_the_page() == ["items"]


@pytest.mark.long("the star schema with another bookkeeping schema")
def test_the_star_schema_is_loaded_and_checked(environments, uploaded, expected):
    """The checks of its DAG read the history of loads."""
    environments.use("prod")
    uploaded.run(full_load=True).complete()
    found = {table: len(rows) for table, rows in uploaded.star_schema().items()}
    assert found == {table: len(rows) for table, rows in expected.items()}
    outcomes = uploaded.query("select distinct outcome from etl_prod.check_results where severity = 'error'")
    assert outcomes == [("passed",)]
    assert environments.counts("etl") == dict.fromkeys(TABLES, 0)
