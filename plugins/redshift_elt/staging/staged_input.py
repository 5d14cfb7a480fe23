"""One source as a task reads it: as its run has staged it, or as the task has staged it again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from redshift_elt.staging.period_ledger import PeriodLedger
from redshift_elt.staging.rejects import count_rejects
from redshift_elt.staging.summary import StagingSummary

if TYPE_CHECKING:
    from redshift_elt.connection.session import Session
    from redshift_elt.staging.ledger import Ledger, StagedCounts
    from redshift_elt.staging.objects_read import ObjectsRead
    from redshift_elt.staging.stage import SourceStaging
    from redshift_elt.staging.staging_result import Staged


@dataclass(frozen=True)
class StagedInput:
    """A source that a task reads.

    :param restaged: what the task has staged itself, in its transaction; None if it reads what the run has staged.
    :param temporary: whether it has staged that into temporary tables, because those of the run are gone.
    :param read: the objects that were read; None before :meth:`refreshed`, and if only the ledger was asked.
    :param counts: how much is staged, as far as it is known; see :meth:`staged_counts`.
    :param reported: what the staging task has reported; None if that is not known.
    """

    staging: SourceStaging
    restaged: Staged | None = None
    temporary: bool = False
    read: ObjectsRead | None = None
    counts: StagedCounts | None = None
    reported: StagingSummary | None = None

    @property
    def ledger(self) -> Ledger | None:
        """The ledger of the source, or None if every run stages all objects that it lists."""
        return self.staging.context.ledger

    @property
    def on_missing(self) -> str:
        """What happens to loaded rows whose objects are missing: ``keep``, ``fail`` or ``delete``."""
        return self.staging.context.source.on_missing

    def refreshed(self, session: Session, target: str) -> StagedInput:
        """Return the input after staging it again, if what the run has staged is not current.

        :param target: the table that is loaded; the caller holds its lock.
        """
        if self.temporary:
            # It was staged after the lock was taken.
            return replace(self, read=self.staging.objects_read(session))
        counts = self.ledger.staged(session) if self.ledger else None
        left_out = self.reported.left_out if self.reported else None
        read, restaged = self.staging.restage_if_changed(session, target, counts, left_out=left_out)
        return replace(self, restaged=restaged, read=read, counts=None if restaged else counts)

    def staged_counts(self, session: Session, ledger: Ledger) -> StagedCounts:
        """Return how much is staged of a source with a ledger."""
        return self.counts or ledger.staged(session)

    def without_loaded(self, session: Session, target: str) -> StagedInput:
        """Return the input after staging only what a target has not loaded, if it has loaded some of the objects.

        Otherwise what the run has staged is read, even if S3 has newer versions: later runs load them too.

        :param target: the table that is loaded; the caller holds its lock.
        """
        ledger = self.ledger
        if ledger is None or not (
            ledger.has_loaded(session, target) or ledger.is_older_than_full_load(session, target)
        ):
            return self
        restaged = self.staging.stage_only_new(session, target, temporary=self.temporary)
        return replace(self, restaged=restaged)

    def period_ledger(self, target: str) -> PeriodLedger | None:
        """Return the ledger of a source whose periods can have several objects; None for other sources.

        :param target: the table that is loaded; the caller holds its lock.
        """
        pattern = self.read.pattern if self.read else None
        if pattern is None or not pattern.has_globs or self.ledger:
            return None
        return PeriodLedger(self.staging.context, pattern, target)

    def rejected(self, session: Session) -> int:
        """Return how many records of the source COPY could not load."""
        return count_rejects(session, self.staging.context)

    @property
    def summary(self) -> StagingSummary | None:
        """How much was staged, or None if that is not known.

        The time of the task itself does not count as time of staging.
        """
        if self.restaged is None:
            return self.reported
        seconds = 0.0 if self.temporary else None if self.reported is None else self.reported.seconds
        return StagingSummary.of(self.staging.context.table, self.restaged, seconds)
