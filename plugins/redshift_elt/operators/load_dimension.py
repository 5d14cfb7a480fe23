"""Load a dimension: take over, key by key, what the staged rows say anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from redshift_elt.operators.base import WarehouseOperator
from redshift_elt.staging import files_table
from redshift_elt.statements import bookkeeping, names
from redshift_elt.statements.merge import Choice

if TYPE_CHECKING:
    from redshift_elt.loads import RowCounts
    from redshift_elt.transaction import Session
    from redshift_elt.window import Window


class LoadDimensionOperator(WarehouseOperator):
    """Merge into a table the rows of a SELECT that change it, in one transaction.

    Staged rows are reduced to one a key, together with the row that the target has for the key, by rules that do not
    depend on the order in which rows or runs arrive. What then differs from the target is merged into it; where
    nothing differs, nothing is written. A full load makes the table hold the staged keys and no others.

    :param table: the target.
    :param select: a SELECT, or a ``.sql`` file with one, that yields the target's columns by name.
    :param key: the column or columns that tell one row from another; never null.
    :param choices: how the rows with one key become one row; together the choices name every column but the key.
        Without choices, the row that is first in the order of its values is taken whole.
    :param window_column: the target's column of event time; only rows inside the run's window count. None for rows
        without event time.
    :param replace: a staged row replaces the target's row, instead of competing with it; for a source whose newest
        file is the truth.
    :param ledger: the staging table whose objects the target has taken over with this load; they are recorded in the
        ledger in the same transaction. None where no ledger is kept.
    :param after_merge: a statement, or a ``.sql`` file with one, for tables that depend on this one: it runs in the
        same transaction when rows have changed, and may read what changed from the temporary table ``<table>__delta``.
    :param after_merge_writes: the tables that ``after_merge`` changes; their locks are taken too.
    """

    template_fields: Sequence[str] = (*WarehouseOperator.template_fields, "table", "select", "after_merge")
    template_fields_renderers = {"select": "sql", "after_merge": "sql"}  # noqa: RUF012 - Airflow's own form

    def __init__(
        self,
        *,
        table: str,
        select: str,
        key: str | Sequence[str],
        choices: Sequence[Choice] = (),
        window_column: str | None = None,
        replace: bool = False,
        ledger: str | None = None,
        after_merge: str | None = None,
        after_merge_writes: Sequence[str] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        names.check_table(table)
        if window_column is not None:
            names.identifier(window_column)
        if ledger is not None:
            names.table(ledger)
        if bool(after_merge) != bool(after_merge_writes):
            raise ValueError("Give after_merge together with after_merge_writes, the tables that it changes.")
        self.table = table
        self.select = select
        self.key = names.key(key)
        self.choices = tuple(choices)
        self.window_column = window_column
        self.replace = replace
        self.ledger = ledger
        self.after_merge = after_merge
        self.after_merge_writes = names.several(after_merge_writes, "after_merge_writes")

    def execute(self, context: Mapping[str, Any]) -> dict[str, int]:
        """Load the table and return the numbers of rows staged, inserted, updated, deleted and unchanged."""
        from redshift_elt.audit import now, record
        from redshift_elt.load_failure import explain_load
        from redshift_elt.loads import merge_delta

        started = now()
        window = self.window(context)

        def load(session: Session) -> RowCounts:
            session.execute(bookkeeping.lock([self.table, *self.after_merge_writes]))
            counts = merge_delta(
                session,
                self.table,
                self.select,
                self.key,
                self.choices,
                self.window_column,
                window,
                replace=self.replace,
            )
            if self.after_merge and (counts.inserted or counts.updated or counts.deleted):
                changed = session.execute(self.after_merge)
                self.log.info("%s: %s rows follow the change.", ", ".join(self.after_merge_writes), f"{changed:,}")
            if self.ledger:
                self._record_files(session, files_table(self.ledger, context["dag_run"]), window)
            record(session, context, self.table, window, counts, started)
            return counts

        counts = self.transaction(load, explain_load)
        self.log.info("%s: %s, in %.1f s.", self.table, counts, (now() - started).total_seconds())
        return counts.as_xcom()

    def _record_files(self, session: Session, files: str, window: Window) -> None:
        """Say in the ledger which objects the target has; a full load has left it with these and no others."""
        if window.full:
            session.execute(bookkeeping.forget_all_files(self.table))
            session.execute(bookkeeping.record_files(self.table, files))
            return
        staged, recorded = session.fetch(bookkeeping.count_recorded(self.table, files))[0]
        if recorded:
            session.execute(bookkeeping.forget_files(self.table, files))
        if staged:
            session.execute(bookkeeping.record_files(self.table, files))
