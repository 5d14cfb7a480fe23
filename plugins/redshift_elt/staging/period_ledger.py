"""The ledger of a source whose periods can have several objects: which of them a target has loaded.

COPY does not say which object a row comes from. So if some objects of a period are missing, a load that overwrites the
period would delete their rows without the ledger.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from redshift_elt.run.on_missing import DELETE
from redshift_elt.sql.identifiers import target_name
from redshift_elt.sql.render import ROWS_PER_INSERT, numbered, render
from redshift_elt.staging.batches import batched
from redshift_elt.staging.manifests import MOST_OBJECTS
from redshift_elt.staging.named_objects import NamedObjects

if TYPE_CHECKING:
    from redshift_elt.connection.session import Session
    from redshift_elt.run.period import Period
    from redshift_elt.staging.key_pattern import KeyPattern
    from redshift_elt.staging.staging_context import StagingContext

_NAMED_OBJECTS = 1000


@dataclass(frozen=True)
class PeriodLedger:
    """The entries of one source in the ledger of one target.

    :param target: the table that is loaded; the caller holds its lock.
    """

    context: StagingContext
    pattern: KeyPattern
    target: str

    def missing(self, session: Session) -> Mapping[Period, NamedObjects]:
        """Return the objects that the target has loaded, of periods that the run has read, but that it has not read."""
        urls: dict[Period, list[str]] = defaultdict(list)
        counts: Counter[Period] = Counter()
        for number, (key, period) in enumerate(self._missing_keys(session)):
            counts[period] += 1
            if number < _NAMED_OBJECTS:
                urls[period].append(f"s3://{self.context.source.bucket}/{key}")
        return {period: NamedObjects(urls[period], count) for period, count in counts.items()}

    def record(
        self, session: Session, missing: Mapping[Period, NamedObjects], overwritten: tuple[datetime, datetime]
    ) -> None:
        """Record what the run has staged, and forget what is missing if the source has ``on_missing="delete"``.

        Entries that are the same already are not written.

        :param missing: what :meth:`missing` has returned.
        :param overwritten: the time of which the load has deleted all rows that it has not read; UTC, without a zone.
            An object is remembered if rows of its period can be left.
        """
        if self.context.source.on_missing == DELETE and missing:
            # Rows of the objects within the margin are deleted only by a run of their own period.
            first, last = overwritten
            self._forget(
                session,
                (key for key, period in self._missing_keys(session) if first <= period.start <= period.end <= last),
            )
        for template in ("forget_replaced_objects.sql", "record_new_objects.sql"):
            session.execute(self._render(template), self._values)

    def _missing_keys(self, session: Session) -> Iterator[tuple[str, Period]]:
        periods, query = self._periods, self._render("unread_objects.sql")
        values = {**self._values, "after": "", "most": MOST_OBJECTS}
        while rows := session.fetch(query, values):
            for (key,) in rows:
                period = self.pattern.period(key)
                if period is not None and (periods is None or period in periods):
                    yield key, period
            if len(rows) < MOST_OBJECTS:
                return
            values["after"] = rows[-1][0]

    def _forget(self, session: Session, keys: Iterable[str]) -> None:
        for some in batched(({"object_key": key} for key in keys), ROWS_PER_INSERT):
            session.execute(render("ledger/forget_keys.sql", keys=len(some)), {**self._of_target, **numbered(some)})

    def _render(self, template: str) -> str:
        return render(f"ledger/{template}", files=self.context.files, bounded=bool(self._first))

    @cached_property
    def _periods(self) -> frozenset[Period] | None:
        """The periods that the run has read; None if these are all."""
        window, margin_days = self.context.window, self.context.source.margin_days
        return None if window.full else frozenset(window.periods(self.pattern.calendar, margin_days))

    @cached_property
    def _prefixes(self) -> list[str]:
        return [self.pattern.root] if self._periods is None else [self.pattern.prefix(item) for item in self._periods]

    @property
    def _first(self) -> str:
        return min(self._prefixes)

    @property
    def _values(self) -> dict[str, object]:
        """What a statement binds that reads a range of the target's entries, and not the whole ledger."""
        if not self._first:
            return self._of_target
        last = max(self._prefixes)
        # What begins with a text is before the text whose last character is the next one.
        return {**self._of_target, "first_key": self._first, "key_end": f"{last[:-1]}{chr(ord(last[-1]) + 1)}"}

    @property
    def _of_target(self) -> dict[str, object]:
        return {"target": target_name(self.target), "bucket": self.context.source.bucket}
