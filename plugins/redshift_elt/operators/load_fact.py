"""Load a table of events: inside the run's window it holds exactly what was staged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from redshift_elt.operators.base import WarehouseOperator
from redshift_elt.statements import bookkeeping, names

if TYPE_CHECKING:
    from redshift_elt.loads import RowCounts
    from redshift_elt.transaction import Session


class LoadFactOperator(WarehouseOperator):
    """Overwrite the run's window in a table with what a SELECT yields, in one transaction.

    Rows of the window that the SELECT no longer yields are deleted, new ones inserted, equal ones left alone: a load
    may be repeated, and writes nothing the second time. Of several rows with one key, the first in the order of its
    values stays, whatever the order in which they arrive. The SELECT runs after the target's lock is taken, so what it
    joins is not older than what the loads before this one have committed.

    :param table: the target.
    :param select: a SELECT, or a ``.sql`` file with one, that yields the target's columns by name.
    :param key: the column or columns that tell one row from another; never null.
    :param window_column: the target's column of event time; a UTC timestamp, never null.
    """

    template_fields: Sequence[str] = (*WarehouseOperator.template_fields, "table", "select")
    template_fields_renderers = {"select": "sql"}  # noqa: RUF012 - Airflow's own form

    def __init__(self, *, table: str, select: str, key: str | Sequence[str], window_column: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        names.check_table(table)
        names.identifier(window_column)
        self.table = table
        self.select = select
        self.key = names.key(key)
        self.window_column = window_column

    def execute(self, context: Mapping[str, Any]) -> dict[str, int]:
        """Load the window and return the numbers of rows staged, inserted, deleted and unchanged."""
        from redshift_elt.audit import now, record
        from redshift_elt.load_failure import explain_load
        from redshift_elt.loads import overwrite_window

        started = now()
        window = self.window(context)

        def load(session: Session) -> RowCounts:
            session.execute(bookkeeping.lock([self.table]))
            counts = overwrite_window(session, self.table, self.select, self.key, self.window_column, window)
            record(session, context, self.table, window, counts, started)
            return counts

        counts = self.transaction(load, explain_load)
        self.log.info("%s: %s, in %.1f s.", self.table, counts, (now() - started).total_seconds())
        return counts.as_xcom()
