"""The expected rows of a table whose source deletes some of them, in plain Python, without SQL and runs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tests.model.latest import Item, latest_items

# The earliest time: that of a row without one.
_NEVER = datetime.min


def kept_items(rows: Sequence[Item]) -> dict[Item, bool]:
    """Return the latest item of each key, and whether it is deleted: whether a delete is not earlier than the item.

    :param rows: items and deletes in any order. A row without a name is a delete.
    """
    items = [row for row in rows if row[1] is not None]
    deletes = [(key, moment or _NEVER) for key, name, moment in rows if name is None]
    return {
        item: any(key == item[0] and moment >= (item[2] or _NEVER) for key, moment in deletes)
        for item in latest_items(items)
    }
