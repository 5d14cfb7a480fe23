"""Memory does not grow with the number of objects: what a task holds at the same time is counted, not estimated."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException
from airflow.sdk import DAG

from local.datagen import Options, generate
from redshift_elt import Append, Choice, LoadDimensionOperator, LoadFactOperator, MergeRows, StageToRedshiftOperator
from redshift_elt.run.names import staging_table
from redshift_elt.staging import file_tables, period_ledger, staged_objects
from tests.model.star_schema import comparable_tables, star_schema
from tests.support.aws_calls import recorded_with_arguments
from tests.support.faults import before_each_statement
from tests.support.keys_in_memory import counted_keys
from tests.support.warehouse import BUCKET, Run, WarehouseUnderTest

MOST = 4
KEYS_PER_PAGE = 3
# A task holds up to three lists of the objects of a manifest at the same time: the first one, which it keeps, the one
# that is processed, and the next one. These are six and twelve.
FEW, MANY = 6 * MOST, 12 * MOST
# The keys of a page and of the object that is being processed.
SLACK = KEYS_PER_PAGE + 1
PREFIX = "log_data/items/"
DAY = datetime(2018, 11, 1)
DAYS = ("2018-11-01T00:00:00", "2018-11-04T00:00:00")
COLUMNS = "item_id varchar(8) not null, updated_at timestamp not null"


@pytest.fixture(autouse=True)
def small_manifests(monkeypatch):
    """Manifests of few objects, and lists of a few rows that are copied instead of inserted."""
    for module in (file_tables, period_ledger, staged_objects):
        monkeypatch.setattr(module, "MOST_OBJECTS", MOST)
    for module in (file_tables, period_ledger):
        monkeypatch.setattr(module, "ROWS_PER_INSERT", 2)


@pytest.fixture
def items(warehouse: WarehouseUnderTest) -> Iterator[WarehouseUnderTest]:
    """The warehouse with the tables of items."""
    for table in ("staging_items", "items"):
        warehouse.execute(f"create table {table} ({COLUMNS})")
    yield copy.copy(warehouse)
    for table in ("staging_items", "items"):
        warehouse.execute(f"drop table {table}")


def time_of(number: int) -> datetime:
    """Return the time of an item, one of three days."""
    return DAY + timedelta(days=number % 3)


def key_of(number: int) -> str:
    """Return the key of the object of an item, whose date a source need not read."""
    return f"{PREFIX}{time_of(number):%Y-%m-%d}/{number:04}.json"


def put(warehouse: WarehouseUnderTest, number: int) -> None:
    """Upload the object of an item."""
    record = {"item_id": f"i{number}", "updated_at": str(time_of(number))}
    warehouse.put(key_of(number), json.dumps(record).encode())


def new_run(warehouse: WarehouseUnderTest, load: Callable[..., object], source: dict[str, Any], **params: Any) -> Run:
    with DAG("items", schedule=None, user_defined_macros={"staging_table": staging_table}) as warehouse.dag:
        stage = StageToRedshiftOperator(task_id="stage", table="staging_items", bucket=BUCKET, **source)
        load(
            task_id="load",
            table="items",
            staged_by=[stage],
            select="select * from {{ staging_table('staging_items', dag_run) }}",
        )
    return warehouse.run(*(() if params else DAYS), **params)


def merge(**arguments: Any) -> None:
    LoadDimensionOperator(key="item_id", strategy=MergeRows(choices=[Choice()]), **arguments)


def append(**arguments: Any) -> None:
    LoadFactOperator(strategy=Append(), **arguments)


def overwrite(**arguments: Any) -> None:
    LoadFactOperator(key="item_id", window_column="updated_at", **arguments)


LIKE_ANOTHER = pytest.mark.long("objects whose keys are in memory like those of others")

DATED = {"key_pattern": PREFIX + "%Y-%m-%d/*.json", "window_column": "updated_at"}
SOURCES = {
    "a ledger": (merge, {"prefix": PREFIX}, {}),
    "a table that is appended to": (append, {"prefix": PREFIX}, {}),
    "a full load with a ledger": (merge, {"prefix": PREFIX}, {"full_load": True}),
    "periods": (overwrite, DATED, {}),
    "a full load of periods": (overwrite, DATED, {"full_load": True}),
}


def load_all(run: Run) -> dict[str, Any]:
    """Run both tasks, and return the summary of what was staged."""
    staged: dict[str, Any] = run.execute("stage")
    run.execute("load")
    return staged


@pytest.mark.parametrize(
    "source",
    [pytest.param(name, marks=() if name == "periods" else LIKE_ANOTHER) for name in SOURCES],
)
def test_keys_in_memory_do_not_grow_with_the_number_of_objects(items, source):
    load, arguments, params = SOURCES[source]

    def most_with(count: int) -> int:
        items.execute("delete from items")
        items.execute("delete from etl.loaded_files")
        for number in range(count):
            put(items, number)
        with counted_keys(PREFIX, KEYS_PER_PAGE) as keys:
            assert load_all(new_run(items, load, arguments, **params))["objects"] == count
            # Nothing is new.
            load_all(new_run(items, load, arguments, **params))
            most = keys.most
        assert items.query("select count(*) from items") == [(count,)]
        return most

    few, many = most_with(FEW), most_with(MANY)
    assert MOST <= few < FEW
    assert many <= few + SLACK


@pytest.mark.parametrize("on_missing", ["keep", "delete"])
@LIKE_ANOTHER
def test_keys_in_memory_do_not_grow_with_the_number_of_missing_objects(items, on_missing):
    """Of each period, one object is left."""
    source = {**DATED, "on_missing": on_missing}

    def most_with_missing(count: int) -> int:
        for number in range(count):
            put(items, number)
        load_all(new_run(items, overwrite, source))
        for number in range(3, count):
            items.s3.delete_object(Bucket=BUCKET, Key=key_of(number))
        with counted_keys(PREFIX, KEYS_PER_PAGE) as keys:
            load_all(new_run(items, overwrite, source))
            most = keys.most
        left = 3 if on_missing == "delete" else count
        assert items.query("select count(*) from items") == [(left,)]
        assert items.query("select count(*) from etl.loaded_files") == [(left,)]
        return most

    few, many = most_with_missing(FEW), most_with_missing(MANY)
    assert MOST <= few < FEW
    assert many <= few + SLACK


def test_each_manifest_is_limited_and_every_object_is_in_one(items):
    for number in range(MANY):
        put(items, number)
    sent: list[str] = []
    with recorded_with_arguments() as requests, before_each_statement(lambda _, statement: sent.append(statement)):
        new_run(items, overwrite, DATED).execute("stage")
    manifests = [json.loads(text) for text in manifests_of(requests)]
    urls = [[entry["url"] for entry in manifest["entries"]] for manifest in manifests]
    of_data = [some for some in urls if PREFIX in some[0]]
    assert [len(some) for some in of_data] == [MOST] * 12
    assert len({url for some in of_data for url in some}) == MANY
    # The list of the objects has one more.
    assert sum(statement.startswith("copy ") for statement in sent) == 13


@pytest.mark.parametrize(("limit", "passes"), [(1, False), (2, True)])
def test_limit_of_rejects_is_that_of_all_manifests_together(items, limit, passes):
    for number in range(MOST + 1):
        put(items, number)
    # The first and the last key.
    for number in (0, 2):
        items.put(key_of(number), b'{"item_id": "i", "updated_at": "2018-11-01"}\n{"item_id": null}')
    run = new_run(items, merge, {"prefix": PREFIX, "max_rejects": limit})
    if passes:
        assert run.execute("stage")["rejected"] == 2
        return
    with pytest.raises(AirflowFailException, match="more bad records than the 1 that max_rejects allows"):
        run.execute("stage")


def manifests_of(requests: Any) -> list[bytes]:
    put = [request.arguments for request in requests if request.operation == "PutObject"]
    return [arguments["Body"].getvalue() for arguments in put if arguments["Key"].endswith(".manifest")]


def test_tables_do_not_depend_on_how_many_objects_a_manifest_has(warehouse, tmp_path):
    data = tmp_path / "data"
    generate(data, Options(days=2, users=3, songs=2 * MOST + 1, seed=3))
    warehouse.upload(data)
    warehouse.run(full_load=True).complete()
    assert comparable_tables(warehouse.star_schema()) == comparable_tables(star_schema(data))
