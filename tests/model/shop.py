"""The tables of the shop example in plain Python, from its files, without SQL and runs."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import zip_longest
from pathlib import Path
from typing import Any

Row = tuple[Any, ...]


def shop(directory: Path) -> dict[str, set[Row]]:
    """Return the rows of each table after all files have been loaded."""
    orders, changes = list(_records(directory / "orders")), list(_records(directory / "customers"))
    return {
        "orders": _orders(orders),
        "customers": _customers(changes) | _placeholders(orders, changes),
        "customer_history": _versions(changes),
        "products": _products(directory / "products"),
    }


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
    """Return the latest state of each customer, and whether it has been deleted since then."""
    latest: dict[int, dict[str, Any]] = {}
    deleted: set[int] = set()
    for change in sorted(records, key=lambda record: record["updated_at"]):
        if change["op"] == "D":
            deleted.add(change["customer_id"])
        else:
            latest[change["customer_id"]] = change
            deleted.discard(change["customer_id"])
    return {
        (key, change["name"], change["city"], datetime.fromisoformat(change["updated_at"]), key in deleted)
        for key, change in latest.items()
    }


def _placeholders(orders: Iterable[dict[str, Any]], changes: Iterable[dict[str, Any]]) -> set[Row]:
    """Return an empty row for each customer that has orders, but no record."""
    known = {change["customer_id"] for change in changes}
    return {(order["customer_id"], None, None, None, False) for order in orders if order["customer_id"] not in known}


def _versions(records: Iterable[dict[str, Any]]) -> set[Row]:
    """Return every state of each customer, with its beginning and the beginning of the next one."""
    by_customer: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for change in sorted(records, key=lambda record: record["updated_at"]):
        by_customer[change["customer_id"]].append(change)
    return {
        (
            key,
            change["op"] != "D",
            change["name"],
            change["city"],
            datetime.fromisoformat(change["updated_at"]),
            datetime.fromisoformat(following["updated_at"]) if following else None,
            following is None,
        )
        for key, changes in by_customer.items()
        for change, following in zip_longest(changes, changes[1:])
    }


def _products(folder: Path) -> set[Row]:
    """Return the rows of the latest snapshot."""
    snapshots = sorted(folder.glob("*.csv"))
    lines = csv.DictReader(io.StringIO(snapshots[-1].read_text("utf-8"))) if snapshots else ()
    return {(int(line["product_id"]), line["name"], int(line["price_cents"])) for line in lines}


def _records(folder: Path) -> Iterator[dict[str, Any]]:
    for file in sorted(folder.rglob("*.json.gz")):
        for line in gzip.decompress(file.read_bytes()).decode().splitlines():
            yield json.loads(line)
