"""Facts that arrive before their dimension: each row has its row in the dimension, which the source fills in later."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException
from airflow.sdk import DAG
from hypothesis import given, settings
from hypothesis import strategies as st

from redshift_elt import (
    Append,
    DataQualityOperator,
    Deletes,
    LoadDimensionOperator,
    LoadFactOperator,
    MergeRows,
    NotNull,
    OverwriteWindow,
    Placeholder,
    StageToRedshiftOperator,
)
from redshift_elt.integrations.lineage import DatasetNamespace
from redshift_elt.run.names import staging_table
from tests.model.latest import Item
from tests.model.with_placeholders import items_with_placeholders
from tests.support.connection_cuts import cut_at_each_statement, direct_login
from tests.support.item_files import PREFIX, item, items, put
from tests.support.warehouse import Run, WarehouseUnderTest

SALE = "sale_id integer not null, sold_at timestamp not null, item_id varchar(8), other_item_id varchar(8)"
TABLES = {
    "staging_items": "item_id varchar(8) not null, name varchar(16), updated_at timestamp",
    "items": "item_id varchar(8) not null, name varchar(16) default 'new', updated_at timestamp default sysdate",
    "staging_sales": SALE,
    "staging_daily_sales": SALE,
    "appended_sales": SALE,
    "merged_sales": SALE,
    "overwritten_sales": SALE,
}
APPENDED, MERGED, OVERWRITTEN = "load_appended_sales", "load_merged_sales", "load_overwritten_sales"
PLACEHOLDERS = [Placeholder("items", {"item_id": "item_id"}), Placeholder("items", {"other_item_id": "item_id"})]
SALES = "log_data/sales/"
DAY = ("2018-11-01T00:00:00", "2018-11-02T00:00:00")

Sale = tuple[str | None, str | None]


@pytest.fixture
def warehouse(through_postgres: WarehouseUnderTest) -> Iterator[WarehouseUnderTest]:
    with with_sales(through_postgres) as warehouse:
        yield warehouse


@contextmanager
def with_sales(warehouse: WarehouseUnderTest) -> Iterator[WarehouseUnderTest]:
    """Create items, and sales of items that are appended, merged and overwritten."""
    for table, columns in TABLES.items():
        warehouse.execute(f"create table {table} ({columns})")
    warehouse = copy.copy(warehouse)
    warehouse.dag = sales_dag()
    try:
        yield warehouse
    finally:
        for table in TABLES:
            warehouse.execute(f"drop table {table}")


def sales_dag() -> DAG:
    with DAG("sales", schedule=None, user_defined_macros={"staging_table": staging_table}) as dag:
        bucket = "{{ params.bucket }}"
        stage = StageToRedshiftOperator(task_id="stage", table="staging_items", bucket=bucket, prefix=PREFIX)
        sales, daily = (
            StageToRedshiftOperator(task_id=f"stage_{table}", table=f"staging_{table}", bucket=bucket, **layout)
            for table, layout in (
                ("sales", {"prefix": SALES}),
                ("daily_sales", {"key_pattern": f"{SALES}%Y-%m-%d.json", "window_column": "sold_at"}),
            )
        )
        LoadDimensionOperator(
            task_id="load_items",
            table="items",
            key="item_id",
            select="select item_id, name, updated_at from {{ staging_table('staging_items', dag_run) }}",
            strategy=MergeRows(latest_by="updated_at"),
            staged_by=[stage],
        )
        DataQualityOperator(task_id="check_items", checks=[NotNull(table="items", column="name")])
        for table, arguments in (
            ("appended_sales", {"strategy": Append(), "staged_by": [sales]}),
            ("merged_sales", {"strategy": MergeRows(latest_by="sold_at"), "key": "sale_id", "staged_by": [sales]}),
            ("overwritten_sales", {"strategy": OverwriteWindow("sold_at"), "key": "sale_id", "staged_by": [daily]}),
        ):
            [source] = arguments["staged_by"]
            LoadFactOperator(
                task_id=f"load_{table}",
                table=table,
                select=f"select * from {{{{ staging_table('{source.table}', dag_run) }}}}",
                placeholders=PLACEHOLDERS,
                **arguments,
            )
    return dag


def put_sales(warehouse: WarehouseUnderTest, file: int, *sales: Sale) -> None:
    lines = [
        json.dumps(
            {"sale_id": 100 * file + number, "sold_at": "2018-11-01 09:00:00", "item_id": one, "other_item_id": other}
        )
        for number, (one, other) in enumerate(sales)
    ]
    warehouse.put(f"{SALES}2018-11-{file:02}.json", "\n".join(lines).encode())


def staged(warehouse: WarehouseUnderTest, *tasks: str, full_load: bool = False) -> Run:
    run = warehouse.run(*([] if full_load else DAY), full_load=full_load)
    for task in tasks:
        run.execute(task)
    return run


def load_items(warehouse: WarehouseUnderTest, *, full_load: bool = False) -> dict[str, int]:
    return staged(warehouse, "stage", full_load=full_load).execute("load_items")


def load_sales(warehouse: WarehouseUnderTest, task_id: str = APPENDED) -> dict[str, int]:
    return staged(warehouse, "stage_daily_sales" if task_id == OVERWRITTEN else "stage_sales").execute(task_id)


def rows(warehouse: WarehouseUnderTest) -> set[Item]:
    found = warehouse.query("select item_id, name, updated_at from items")
    assert len(set(found)) == len(found)
    return set(found)


SALE_OF_ANY = st.tuples(st.sampled_from(["i1", "i2", "i3", None]), st.sampled_from(["i1", "i4", None]))
# What happens: an item or a sale arrives, or one of the tables is loaded again, the items also in full.
STEPS = st.one_of(
    items([1, 2, None]).map(lambda row: ("item", row)),
    SALE_OF_ANY.map(lambda row: ("sale", row)),
    st.just(("load", False)),
    st.just(("load", True)),
)


@pytest.mark.long("histories of placeholders")
@given(steps=st.lists(STEPS, min_size=3, max_size=6))
@settings(max_examples=settings().max_examples // 50)
def test_dimension_matches_the_model_in_any_order_of_its_rows_and_those_of_facts(warehouse, steps):
    warehouse.empty()
    for table in TABLES:
        warehouse.execute(f"delete from {table}")
    put(warehouse, 0, item("i0", "Zero", 1))
    known, referred = [item("i0", "Zero", 1)], []
    for number, (step, row) in enumerate(steps, 1):
        if step == "item":
            put(warehouse, number, row)
            known.append(row)
            load_items(warehouse)
        elif step == "sale":
            put_sales(warehouse, number, row)
            referred += row
            load_sales(warehouse)
        else:
            load_items(warehouse, full_load=row)
    load_items(warehouse)
    assert rows(warehouse) == items_with_placeholders(known, referred)


@pytest.mark.parametrize("task_id", [APPENDED, MERGED, OVERWRITTEN])
def test_each_strategy_inserts_placeholders_that_the_source_fills_in(warehouse, task_id):
    put(warehouse, 1, item("i1", "Lamp", 1))
    load_items(warehouse)
    put_sales(warehouse, 1, ("i1", "i2"), ("i2", None), ("i3", "i1"))
    counts = load_sales(warehouse, task_id)
    assert (counts["inserted"], counts["placeholders"]) == (3, 2)
    assert rows(warehouse) == {item("i1", "Lamp", 1), item("i2", None, None), item("i3", None, None)}
    put(warehouse, 2, item("i2", "Sofa", 1))
    assert load_items(warehouse)["updated"] == 1
    assert load_sales(warehouse, task_id)["placeholders"] == 0
    assert rows(warehouse) == {item("i1", "Lamp", 1), item("i2", "Sofa", 1), item("i3", None, None)}


def test_placeholders_are_in_the_history_and_the_lineage_under_their_dimension(warehouse):
    put_sales(warehouse, 1, ("i1", None), ("i2", None))
    run = staged(warehouse, "stage_sales", APPENDED)
    start, end = (datetime.fromisoformat(moment) for moment in DAY)
    history = f"select target, inserted, window_start, window_end from etl.loads where task_id = '{APPENDED}'"
    # An empty window: nothing of the dimension's source was loaded.
    assert set(warehouse.query(history)) == {("appended_sales", 2, start, end), ("items", 2, end, end)}
    lineage = run.executed[APPENDED].lineage(DatasetNamespace("redshift://mine.eu-west-1:5439", "shop"))
    written = {dataset.name: dataset.outputFacets["outputStatistics"].rowCount for dataset in lineage.outputs}
    assert written == {"shop.public.appended_sales": 2, "shop.public.items": 2}


def test_retry_does_not_report_placeholders_of_its_earlier_try_as_rows_of_the_fact(warehouse):
    put_sales(warehouse, 1, ("i1", None))
    load_sales(warehouse, OVERWRITTEN)
    warehouse.execute("delete from items")
    run = staged(warehouse, "stage_daily_sales")
    counts = run.execute(OVERWRITTEN)
    assert (counts["inserted"], counts["placeholders"]) == (0, 1)
    # Like after a commit with a lost response.
    counts = run.execute(OVERWRITTEN)
    assert (counts["inserted"], counts["placeholders"]) == (0, 0)


def test_checks_of_a_dimension_run_after_placeholders_were_inserted(warehouse):
    put(warehouse, 1, item("i1", "Lamp", 1))
    load_items(warehouse)
    put_sales(warehouse, 1, ("i2", None))
    run = staged(warehouse, "stage", "load_items", "stage_sales", APPENDED)
    with pytest.raises(AirflowFailException, match="name"):
        run.execute("check_items")


@pytest.mark.parametrize("deletes", [None, Deletes("name", value="Deleted")], ids=["rows", "rows with deletes"])
def test_full_load_of_the_dimension_keeps_placeholders_and_deletes_what_the_source_no_longer_has(warehouse, deletes):
    warehouse.dag.get_task("load_items").strategy = MergeRows(latest_by="updated_at", deletes=deletes)
    put(warehouse, 1, item("i1", "Lamp", 1), item("i2", "Sofa", 1))
    load_items(warehouse)
    put_sales(warehouse, 1, ("i3", None))
    load_sales(warehouse)
    put(warehouse, 1, item("i1", "Lamp", 1))
    load_items(warehouse, full_load=True)
    assert rows(warehouse) == {item("i1", "Lamp", 1), item("i3", None, None)}


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("add column rank integer not null", "rank cannot be null and has no default"),
        ("rename column item_id to id", "it does not have item_id"),
        ("alter column updated_at set not null", "updated_at, the latest_by of its load, cannot be null"),
    ],
    ids=["required", "no key", "latest_by"],
)
def test_dimension_that_cannot_have_placeholders_fails_the_load_before_anything_is_written(
    warehouse, postgres_admin, statement, words
):
    postgres_admin.execute(f"alter table items {statement}")
    put_sales(warehouse, 1, ("i1", None))
    with pytest.raises(AirflowFailException, match=f"items cannot have placeholders: {words}"):
        load_sales(warehouse)
    assert warehouse.query("select 1 from appended_sales") == []


def test_facts_and_their_dimension_can_be_loaded_at_the_same_time(warehouse):
    for number in range(1, 4):
        put_sales(warehouse, number, (f"i{number}", "i1"))
        put(warehouse, number, item(f"i{number}", "Lamp", number))
    facts = [staged(warehouse, "stage_sales") for _ in range(2)]
    runs = [*((run, task_id) for run in facts for task_id in (APPENDED, MERGED))]
    runs += [(staged(warehouse, "stage"), "load_items") for _ in range(2)]
    with ThreadPoolExecutor(len(runs)) as pool:
        list(pool.map(lambda one: one[0].execute(one[1]), runs))
    assert rows(warehouse) == {item(f"i{number}", "Lamp", number) for number in range(1, 4)}


@pytest.mark.long("cutting off a load with more statements than others")
def test_load_killed_at_any_statement_is_completed_by_its_retry(created_warehouse, endpoint, postgres_admin):
    created_warehouse.empty()
    with direct_login(endpoint), with_sales(created_warehouse) as warehouse:
        put_sales(warehouse, 1, ("i1", "i2"))
        load_sales(warehouse)
        put_sales(warehouse, 2, ("i3", "i2"))
        cut_at_each_statement(staged(warehouse, "stage_sales"), APPENDED, postgres_admin)
