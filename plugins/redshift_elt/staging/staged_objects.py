"""The objects that a run stages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from redshift_elt.run.period import Period
from redshift_elt.sql.render import render
from redshift_elt.staging.manifests import MOST_OBJECTS
from redshift_elt.staging.s3_objects import S3Object

if TYPE_CHECKING:
    from redshift_elt.connection.session import Session
    from redshift_elt.staging.key_pattern import KeyPattern
    from redshift_elt.staging.staging_context import StagingContext


class StagedFile(NamedTuple):
    """An object in a run's table of staged files.

    :param kind: see the migrations of the table.
    """

    item: S3Object
    kind: str


@dataclass(frozen=True)
class StagedObjects:
    """The objects that a run stages, as they are in its table of staged files.

    The first of them are in memory, so that a run of few objects does not ask the warehouse for them. If there are
    more, they are read from the table as they are needed, and never all at the same time.

    :param count: their number.
    :param first: the first of them in the order of their keys, :data:`MOST_OBJECTS` or all.
    :param listed: whether all objects of the source were listed to find them.
    """

    session: Session
    context: StagingContext
    count: int = 0
    first: Sequence[S3Object] = ()
    listed: bool = True

    def manifests(self, period: Period | None = None) -> Iterator[list[S3Object]]:
        """Yield the objects, in the order of their keys, in lists for one manifest each.

        :param period: yield only those of one period.
        """
        if not self._all_in_memory:
            for files in staged_files(self.session, self.context, period):
                yield [file.item for file in files]
        elif chosen := self.first if period is None else self._by_period.get(period):
            yield list(chosen)

    def of_period(self, period: Period, session: Session) -> StagedObjects:
        """Return the objects of one period, for another session."""
        if not self._all_in_memory:
            return replace(self, session=session)
        found = self._by_period[period]
        return replace(self, session=session, count=len(found), first=found)

    def periods(self, pattern: KeyPattern) -> list[Period]:
        """Return the periods that have objects, in the order of time.

        :param pattern: the key pattern of the source.
        """
        if self._all_in_memory:
            return sorted({period for item in self.first if (period := pattern.period(item.key))})
        found = self.session.fetch(render("stage/staged_periods.sql", files=self.context.files))
        return [pattern.calendar.period_at(start) for (start,) in found]

    def totals(self) -> tuple[int, int]:
        """Return the number of the objects and their size in bytes."""
        [(count, size)] = self.session.fetch(render("stage/count_objects.sql", files=self.context.files))
        return int(count), int(size)

    def latest(self, most: int) -> list[S3Object]:
        """Return the objects that were written last and are not empty, the latest first.

        :param most: the maximum number of objects.
        """
        if self._all_in_memory:
            return sorted((item for item in self.first if item.size), key=_written, reverse=True)[:most]
        query = render("stage/latest_objects.sql", files=self.context.files)
        bucket = self.context.source.bucket
        return [S3Object(bucket, *row) for row in self.session.fetch(query, {"most": most})]

    @property
    def _all_in_memory(self) -> bool:
        return self.count == len(self.first)

    @cached_property
    def _by_period(self) -> dict[Period | None, list[S3Object]]:
        """The first objects by their period, so that each period need not search all of them."""
        pattern = self.context.source.key_pattern
        found: dict[Period | None, list[S3Object]] = {}
        for item in self.first:
            found.setdefault(pattern.period(item.key) if pattern else None, []).append(item)
        return found


class FirstObjects:
    """Counts the objects that pass through it, and keeps the first of them."""

    def __init__(self) -> None:
        self.count = 0
        self.kept: list[S3Object] = []

    def of(self, objects: Iterable[S3Object]) -> Iterator[S3Object]:
        """Yield the same objects."""
        for item in objects:
            self.count += 1
            if self.count <= MOST_OBJECTS:
                self.kept.append(item)
            yield item


def staged_files(session: Session, context: StagingContext, period: Period | None = None) -> Iterator[list[StagedFile]]:
    """Yield the objects in a run's table of staged files, in the order of their keys, in lists of limited length.

    :param period: yield only those of one period; the table was written by this version of the package.
    """
    query = render("stage/staged_objects.sql", files=context.files, of_period=period is not None)
    values: dict[str, object] = {"after": "", "most": MOST_OBJECTS}
    if period is not None:
        values["period_start"] = period.start
    while rows := session.fetch(query, values):
        yield [StagedFile(S3Object(context.source.bucket, *version), kind) for *version, kind in rows]
        if len(rows) < MOST_OBJECTS:
            return
        values["after"] = rows[-1][0]


def _written(item: S3Object) -> tuple[object, str]:
    return item.modified, item.key
