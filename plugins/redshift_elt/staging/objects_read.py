"""Which objects of a source a run has read, and so which rows of a target it may delete."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from redshift_elt.run.period import Calendar, Period
from redshift_elt.staging.staged_files import NO_ROWS

if TYPE_CHECKING:
    from redshift_elt.staging.key_pattern import KeyPattern
    from redshift_elt.staging.named_objects import NamedObjects
    from redshift_elt.staging.source import Source
    from redshift_elt.staging.staged_objects import StagedFile


@dataclass(frozen=True)
class ObjectsRead:
    """What a run has read from a source without a ledger: the periods of the objects, not each of them.

    :param location: the source as ``s3://bucket/...``, for messages.
    :param pattern: the key pattern; None if the keys do not show which event times an object is about.
    :param periods: the periods of the objects that have rows.
    :param periods_without_rows: the other periods of objects.
    :param has_rows: whether an object has rows.
    :param has_none: whether an object has no rows.
    :param written_at: when the latest of the objects that have rows was written, UTC without a zone; None if there are
        none.
    :param missing: the objects that the target has loaded from the same periods, but that the run has not read.
    :param on_missing: what happens to loaded rows whose objects are missing: ``keep``, ``fail`` or ``delete``.
    :param margin_days: the margin of the periods: an object can have rows of this many days before and after its own.
    :param versions: a digest of key and ETag of each object of a period, by the period.
    """

    location: str
    pattern: KeyPattern | None
    periods: frozenset[Period]
    periods_without_rows: frozenset[Period]
    has_rows: bool
    has_none: bool
    written_at: datetime | None
    on_missing: str
    missing: Mapping[Period, NamedObjects] = field(default_factory=dict)
    margin_days: int = 0
    versions: Mapping[Period, str] = field(default_factory=dict)

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
            return sorted(period.start for period in self.periods)
        return [self.written_at] if self.written_at else []

    def unread(self, periods: Iterable[Period]) -> list[Period]:
        """Return the periods of which no object with rows was read, or not every object that the target has loaded.

        Without a key pattern, these are all periods if nothing was read, and otherwise none.
        """
        if self.pattern is None:
            return [] if self.has_rows else list(periods)
        return [period for period in periods if period not in self.periods or period in self.missing]

    def unread_nearby(self, intervals: Iterable[tuple[datetime, datetime]]) -> list[Period]:
        """Return the periods that were not read as a whole, and whose objects could have rows of some intervals.

        :param intervals: start and end, UTC without a zone.
        """
        if self.pattern is None:
            return []
        known = self.periods | self.periods_without_rows
        nearby = {
            period
            for interval in intervals
            for period in self.calendar.periods(*interval, margin_days=self.margin_days)
        }
        return sorted(period for period in nearby if period not in known or period in self.missing)

    def of_rows(self, period: Period) -> Period:
        """Return the time of the rows that the objects of a period can have."""
        return self.calendar.with_margin(period, self.margin_days) if self.margin_days else period

    def is_without_rows(self, period: Period) -> bool:
        """Return whether objects of a period were read, but have no rows."""
        if self.pattern is None:
            return self.has_none and not self.has_rows
        return period in self.periods_without_rows and period not in self.missing

    def urls(self, period: Period) -> list[str]:
        """Return the first missing objects of a period, or the pattern of all of its objects.

        If the keys do not show a period, this is the whole source.
        """
        if self.pattern is None:
            return [self.location]
        if period in self.missing and (urls := self.missing[period].urls):
            return list(urls)
        return [f"{self.location.removesuffix(str(self.pattern))}{self.pattern.keys(period)}"]

    def count_urls(self, periods: Iterable[Period]) -> int:
        """Return how many objects :meth:`urls` would name for some periods if it named all missing ones."""
        if self.pattern is None:
            return 1
        return sum(self.missing[period].count if period in self.missing else 1 for period in periods)


class ReadSoFar:
    """Collects what a run has read from a source, one object after another."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._periods: set[Period] = set()
        self._periods_without_rows: set[Period] = set()
        self._written_at: datetime | None = None
        self._has_none = False
        self._digests: dict[Period, Any] = {}

    def add(self, staged: StagedFile) -> None:
        """Add an object of the source; those of a period come in the order of their keys."""
        item, pattern = staged.item, self._source.key_pattern
        has_rows = item.size > 0 and staged.kind != NO_ROWS
        if has_rows:
            self._written_at = max(item.modified, self._written_at or item.modified)
        else:
            self._has_none = True
        if pattern is not None and (period := pattern.period(item.key)):
            (self._periods if has_rows else self._periods_without_rows).add(period)
            self._digests.setdefault(period, sha256()).update(f"{item.key}\0{item.etag}\0".encode())

    def result(self) -> ObjectsRead:
        """Return what was read."""
        source = self._source
        return ObjectsRead(
            location=str(source),
            pattern=source.key_pattern,
            periods=frozenset(self._periods),
            periods_without_rows=frozenset(self._periods_without_rows - self._periods),
            has_rows=self._written_at is not None,
            has_none=self._has_none,
            written_at=self._written_at,
            on_missing=source.on_missing,
            margin_days=source.margin_days,
            versions={period: digest.hexdigest() for period, digest in self._digests.items()},
        )
