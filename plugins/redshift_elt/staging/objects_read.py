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
    :param missing: the keys that the target has loaded from the same periods, but that the run has not read.
    :param on_missing: what happens to loaded rows whose objects are missing: ``keep``, ``fail`` or ``delete``.
    :param margin_days: the margin of the periods: an object can have rows of this many days before and after its own.
    """

    location: str
    pattern: KeyPattern | None
    keys: frozenset[str]
    keys_without_rows: frozenset[str]
    written_at: datetime | None
    on_missing: str
    missing: frozenset[str] = frozenset()
    margin_days: int = 0

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
        """Return the periods of which no object with rows was read, or not every object that the target has loaded.

        Without a key pattern, these are all periods if nothing was read, and otherwise none.
        """
        if self.pattern is None:
            return [] if self.keys else list(periods)
        return [period for period in periods if period not in self._periods or period in self._incomplete]

    def unread_nearby(self, intervals: Iterable[tuple[datetime, datetime]]) -> list[Period]:
        """Return the periods that were not read as a whole, and whose objects could have rows of some intervals.

        :param intervals: start and end, UTC without a zone.
        """
        if self.pattern is None:
            return []
        known = self._periods | self._periods_without_rows
        nearby = {
            period
            for interval in intervals
            for period in self.calendar.periods(*interval, margin_days=self.margin_days)
        }
        return sorted(period for period in nearby if period not in known or period in self._incomplete)

    def of_rows(self, period: Period) -> Period:
        """Return the time of the rows that the objects of a period can have."""
        return self.calendar.with_margin(period, self.margin_days) if self.margin_days else period

    def is_without_rows(self, period: Period) -> bool:
        """Return whether objects of a period were read, but have no rows."""
        if self.pattern is None:
            return bool(self.keys_without_rows) and not self.keys
        return period in self._periods_without_rows and period not in self._incomplete

    def urls(self, period: Period) -> list[str]:
        """Return the missing objects of a period, or the pattern of all of its objects.

        If the keys do not show a period, this is the whole source.
        """
        if self.pattern is None:
            return [self.location]
        bucket = self.location.removesuffix(str(self.pattern))
        return [f"{bucket}{key}" for key in self._incomplete.get(period) or [self.pattern.keys(period)]]

    @cached_property
    def _incomplete(self) -> dict[Period, list[str]]:
        """The missing keys of each period."""
        incomplete: dict[Period, list[str]] = {}
        for key in sorted(self.missing):
            if self.pattern and (period := self.pattern.period(key)):
                incomplete.setdefault(period, []).append(key)
        return incomplete

    @cached_property
    def _periods(self) -> set[Period]:
        return self._periods_of(self.keys)

    @cached_property
    def _periods_without_rows(self) -> set[Period]:
        return self._periods_of(self.keys_without_rows) - self._periods

    def _periods_of(self, keys: Iterable[str]) -> set[Period]:
        return {period for key in keys if self.pattern and (period := self.pattern.period(key))}
