"""Facts that are merged by key: rows that change after their window, in files by date."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from airflow.sdk import DAG
from hypothesis import given, settings
from hypothesis import strategies as st

from redshift_elt import LoadFactOperator, MergeRows, StageToRedshiftOperator
from redshift_elt.run.names import staging_table
from tests.model.latest import Item, latest_items
from tests.support.connection_cuts import cut_at_each_statement, direct_login
from tests.support.item_files import PREFIX, item, items
from tests.support.warehouse import BUCKET, Run, WarehouseUnderTest

COLUMNS = "item_id varchar(8) not null, name varchar(16), updated_at timestamp"
KEY = f"{PREFIX}2018-11-{{:02}}.json"


@pytest.fixture
def warehouse(through_postgres: WarehouseUnderTest) -> Iterator[WarehouseUnderTest]:
    with with_items(through_postgres) as warehouse:
        yield warehouse


@contextmanager
def with_items(warehouse: WarehouseUnderTest) -> Iterator[WarehouseUnderTest]:
    """Create a table of items, and a DAG that merges files by date into it."""
    for table in ("staging_items", "items"):
        warehouse.execute(f"create table {table} ({COLUMNS})")
    warehouse = copy.copy(warehouse)
    warehouse.dag = items_dag()
    try:
        yield warehouse
    finally:
        for table in ("staging_items", "items"):
            warehouse.execute(f"drop table {table}")


def items_dag() -> DAG:
    with DAG("items", schedule=None, user_defined_macros={"staging_table": staging_table}) as dag:
        stage = StageToRedshiftOperator(
            task_id="stage",
            table="staging_items",
            bucket="{{ params.bucket }}",
            key_pattern=f"{PREFIX}%Y-%m-%d.json",
            on_missing="{{ params.on_missing }}",
        )
        LoadFactOperator(
            task_id="load",
            table="items",
            key="item_id",
            select="select item_id, name, updated_at from {{ staging_table('staging_items', dag_run) }}",
            strategy=MergeRows(latest_by="updated_at"),
            staged_by=[stage],
        )
    return dag


def put(warehouse: WarehouseUnderTest, day: int, *of_file: Item) -> None:
    lines = [json.dumps({"item_id": key, "name": name, "updated_at": str(moment)}) for key, name, moment in of_file]
    warehouse.put(KEY.format(day), "\n".join(lines).encode())


def staged(warehouse: WarehouseUnderTest, *days: int, on_missing: str = "keep") -> Run:
    """Return a run that has staged the window from one day to another, or everything."""
    window = [f"2018-11-{day:02}T00:00:00" for day in days]
    run = warehouse.run(*window, on_missing=on_missing, full_load=not days)
    run.execute("stage")
    return run


def load(run: Run) -> dict[str, int]:
    return run.execute("load")


def rows(warehouse: WarehouseUnderTest) -> set[Item]:
    found = warehouse.query("select item_id, name, updated_at from items")
    assert len(set(found)) == len(found)
    return set(found)


WINDOWS = [(1, 2), (2, 3), (1, 3), (3, 4), (2, 4), ()]


@given(
    files=st.lists(st.lists(items([1, 2, 3]), min_size=1, max_size=3), min_size=3, max_size=3),
    windows=st.lists(st.sampled_from(WINDOWS), min_size=1, max_size=3),
)
@settings(max_examples=settings().max_examples // 50)
def test_each_key_has_its_latest_row_whatever_the_windows_and_their_order(warehouse, files, windows):
    """A row may be in the file of any day. Windows overlap, and some are full loads."""
    warehouse.empty()
    warehouse.execute("delete from items")
    for day, of_file in enumerate(files, 1):
        put(warehouse, day, *of_file)
    for window in [*windows, (3, 4), (1, 3)]:
        load(staged(warehouse, *window))
    assert rows(warehouse) == latest_items(row for of_file in files for row in of_file)
    assert load(staged(warehouse, 1, 4))["unchanged"] == len(rows(warehouse))


def merge_concurrently(warehouse: WarehouseUnderTest, files: list[list[Item]]) -> None:
    """Load, at the same time, a run of each pair of neighboring days: every file but two is staged by two runs."""
    warehouse.empty()
    warehouse.execute("delete from items")
    for day, of_file in enumerate(files, 1):
        put(warehouse, day, *of_file)
    runs = [staged(warehouse, day, day + 2) for day in range(1, len(files))]
    with ThreadPoolExecutor(len(runs)) as pool:
        list(pool.map(load, runs))
    assert rows(warehouse) == latest_items(row for of_file in files for row in of_file)


@pytest.mark.long("concurrent loads")
@given(files=st.lists(st.lists(items([1, 2, 3]), min_size=1, max_size=3), min_size=3, max_size=5))
@settings(max_examples=settings().max_examples // 100)
def test_concurrent_loads_match_the_model(warehouse, files):
    merge_concurrently(warehouse, files)


def test_latest_row_wins_whichever_of_two_concurrent_loads_is_first(warehouse):
    merge_concurrently(warehouse, [[item("i1", "Gamma", 3)], [item("i1", "Alpha", 1)], [item("i1", "Beta", 2)]])


@pytest.mark.long("loads of dimensions that are merged are cut at each statement too")
def test_load_killed_at_any_statement_is_completed_by_its_retry(created_warehouse, endpoint, postgres_admin):
    with direct_login(endpoint), with_items(created_warehouse) as warehouse:
        put(warehouse, 1, item("i1", "Alpha", 1), item("i2", "Beta", 2))
        load(staged(warehouse, 1, 2))
        put(warehouse, 2, item("i1", "Gamma", 3), item("i2", "Older", 1), item("i3", "Delta", 3))
        run = staged(warehouse, 2, 3)
        cut_at_each_statement(run, "load", postgres_admin)
        load(run)
        assert rows(warehouse) == {item("i1", "Gamma", 3), item("i2", "Beta", 2), item("i3", "Delta", 3)}


def test_window_deletes_no_row_that_it_does_not_read(warehouse):
    put(warehouse, 1, item("i1", "Alpha", 1))
    load(staged(warehouse, 1, 2))
    put(warehouse, 1, item("i2", "Beta", 1))
    assert load(staged(warehouse, 1, 2))["deleted"] == 0
    assert rows(warehouse) == {item("i1", "Alpha", 1), item("i2", "Beta", 1)}


def test_full_load_after_files_have_expired_keeps_their_rows_unless_they_are_to_be_deleted(warehouse, caplog):
    put(warehouse, 1, item("i1", "Alpha", 1), item("i2", "Beta", 2))
    load(staged(warehouse, 1, 2))
    put(warehouse, 2, item("i2", "Older", 1), item("i3", "Gamma", 3))
    warehouse.s3.delete_object(Bucket=BUCKET, Key=KEY.format(1))
    load(staged(warehouse))
    assert "This full load deletes no rows of items" in caplog.text
    assert rows(warehouse) == {item("i1", "Alpha", 1), item("i2", "Beta", 2), item("i3", "Gamma", 3)}
    load(staged(warehouse, on_missing="delete"))
    assert rows(warehouse) == {item("i2", "Older", 1), item("i3", "Gamma", 3)}
