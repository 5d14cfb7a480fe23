"""Load a dimension: take over, key by key, what the staged rows say anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from redshift_elt.loading.phases import WRITING
from redshift_elt.operators.load import LoadOperator
from redshift_elt.run.names import files_table
from redshift_elt.sql import identifiers, temporary
from redshift_elt.sql.merge import Choice
from redshift_elt.staging.ledger import Ledger, StagedFiles

if TYPE_CHECKING:
    from redshift_elt.connection.session import Session
    from redshift_elt.integrations.lineage import OperatorLineage, Place
    from redshift_elt.loading.phases import Phases
    from redshift_elt.loading.row_counts import RowCounts
    from redshift_elt.run.window import Window


class LoadDimensionOperator(LoadOperator):
    """Merge into a table the rows of a SELECT that change it, in one transaction.

    The rows with one key are reduced to one by rules that do not depend on the order in which rows or runs arrive.
    What then differs from the target is merged into it; where nothing differs, nothing is written. A full load makes
    the table hold what is staged and nothing else.

    Arguments beside those of :class:`redshift_elt.operators.load.LoadOperator`:

    :param choices: how the rows with one key become one row; together the choices name every column but the key.
        Without choices, the row that is first in the order of its values is taken whole.
    :param records: a table that keeps the rows of the SELECT one by one, so that the target's row can be found anew
        when a corrected file takes one of them back. It has the target's columns, and maybe more, which the SELECT
        yields too. None: a row that is taken back stays until the next full load.
    :param records_key: the columns of ``records`` that tell what a record is about, where that is not a time: the
        records of a changed object replace those with the same key.
    :param window_column: the column of event time of ``records``: the records of the run's window, and of windows
        loaded before in the days that it reads, are exactly those that the SELECT yields.
    :param ledger: the staging table whose objects the target has taken over with this load; they are recorded in the
        ledger in the same transaction. None where no ledger is kept.
    :param after_merge: a statement, or a ``.sql`` file with one, for tables that depend on this one: it runs in the
        same transaction when rows have changed, and may read what was merged from the temporary table
        ``<table>__delta`` and what was deleted from ``<table>__gone``.
    :param after_merge_writes: the tables that ``after_merge`` changes; their locks are taken too.
    """

    template_fields: Sequence[str] = (*LoadOperator.template_fields, "after_merge")
    template_fields_renderers = {"select": "sql", "after_merge": "sql"}  # noqa: RUF012 - Airflow's own form

    def __init__(
        self,
        *,
        choices: Sequence[Choice] = (),
        records: str | None = None,
        records_key: str | Sequence[str] | None = None,
        window_column: str | None = None,
        ledger: str | None = None,
        after_merge: str | None = None,
        after_merge_writes: Sequence[str] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if records is not None:
            identifiers.table(records)
        if (records is not None) != ((records_key is None) != (window_column is None)):
            raise ValueError("Give records together with either window_column or records_key, or none of the three.")
        if window_column is not None:
            identifiers.identifier(window_column)
        if ledger is not None:
            identifiers.table(ledger)
        if bool(after_merge) != bool(after_merge_writes):
            raise ValueError("Give after_merge together with after_merge_writes, the tables that it changes.")
        self.choices = tuple(choices)
        self.records = records
        self.records_key = identifiers.key(records_key) if records_key is not None else None
        self.window_column = window_column
        self.ledger = ledger
        self.after_merge = after_merge
        self.after_merge_writes = identifiers.several(after_merge_writes, "after_merge_writes")

    @property
    def needs_all_objects(self) -> bool:
        """Whether a run must stage objects that have been loaded before: it then overwrites its window's records."""
        return self.window_column is not None

    @property
    def ledger_target(self) -> str:
        """The table whose ledger records what the load has loaded."""
        return self.table

    @property
    def locked(self) -> Sequence[str]:
        """The tables whose locks the load takes."""
        return [self.table, *self.after_merge_writes]

    def load(self, session: Session, context: Mapping[str, Any], window: Window, phases: Phases) -> RowCounts:
        """Merge what changes the table, and say in the ledger what it has taken over."""
        ledger = Ledger([self.table], files_table(self.ledger, context["dag_run"])) if self.ledger else None
        staged = ledger.staged(session) if ledger else StagedFiles(0, 0)
        changed = bool(ledger and staged.objects and ledger.has_changed(session, self.table))
        counts = self._merge(session, window, phases, replace=changed)
        phases.enter(WRITING)
        if self.after_merge and counts.written:
            follow = session.execute(self.after_merge)
            self.log.info("%s: %s rows follow the change.", ", ".join(self.after_merge_writes), f"{follow:,}")
        if ledger:
            ledger.record(session, self.table, staged, full=window.full)
        return counts

    def lineage(self, place: Place) -> OperatorLineage:
        """Return what a load has, and the records and what follows from a change beside the target."""
        from redshift_elt.integrations.lineage import OperatorLineage, read, reads, written

        lineage = super().lineage(place)
        outputs = list(lineage.outputs)
        if self.records is not None:
            _, columns = reads(self.select)
            # The SELECT yields what only the records have, too; the choices tell which columns are the target's.
            of_target = {*self.key, *(name for choice in self.choices for name in choice.columns)}
            known = {name: origins for name, origins in columns.items() if self.choices and name in of_target}
            outputs = [
                written(place, self.table, self._rows_written, known),
                written(place, self.records, None, columns),
            ]
        outputs += [written(place, table) for table in self.after_merge_writes]
        inputs = {dataset.name: dataset for dataset in lineage.inputs}
        if self.after_merge:
            tables, _ = reads(self.after_merge, own=[temporary.name(self.table, part) for part in ("delta", "gone")])
            inputs |= {dataset.name: dataset for dataset in read(place, tables)}
        for dataset in outputs:
            inputs.pop(dataset.name, None)
        return OperatorLineage(inputs=list(inputs.values()), outputs=outputs)

    def _merge(self, session: Session, window: Window, phases: Phases, *, replace: bool) -> RowCounts:
        from redshift_elt.loading.history import loaded_windows
        from redshift_elt.loading.strategies import fresh_keys, merge_records, merge_rows
        from redshift_elt.sql.scope import EVERYTHING, within

        if self.records is None:
            return merge_rows(
                session, self.table, self.select, self.key, self.choices, phases, replace=replace, full=window.full
            )
        if window.full:
            scope = EVERYTHING
        elif self.window_column is not None:
            loaded = loaded_windows(session, self.table, window)
            scope = within(self.window_column, window.with_others(loaded))
        else:
            scope = fresh_keys(self.records, self.records_key)
        return merge_records(
            session,
            self.table,
            self.records,
            scope,
            self.select,
            self.key,
            self.choices,
            phases,
            take_back=replace or window.full or self.window_column is not None,
            full=window.full,
        )
