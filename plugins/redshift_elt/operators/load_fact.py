"""Load a table of events: overwrite the run's window with the staged rows."""

from __future__ import annotations

from typing import Any

from redshift_elt.loading.overwrite_window import OverwriteWindow
from redshift_elt.operators.load import LoadOperator


class LoadFactOperator(LoadOperator):
    """Overwrite the run's window in a table with what a SELECT yields, in one transaction.

    Rows of the window that the SELECT no longer yields are deleted, new rows are inserted, and equal rows are left
    alone: a load can be repeated, and writes nothing the second time. In the UTC days that the run reads, the same
    applies to windows that were loaded before: that is how late events are loaded. If several rows of one day have the
    same key, the earliest is kept, whatever the order in which they arrive. The SELECT runs after the target's lock is
    taken, so it reads what the loads before this one have committed.

    Arguments besides those of :class:`redshift_elt.operators.load.LoadOperator`:

    :param window_column: the target's column of event time; a UTC timestamp, never null.
    """

    def __init__(self, *, window_column: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.strategy = OverwriteWindow(window_column)
