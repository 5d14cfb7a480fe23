"""The base class of the operators that load facts and dimensions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowFailException, AirflowSkipException

from redshift_elt.loading.append import Append, warn_of_new_versions
from redshift_elt.loading.audit_columns import AuditColumns
from redshift_elt.loading.definition import definition_of
from redshift_elt.loading.history import LoadRecord, earlier_try, record
from redshift_elt.loading.input_counts import InputCounts
from redshift_elt.loading.lock import LockTableMissingError, create_lock_table, lock_targets
from redshift_elt.loading.missing_objects import keeps_without_ledger, refuse_or_warn
from redshift_elt.loading.phases import COMMITTING, PREPARING, WAITING, WRITING
from redshift_elt.loading.row_counts import RowCounts
from redshift_elt.loading.target_load import Target
from redshift_elt.operators.arguments import arguments_of, sql_argument
from redshift_elt.operators.load_execution import LoadExecution
from redshift_elt.operators.placeholder_sources import check_placeholders, has_placeholders
from redshift_elt.operators.staged_by import check_consumers
from redshift_elt.operators.templates import unless_template
from redshift_elt.operators.uses_staging import UsesStagingOperator
from redshift_elt.run.on_missing import FAIL, KEEP
from redshift_elt.sql import identifiers

if TYPE_CHECKING:
    from airflow.sdk import Context

    from redshift_elt.connection.missing_privilege import TaskTables
    from redshift_elt.connection.refused_statement import Argument
    from redshift_elt.connection.session import Session
    from redshift_elt.integrations.lineage import DatasetNamespace, OperatorLineage
    from redshift_elt.loading.strategy import Strategy
    from redshift_elt.loading.target_load import TargetLoad
    from redshift_elt.run.period import Period
    from redshift_elt.run.window import Window
    from redshift_elt.staging.named_objects import NamedObjects
    from redshift_elt.staging.objects_read import ObjectsRead
    from redshift_elt.staging.period_ledger import PeriodLedger
    from redshift_elt.staging.staged_input import StagedInput


# The beginning of a query, after comments; a template can put it out.
_QUERY = re.compile(r"(?:\s|--[^\n]*|/\*.*?\*/|\()*(?:select\b|with\b|\{)", re.DOTALL | re.IGNORECASE)


class LoadOperator(UsesStagingOperator):
    """Load a target from what a run staged, in one transaction and under the target's lock.

    As soon as it has the lock, a load verifies that what was staged is still what S3 has or, with a ledger, that the
    target has loaded nothing newer and no full load has ended since. Otherwise it stages again. So no version of a file
    replaces a newer one, and no row that a full load has deleted comes back, however long the run waited. A load whose
    staging tasks report that they have neither listed nor staged anything writes its row of the history and no more.

    A load that changes no row is shown as skipped, unless an earlier try of its run changed one. A load that changes
    rows passes the window and the counts to the consumers of its Assets (``outlets``) in the extra of the event.

    :param table: the target, ``table`` or ``schema.table``; without a schema, it is in ``public``. Its lock, ledger,
        history and check results belong to the table in this schema only.
    :param select: a SELECT, or a ``.sql`` file with one, that yields columns of the target by name. The other columns
        of the target are left to their defaults: DEFAULT, IDENTITY or null. The load fails before anything is written
        if the SELECT yields a column that the target lacks, or does not yield one that is NOT NULL without a default.
    :param key: the column or columns that identify a row; never null.
    :param staged_by: the operators that stage what the SELECT reads.
    :param audit: columns of the target in which the load records the run, the time and the window, see
        :class:`redshift_elt.loading.audit_columns.AuditColumns`.
    """

    template_fields: Sequence[str] = (*UsesStagingOperator.template_fields, "table", "select")
    template_fields_renderers = {"select": "sql"}  # noqa: RUF012 - Airflow's own form

    strategy: Strategy

    def __init__(
        self,
        *,
        table: str,
        select: str,
        key: str | Sequence[str] | None,
        audit: AuditColumns | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        unless_template(identifiers.table, table)
        _check_select(select)
        self.table = table
        self.select = select
        self.key = () if key is None else identifiers.key(key)
        self.audit = audit
        # Read by the OpenLineage listener at the end of the task.
        self.counts: RowCounts | None = None

    @property
    def needs_all_objects(self) -> bool:
        """Whether a run must also stage objects that were loaded before: the load deletes rows that are not staged."""
        return self.strategy.needs_all_objects

    @property
    def appends(self) -> bool:
        """Whether the load appends each version of an object once, so that it needs to know which ones were staged."""
        return isinstance(self.strategy, Append)

    @property
    def overwrites_window(self) -> bool:
        """Whether the load deletes unstaged rows of its window and of the periods that its run has read."""
        return getattr(self.strategy, "window_column", None) is not None

    @property
    def compares_whole_periods(self) -> bool:
        """Whether a load that overwrites its window compares all that was loaded before, even if no object changed."""
        return False

    @property
    def ledger_target(self) -> str:
        """The table whose ledger records what the load has loaded."""
        return self.table

    @property
    def locked(self) -> Sequence[str]:
        """The tables whose locks the load takes."""
        return [self.table]

    @property
    def task_tables(self) -> TaskTables:
        """The target, the other tables that the load changes, and the templates."""
        return replace(super().task_tables, targets=self.locked)

    @property
    def written(self) -> Sequence[Argument]:
        """The SELECT, and the arguments with names of tables and columns."""
        names = arguments_of(table=self.table, key=self.key, strategy=self.strategy, audit=self.audit)
        return [sql_argument(self, "select"), *names]

    def lineage(self, namespace: DatasetNamespace) -> OperatorLineage[Any, Any]:
        """Return the tables that the SELECT reads, and the target with the origins of each of its columns."""
        from redshift_elt.integrations.lineage import (
            OperatorLineage,
            input_datasets,
            output_dataset,
            tables_and_columns,
        )

        tables, columns = tables_and_columns(self.select)
        return OperatorLineage(
            # Those are known even if the parser does not understand the SELECT.
            inputs=input_datasets(namespace, {*tables, *(operator.table for operator in self.staged_by)}),
            outputs=[output_dataset(namespace, self.table, self._rows_written, columns)],
        )

    def execute(self, context: Context) -> dict[str, int]:
        """Load the target and return how many rows were staged, inserted, updated, deleted, unchanged, and late.

        :raises AirflowSkipException: no row of the target had to change.
        :raises AirflowFailException: ``table`` has rendered to a value that cannot be a table.
        """
        self._refuse_wrong_names()
        window = self.window(context)
        target = Target(self.table, self.key, self.select)
        execution = LoadExecution.of(context, target, window, self.staged_by)
        if execution.has_nothing_to_load:
            counts, read = self.without_transaction(partial(self._load_nothing, execution))
        else:
            counts, read = self._load_locked(context, execution)
        self.counts = counts
        self.log.info("%s: %s, in %s; %s.", self.table, counts, execution.phases, read)
        return self._finish(context, window, counts)

    def check_audit(self) -> None:
        """Refuse audit columns that the load also uses otherwise; called when the strategy is known.

        :raises ValueError: see the message.
        """
        if self.audit is not None and not isinstance(self.audit, AuditColumns):
            raise ValueError(f"audit is {self.audit!r}: write AuditColumns(run_id='loaded_by'), or leave it out.")
        if self.audit:
            self.audit.check_others(self.key, self.strategy.named_columns)

    def check_sources(self) -> None:
        """Refuse sources that the strategy cannot use, as far as the DAG is known; called when the load is complete.

        :raises ValueError: see the message.
        """
        if self.appends and not self.staged_by:
            raise ValueError("Append() needs staged_by, the operators that stage what the SELECT reads with a prefix.")
        for source in self.staged_by:
            check_consumers(source, [self])
        check_placeholders({task.task_id: task for task in (*self.dag_tasks, self)}.values())

    def check_inputs(self, session: Session, inputs: Sequence[StagedInput]) -> None:
        """Refuse what was staged if the strategy cannot use it."""

    def after_strategy(self, load: TargetLoad, counts: RowCounts) -> RowCounts:  # noqa: ARG002
        """Update what depends on the target, in the same transaction, and return the counts of the load with it."""
        return counts

    def without_rows(self) -> RowCounts:
        """Return the counts of a load for which nothing was staged."""
        return RowCounts(deleted_by_source=0 if getattr(self.strategy, "deletes", None) else None)

    def record(self, session: Session, load: LoadRecord) -> None:
        """Write the load into the history."""
        record(session, load)

    @property
    def dag_tasks(self) -> Sequence[Any]:
        """The tasks of the DAG so far; none if the operator has no DAG yet."""
        dag = self.get_dag()
        return dag.tasks if dag else ()

    @property
    def _rows_written(self) -> int | None:
        counts = self.counts
        return counts.inserted + counts.updated + counts.late if counts else None

    def _load_nothing(self, execution: LoadExecution, session: Session) -> tuple[RowCounts, InputCounts]:
        """Write the row of the history of a load that has nothing to load, and return its counts."""
        read = InputCounts.total(execution.reported)
        return self._recorded(execution, execution.target_load(session), self.without_rows(), read), read

    def _load_locked(self, context: Context, execution: LoadExecution) -> tuple[RowCounts, InputCounts]:
        """Load under the locks of the targets, after creating lock tables that do not exist yet."""
        load = partial(
            self.on_staged,
            context,
            execution.window,
            work=partial(self._load_inputs, execution),
            lock=partial(self._lock, execution),
        )
        try:
            return load()
        except LockTableMissingError as error:
            self.log.info("%s The first load of a target creates it.", error)
        for locked in self.locked:
            self.transaction(partial(create_lock_table, target=locked))
        return load()

    def _lock(self, execution: LoadExecution, session: Session) -> None:
        execution.phases.enter(WAITING)
        lock_targets(session, self.locked)
        execution.phases.enter(PREPARING)

    def _load_inputs(
        self, execution: LoadExecution, session: Session, inputs: Sequence[StagedInput]
    ) -> tuple[RowCounts, InputCounts]:
        """Load what is staged, after staging again what is not current; return the counts of the load and its inputs.

        :param session: it holds the locks.
        """
        window = execution.window
        inputs = [
            self._current(session, replace(source, reported=summary), window)
            for source, summary in zip(inputs, execution.reported, strict=True)
        ]
        self.check_inputs(session, inputs)
        load = execution.target_load(
            session,
            audit=self.audit.values(execution.instance.run_id, window) if self.audit else {},
            definition=definition_of(execution.target, self.strategy, [source.staging.context for source in inputs]),
        )
        load, counts = self._change_target(load, inputs)
        read = InputCounts.total(source.summary for source in inputs)
        return self._recorded(execution, load, counts, read), read

    def _recorded(self, execution: LoadExecution, load: TargetLoad, counts: RowCounts, read: InputCounts) -> RowCounts:
        """Write the load into the history, and return the counts that the task reports."""
        execution.phases.enter(WRITING)
        self.record(load.session, LoadRecord.of(execution.instance, load, counts, read))
        if not counts.written:
            # If the answer to an earlier try's commit was lost, so were the counts of what that try did.
            counts = earlier_try(load.session, execution.instance, execution.window) or counts
        execution.phases.enter(COMMITTING)
        return counts

    def _change_target(self, load: TargetLoad, inputs: Sequence[StagedInput]) -> tuple[TargetLoad, RowCounts]:
        """Change the target, and record in its ledger which objects it has loaded.

        :param load: the load, without what follows from its inputs.
        """
        session, full = load.session, load.window.full
        ledgers = [(ledger, source.staged_counts(session, ledger)) for source in inputs if (ledger := source.ledger)]
        changed = any(staged.objects and ledger.has_changed(session, self.table) for ledger, staged in ledgers)
        if changed and self.appends and not full:
            warn_of_new_versions(session, self.table, (ledger for ledger, _ in ledgers))
        read, period_ledgers = self._objects_read(session, inputs)
        keep_missing = full and self._keeps_missing(session, inputs, read)
        load = replace(
            load,
            replace=changed,
            sources=read,
            keep_missing=keep_missing,
            has_placeholders=has_placeholders(self.table, self.dag_tasks),
            overwrites_window=self.overwrites_window,
            compares_whole_periods=self.compares_whole_periods,
        )
        if not full and len(ledgers) == len(inputs) > 0 and not any(staged.objects for _, staged in ledgers):
            # Without staged rows the SELECT has nothing to yield.
            counts = self.without_rows()
        else:
            counts = self.strategy.apply(load)
            load.phases.enter(WRITING)
            counts = self.after_strategy(load, counts)
        if full and ledgers and not keep_missing:
            ledgers[0][0].forget_all(session, self.table)
        for ledger, staged in ledgers:
            ledger.record(session, self.table, staged, keep_older=self.appends)
        for period_ledger, missing in period_ledgers:
            period_ledger.record(session, missing, load.reach or load.window.bounds)
        return load, counts

    def _objects_read(
        self, session: Session, inputs: Sequence[StagedInput]
    ) -> tuple[tuple[ObjectsRead, ...], list[tuple[PeriodLedger, Mapping[Period, NamedObjects]]]]:
        """Return what was read from the sources without a ledger, and which objects are missing in their periods."""
        read: list[ObjectsRead] = []
        ledgers: list[tuple[PeriodLedger, Mapping[Period, NamedObjects]]] = []
        for source in inputs:
            if source.read is None or source.ledger:
                continue
            missing: Mapping[Period, NamedObjects] = {}
            if self.overwrites_window and (ledger := source.period_ledger(self.table)):
                missing = ledger.missing(session)
                ledgers.append((ledger, missing))
            read.append(replace(source.read, missing=missing))
        return tuple(read), ledgers

    def _current(self, session: Session, source: StagedInput, window: Window) -> StagedInput:
        """Return an input after staging again what is not current."""
        if self.appends and not window.full:
            return source.without_loaded(session, self.table)
        return source.refreshed(session, self.table)

    def _keeps_missing(self, session: Session, inputs: Sequence[StagedInput], read: Sequence[ObjectsRead]) -> bool:
        """Return whether a full load keeps rows that are not staged, because objects are or may be missing from S3.

        :param read: what was read from the sources without a ledger.
        """
        keeps = self._keeps_missing_of_ledger(session, [source for source in inputs if source.ledger])
        # A strategy that needs all objects finds out by itself which periods were not read.
        return (not self.strategy.needs_all_objects and keeps_without_ledger(self.table, read)) or keeps

    def _keeps_missing_of_ledger(self, session: Session, sources: Sequence[StagedInput]) -> bool:
        """Return whether a full load keeps the rows of objects of the ledger that are missing.

        :raises AirflowFailException: there are such objects, and a source has ``on_missing="fail"``.
        """
        ledgers = [source.ledger for source in sources if source.ledger]
        if not ledgers:
            return False
        missing = ledgers[0].missing(session, self.table, ledgers[1:])
        rules = [source.on_missing for source in sources]
        if self.appends:
            # It cannot replace the rows of some objects and keep those of others.
            rules = [FAIL if rule == KEEP else rule for rule in rules]
        return refuse_or_warn(self.table, missing, rules)

    def _refuse_wrong_names(self) -> None:
        try:
            for table in self.locked:
                identifiers.target_name(table)
        except ValueError as error:
            # A template renders to the same value in every try.
            raise AirflowFailException(f"An argument of {self.task_id} cannot be used. {error}") from error

    def _finish(self, context: Context, window: Window, counts: RowCounts) -> dict[str, int]:
        if not counts.written:
            context["ti"].xcom_push(key="return_value", value=counts.as_xcom())
            raise AirflowSkipException(f"{self.table} is up to date: no row was written.")
        start, end = (moment.isoformat() for moment in window.bounds)
        for asset in self.outlets:
            extra: dict[str, Any] = {"window_start": start, "window_end": end, "full_load": window.full}
            extra |= counts.as_xcom()
            context["outlet_events"][asset].extra = extra
        return counts.as_xcom()


def _check_select(select: str) -> None:
    """Refuse what is neither a SELECT nor the name of a file.

    :raises ValueError: see the message.
    """
    if not isinstance(select, str) or not (select.endswith(".sql") or _QUERY.match(select)):
        raise ValueError(
            f"select is {select!r}: write a query, which begins with SELECT or WITH, or the name of a .sql file."
        )
