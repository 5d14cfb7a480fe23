"""The recipes of docs/operators.md, with a few rows written by hand: the files, and the rows that they become."""

from __future__ import annotations

import copy
import io
import json
from collections.abc import Callable, Iterator
from datetime import datetime

import pyarrow
import pyarrow.parquet
import pytest

from redshift_elt.sql.bookkeeping import DELETED, LOCK, table_of_target
from tests.support.recipes import Kitchen, recipes
from tests.support.warehouse import WarehouseUnderTest

RECIPES = recipes()
# Each test of a recipe has its title as its argument.
Cook = Callable[[str], Kitchen]


@pytest.fixture
def cook(through_postgres: WarehouseUnderTest) -> Iterator[Cook]:
    """Create the tables of a recipe in the empty warehouse; they are dropped after the test."""
    cooked = []

    def start(title: str) -> Kitchen:
        recipe = RECIPES[title]
        cooked.append(recipe)
        for statement in recipe.ddl:
            through_postgres.execute(statement)
        return Kitchen(recipe, copy.copy(through_postgres))

    yield start
    for table in (table for recipe in cooked for table in recipe.tables):
        through_postgres.execute(f"drop table {table}")
        for of_target in (table_of_target(LOCK, table), table_of_target(DELETED, table)):
            through_postgres.execute(f"drop table if exists {of_target}")


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2025-03-01 {text}")


def hour(number: int) -> tuple[str, str]:
    return f"2025-03-01T{number:02}:00:00Z", f"2025-03-01T{number + 1:02}:00:00Z"


def orders_file(*rows: tuple[str, datetime, int]) -> bytes:
    """Return a Parquet file of orders."""
    order_ids, moments, amounts = zip(*rows, strict=True)
    columns = {
        "order_id": pyarrow.array(order_ids),
        "ordered_at": pyarrow.array(moments, pyarrow.timestamp("us")),
        "amount_cents": pyarrow.array(amounts, pyarrow.int64()),
    }
    file = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(columns), file)
    return file.getvalue()


def test_daily_json(cook):
    kitchen = cook("Daily JSON")
    first = '{"reading_id": "a", "measured_at": "2025-03-01 05:10:00", "celsius": 3.5}'
    late = '{"reading_id": "b", "measured_at": "2025-03-01 05:20:00", "celsius": 4.0}'
    next_hour = '{"reading_id": "c", "measured_at": "2025-03-01 06:30:00", "celsius": 4.5}'
    kitchen.put("readings/2025/03/2025-03-01.json", first)
    kitchen.run(*hour(5))
    kitchen.put("readings/2025/03/2025-03-01.json", first, late, next_hour)
    kitchen.run(*hour(6))
    assert kitchen.rows("select * from readings") == [
        ("a", at("05:10:00"), 3.5),
        ("b", at("05:20:00"), 4.0),
        ("c", at("06:30:00"), 4.5),
    ]


def test_hourly_parquet(cook):
    kitchen = cook("Hourly Parquet")
    folder = "orders/dt=2025-03-01/hour=05"
    kitchen.warehouse.put(f"{folder}/part-0.parquet", orders_file(("O-1", at("05:01:00"), 500)))
    kitchen.warehouse.put(f"{folder}/part-1.parquet", orders_file(("O-2", at("05:59:59"), 700)))
    kitchen.warehouse.put(f"{folder}/_SUCCESS", b"")
    kitchen.warehouse.put("orders/dt=2025-03-01/hour=06/part-0.parquet", orders_file(("O-3", at("06:00:00"), 900)))
    kitchen.run(*hour(6))
    kitchen.run(*hour(5))
    kitchen.warehouse.put(f"{folder}/part-1.parquet", orders_file(("O-4", at("05:59:59"), 800)))
    kitchen.run(*hour(5))
    assert kitchen.rows("select * from orders") == [
        ("O-1", at("05:01:00"), 500),
        ("O-3", at("06:00:00"), 900),
        ("O-4", at("05:59:59"), 800),
    ]


def test_csv_with_rejects(cook):
    kitchen = cook("CSV with rejects")
    kitchen.put("products/prices/1.csv", "id;price;updated", "1;990;2025-03-01 05:00:00", "2;free;2025-03-01 05:00:00")
    first = kitchen.run(*hour(5))
    kitchen.put("products/prices/2.csv", "id;price;updated", "1;890;2025-03-01 06:00:00", "2;100;2025-03-01 06:00:00")
    second = kitchen.run(*hour(6))
    assert kitchen.rows("select * from prices") == [(1, 890, at("06:00:00")), (2, 100, at("06:00:00"))]
    assert [result["stage_prices"]["rejected"] for result in (first, second)] == [1, 0]
    assert kitchen.rows("select line from etl.rejects") == [("2;free;2025-03-01 05:00:00",)]


def test_cdc_with_deletes(cook):
    def change(op: str, customer: int, time: str, city: str | None) -> str:
        return json.dumps({"op": op, "customer_id": customer, "changed_at": f"2025-03-01 {time}", "city": city})

    kitchen = cook("CDC with deletes")
    kitchen.put("customers/1.json", change("I", 7, "05:00:00", "Marrow"), change("I", 8, "05:00:00", "Marrow"))
    kitchen.put("customers/2.json", change("D", 7, "08:00:00", None), change("D", 8, "06:00:00", None))
    kitchen.run(*hour(8))
    kitchen.put("customers/3.json", change("U", 7, "07:00:00", "Ostergate"), change("I", 8, "07:00:00", "Ostergate"))
    kitchen.run(*hour(9))
    assert kitchen.rows("select * from customers") == [
        (7, "Ostergate", at("07:00:00"), True),
        (8, "Ostergate", at("07:00:00"), False),
    ]


def test_scd2(cook):
    kitchen = cook("SCD2")
    kitchen.put("customers/1.json", '{"customer_id": 7, "city": "Marrow", "updated_at": "2025-03-01 05:00:00"}')
    kitchen.run(*hour(5))
    kitchen.put("customers/2.json", '{"customer_id": 7, "city": "Ostergate", "updated_at": "2025-03-01 09:00:00"}')
    kitchen.run(*hour(9))
    kitchen.put("customers/3.json", '{"customer_id": 7, "city": "Port Elin", "updated_at": "2025-03-01 07:00:00"}')
    kitchen.run(*hour(10))
    assert kitchen.rows("select * from customer_history") == [
        (7, "Marrow", at("05:00:00"), at("07:00:00"), False),
        (7, "Ostergate", at("09:00:00"), None, True),
        (7, "Port Elin", at("07:00:00"), at("09:00:00"), False),
    ]


def test_snapshot_dimension(cook):
    kitchen = cook("Snapshot dimension")
    first, second, third = (datetime(2025, 3, day) for day in (1, 2, 3))
    kitchen.put("stores/2025-03-01/a.csv", "store_id,city", *(f"{number},Marrow" for number in range(1, 6)))
    kitchen.put("stores/2025-03-01/b.csv", "store_id,city", *(f"{number},Marrow" for number in range(6, 11)))
    kitchen.put("stores/2025-03-03/a.csv", "store_id,city", "1,Ostergate", *(f"{n},Marrow" for n in range(3, 12)))
    kitchen.put("stores/2025-03-02/a.csv", "store_id,city", *(f"{number},Marrow" for number in range(1, 11)))
    for day in (first, third, second):
        kitchen.run(f"{day:%Y-%m-%d}T05:00:00Z", f"{day:%Y-%m-%d}T06:00:00Z")
    current = [(1, "Ostergate"), *((number, "Marrow") for number in range(3, 12))]
    assert kitchen.rows("select * from stores") == current
    history = kitchen.rows("select * from store_history where store_id in (1, 2, 3, 11)")
    assert history == [
        (1, "Marrow", first, third, False),
        (1, "Ostergate", third, None, True),
        (2, "Marrow", first, third, False),
        (3, "Marrow", first, None, True),
        (11, "Marrow", third, None, True),
    ]


def test_append_only_click_stream(cook):
    kitchen = cook("Append-only click stream")
    click = '{"clicked_at": "2025-03-01 05:00:01", "page": "/"}'
    kitchen.put("clicks/a.json", click, click)
    first = kitchen.run(*hour(5))
    kitchen.put("clicks/b.json", '{"clicked_at": "2025-03-01 05:59:59", "page": "/basket"}')
    kitchen.run(*hour(6))
    again = kitchen.run(*hour(5))
    assert kitchen.rows("select clicked_at, page from clicks") == [
        (at("05:00:01"), "/"),
        (at("05:00:01"), "/"),
        (at("05:59:59"), "/basket"),
    ]
    assert [result["load_clicks"]["inserted"] for result in (first, again)] == [2, 0]
    assert kitchen.rows("select page, count(distinct loaded_by) from clicks group by page") == [
        ("/", 1),
        ("/basket", 1),
    ]


def test_every_recipe_is_tested():
    tested = {name for name in globals() if name.startswith("test_")}
    assert {f"test_{title.lower().replace(' ', '_').replace('-', '_')}" for title in RECIPES} <= tested
