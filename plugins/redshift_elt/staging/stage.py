"""Stage a source: discover its objects, copy them into the run's tables, check the rows; again if they have changed."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from redshift_elt.checks.recording import record_results
from redshift_elt.checks.reporting import fail_if_any_failed
from redshift_elt.checks.run_checks import run_checks
from redshift_elt.run.clock import now
from redshift_elt.sql.identifiers import bare
from redshift_elt.sql.render import render
from redshift_elt.staging.copy_failure import explain_copy
from redshift_elt.staging.discover import discover
from redshift_elt.staging.drift.detect import detect_drift
from redshift_elt.staging.file_tables import FileTables
from redshift_elt.staging.manifests import Manifests
from redshift_elt.staging.rejects import FoundRejects
from redshift_elt.staging.restage_periods import ChangedPeriods
from redshift_elt.staging.run_copy import SourceCopy
from redshift_elt.staging.staging_result import Staged
from redshift_elt.staging.tables_of_runs import refuse_too_many, tables_of_template
from redshift_elt.staging.verify_current import current_objects, objects_read, refuse_changed

if TYPE_CHECKING:
    from redshift_elt.checks.result import Result
    from redshift_elt.connection.session import Session
    from redshift_elt.staging.ledger import StagedCounts
    from redshift_elt.staging.objects_read import ObjectsRead
    from redshift_elt.staging.run_copy import CopiedSource
    from redshift_elt.staging.staged_objects import StagedObjects
    from redshift_elt.staging.staging_context import StagingContext

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SourceStaging:
    """The staging of one source by one task.

    The run has two tables for the source: the staged rows, and the objects that they come from, in the versions that S3
    listed.
    """

    context: StagingContext

    @cached_property
    def manifests(self) -> Manifests:
        """The manifests that are written for COPY."""
        return Manifests(self.context)

    @property
    def table(self) -> str:
        """The run's staging table."""
        return self.context.table

    def stage(self, session: Session) -> Staged:
        """Stage what the run needs, instead of what an earlier try has staged, and check it.

        The results of the checks are committed with the rows; the caller fails after that if a check has failed.

        :raises AirflowFailException: a name is wrong, see the message; a field has no column; or runs that failed have
            left too many staging tables.
        :raises ColumnsToAddError: a field has no column, and the caller has to add one.
        """
        existing = tables_of_template(session, self.context.source.table)
        refuse_too_many(self.context.source.table, existing)
        if of_earlier_try := [name for name, _ in self._tables if name in existing]:
            session.execute(render("stage/drop_tables.sql", tables=of_earlier_try))
        for name, template in self._tables:
            session.execute(render("stage/create_table.sql", name=name, like=template))
        staged = self._fill(session, can_add_columns=True)
        record_results(session, self.context.dag_run, self.context.window, staged.results)
        return staged

    def restage_if_changed(
        self, session: Session, target: str, counts: StagedCounts | None, *, left_out: int | None
    ) -> tuple[ObjectsRead | None, Staged | None]:
        """Stage again if what the run has staged is not what S3 has or, with a ledger, if the target has newer objects.

        :param target: the table that is loaded; the caller holds its lock.
        :param counts: how much the run has staged, if the source has a ledger.
        :param left_out: how many rows were left out when the run staged the source; None if that is not known.
        :return: the objects that were read, unless the ledger was asked; and what was staged again, if it was.
        :raises AirflowFailException: a check of the rows has failed, so they must not be loaded.
        """
        ledger = self.context.ledger
        if ledger and counts and not self.context.window.full:
            read, current = None, not (counts.objects and ledger.has_newer(session, target))
        else:
            read = current_objects(session, self.context)
            current = read is not None
        if current:
            return read, None
        log.info("The objects of %s have changed since they were staged. They are staged again.", self.table)
        staged = self._restage(session, left_out)
        fail_if_any_failed(staged.results, "Nothing was loaded.")
        return self.objects_read(session), staged

    def objects_read(self, session: Session) -> ObjectsRead | None:
        """Return the objects that were staged; None if the ledger of the source knows them."""
        return None if self.context.ledger else objects_read(session, self.context)

    def stage_temporarily(self, session: Session) -> Staged:
        """Stage what the run needs into temporary tables, because the tables of the run are gone.

        :raises AirflowFailException: a check of the rows has failed, so they must not be loaded.
        """
        log.info(
            "The staging table %s was dropped when the run succeeded. Staging its files again in a temporary table.",
            self.table,
        )
        self._create_temporary(session)
        return self._fill_for_load(session)

    def stage_only_new(self, session: Session, target: str, *, temporary: bool) -> Staged:
        """Stage in temporary tables what a target has not loaded, instead of what the run has staged.

        The tables of the run stay as they are, because other loads of the run read them.

        :param target: the table that is loaded; the caller holds its lock.
        :param temporary: whether the temporary tables exist already.
        :raises AirflowFailException: a check of the rows has failed, so they must not be loaded.
        """
        log.info("%s has loaded objects of %s since they were staged. Only the others are staged.", target, self.table)
        source = replace(self.context.source, ledger_targets=(target,))
        alone = SourceStaging(replace(self.context, source=source, always_list=True, staged_before=True))
        if temporary:
            self._empty(session)
        else:
            self._create_temporary(session)
        staged = alone._fill_for_load(session)
        alone.delete_manifests()
        return staged

    def explain(self, session: Session, error: Exception) -> Exception:
        """Return the error to raise for a staging that failed, as :func:`.copy_failure.explain_copy` does."""
        source = self.context.source
        return explain_copy(session, error, paths=source.paths_file, limit=source.max_rejects)

    def delete_manifests(self) -> None:
        """Delete the manifests that were written for COPY."""
        self.manifests.delete()

    @property
    def _tables(self) -> list[tuple[str, str]]:
        """The run's tables, each with the permanent table that it is created like."""
        return [(self.context.files, self.context.template_of_files), (self.context.table, self.context.source.table)]

    def _create_temporary(self, session: Session) -> None:
        """Create temporary tables, which hide those of the run from the session."""
        for name, template in self._tables:
            session.execute(render("table/create_temporary.sql", name=bare(name), like=template))

    def _empty(self, session: Session) -> None:
        for name, _ in self._tables:
            session.execute(render("table/empty.sql", name=name))

    def _restage(self, session: Session, left_out: int | None) -> Staged:
        """Stage the periods again whose objects have changed, if it is known which rows are theirs; else everything."""
        source = self.context.source
        pattern = source.key_pattern
        # The rows that were left out of the other periods are not counted again.
        if pattern is None or source.window_column is None or source.margin_days or left_out != 0:
            self._empty(session)
            return self._fill(session, can_add_columns=False)
        changed = ChangedPeriods(session, self.context, pattern, self.manifests)
        return self.complete(session, *changed.stage())

    def _fill(self, session: Session, *, can_add_columns: bool) -> Staged:
        tables = FileTables(session, self.context, self.manifests)
        rejects = FoundRejects(tables)
        objects = discover(tables, began_at=now())
        detect_drift(session, self.context, objects, can_add=can_add_columns)
        copied = SourceCopy(session, self.context, self.manifests, rejects).copy(objects)
        return self.complete(session, rejects, objects, copied)

    def complete(self, session: Session, rejects: FoundRejects, objects: StagedObjects, copied: CopiedSource) -> Staged:
        """Check what was copied, store the rejects, and return how much was staged.

        :raises AirflowException: an object has changed since it was listed, and the source needs exact versions.
        """
        if copied.rows:
            # The loads join the rows.
            session.execute(render("table/analyze.sql", name=self.table))
        if self.context.source.exact_versions:
            refuse_changed(self.context, objects)
        if objects.count or not self._keeps_earlier_rejects:
            rejects.store(only_of_staged=self._keeps_earlier_rejects)
        return Staged(
            objects=copied.objects,
            size=copied.size,
            rows=copied.rows,
            left_out=copied.left_out,
            rejected=copied.rejected,
            listed=objects.listed,
            results=self._check(session, empty=not objects.count),
        )

    def _fill_for_load(self, session: Session) -> Staged:
        # The run's tables, and the SELECT of the load, do not know columns that are added now.
        staged = self._fill(session, can_add_columns=False)
        fail_if_any_failed(staged.results, "Nothing was loaded.")
        return staged

    @property
    def _keeps_earlier_rejects(self) -> bool:
        """Whether the rejects of objects that are not staged stay.

        With a ledger, a retry does not read the objects again that an earlier try has loaded.
        """
        return self.context.ledger is not None and not self.context.window.full

    def _check(self, session: Session, *, empty: bool) -> tuple[Result, ...]:
        """Check the staged rows; if there are none, only if a check may fail because of that."""
        source = self.context.source
        if empty and all(check.passes_without_rows for check in source.checks):
            return ()
        return tuple(run_checks(session, self.context.window, source.checks, {source.table: self.table}))
