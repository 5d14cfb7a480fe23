"""The expected rows of a table that keeps the latest row of each key, in plain Python, without SQL and runs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

# The key, a text, and when the row was updated.
Item = tuple[str, str | None, datetime | None]


def latest_items(items: Iterable[Item]) -> set[Item]:
    """Return the row of each key with the latest time; of several such rows, the first in the order of their values.

    A row without a time is older than any row with one. A text that is null comes after all others.
    """
    rows: dict[str, Item] = {}
    for item in items:
        rows[item[0]] = min(rows.get(item[0], item), item, key=_rank)
    return set(rows.values())


def _rank(item: Item) -> tuple[float, bool, str]:
    _, name, updated_at = item
    age = float("inf") if updated_at is None else -updated_at.timestamp()
    return age, name is None, name or ""
