"""The files of the example in ``docs/examples/shop``. The same options give the same records on every platform."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from local.datagen.dice import Dice

HOUR = timedelta(hours=1)
CITIES = ("Alder Falls", "Port Elin", "Marrow", "Ostergate", "Søndervig", "Quay End")
NAMES = ("Ada", "Björn", "Chi", "Dalia", "Efe", "Fern", "Goran", "Hana")
PRODUCTS = 8
# A snapshot of the products is exported this often.
SNAPSHOT_HOURS = 2

Record = dict[str, Any]


@dataclass(frozen=True)
class ShopOptions:
    """The size of the data, and the seed that determines everything else.

    :param hours: the number of hours.
    :param customers: how many customers register. Two more customers order without ever registering.
    :param orders: the maximum number of orders in an hour.
    :param seed: the random seed.
    :param start: the first hour, in UTC.
    """

    hours: int = 24
    customers: int = 12
    orders: int = 6
    seed: int = 1
    start: datetime = datetime(2025, 3, 1)

    def hour(self, number: int) -> datetime:
        """Return the start of an hour."""
        return self.start + number * HOUR


def generate_shop(target: Path, options: ShopOptions) -> None:
    """Write ``orders/`` and ``customers/``, with gzipped JSON lines in a folder for each hour, and ``products/``.

    Some orders are in two files of their hour, some hours have no orders, and some changes of customers arrive hours
    late. The CSV files of products are snapshots, which lack some products.
    """
    for number in range(options.hours):
        _write(
            target / "orders", options.hour(number), _orders(Dice(options.seed, f"orders {number}"), options, number)
        )
    delivered: dict[int, list[Record]] = defaultdict(list)
    for number, change in _changes(Dice(options.seed, "customers"), options):
        delivered[number].append(change)
    for number, changes in delivered.items():
        _write(target / "customers", options.hour(number), {"changes": changes})
    for number in range(0, options.hours, SNAPSHOT_HOURS):
        _write_products(target, options.hour(number), Dice(options.seed, f"products {number}"))


def _orders(dice: Dice, options: ShopOptions, hour: int) -> Mapping[str, Sequence[Record]]:
    """Return the orders of an hour in each of its files."""
    files: dict[str, list[Record]] = defaultdict(list)
    if dice.chance(0.15):
        return files
    for number in range(dice.between(1, options.orders)):
        order = {
            "order_id": f"O-{hour:04}-{number:03}",
            "ordered_at": _text(options.hour(hour) + timedelta(milliseconds=dice.between(0, 3_599_999))),
            "customer_id": dice.between(1, options.customers + 2),
            "product_id": dice.between(1, PRODUCTS),
            "quantity": dice.between(1, 5),
            "unit_price_cents": dice.between(99, 9999),
        }
        files["part-0"].append(order)
        if dice.chance(0.2):
            files["part-1"].append(order)
    return files


def _changes(dice: Dice, options: ShopOptions) -> Iterator[tuple[int, Record]]:
    """Yield the changes of all customers, with the hour in which each is delivered."""
    last = options.hours - 1
    for customer in range(1, options.customers + 1):
        second = dice.between(0, options.hours * 3600 // 2)
        op = "I"
        while second < options.hours * 3600:
            yield (
                min(last, second // 3600 + (dice.between(1, 4) if dice.chance(0.3) else 0)),
                {
                    "op": op,
                    "customer_id": customer,
                    "name": None if op == "D" else dice.pick(NAMES),
                    "city": None if op == "D" else dice.pick(CITIES),
                    "updated_at": _text(options.start + timedelta(seconds=second)),
                },
            )
            if op == "D":
                break
            op = "D" if dice.chance(0.2) else "U"
            second += dice.between(60, 6 * 3600)


def _write_products(target: Path, hour: datetime, dice: Dice) -> None:
    offered = [number for number in range(1, PRODUCTS + 1) if not dice.chance(0.15)]
    lines = ["product_id,name,price_cents"]
    lines += [f"{number},Product {number},{dice.between(99, 9999)}" for number in offered]
    file = target / "products" / f"{hour:%Y-%m-%dT%H}.csv"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(lines), "utf-8")


def _write(folder: Path, hour: datetime, files: Mapping[str, Sequence[Record]]) -> None:
    for name, records in files.items():
        file = folder / f"{hour:%Y/%m/%d/%H}" / f"{name}.json.gz"
        file.parent.mkdir(parents=True, exist_ok=True)
        # Without a time, so that the same records are the same bytes.
        file.write_bytes(gzip.compress("\n".join(map(json.dumps, records)).encode(), mtime=0))


def _text(moment: datetime) -> str:
    return moment.isoformat(sep=" ", timespec="milliseconds")
