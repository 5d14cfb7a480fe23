"""Tests of the model of the shop with handwritten files."""

from __future__ import annotations

import gzip
import json
from datetime import datetime

from tests.model.shop import shop

ORDER = {
    "order_id": "O-1",
    "ordered_at": "2025-03-01 00:10:00.500",
    "customer_id": 7,
    "product_id": 3,
    "quantity": 2,
    "unit_price_cents": 250,
}
INSERTED = {"op": "I", "customer_id": 7, "name": "Ada", "city": "Marrow", "updated_at": "2025-03-01 00:05:00.000"}
DELETED = {"op": "D", "customer_id": 7, "name": None, "city": None, "updated_at": "2025-03-01 02:00:00.000"}


def put(folder, hour, *records):
    file = folder / f"2025/03/01/{hour:02}/a.json.gz"
    file.parent.mkdir(parents=True)
    file.write_bytes(gzip.compress("\n".join(map(json.dumps, records)).encode()))


def test_order_that_is_delivered_twice_is_one_row_with_its_amount(tmp_path):
    put(tmp_path / "orders", 0, ORDER, ORDER)
    assert shop(tmp_path)["orders"] == {("O-1", datetime(2025, 3, 1, 0, 10, 0, 500000), 7, 3, 2, 500)}


def test_customer_without_a_record_has_an_empty_row(tmp_path):
    put(tmp_path / "orders", 0, ORDER)
    assert shop(tmp_path)["customers"] == {(7, None, None, None, False)}


def test_customer_has_the_state_of_the_latest_change_not_of_the_latest_file(tmp_path):
    put(tmp_path / "customers", 2, DELETED)
    put(tmp_path / "customers", 5, INSERTED, {**INSERTED, "customer_id": 8, "name": "Efe"})
    assert shop(tmp_path)["customers"] == {
        (7, "Ada", "Marrow", datetime(2025, 3, 1, 0, 5), True),
        (8, "Efe", "Marrow", datetime(2025, 3, 1, 0, 5), False),
    }


def test_versions_follow_one_another_in_time(tmp_path):
    put(tmp_path / "customers", 2, DELETED)
    put(tmp_path / "customers", 5, INSERTED)
    born, gone = datetime(2025, 3, 1, 0, 5), datetime(2025, 3, 1, 2)
    assert shop(tmp_path)["customer_history"] == {
        (7, True, "Ada", "Marrow", born, gone, False),
        (7, False, None, None, gone, None, True),
    }


def test_products_are_those_of_the_latest_snapshot(tmp_path):
    (tmp_path / "products").mkdir()
    for hour, lines in (("00", "1,Lamp,900\n2,Chair,4900"), ("02", "2,Chair,4500")):
        (tmp_path / f"products/2025-03-01T{hour}.csv").write_text(f"product_id,name,price_cents\n{lines}\n")
    assert shop(tmp_path)["products"] == {(2, "Chair", 4500)}
