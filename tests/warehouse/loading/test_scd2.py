"""Dimensions that keep every version of each key, whatever the order of files and runs."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException
from airflow.sdk import DAG
from hypothesis import given, settings
from hypothesis import strategies as st

from local.settings import ROOT
from redshift_elt.loading.audit_columns import AuditColumns
from redshift_elt.loading.scd2 import Scd2
from redshift_elt.operators.load_dimension import LoadDimensionOperator
from redshift_elt.operators.stage_to_redshift import StageToRedshiftOperator
from redshift_elt.run.names import staging_table
from tests.model.latest import Item
from tests.model.versions import Version, versions_of
from tests.support.connection_cuts import cut_at_each_statement, direct_login
from tests.support.item_files import PREFIX, item, items, put, run_in_any_order, staged
from tests.support.warehouse import Run, WarehouseUnderTest

SELECT = "select item_id, name, updated_at from {{ staging_table('staging_items', dag_run) }}"
TABLES = {
    "staging_items": "item_id varchar(8), name varchar(16), updated_at timestamp",
    "items": """\
        item_id varchar(8) not null,
        name varchar(16),
        updated_at timestamp not null,
        valid_from timestamp not null,
        valid_to timestamp,
        is_current boolean not null,
        seen_by varchar(8) default 'nobody',
        loaded_by varchar(16) not null""",
    "items_of_one_time": """\
        is_latest boolean not null,
        name varchar(16),
        since timestamp not null,
        item_id varchar(8) not null,
        until timestamp""",
}
LOADS = {"items": "load_items", "items_of_one_time": "load_items_of_one_time"}
VERSION = "item_id, name, updated_at, valid_from, valid_to, is_current"


@contextmanager
def with_items(warehouse: WarehouseUnderTest) -> Iterator[WarehouseUnderTest]:
    for table, columns in TABLES.items():
        warehouse.execute(f"create table {table} ({columns})")
    warehouse = copy.copy(warehouse)
    warehouse.dag = items_dag()
    try:
        yield warehouse
    finally:
        for table in TABLES:
            warehouse.execute(f"drop table {table}")


@pytest.fixture
def warehouse(through_postgres: WarehouseUnderTest) -> Iterator[WarehouseUnderTest]:
    """The warehouse with the tables of items, and a DAG that loads them."""
    with with_items(through_postgres) as warehouse:
        yield warehouse


def items_dag() -> DAG:
    with DAG("items", schedule=None, user_defined_macros={"staging_table": staging_table}) as dag:
        stage = StageToRedshiftOperator(
            task_id="stage", table="staging_items", bucket="{{ params.bucket }}", prefix=PREFIX
        )
        one_time = Scd2(changed_at="since", valid_from="since", valid_to="until", is_current="is_latest")
        for table, strategy, select, audit in (
            ("items", Scd2(changed_at="updated_at"), SELECT, AuditColumns(run_id="loaded_by")),
            ("items_of_one_time", one_time, SELECT.replace("updated_at", "updated_at as since"), None),
        ):
            LoadDimensionOperator(
                task_id=LOADS[table],
                table=table,
                key="item_id",
                select=select,
                staged_by=[stage],
                strategy=strategy,
                audit=audit,
            )
    return dag


def load(run: Run) -> dict[str, dict[str, int]]:
    return {table: run.execute(task_id) for table, task_id in LOADS.items()}


def versions(warehouse: WarehouseUnderTest, columns: str = VERSION, table: str = "items") -> set[Version]:
    found = warehouse.query(f"select {columns} from {table}")
    assert len(set(found)) == len(found)
    return set(found)


def empty(warehouse: WarehouseUnderTest) -> None:
    warehouse.empty()
    for table in TABLES:
        warehouse.execute(f"delete from {table}")


files_of_items = st.lists(st.lists(items([1, 2, 3]), min_size=1, max_size=3), min_size=1, max_size=4)


@given(
    files=files_of_items,
    steps=st.lists(st.sampled_from(["upload", "stage", "load"]), max_size=6),
    chance=st.randoms(use_true_random=False),
)
@settings(max_examples=settings().max_examples // 50)
def test_any_order_grouping_and_repetition_of_runs_matches_the_model(warehouse, files, steps, chance):
    empty(warehouse)
    run_in_any_order(warehouse, files, steps, load, chance)
    expected = versions_of(item for file in files for item in file)
    assert versions(warehouse) == expected
    assert versions(warehouse, "item_id, name, since, since, until, is_latest", "items_of_one_time") == expected
    assert {row[0] for row in warehouse.query("select seen_by from items")} == {"nobody"}


@pytest.mark.long("concurrent loads")
@given(files=files_of_items)
@settings(max_examples=settings().max_examples // 50)
def test_concurrent_loads_match_the_model(warehouse, files):
    empty(warehouse)
    runs = []
    for number, of_file in enumerate(files):
        put(warehouse, number, *of_file)
        runs.append(staged(warehouse))
    with ThreadPoolExecutor(len(runs)) as pool:
        list(pool.map(load, runs))
    assert versions(warehouse) == versions_of(item for file in files for item in file)


def test_late_version_is_put_in_its_place_and_changes_only_its_neighbour(warehouse):
    put(warehouse, 1, item("i1", "Alpha", 1), item("i1", "Gamma", 3), item("i2", "Other", 1))
    first_run = staged(warehouse)
    assert load(first_run)["items"]["inserted"] == 3
    put(warehouse, 2, item("i1", "Beta", 2), item("i1", "Gamma", 3))
    run, same = staged(warehouse), staged(warehouse)
    counts = {"staged": 2, "inserted": 1, "updated": 1, "deleted": 0, "unchanged": 1, "late": 0}
    assert load(run)["items"] == counts
    first, second, third = (item("i1", None, day)[2] for day in (1, 2, 3))
    assert sorted(row for row in versions(warehouse) if row[0] == "i1") == [
        ("i1", "Alpha", first, first, second, False),
        ("i1", "Beta", second, second, third, False),
        ("i1", "Gamma", third, third, None, True),
    ]
    written_by = warehouse.query("select name, loaded_by from items where item_id = 'i1' order by valid_from")
    assert written_by == [("Alpha", run.run_id), ("Beta", run.run_id), ("Gamma", first_run.run_id)]
    assert load(same)["items"] == {**counts, "inserted": 0, "updated": 0, "unchanged": 2}


def test_full_load_leaves_exactly_the_staged_versions(warehouse):
    put(warehouse, 1, item("i1", "Alpha", 1), item("i1", "Beta", 2), item("i2", "Other", 1))
    load(staged(warehouse))
    remaining = [item("i1", "Alpha", 1), item("i1", "Gamma", 3)]
    put(warehouse, 1, *remaining)
    run = warehouse.run(full_load=True)
    run.execute("stage")
    assert load(run)["items"]["deleted"] == 2
    assert versions(warehouse) == versions_of(remaining)


def test_query_that_joins_equal_versions(warehouse):
    """The query in docs/guarantees.md."""
    query = (ROOT / "docs/guarantees.md").read_text().split("```sql\n")[1].split("```")[0]
    equal = [item("i1", "Alpha", 1), item("i1", "Alpha", 2), item("i1", "Beta", 3), item("i1", "Alpha", 4)]
    put(warehouse, 1, *equal, item("i2", None, 1), item("i2", None, 2))
    load(staged(warehouse))
    first, _, third, fourth = (row[2] for row in equal)
    assert sorted(warehouse.query(query)) == [
        ("i1", "Alpha", first, third),
        ("i1", "Alpha", fourth, None),
        ("i1", "Beta", third, fourth),
        ("i2", None, first, None),
    ]


def test_row_that_deletes_can_be_a_version(warehouse):
    """With a column for deletes, as docs/guarantees.md says; here, the name of a deleted item is null."""
    deleted = "name is null and is_current"
    put(warehouse, 1, item("i1", None, 2), item("i2", None, 1))
    load(staged(warehouse))
    assert warehouse.query(f"select item_id from items where {deleted} order by item_id") == [("i1",), ("i2",)]
    # An older update does not bring i1 back, and a newer one does bring i2 back.
    put(warehouse, 2, item("i1", "Alpha", 1), item("i2", "Beta", 3))
    load(staged(warehouse))
    assert warehouse.query(f"select item_id from items where {deleted}") == [("i1",)]
    lives = "select item_id, valid_from, valid_to from items where name is not null order by item_id"
    first, second, third = (item("i1", None, day)[2] for day in (1, 2, 3))
    assert warehouse.query(lives) == [("i1", first, second), ("i2", third, None)]


@pytest.mark.parametrize("row", [item("i1", "Alpha", None), (None, "Alpha", item("i1", "Alpha", 1)[2])])
def test_version_without_a_key_or_a_time_is_refused(warehouse, row: Item):
    put(warehouse, 1, row, item("i1", "Beta", 1))
    with pytest.raises(AirflowFailException, match=r"1 staged rows have a null in the key .* \(item_id, updated_at\)"):
        load(staged(warehouse))
    assert versions(warehouse) == set()


def test_columns_that_do_not_fit_are_refused(warehouse):
    put(warehouse, 1, item("i1", "Beta", 1))
    run = staged(warehouse)
    operator = run.dag.get_task("load_items")
    operator.select = SELECT.replace("name,", "name, current_date as valid_to,")
    with pytest.raises(AirflowFailException, match="yields the column valid_to, but the load computes that"):
        run.execute("load_items")
    operator.select, operator.strategy = SELECT, Scd2(changed_at="updated_at", valid_to="ends_at")
    with pytest.raises(AirflowFailException, match="items does not have the column ends_at that the load computes"):
        run.execute("load_items")
    operator.strategy = Scd2(changed_at="changed_at")
    with pytest.raises(AirflowFailException, match="needs the column changed_at, as its key or for its strategy"):
        run.execute("load_items")


@pytest.mark.long("cutting off tasks that are like another")
def test_load_killed_at_any_statement_is_completed_by_its_retry(created_warehouse, endpoint, postgres_admin):
    created_warehouse.empty()
    with direct_login(endpoint), with_items(created_warehouse) as warehouse:
        old, new = [item("i1", "Alpha", 1), item("i1", "Gamma", 3)], [item("i1", "Beta", 2), item("i2", "Other", 1)]
        put(warehouse, 1, *old)
        load(staged(warehouse))
        put(warehouse, 2, *new)
        run = staged(warehouse)
        cut_at_each_statement(run, "load_items", postgres_admin)
        run.execute("load_items")
        assert versions(warehouse) == versions_of([*old, *new])
