"""Dimensions that keep the latest row of each key, whatever the order of files and runs."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import pytest
from airflow.sdk import DAG
from hypothesis import given, settings
from hypothesis import strategies as st

from redshift_elt.loading.merge_records import MergeRecords
from redshift_elt.loading.merge_rows import MergeRows
from redshift_elt.operators.load_dimension import LoadDimensionOperator
from redshift_elt.operators.stage_to_redshift import StageToRedshiftOperator
from redshift_elt.run.names import staging_table
from tests.model.latest import Item, latest_items
from tests.support.item_files import PREFIX, item, items, put, run_in_any_order, staged
from tests.support.warehouse import BUCKET, Run, WarehouseUnderTest

COLUMNS = "item_id varchar(8) not null, name varchar(16), updated_at timestamp"
TABLES = ("staging_items", "items", "items_of_records", "item_records")
SELECT = "select item_id, name, updated_at from {{ staging_table('staging_items', dag_run) }}"


@pytest.fixture
def warehouse(through_postgres: WarehouseUnderTest) -> Iterator[WarehouseUnderTest]:
    """The warehouse with the tables of items, and a DAG that loads them with both strategies."""
    for table in TABLES:
        through_postgres.execute(f"create table {table} ({COLUMNS})")
    warehouse = copy.copy(through_postgres)
    warehouse.dag = items_dag()
    yield warehouse
    for table in TABLES:
        warehouse.execute(f"drop table {table}")


def items_dag() -> DAG:
    with DAG("items", schedule=None, user_defined_macros={"staging_table": staging_table}) as dag:
        stage = StageToRedshiftOperator(
            task_id="stage", table="staging_items", bucket="{{ params.bucket }}", prefix=PREFIX
        )
        for table, strategy in (
            ("items", MergeRows(latest_by="updated_at")),
            ("items_of_records", MergeRecords("item_records", records_key="item_id", latest_by="updated_at")),
        ):
            LoadDimensionOperator(
                task_id=f"load_{table}",
                table=table,
                key="item_id",
                select=SELECT,
                staged_by=[stage],
                strategy=strategy,
            )
    return dag


def load(run: Run) -> dict[str, dict[str, int]]:
    return {table: run.execute(f"load_{table}") for table in ("items", "items_of_records")}


def rows(warehouse: WarehouseUnderTest, table: str = "items") -> set[Item]:
    found = warehouse.query(f"select item_id, name, updated_at from {table}")
    assert len(set(found)) == len(found)
    return set(found)


@given(
    files=st.lists(st.lists(items([1, 2, 3, None]), min_size=1, max_size=3), min_size=1, max_size=4),
    steps=st.lists(st.sampled_from(["upload", "stage", "load"]), max_size=6),
    chance=st.randoms(use_true_random=False),
)
@settings(max_examples=settings().max_examples // 20)
def test_any_order_grouping_and_repetition_of_runs_matches_the_model(warehouse, files, steps, chance):
    """Files are uploaded one by one, runs stage what is there, and their loads come in any order, some twice."""
    warehouse.empty()
    for table in TABLES:
        warehouse.execute(f"delete from {table}")
    run_in_any_order(warehouse, files, steps, load, chance)
    expected = latest_items(item for file in files for item in file)
    assert rows(warehouse) == expected
    assert rows(warehouse, "items_of_records") == expected


@pytest.mark.parametrize("days", [(1, 2), (2, 1)], ids=["in order", "late"])
def test_update_arrives_and_a_late_file_does_not_undo_it(warehouse, days):
    names = {1: "Alpha", 2: "Beta"}
    for day in days:
        put(warehouse, day, item("i1", names[day], day))
        load(staged(warehouse))
    assert rows(warehouse) == {item("i1", "Beta", 2)}


def test_old_row_does_not_replace_a_newer_one_if_its_run_also_stages_a_changed_file(warehouse):
    put(warehouse, 1, item("i1", "Beta", 2))
    put(warehouse, 2, item("i2", "Alpha", 1))
    load(staged(warehouse))
    put(warehouse, 2, item("i2", "Alphabet", 2))
    put(warehouse, 3, item("i1", "Alpha", 1))
    load(staged(warehouse))
    assert rows(warehouse) == {item("i1", "Beta", 2), item("i2", "Alphabet", 2)}


def test_full_load_that_keeps_rows_of_missing_objects_does_not_replace_them_by_older_rows(warehouse):
    put(warehouse, 1, item("i1", "Alpha", 1))
    put(warehouse, 2, item("i1", "Beta", 2))
    load(staged(warehouse))
    warehouse.s3.delete_object(Bucket=BUCKET, Key=f"{PREFIX}2.json")
    run = warehouse.run(full_load=True)
    run.execute("stage")
    run.execute("load_items")
    assert rows(warehouse) == {item("i1", "Beta", 2)}
