"""The expected rows of a table of events that arrive in objects of an hour, in plain Python, without SQL and runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

Visit = tuple[str, datetime, str]
# The hour that the key of an object says, and its rows.
HourObject = tuple[datetime, Sequence[Visit]]


def rows_of_hours(objects: Iterable[HourObject]) -> set[Visit]:
    """Return the rows of each hour that are in objects of that hour; of rows with one key, the earliest of the hour."""
    earliest: dict[tuple[datetime, str], Visit] = {}
    for hour, visits in objects:
        for visit in visits:
            name, at, _ = visit
            if hour <= at < hour + timedelta(hours=1):
                known = earliest.get((hour, name), visit)
                earliest[hour, name] = min(known, visit, key=lambda row: (row[1], row[2]))
    return set(earliest.values())
