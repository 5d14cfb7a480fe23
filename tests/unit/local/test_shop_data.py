"""The generated files of the shop have what makes its loads difficult."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path

import pytest

from local.datagen.shop import ShopOptions, generate_shop


@pytest.fixture(scope="module")
def directory(tmp_path_factory) -> Path:
    directory = tmp_path_factory.mktemp("shop")
    generate_shop(directory, ShopOptions())
    return directory


def records(directory: Path, source: str) -> list[tuple[int, dict]]:
    """Return each record with the hour of its file."""
    files = sorted((directory / source).rglob("*.json.gz"))
    return [
        (int(file.parent.name), json.loads(line))
        for file in files
        for line in gzip.decompress(file.read_bytes()).decode().splitlines()
    ]


def test_some_orders_are_delivered_twice_and_some_hours_have_none(directory):
    orders = records(directory, "orders")
    assert 0 < sum(count == 2 for count in Counter(order["order_id"] for _, order in orders).values()) < len(orders) / 2
    assert 12 < len({hour for hour, _ in orders}) < 24
    assert all(int(order["ordered_at"][11:13]) == hour for hour, order in orders)


def test_some_changes_of_customers_come_hours_late_and_some_delete(directory):
    changes = records(directory, "customers")
    assert any(int(change["updated_at"][11:13]) < hour for hour, change in changes)
    assert {change["op"] for _, change in changes} == {"I", "U", "D"}
    keys = [(change["customer_id"], change["updated_at"]) for _, change in changes]
    assert len(set(keys)) == len(keys)


def test_some_orders_have_a_customer_without_a_record(directory):
    known = {change["customer_id"] for _, change in records(directory, "customers")}
    assert {order["customer_id"] for _, order in records(directory, "orders")} - known


def test_snapshots_lack_different_products(directory):
    snapshots = [file.read_text("utf-8").splitlines() for file in sorted((directory / "products").glob("*.csv"))]
    assert len(snapshots) == 12
    assert len({len(lines) for lines in snapshots}) > 1


def test_same_options_give_the_same_bytes(directory, tmp_path):
    generate_shop(tmp_path, ShopOptions())
    first, second = (
        {file.relative_to(top): file.read_bytes() for file in top.rglob("*") if file.is_file()}
        for top in (directory, tmp_path)
    )
    assert first == second
