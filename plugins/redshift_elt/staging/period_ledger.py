"""The ledger of a source whose periods can have several objects: which of them a target has loaded.

COPY does not say which object a row comes from. So if some objects of a period are missing, a load that overwrites the
period would delete their rows without the ledger.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from redshift_elt.run.on_missing import DELETE
from redshift_elt.sql.identifiers import target_name
from redshift_elt.sql.render import ROWS_PER_INSERT, numbered, render
from redshift_elt.staging.ledger import Ledger

if TYPE_CHECKING:
    from redshift_elt.connection.session import Session
    from redshift_elt.run.window import Window
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

    def missing(self, session: Session, window: Window) -> frozenset[str]:
        """Return the keys that the target has loaded, of periods that the run has read, but that it has not read."""
        periods = None if window.full else window.periods(self.pattern.calendar, self.context.source.margin_days)
        prefixes = [self.pattern.root] if periods is None else [self.pattern.prefix(period) for period in periods]
        first, last = min(prefixes), max(prefixes)
        query = render("ledger/unread_objects.sql", files=self.context.files, bounded=bool(first))
        # What begins with a text is before the text whose last character is the next one.
        values = {"first": first, "end": f"{last[:-1]}{chr(ord(last[-1]) + 1)}"} if first else {}
        found = {key for (key,) in session.fetch(query, {**self._values, **values})}
        return frozenset(
            key
            for key in found
            if (period := self.pattern.period(key)) is not None and (periods is None or period in periods)
        )

    def record(self, session: Session, missing: Collection[str]) -> None:
        """Record what the run has staged, and forget what is missing if the source has ``on_missing="delete"``.

        If the ledger has all of it in the same version, nothing is written.
        """
        if self.context.source.on_missing == DELETE:
            # Rows of the objects within the margin are deleted only by a run of their own period.
            window = self.context.window
            periods = None if window.full else window.periods(self.pattern.calendar)
            gone = (key for key in missing if periods is None or self.pattern.period(key) in periods)
            self._forget(session, sorted(gone))
        Ledger((self.target,), self.context.files).record_new(session, self.target)

    def _forget(self, session: Session, keys: list[str]) -> None:
        for number in range(0, len(keys), ROWS_PER_INSERT):
            some = [{"object_key": key} for key in keys[number : number + ROWS_PER_INSERT]]
            session.execute(render("ledger/forget_keys.sql", keys=len(some)), {**self._values, **numbered(some)})

    @property
    def _values(self) -> dict[str, object]:
        return {"target": target_name(self.target), "bucket": self.context.source.bucket}
