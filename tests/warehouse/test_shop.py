"""The shop example, task by task: its tables match the model whatever the order of the hours."""

from __future__ import annotations

import copy
import gzip
import json
import random
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from airflow.sdk import DAG

from local.datagen.shop import ShopOptions, generate_shop
from tests.model.shop import shop
from tests.support import shop_tables
from tests.support.airflow_versions import DagBag
from tests.support.warehouse import BUCKET, Run, WarehouseUnderTest

HOURS = 4
STAGING = ("stage_orders", "stage_customers", "stage_products")
LOADS = ("load_orders", "load_customers", "load_customer_history", "load_products")


def shop_dags() -> dict[str, DAG]:
    bag = DagBag(shop_tables.SHOP, bundle_path=shop_tables.SHOP)
    assert bag.import_errors == {}
    return bag.dags


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> Path:
    """The files of a few busy hours."""
    directory = tmp_path_factory.mktemp("generated")
    generate_shop(directory, ShopOptions(hours=HOURS, customers=6, orders=4))
    return directory


@pytest.fixture
def warehouse(through_postgres: WarehouseUnderTest, files) -> Iterator[WarehouseUnderTest]:
    """The empty tables of the shop, its DAG, and its files in the bucket."""
    warehouse = copy.copy(through_postgres)
    warehouse.dag = shop_dags()["shop_etl"]
    shop_tables.create_tables(warehouse.execute)
    warehouse.upload(files)
    yield warehouse
    shop_tables.drop_tables(warehouse.execute)


def hourly_run(warehouse: WarehouseUnderTest, number: int) -> Run:
    return warehouse.run(f"2025-03-01T{number:02}:00:00Z", f"2025-03-01T{number + 1:02}:00:00Z")


def run_all(run: Run) -> None:
    for task in run.dag.topological_sort():
        run.execute(task.task_id)


def test_hours_in_any_order_and_repeated_match_the_model(warehouse, files):
    expected = shop(files)
    assert {len(rows) > 3 for rows in expected.values()} == {True}
    hours = [*range(HOURS), 0]
    random.Random(7).shuffle(hours)
    for hour in hours:
        run_all(hourly_run(warehouse, hour))
    assert shop_tables.rows(warehouse.query) == expected
    assert warehouse.tables_of_runs() == []


@pytest.mark.long("interleaved hours of the shop")
def test_loads_of_hours_whose_tasks_interleave_match_the_model(warehouse, files):
    """All runs stage before the first one loads, and load in the reverse order."""
    runs = [hourly_run(warehouse, hour) for hour in range(HOURS)]
    for task in STAGING:
        for run in runs:
            run.execute(task)
    for task in (*LOADS, "check_shop", "clean_up"):
        for run in reversed(runs):
            run.execute(task)
    assert shop_tables.rows(warehouse.query) == shop(files)


def test_full_load_matches_the_model(warehouse, files):
    run_all(warehouse.run(full_load=True))
    assert shop_tables.rows(warehouse.query) == shop(files)


def test_delete_wins_over_an_update_of_the_same_time_in_the_customers_and_in_their_history(warehouse):
    """The update arrives first, and again after the delete."""
    for hour, op in enumerate(["U", "D", "U"]):
        values = {"name": "Ann", "city": "Oslo"} if op == "U" else {}
        change = {"op": op, "customer_id": 900, **values, "updated_at": "2025-03-01 00:00:00"}
        warehouse.put(f"customers/2025/03/01/{hour:02}/tie.json.gz", gzip.compress(json.dumps(change).encode()))
        run = hourly_run(warehouse, hour)
        for task in ("stage_customers", "load_customers", "load_customer_history"):
            run.execute(task)
        if hour:
            query = "select is_present from customer_history where customer_id = 900 and is_current"
            assert warehouse.query(query) == [(False,)]
            assert warehouse.query("select is_deleted from customers where customer_id = 900") == [(True,)]


def test_maintenance_leaves_the_tables_as_they_are_and_removes_what_a_failed_run_has_left(warehouse, files):
    run_all(warehouse.run(full_load=True))
    failed = hourly_run(warehouse, 0)
    failed.execute("stage_orders")
    tables = warehouse.tables_of_runs()
    [files_table] = [name for _, name in tables if "_files__" in name]
    warehouse.execute(f"update {files_table} set modified_at = '2025-03-01' where kind = 'run'")
    maintenance = shop_dags()["shop_maintenance"]
    before = shop_tables.rows(warehouse.query)
    removed = {}
    templates = {"var": {"value": {"shop_bucket": BUCKET}}, "params": maintenance.params.dump()}
    for task in maintenance.topological_sort():
        task.render_template_fields(templates)
        removed[task.task_id] = task.execute({"ti": SimpleNamespace(get_dr_count=lambda **_: 0)})
    assert removed["remove_leftovers"]["tables"] == 1
    assert warehouse.tables_of_runs() == []
    assert shop_tables.rows(warehouse.query) == before == shop(files)
