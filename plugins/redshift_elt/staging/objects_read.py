"""Which objects of a source a run has read, and so which rows of a target it may delete."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from redshift_elt.staging.date_pattern import DatePattern


@dataclass(frozen=True)
class ObjectsRead:
    """The objects that a run has read from a source without a ledger.

    :param location: the source as ``s3://bucket/...``, for messages.
    :param pattern: the key pattern; None if the keys do not show which event times an object is about.
    :param keys: the keys of the objects that have rows.
    :param keys_without_rows: the keys of the objects that have none.
    :param on_missing: what happens to loaded rows whose objects are missing: ``keep``, ``fail`` or ``delete``.
    """

    location: str
    pattern: DatePattern | None
    keys: frozenset[str]
    keys_without_rows: frozenset[str]
    on_missing: str

    def unread(self, days: Iterable[date]) -> list[date]:
        """Return the UTC days of which no object with rows was read.

        Without a key pattern, these are all days if nothing was read, and otherwise none.
        """
        if self.pattern is None:
            return [] if self.keys else list(days)
        return [day for day in days if self.pattern.key(day) not in self.keys]

    def is_without_rows(self, day: date) -> bool:
        """Return whether the object of a UTC day was read, but has no rows."""
        if self.pattern is None:
            return bool(self.keys_without_rows) and not self.keys
        return self.pattern.key(day) in self.keys_without_rows

    def url(self, day: date) -> str:
        """Return the object of a UTC day, or the whole source if its keys have no date."""
        if self.pattern is None:
            return self.location
        return f"{self.location.removesuffix(str(self.pattern))}{self.pattern.key(day)}"
