"""The expected rows of tables that are loaded from snapshots, in plain Python, without SQL and runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

# The name of each key.
Rows = Mapping[str, str | None]
# Key and name, and when the version begins, when it ends, and whether it is current.
Version = tuple[str, str | None, datetime, datetime | None, bool]


def marked_rows(loads: Iterable[tuple[datetime, Rows]]) -> set[tuple[str, str | None, bool]]:
    """Return key and name of every row that a table has after some loads, and whether it is marked as deleted.

    :param loads: time and rows of each snapshot, in the order in which they were loaded; an older one changes nothing.
    """
    latest = datetime.min
    table: dict[str, tuple[str | None, bool]] = {}
    for moment, rows in loads:
        if moment >= latest:
            latest = moment
            table = {key: (name, True) for key, (name, _) in table.items()}
            table |= {key: (name, False) for key, name in rows.items()}
    return {(key, *row) for key, row in table.items()}


def history_of(snapshots: Mapping[datetime, Rows]) -> set[Version]:
    """Return the versions of the rows of some snapshots, each of which is valid until the next one."""
    moments = sorted(snapshots)
    keys = {key for rows in snapshots.values() for key in rows}
    return {version for key in keys for version in _versions(key, moments, snapshots)}


def _versions(key: str, moments: list[datetime], snapshots: Mapping[datetime, Rows]) -> Iterable[Version]:
    begun: tuple[str | None, datetime] | None = None
    for moment in moments:
        rows = snapshots[moment]
        if begun and (key not in rows or rows[key] != begun[0]):
            yield key, *begun, moment, False
            begun = None
        if key in rows and not begun:
            begun = rows[key], moment
    if begun:
        yield key, *begun, None, True
