"""The expected rows of a table of events that arrive in objects of an hour, in plain Python, without SQL and runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
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


@dataclass
class LoadedHours:
    """A table of events after some loads, between which objects can be written and can expire.

    :param rows: the rows by hour and key.
    :param loaded: the objects of each hour that were loaded before, by their numbers.
    """

    rows: dict[tuple[datetime, str], Visit] = field(default_factory=dict)
    loaded: dict[datetime, set[int]] = field(default_factory=dict)

    def load(self, hours: Iterable[datetime], present: Mapping[int, HourObject]) -> None:
        """Replace the rows of each hour or, if an object of it has expired, only those that have the key of a new row.

        :param present: the objects that have not expired, by their numbers.
        """
        for hour in hours:
            objects = {number: item for number, item in present.items() if item[0] == hour}
            known = self.loaded.setdefault(hour, set())
            if known <= set(objects):
                self.rows = {key: row for key, row in self.rows.items() if key[0] != hour}
            self.rows |= {(hour, row[0]): row for row in rows_of_hours(objects.values())}
            known |= set(objects)
