"""The tables of the shop example in plain Python, from its files, without SQL and runs."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

Row = tuple[Any, ...]


def shop(directory: Path) -> dict[str, set[Row]]:
    """Return the rows of each table after all files have been loaded."""
    orders, changes = list(_records(directory / "orders")), list(_records(directory / "customers"))
    return {"orders": _orders(orders), "customers": _customers(changes)}


def _orders(records: Iterable[dict[str, Any]]) -> set[Row]:
    """Return one row for each order; an order that was delivered twice is one row."""
    return {
        (
            order["order_id"],
            datetime.fromisoformat(order["ordered_at"]),
            order["customer_id"],
            order["product_id"],
            order["quantity"],
            order["quantity"] * order["unit_price_cents"],
        )
        for order in records
    }


def _customers(records: Iterable[dict[str, Any]]) -> set[Row]:
    """Return the latest state of each customer."""
    latest: dict[int, dict[str, Any]] = {}
    for change in sorted(records, key=lambda record: record["updated_at"]):
        latest[change["customer_id"]] = change
    return {
        (key, change["name"], change["city"], datetime.fromisoformat(change["updated_at"]), change["op"] == "D")
        for key, change in latest.items()
    }


def _records(folder: Path) -> Iterator[dict[str, Any]]:
    for file in sorted(folder.rglob("*.json.gz")):
        for line in gzip.decompress(file.read_bytes()).decode().splitlines():
            yield json.loads(line)
