"""Which objects of a source a run has read, and so which rows of a target it may delete."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from redshift_elt.run.period import Calendar, Period

if TYPE_CHECKING:
    from redshift_elt.staging.key_pattern import KeyPattern


@dataclass(frozen=True)
class ObjectsRead:
    """The objects that a run has read from a source without a ledger.

    :param location: the source as ``s3://bucket/...``, for messages.
    :param pattern: the key pattern; None if the keys do not show which event times an object is about.
    :param keys: the keys of the objects that have rows.
    :param keys_without_rows: the keys of the objects that have none.
    :param written_at: when the latest of the objects that have rows was written, UTC without a zone; None if there are
        none.
    :param on_missing: what happens to loaded rows whose objects are missing: ``keep``, ``fail`` or ``delete``.
    """

    location: str
    pattern: KeyPattern | None
    keys: frozenset[str]
    keys_without_rows: frozenset[str]
    written_at: datetime | None
    on_missing: str

    @property
    def calendar(self) -> Calendar:
        """The periods of the source; UTC days if its keys do not show a period."""
        return self.pattern.calendar if self.pattern else Calendar("day")

    @property
    def snapshots(self) -> list[datetime]:
        """The times of the snapshots that have rows, if the objects are snapshots; UTC, without a zone.

        With a key pattern, each period is a snapshot at its beginning. Otherwise all objects are one snapshot, of the
        time when the latest of them was written.
        """
        if self.pattern is not None:
            return sorted(period.start for period in self._periods)
        return [self.written_at] if self.written_at else []

    def unread(self, periods: Iterable[Period]) -> list[Period]:
        """Return the periods of which no object with rows was read.

        Without a key pattern, these are all periods if nothing was read, and otherwise none.
        """
        if self.pattern is None:
            return [] if self.keys else list(periods)
        return [period for period in periods if period not in self._periods]

    def is_without_rows(self, period: Period) -> bool:
        """Return whether objects of a period were read, but have no rows."""
        if self.pattern is None:
            return bool(self.keys_without_rows) and not self.keys
        return period in self._periods_without_rows

    def url(self, period: Period) -> str:
        """Return the objects of a period, or the whole source if its keys do not show a period."""
        if self.pattern is None:
            return self.location
        return f"{self.location.removesuffix(str(self.pattern))}{self.pattern.keys(period)}"

    @cached_property
    def _periods(self) -> set[Period]:
        return self._periods_of(self.keys)

    @cached_property
    def _periods_without_rows(self) -> set[Period]:
        return self._periods_of(self.keys_without_rows) - self._periods

    def _periods_of(self, keys: Iterable[str]) -> set[Period]:
        return {period for key in keys if self.pattern and (period := self.pattern.period(key))}
