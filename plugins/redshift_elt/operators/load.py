"""What loading a fact and loading a dimension have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowSkipException

from redshift_elt.loading.inputs import LoadInputs
from redshift_elt.operators.uses_staging import UsesStagingOperator
from redshift_elt.sql import bookkeeping, identifiers
from redshift_elt.staging.summary import StagingSummary

if TYPE_CHECKING:
    from redshift_elt.connection.session import Session
    from redshift_elt.integrations.lineage import OperatorLineage, Place
    from redshift_elt.loading.phases import Phases
    from redshift_elt.loading.row_counts import RowCounts
    from redshift_elt.run.window import Window
    from redshift_elt.staging.staged_input import StagedInput


class LoadOperator(UsesStagingOperator):
    """Load a target from what a run staged, in one transaction and under the target's lock.

    Once it has the lock, a load makes sure that what was staged is what S3 has now, and stages it again where it is
    not; so no version of a file is put in the place of a newer one, however long the run waited. A load that changes
    no row is shown as skipped, unless an earlier try of its run did. One that does tells the consumers of its Assets
    (``outlets``) the window and the counts in the event's extra.

    :param table: the target.
    :param select: a SELECT, or a ``.sql`` file with one, that yields the target's columns by name.
    :param key: the column or columns that tell one row from another; never null.
    :param staged_by: the operators that stage what the SELECT reads.
    """

    template_fields: Sequence[str] = (*UsesStagingOperator.template_fields, "table", "select")
    template_fields_renderers = {"select": "sql"}  # noqa: RUF012 - Airflow's own form
    needs_all_objects = True

    def __init__(
        self,
        *,
        table: str,
        select: str,
        key: str | Sequence[str],
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        identifiers.check_table(table)
        self.table = table
        self.select = select
        self.key = identifiers.key(key)
        # Read by the OpenLineage listener at the end of the task.
        self.counts: RowCounts | None = None

    @property
    def locked(self) -> Sequence[str]:
        """The tables whose locks the load takes."""
        return [self.table]

    def load(self, session: Session, context: Mapping[str, Any], window: Window, phases: Phases) -> RowCounts:
        """Change the target, in the caller's transaction, and tell the clock when that begins."""
        raise NotImplementedError

    def lineage(self, place: Place) -> OperatorLineage:
        """Return the tables that the SELECT reads, and the target with what each of its columns comes from."""
        from redshift_elt.integrations.lineage import OperatorLineage, read, reads, written

        tables, columns = reads(self.select)
        return OperatorLineage(
            # Those are known also where the parser does not understand the SELECT.
            inputs=read(place, {*tables, *(operator.table for operator in self.staged_by)}),
            outputs=[written(place, self.table, self._rows_written, columns)],
        )

    @property
    def _rows_written(self) -> int | None:
        counts = self.counts
        return counts.inserted + counts.updated + counts.late if counts else None

    def execute(self, context: Mapping[str, Any]) -> dict[str, int]:
        """Load the target and return how many rows were staged, inserted, updated, deleted, unchanged, and late.

        :raises AirflowSkipException: no row of the target had to change.
        """
        from redshift_elt.loading.history import earlier_try, record
        from redshift_elt.loading.phases import COMMITTING, PREPARING, WAITING, WRITING, Phases
        from redshift_elt.run.clock import now

        phases = Phases()
        started = now()
        window = self.window(context)
        reported = [
            StagingSummary.from_xcom(context["ti"].xcom_pull(task_ids=operator.task_id)) for operator in self.staged_by
        ]

        def lock(session: Session) -> None:
            phases.enter(WAITING)
            session.execute(bookkeeping.lock(self.locked))
            phases.enter(PREPARING)

        def load(session: Session, inputs: Sequence[StagedInput]) -> tuple[RowCounts, LoadInputs]:
            inputs = [one.refreshed(session, self.table) for one in inputs]
            counts = self.load(session, context, window, phases)
            phases.enter(WRITING)
            staged = LoadInputs.total(one.summary(task) for one, task in zip(inputs, reported, strict=True))
            record(session, context, self.table, window, counts, staged, phases, started)
            # The answer to an earlier try's commit may have been lost, and with it the news of what it did.
            done = counts if counts.written else earlier_try(session, context, window) or counts
            phases.enter(COMMITTING)
            return done, staged

        counts, staged = self.on_staged(context, window, load, lock)
        self.counts = counts
        self.log.info("%s: %s, in %s; %s.", self.table, counts, phases, staged)
        return self._finish(context, window, counts)

    def _finish(self, context: Mapping[str, Any], window: Window, counts: RowCounts) -> dict[str, int]:
        if not counts.written:
            context["ti"].xcom_push(key="return_value", value=counts.as_xcom())
            raise AirflowSkipException(f"{self.table} holds what it should already: no row was written.")
        start, end = (moment.isoformat() for moment in window.bounds)
        for asset in self.outlets:
            extra = {"window_start": start, "window_end": end, "full_load": window.full, **counts.as_xcom()}
            context["outlet_events"][asset].extra = extra
        return counts.as_xcom()
