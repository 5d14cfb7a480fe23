"""Targets whose source also deletes rows, whatever the order of files and runs."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException, AirflowSkipException
from airflow.sdk import DAG
from hypothesis import given, settings
from hypothesis import strategies as st

from redshift_elt.loading.deletes import Deletes
from redshift_elt.loading.merge_records import MergeRecords
from redshift_elt.loading.merge_rows import MergeRows
from redshift_elt.operators.load_dimension import LoadDimensionOperator
from redshift_elt.operators.load_fact import LoadFactOperator
from redshift_elt.operators.stage_to_redshift import StageToRedshiftOperator
from redshift_elt.run.names import staging_table
from tests.model.deletes import kept_items
from tests.model.latest import Item
from tests.support.connection_cuts import cut_at_each_statement, direct_login
from tests.support.item_files import PREFIX, item, items, put, run_in_any_order, staged
from tests.support.warehouse import BUCKET, Run, WarehouseUnderTest

# Of a row that deletes, the source knows only the key and the time.
SELECT = """\
select
    item_id,
    name,
    updated_at,
    case when name is null then 'D' end as op
from {{ staging_table('staging_items', dag_run) }}"""
HARD, SOFT = Deletes(column="op", value="D"), Deletes(column="op", value="D", mark="is_deleted")
BY_TIME = {"latest_by": "updated_at"}
STRATEGIES = {
    "hard_items": MergeRows(**BY_TIME, deletes=HARD),
    "soft_items": MergeRows(**BY_TIME, deletes=SOFT),
    "hard_items_of_records": MergeRecords("hard_records", records_key="item_id", **BY_TIME, deletes=HARD),
    "soft_items_of_records": MergeRecords("soft_records", records_key="item_id", **BY_TIME, deletes=SOFT),
}
COLUMNS = "item_id varchar(8) not null, name varchar(16) not null, updated_at timestamp"
STAGED = "item_id varchar(8) not null, name varchar(16), updated_at timestamp"
TABLES = {
    "staging_items": STAGED,
    "hard_records": f"{STAGED}, op varchar(1)",
    "soft_records": f"op varchar(1), {STAGED}",
    "hard_items": COLUMNS,
    "hard_items_of_records": COLUMNS,
    "soft_items": f"is_deleted boolean not null, {COLUMNS}",
    "soft_items_of_records": f"{COLUMNS}, is_deleted boolean",
}
MEMORY = ("etl.deleted_hard_items", "etl.deleted_soft_items")


@contextmanager
def with_items(warehouse: WarehouseUnderTest) -> Iterator[WarehouseUnderTest]:
    for table, columns in TABLES.items():
        warehouse.execute(f"create table {table} ({columns})")
    warehouse = copy.copy(warehouse)
    warehouse.dag = items_dag()
    try:
        yield warehouse
    finally:
        for table in (*TABLES, *MEMORY):
            warehouse.execute(f"drop table if exists {table}")


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
        for table, strategy in STRATEGIES.items():
            operator = LoadFactOperator if table == "soft_items" else LoadDimensionOperator
            operator(
                task_id=f"load_{table}", table=table, key="item_id", select=SELECT, staged_by=[stage], strategy=strategy
            )
    return dag


def load(run: Run) -> dict[str, dict[str, int]]:
    return {table: run.execute(f"load_{table}") for table in STRATEGIES}


def rows(warehouse: WarehouseUnderTest, table: str) -> dict[Item, bool]:
    mark = "is_deleted" if table.startswith("soft") else "false"
    found = warehouse.query(f"select item_id, name, updated_at, {mark} from {table}")
    assert len({row[0] for row in found}) == len(found)
    return {row[:3]: row[3] for row in found}


def check(warehouse: WarehouseUnderTest, loaded: list[Item]) -> None:
    soft = kept_items(loaded)
    hard = {row: False for row, is_deleted in soft.items() if not is_deleted}
    for table in STRATEGIES:
        assert rows(warehouse, table) == (soft if table.startswith("soft") else hard), table


def empty(warehouse: WarehouseUnderTest) -> None:
    warehouse.empty()
    for table in TABLES:
        warehouse.execute(f"delete from {table}")
    for table in MEMORY:
        warehouse.execute(f"drop table if exists {table}")


files_of_items = st.lists(st.lists(items([1, 2, 3, None]), min_size=1, max_size=3), min_size=1, max_size=4)


@given(
    files=files_of_items,
    steps=st.lists(st.sampled_from(["upload", "stage", "load"]), max_size=6),
    chance=st.randoms(use_true_random=False),
)
@settings(max_examples=settings().max_examples // 66)
def test_any_order_grouping_and_repetition_of_runs_matches_the_model(warehouse, files, steps, chance):
    empty(warehouse)
    run_in_any_order(warehouse, files, steps, load, chance)
    check(warehouse, [row for file in files for row in file])


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
    check(warehouse, [row for file in files for row in file])


def test_older_update_after_a_delete_does_not_bring_the_row_back_and_a_newer_one_does(warehouse):
    loaded = []

    def load_next(*rows: Item) -> dict[str, dict[str, int]]:
        loaded.extend(rows)
        put(warehouse, len(loaded), *rows)
        counts = load(staged(warehouse))
        check(warehouse, loaded)
        return counts

    load_next(item("i1", "Alpha", 1), item("i2", "Other", 1))
    counts = load_next(item("i1", None, 5))
    changed = {**dict.fromkeys(["inserted", "updated", "deleted", "unchanged", "late"], 0), "staged": 1}
    changed["deleted_by_source"] = 1
    assert counts["hard_items"] == {**changed, "deleted": 1}
    assert counts["soft_items"] == {**changed, "updated": 1}
    history = "select deleted, updated, deleted_by_source from etl.loads where target = '{}' order by loaded_at desc"
    assert warehouse.query(history.format("hard_items"))[0] == (1, 0, 1)
    assert warehouse.query(history.format("soft_items"))[0] == (0, 1, 1)
    load_next(item("i1", "Beta", 3))
    assert item("i1", "Beta", 3) not in rows(warehouse, "hard_items")
    assert rows(warehouse, "soft_items")[item("i1", "Beta", 3)]
    load_next(item("i1", "Gamma", 5))
    load_next(item("i1", "Delta", 7))
    assert rows(warehouse, "hard_items")[item("i1", "Delta", 7)] is False
    assert rows(warehouse, "soft_items")[item("i1", "Delta", 7)] is False


def test_repeated_load_writes_nothing(warehouse, postgres_admin):
    put(warehouse, 1, item("i1", "Alpha", 1), item("i2", "Beta", 1), item("i1", None, 2), item("i3", None, 2))
    run, same = staged(warehouse), staged(warehouse)
    load(run)
    written = [table for table in (*TABLES, *MEMORY) if table != "staging_items"]
    versions = [postgres_admin.fetch(f"select xmin::text, * from {table}") for table in written]
    for table in STRATEGIES:
        with pytest.raises(AirflowSkipException):
            same.execute(f"load_{table}", skips=True)
    assert all(versions)
    assert versions == [postgres_admin.fetch(f"select xmin::text, * from {table}") for table in written]


def test_full_load_starts_from_nothing(warehouse):
    put(warehouse, 1, item("i1", "Alpha", 1), item("i2", "Beta", 1), item("i1", None, 5), item("i2", None, 5))
    load(staged(warehouse))
    remaining = [item("i1", "Alpha", 1), item("i3", None, 1), item("i2", "Beta", 1), item("i2", None, 1)]
    put(warehouse, 1, *remaining)
    run = warehouse.run(full_load=True)
    run.execute("stage")
    load(run)
    check(warehouse, remaining)
    assert {row[0] for row in warehouse.query("select item_id from etl.deleted_hard_items")} == {"i2", "i3"}


def test_full_load_without_deletes_forgets_earlier_ones(warehouse):
    put(warehouse, 1, item("i1", "Alpha", 1), item("i1", None, 5))
    load(staged(warehouse))
    put(warehouse, 1, item("i2", "Beta", 1))
    run = warehouse.run(full_load=True)
    run.execute("stage")
    load(run)
    late = item("i1", "Alpha", 3)
    put(warehouse, 2, late)
    load(staged(warehouse))
    check(warehouse, [item("i2", "Beta", 1), late])


def test_full_load_that_keeps_rows_of_missing_objects_also_keeps_their_deletes(warehouse):
    put(warehouse, 1, item("i1", "Alpha", 1), item("i2", "Beta", 4))
    put(warehouse, 2, item("i1", None, 5))
    load(staged(warehouse))
    warehouse.s3.delete_object(Bucket=BUCKET, Key=f"{PREFIX}2.json")
    put(warehouse, 1, item("i1", "Alpha", 1), item("i2", "Old", 1))
    run = warehouse.run(full_load=True)
    run.execute("stage")
    for table in ("hard_items", "soft_items"):
        run.execute(f"load_{table}")
    assert rows(warehouse, "hard_items") == {item("i2", "Beta", 4): False}
    assert rows(warehouse, "soft_items") == {item("i1", "Alpha", 1): True, item("i2", "Beta", 4): False}


def test_delete_that_a_corrected_file_no_longer_has_is_taken_back_by_records(warehouse):
    put(warehouse, 1, item("i1", "Alpha", 1), item("i1", None, 5), item("i2", "Beta", 1))
    load(staged(warehouse))
    corrected = [item("i1", "Alpha", 1), item("i2", "Beta", 1)]
    put(warehouse, 1, *corrected)
    run = staged(warehouse)
    for table in ("hard_items_of_records", "soft_items_of_records"):
        run.execute(f"load_{table}")
        assert rows(warehouse, table) == kept_items(corrected)


def test_columns_that_do_not_fit_are_refused(warehouse):
    put(warehouse, 1, item("i1", "Beta", 1))
    run = staged(warehouse)

    def refused(table: str, words: str, select: str = SELECT) -> None:
        run.dag.get_task(f"load_{table}").select = select
        with pytest.raises(AirflowFailException, match=words):
            run.execute(f"load_{table}")
        assert rows(warehouse, table) == {}

    without_op = SELECT.replace("as op", "as x")
    refused("hard_items", "does not yield the column op, which the strategy of the load reads", without_op)
    refused("hard_items_of_records", "does not have the column x that the SELECT yields", without_op)
    yields_mark = SELECT.replace("name,", "name, true as is_deleted,", 1)
    refused("soft_items", "yields the column is_deleted, but the load computes that", yields_mark)
    warehouse.execute("alter table soft_items drop column is_deleted")
    run.dag.get_task("load_soft_items").select = SELECT
    with pytest.raises(AirflowFailException, match="soft_items does not have the column is_deleted that the load comp"):
        run.execute("load_soft_items")
    warehouse.execute("alter table soft_items add column is_deleted varchar(1)")
    with pytest.raises(AirflowFailException, match=r"is_deleted of soft_items, which marks.*not of the type BOOLEAN"):
        run.execute("load_soft_items")


@pytest.mark.long("cutting off tasks that are like another")
@pytest.mark.parametrize("table", STRATEGIES)
def test_load_killed_at_any_statement_is_completed_by_its_retry(created_warehouse, endpoint, postgres_admin, table):
    created_warehouse.empty()
    with direct_login(endpoint), with_items(created_warehouse) as warehouse:
        old = [item("i1", "Alpha", 1), item("i2", "Gamma", 3), item("i3", None, 3)]
        new = [item("i1", None, 2), item("i3", "Other", 1), item("i2", "Delta", 4)]
        put(warehouse, 1, *old)
        load(staged(warehouse))
        put(warehouse, 2, *new)
        run = staged(warehouse)
        cut_at_each_statement(run, f"load_{table}", postgres_admin)
        load(run)
        check(warehouse, [*old, *new])
