"""Stage a source period by period, and commit each of them.

A try of the task that is interrupted leaves what it has committed, and the next one continues with the other periods.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Protocol, TypeVar

from airflow.providers.common.compat.sdk import AirflowException

from redshift_elt.checks.recording import record_results
from redshift_elt.run.clock import now
from redshift_elt.sql.identifiers import bare
from redshift_elt.sql.render import render
from redshift_elt.staging.checkpoints import Checkpoints, StagingTakenOverError, explain_missing
from redshift_elt.staging.discover import discover
from redshift_elt.staging.drift.detect import detect_drift
from redshift_elt.staging.earlier_files import EarlierFiles
from redshift_elt.staging.file_tables import FileTables
from redshift_elt.staging.rejects import FoundRejects
from redshift_elt.staging.run_copy import CopiedSource, SourceCopy
from redshift_elt.staging.source_definition import changed_names, columns_differ, definition_of
from redshift_elt.staging.tables_of_runs import refuse_too_many, tables_of_template

if TYPE_CHECKING:
    from datetime import datetime

    from redshift_elt.connection.session import Session
    from redshift_elt.run.period import Period
    from redshift_elt.staging.key_pattern import KeyPattern
    from redshift_elt.staging.stage import SourceStaging
    from redshift_elt.staging.staged_objects import StagedObjects
    from redshift_elt.staging.staging_context import StagingContext
    from redshift_elt.staging.staging_result import Staged

log = logging.getLogger(__name__)

Result = TypeVar("Result")

# A month of days.
MOST_AT_ONCE = 31


class Transact(Protocol):
    """Runs work in one transaction, as :meth:`redshift_elt.operators.base.WarehouseOperator.transaction` does."""

    def __call__(
        self, work: Callable[[Session], Result], explain: Callable[[Session, Exception], Exception], /
    ) -> Result:
        """Return the result of the work."""


@dataclass(frozen=True)
class _Plan:
    """What is staged.

    :param objects: all objects; the session that copies them is another one.
    :param periods: their periods, in the order of time.
    """

    objects: StagedObjects
    periods: Sequence[Period]


@dataclass(frozen=True)
class StagingByPeriod:
    """One try of a task that stages a source period by period.

    The first transaction lists the objects, or compares them with those of an earlier try. Each of the next ones copies
    a period. The last one checks the rows and gives the tables the names that loads read.

    :param staging: the staging, in tables that are not finished.
    :param transact: runs a transaction.
    """

    staging: SourceStaging
    pattern: KeyPattern
    transact: Transact
    claim: str = field(default_factory=lambda: uuid.uuid4().hex)

    @classmethod
    def of(cls, staging: SourceStaging, transact: Transact) -> StagingByPeriod | None:
        """Return the try for a staging; None if it is one transaction.

        A load of many periods, which are copied one by one, takes as long as their history. For a few, one transaction
        has fewer statements.
        """
        context, pattern = staging.context, staging.context.source.key_pattern
        if pattern is None or context.source.window_column is None or _is_short(context, pattern):
            return None
        return cls(replace(staging, context=replace(context, unfinished=True)), pattern, transact)

    def stage(self) -> Staged:
        """Stage what the run needs, and check it, as :meth:`.SourceStaging.stage` does.

        :raises StagingTakenOverError: another try of the task works on the staging.
        """
        plan = self._transact(self._begin) or self._transact(self._continue) or self._transact(self._begin)
        if plan is None:
            raise StagingTakenOverError(
                f"Another try of this task has begun to fill {self._context.table}. This try ends, and can be retried."
            )
        staged = self._transact(partial(self._copy, plan))
        self.staging.delete_manifests()
        return staged

    @property
    def _context(self) -> StagingContext:
        return self.staging.context

    @cached_property
    def _checkpoints(self) -> Checkpoints:
        return Checkpoints(self._context, self.claim)

    def _transact(self, work: Callable[[Session], Result]) -> Result:
        return self.transact(work, lambda session, error: self.staging.explain(session, explain_missing(error)))

    def _copier(self, session: Session, rejected: int = 0) -> SourceCopy:
        rejects = FoundRejects(self._tables(session), self._checkpoints.tables.rejects, rejected)
        return SourceCopy(session, self._context, self.staging.manifests, rejects)

    def _begin(self, session: Session) -> _Plan | None:
        """Create the tables and list the objects; return None if an earlier try has done so."""
        template = self._context.source.table
        existing = tables_of_template(session, template)
        refuse_too_many(template, existing)
        if self._checkpoints.tables.periods in existing:
            return None
        self._checkpoints.create(session)
        objects = self._discover(session)
        detect_drift(session, self._context, objects, can_add=True)
        self._copier(session).check_paths_file()
        self._checkpoints.begin(session, definition_of(self._context))
        return _Plan(objects, objects.periods(self.pattern))

    def _continue(self, session: Session) -> _Plan | None:
        """Forget what of an earlier try is out of date; if nothing of it can be used, drop it and return None."""
        self._checkpoints.lock(session)
        self._copier(session).check_paths_file()
        earlier = EarlierFiles(session, self._context)
        earlier.set_aside()
        objects = self._discover(session)
        copied = self._checkpoints.copied(session)
        changed = earlier.changed_periods()
        max_left_out = self._context.source.max_left_out
        again = [start for start, period in copied.items() if start in changed or period.is_above(max_left_out)]
        if reason := self._reason_to_begin_anew(session, again):
            log.warning("What an earlier try has staged is dropped, and everything is staged again: %s.", reason)
            self._checkpoints.drop(session)
            return None
        self._checkpoints.take_over(session)
        for period in map(self._period, sorted(again)):
            log.info("%s is copied again, because its objects or max_left_out have changed.", period)
            earlier.delete_rows(period)
            earlier.delete_rejects(period, self._checkpoints.tables.rejects)
            self._checkpoints.forget(session, period)
        earlier.keep_without_rows()
        detect_drift(session, self._context, objects, can_add=True)
        return _Plan(objects, objects.periods(self.pattern))

    def _discover(self, session: Session) -> StagedObjects:
        return discover(self._tables(session), began_at=now())

    def _tables(self, session: Session) -> FileTables:
        return FileTables(session, self._context, self.staging.manifests)

    def _period(self, start: datetime) -> Period:
        return self.pattern.calendar.period_at(start)

    def _reason_to_begin_anew(self, session: Session, again: Collection[datetime]) -> str | None:
        """Return why what an earlier try has staged cannot be used, or None.

        :param again: the beginnings of the copied periods that have to be copied again.
        """
        source = self._context.source
        if changed := changed_names(self._checkpoints.definition(session), definition_of(self._context)):
            return f"the source is defined differently now ({', '.join(changed)})"
        if columns_differ(session, self._context.table, source.table):
            return f"the columns of {source.table} have changed"
        if again and source.margin_days:
            first = self._period(min(again))
            return f"objects of {first} have changed, and with margin_days it is not known which rows are theirs"
        if (rejected := self._checkpoints.count_rejects(session)) > source.max_rejects.most:
            return f"{rejected:,} records were rejected, more than max_rejects allows now"
        return None

    def _copy(self, plan: _Plan, session: Session) -> Staged:
        """Copy the periods that are left, commit each of them, and finish the staging.

        All transactions share one session: connecting takes longer than copying a small period, and the masking of
        secrets in logs takes longer with each temporary password.
        """
        self._checkpoints.lock_own(session)
        copied = self._checkpoints.copied(session)
        rejected = self._checkpoints.count_rejects(session)
        pending = [period for period in plan.periods if period.start not in copied]
        log.info("%s of %s periods are copied already.", f"{len(copied):,}", f"{len(plan.periods):,}")
        for number, period in enumerate(pending, 1):
            rejected += self._copy_period(plan, period, rejected, session).rejected
            session.commit()
            log.info("Copied and committed: %s (%s of %s).", period, f"{number:,}", f"{len(pending):,}")
            self._checkpoints.lock_own(session)
        return self._finish(plan, session)

    def _copy_period(self, plan: _Plan, period: Period, rejected: int, session: Session) -> CopiedSource:
        """Copy a period, and note that."""
        incoming = session.numbered(f"{bare(self._context.source.table)}__incoming")
        objects = plan.objects.of_period(period, session)
        copied = self._copier(session, rejected).copy_period(incoming, period, objects, rejected)
        session.execute(render("stage/drop_tables.sql", tables=[incoming]))
        self._checkpoints.record(session, period, copied)
        return copied

    def _finish(self, plan: _Plan, session: Session) -> Staged:
        """Check what was copied, and give the tables the names that loads read."""
        objects = replace(plan.objects, session=session)
        total = self._total(session, objects)
        copier = self._copier(session, total.rejected)
        copier.check_kept(total)
        copier.check_share(total)
        staged = self.staging.complete(session, copier.rejects, objects, total)
        record_results(session, self._context.dag_run, self._context.window, staged.results)
        self._checkpoints.finish(session)
        return staged

    def _total(self, session: Session, objects: StagedObjects) -> CopiedSource:
        """Return what the transactions of all tries have copied.

        :raises AirflowException: a period has not been copied.
        """
        copied = self._checkpoints.copied(session)
        if missing := {period.start for period in objects.periods(self.pattern)} - copied.keys():
            raise AirflowException(
                f"{self._period(min(missing))} was not copied into {self._context.table}, although the staging should "
                "be complete. Nothing was loaded; the task can be retried."
            )
        count, size = objects.totals()
        return CopiedSource(
            objects=count,
            size=size,
            rows=sum(period.rows for period in copied.values()),
            left_out=sum(period.left_out for period in copied.values()),
            rejected=self._checkpoints.count_rejects(session),
        )


def _is_short(context: StagingContext, pattern: KeyPattern) -> bool:
    """Return whether a run reads so few periods that they are staged in one transaction."""
    window, margin_days = context.window, context.source.margin_days
    return not window.full and len(window.periods(pattern.calendar, margin_days)) <= MOST_AT_ONCE
