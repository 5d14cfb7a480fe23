"""Merges of runs that staged before a full load, and load after it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import timedelta

import pytest
from airflow.sdk import DAG

from redshift_elt import LoadDimensionOperator, MergeRecords, MergeRows, Scd2, StageToRedshiftOperator
from redshift_elt.run.names import staging_table
from tests.support.faults import s3_clock_differs_by
from tests.support.item_files import PREFIX, item, put, staged
from tests.support.warehouse import BUCKET, WarehouseUnderTest

COLUMNS = "item_id varchar(8) not null, name varchar(16), updated_at timestamp"
TABLES = {
    "staging_items": COLUMNS,
    "items": COLUMNS,
    "items_of_records": COLUMNS,
    "item_records": COLUMNS,
    "item_history": f"{COLUMNS}, valid_from timestamp, valid_to timestamp, is_current boolean",
}
STRATEGIES = {
    "items": MergeRows(latest_by="updated_at"),
    "items_of_records": MergeRecords("item_records", records_key="item_id", latest_by="updated_at"),
    "item_history": Scd2(changed_at="updated_at"),
}


@pytest.fixture
def warehouse(through_postgres: WarehouseUnderTest) -> Iterator[WarehouseUnderTest]:
    for table, columns in TABLES.items():
        through_postgres.execute(f"create table {table} ({columns})")
    warehouse = copy.copy(through_postgres)
    with DAG("items", schedule=None, user_defined_macros={"staging_table": staging_table}) as warehouse.dag:
        stage = StageToRedshiftOperator(
            task_id="stage", table="staging_items", bucket="{{ params.bucket }}", prefix=PREFIX, on_missing="delete"
        )
        for table, strategy in STRATEGIES.items():
            LoadDimensionOperator(
                task_id=table,
                table=table,
                key="item_id",
                select="select item_id, name, updated_at from {{ staging_table('staging_items', dag_run) }}",
                strategy=strategy,
                staged_by=[stage],
            )
    yield warehouse
    for table in TABLES:
        warehouse.execute(f"drop table {table}")


@pytest.mark.parametrize(
    "table",
    [
        "items",
        *(
            pytest.param(table, marks=pytest.mark.long("the same with another strategy"))
            for table in ("items_of_records", "item_history")
        ),
    ],
)
def test_rows_that_a_full_load_has_deleted_stay_deleted(warehouse, table):
    put(warehouse, 1, item("i1", "Gone", 1))
    put(warehouse, 2, item("i2", "Kept", 1))
    late = staged(warehouse)
    warehouse.s3.delete_object(Bucket=BUCKET, Key=f"{PREFIX}1.json")
    full = warehouse.run(full_load=True)
    full.execute("stage")
    full.execute(table)
    put(warehouse, 3, item("i3", "New", 1))
    late.execute(table)
    # The late run also loads what S3 has now and the target lacks.
    expected = {("i2", "Kept"), ("i3", "New")}
    assert set(warehouse.query(f"select item_id, name from {table}")) == expected


@pytest.mark.parametrize("minutes", [-5, 5])
def test_rows_stay_deleted_even_if_the_clock_of_s3_differs(warehouse, minutes):
    with s3_clock_differs_by(timedelta(minutes=minutes)):
        test_rows_that_a_full_load_has_deleted_stay_deleted(warehouse, "items")
