"""Load a table of events: overwrite the run's window, or merge the staged rows by key."""

from __future__ import annotations

from typing import Any

from redshift_elt.loading.merge_rows import MergeRows
from redshift_elt.loading.overwrite_window import OverwriteWindow
from redshift_elt.operators.load import LoadOperator

FactStrategy = OverwriteWindow | MergeRows


class LoadFactOperator(LoadOperator):
    """Load a table of events with what a SELECT yields, in one transaction.

    Give exactly one of ``strategy`` and ``window_column``:

    :class:`redshift_elt.loading.overwrite_window.OverwriteWindow`
        Rows of the run's window that the SELECT no longer yields are deleted, new rows are inserted, and equal rows are
        left alone: a load can be repeated, and writes nothing the second time. In the UTC days that the run reads, the
        same applies to windows that were loaded before: that is how late events are loaded. If several rows of one day
        have the same key, the earliest is kept, whatever the order in which they arrive.
    :class:`redshift_elt.loading.merge_rows.MergeRows`
        Staged rows are inserted, or update the row with the same key by the rule of the strategy, such as
        ``MergeRows(latest_by="updated_at")``. Use it if rows change after their window. A window deletes no row.

    The SELECT runs after the target's lock is taken, so it reads what the loads before this one have committed.

    Arguments besides those of :class:`redshift_elt.operators.load.LoadOperator`:

    :param strategy: how staged rows become rows of the target.
    :param window_column: short for ``strategy=OverwriteWindow(window_column)``: the target's column of event time; a
        UTC timestamp, never null.
    :raises ValueError: both or none of them are given, or the strategy is not one for facts.
    """

    def __init__(
        self, *, strategy: FactStrategy | None = None, window_column: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.strategy = _chosen(strategy, window_column)


def _chosen(strategy: FactStrategy | None, window_column: str | None) -> FactStrategy:
    if (strategy is None) == (window_column is None):
        raise ValueError(
            "Give exactly one of window_column and strategy: window_column='start_time' with the column of event time, "
            "which is short for strategy=OverwriteWindow('start_time'), or strategy=MergeRows(latest_by='updated_at')."
        )
    if window_column is not None:
        return OverwriteWindow(window_column)
    if not isinstance(strategy, FactStrategy):
        raise ValueError(
            f"strategy is {strategy!r}, which is not for facts: write OverwriteWindow('start_time') or "
            "MergeRows(latest_by='updated_at'), or use LoadDimensionOperator."
        )
    return strategy
