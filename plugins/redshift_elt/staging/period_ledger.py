"""The ledger of a source whose periods can have several objects: which of them a target has loaded.

COPY does not say which object a row comes from. So if some objects of a period are missing, a load that overwrites the
period would delete their rows without the ledger.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from redshift_elt.run.on_missing import DELETE
from redshift_elt.sql.identifiers import target_name
from redshift_elt.sql.render import ROWS_PER_INSERT, numbered, render

if TYPE_CHECKING:
    from redshift_elt.connection.session import Session
    from redshift_elt.run.period import Period
    from redshift_elt.staging.key_pattern import KeyPattern
    from redshift_elt.staging.staging_context import StagingContext


@dataclass(frozen=True)
class PeriodLedger:
    """The entries of one source in the ledger of one target.

    :param target: the table that is loaded; the caller holds its lock.
    """

    context: StagingContext
    pattern: KeyPattern
    target: str

    def missing(self, session: Session) -> frozenset[str]:
        """Return the keys that the target has loaded, of periods that the run has read, but that it has not read."""
        periods = self._periods
        return frozenset(
            key
            for (key,) in session.fetch(self._render("unread_objects.sql"), self._values)
            if (period := self.pattern.period(key)) is not None and (periods is None or period in periods)
        )

    def record(self, session: Session, missing: Collection[str], overwritten: tuple[datetime, datetime]) -> None:
        """Record what the run has staged, and forget what is missing if the source has ``on_missing="delete"``.

        Entries that are the same already are not written.

        :param overwritten: the time of which the load has deleted all rows that it has not read; UTC, without a zone.
            An object is remembered if rows of its period can be left.
        """
        if self.context.source.on_missing == DELETE:
            # Rows of the objects within the margin are deleted only by a run of their own period.
            first, last = overwritten
            periods = {key: self.pattern.period(key) for key in sorted(missing)}
            self._forget(
                session,
                [key for key, period in periods.items() if period and first <= period.start <= period.end <= last],
            )
        for template in ("forget_replaced_objects.sql", "record_new_objects.sql"):
            session.execute(self._render(template), self._values)

    def _forget(self, session: Session, keys: list[str]) -> None:
        for number in range(0, len(keys), ROWS_PER_INSERT):
            some = [{"object_key": key} for key in keys[number : number + ROWS_PER_INSERT]]
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
