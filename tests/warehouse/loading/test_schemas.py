"""Two tables of the same name in two schemas of one database share nothing."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator

import pytest
from airflow.sdk import DAG

from redshift_elt.checks import RowCount
from redshift_elt.loading.merge_rows import MergeRows
from redshift_elt.operators.data_quality import DataQualityOperator
from redshift_elt.operators.load_dimension import LoadDimensionOperator
from redshift_elt.operators.stage_to_redshift import StageToRedshiftOperator
from redshift_elt.run.names import staging_table
from tests.support.warehouse import WarehouseUnderTest

SCHEMAS = ("shop_dev", "shop_prod")
COLUMNS = "item_id varchar(8) not null, name varchar(16)"
DAY = ("2018-11-01T00:00:00", "2018-11-02T00:00:00")
SELECT = "select item_id, name from {{ staging_table('staging_items', dag_run) }}"


@pytest.fixture
def warehouse(through_postgres: WarehouseUnderTest) -> Iterator[WarehouseUnderTest]:
    """The warehouse with a table of items in ``public`` and in two more schemas."""
    warehouse = copy.copy(through_postgres)
    for table in ("staging_items", "items"):
        warehouse.execute(f"create table {table} ({COLUMNS})")
    for schema in SCHEMAS:
        warehouse.execute(f"create schema {schema}")
        warehouse.execute(f"create table {schema}.items ({COLUMNS})")
    yield warehouse
    for schema in SCHEMAS:
        warehouse.execute(f"drop schema {schema} cascade")
    for table in ("staging_items", "items"):
        warehouse.execute(f"drop table {table}")


def dag_of(table: str) -> DAG:
    with DAG(f"of_{table}", schedule=None, user_defined_macros={"staging_table": staging_table}) as dag:
        stage = StageToRedshiftOperator(
            task_id="stage", table="staging_items", bucket="{{ params.bucket }}", prefix="song_data/items/"
        )
        load = LoadDimensionOperator(
            task_id="load",
            table=table,
            key="item_id",
            select=SELECT,
            staged_by=[stage],
            strategy=MergeRows(identical_rows=True),
        )
        load >> DataQualityOperator(task_id="check", checks=[RowCount(table=table)])
    return dag


def run_of(warehouse: WarehouseUnderTest, table: str):
    in_schema = copy.copy(warehouse)
    in_schema.dag = dag_of(table)
    return in_schema.run(*DAY)


def test_each_table_loads_every_object(warehouse):
    warehouse.put("song_data/items/1.json", json.dumps({"item_id": "i1", "name": "Lamp"}).encode())
    names = ["items", *(f"{schema}.items" for schema in SCHEMAS)]
    for name in names:
        run = run_of(warehouse, name)
        assert run.execute("stage")["rows"] == 1, name
        assert run.execute("load")["inserted"] == 1, name
        run.execute("check")
    for name in names:
        assert warehouse.query(f"select item_id, name from {name}") == [("i1", "Lamp")]
        for table in ("loads", "loaded_files", "listings", "check_results"):
            found = warehouse.query(f"select count(*) from etl.{table} where target = '{name}'")
            assert found == [(1,)], (name, table)
