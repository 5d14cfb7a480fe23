"""The expected rows of a dimension whose facts may arrive first, in plain Python, without SQL and runs."""

from __future__ import annotations

from collections.abc import Iterable

from tests.model.latest import Item, latest_items


def items_with_placeholders(items: Iterable[Item], referred: Iterable[str | None]) -> set[Item]:
    """Return the latest row of each item, and a row without values for each other key that facts refer to.

    :param referred: the keys in the rows of facts.
    """
    rows = latest_items(items)
    known = {key for key, _, _ in rows}
    return rows | {(key, None, None) for key in referred if key is not None and key not in known}
