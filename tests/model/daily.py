"""The expected rows of tables that are loaded from objects of a day, window by window, in plain Python, without SQL.

A run reads the object of each day that its window touches, and makes the rows of that window, and of all windows loaded
before on these days, those of the objects. It has no notion of what has changed since the run before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

Visit = tuple[str, datetime, str]

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)


@dataclass
class LoadedDays:
    """The rows after some loads.

    :param visits: one row for each key of a day: the earliest of the loaded hours.
    :param records: all distinct rows of the loaded hours.
    :param hours: the hours that were loaded.
    """

    visits: set[Visit] = field(default_factory=set)
    records: set[Visit] = field(default_factory=set)
    hours: set[datetime] = field(default_factory=set)

    def load(self, window: tuple[datetime, datetime], objects: Mapping[datetime, Sequence[Visit]]) -> None:
        """Load a window of whole hours.

        :param objects: the rows of the object of each day that has one.
        """
        start, end = window
        self.hours |= {start + number * _HOUR for number in range((end - start) // _HOUR)}
        day = start.replace(hour=0)
        while day < end:
            if day in objects:
                self._replace(day, objects[day])
            day += _DAY

    def _replace(self, day: datetime, visits: Iterable[Visit]) -> None:
        found = {visit for visit in visits if self._is_loaded(visit) and _is_of(day, visit)}
        earliest: dict[str, Visit] = {}
        for visit in sorted(found, key=lambda row: (row[1], row[2])):
            earliest.setdefault(visit[0], visit)
        self.records = {visit for visit in self.records if not _is_of(day, visit)} | found
        self.visits = {visit for visit in self.visits if not _is_of(day, visit)} | set(earliest.values())

    def _is_loaded(self, visit: Visit) -> bool:
        return visit[1].replace(minute=0) in self.hours


def _is_of(day: datetime, visit: Visit) -> bool:
    return day <= visit[1] < day + _DAY
