"""Load a table of events: inside the run's window it holds exactly what was staged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from redshift_elt.operators.load import LoadOperator
from redshift_elt.sql import identifiers

if TYPE_CHECKING:
    from redshift_elt.connection.session import Session
    from redshift_elt.loading.phases import Phases
    from redshift_elt.loading.row_counts import RowCounts
    from redshift_elt.run.window import Window


class LoadFactOperator(LoadOperator):
    """Overwrite the run's window in a table with what a SELECT yields, in one transaction.

    Rows of the window that the SELECT no longer yields are deleted, new ones inserted, equal ones left alone: a load
    may be repeated, and writes nothing the second time. In the UTC days that the run reads, the same is done for the
    windows that were loaded before: that is how an event that arrived late comes in. Of several rows with one key on
    one day the earliest stays, whatever the order in which they arrive. The SELECT runs after the target's lock is
    taken, so what it joins is not older than what the loads before this one have committed.

    Arguments beside those of :class:`redshift_elt.operators.load.LoadOperator`:

    :param window_column: the target's column of event time; a UTC timestamp, never null.
    """

    def __init__(self, *, window_column: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        identifiers.identifier(window_column)
        self.window_column = window_column

    def load(self, session: Session, context: Mapping[str, Any], window: Window, phases: Phases) -> RowCounts:  # noqa: ARG002
        """Overwrite the window."""
        from redshift_elt.loading.history import loaded_windows
        from redshift_elt.loading.strategies import overwrite_window

        loaded = loaded_windows(session, self.table, window)
        return overwrite_window(session, self.table, self.select, self.key, self.window_column, window, loaded, phases)
