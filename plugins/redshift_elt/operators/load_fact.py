"""Load a table of events: overwrite the run's window, append what is new, or merge the staged rows by key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from redshift_elt.loading.append import Append
from redshift_elt.loading.merge_rows import MergeRows
from redshift_elt.loading.overwrite_window import OverwriteWindow
from redshift_elt.operators.load import LoadOperator

FactStrategy = OverwriteWindow | Append | MergeRows


class LoadFactOperator(LoadOperator):
    """Load a table of events with what a SELECT yields, in one transaction.

    Give exactly one of ``strategy`` and ``window_column``:

    :class:`redshift_elt.loading.overwrite_window.OverwriteWindow`
        Rows of the run's window that the SELECT no longer yields are deleted, new rows are inserted, and equal rows are
        left alone: a load can be repeated, and writes nothing the second time. In the UTC days that the run reads, the
        same applies to windows that were loaded before: that is how late events are loaded. If several rows of one day
        have the same key, the earliest is kept, whatever the order in which they arrive.
    :class:`redshift_elt.loading.append.Append`
        The rows of each version of an object are appended exactly once. Rows are not compared, so the cost follows what
        is new. The sources need a ``prefix``.
    :class:`redshift_elt.loading.merge_rows.MergeRows`
        Staged rows are inserted, or update the row with the same key by the rule of the strategy, such as
        ``MergeRows(latest_by="updated_at")``. Use it if rows change after their window. Only a full load deletes rows.

    The SELECT runs after the target's lock is taken, so it reads what the loads before this one have committed.

    Arguments besides those of :class:`redshift_elt.operators.load.LoadOperator`:

    :param strategy: how staged rows become rows of the target.
    :param window_column: short for ``strategy=OverwriteWindow(window_column)``: the target's column of event time; a
        UTC timestamp, never null.
    :param key: the column or columns that identify a row; never null. Not with ``Append``, which compares no rows.
    :raises ValueError: both or none of ``strategy`` and ``window_column`` are given, the strategy is not one for facts,
        or the key or the sources do not fit it.
    """

    def __init__(
        self,
        *,
        strategy: FactStrategy | None = None,
        window_column: str | None = None,
        key: str | Sequence[str] | None = None,
        **kwargs: Any,
    ) -> None:
        chosen = _chosen(strategy, window_column)
        super().__init__(key=_checked(key, chosen), **kwargs)
        self.strategy = chosen
        self.check_sources()


def _chosen(strategy: FactStrategy | None, window_column: str | None) -> FactStrategy:
    if (strategy is None) == (window_column is None):
        raise ValueError(
            "Give exactly one of window_column and strategy: window_column='start_time' with the column of event time, "
            "which is short for strategy=OverwriteWindow('start_time'); strategy=Append(); or "
            "strategy=MergeRows(latest_by='updated_at')."
        )
    if window_column is not None:
        return OverwriteWindow(window_column)
    if not isinstance(strategy, FactStrategy):
        raise ValueError(
            f"strategy is {strategy!r}, which is not for facts: write OverwriteWindow('start_time'), Append() or "
            "MergeRows(latest_by='updated_at'), or use LoadDimensionOperator."
        )
    return strategy


def _checked(key: str | Sequence[str] | None, strategy: FactStrategy) -> str | Sequence[str] | None:
    """Return the key of a fact; there is none if rows are only appended."""
    if isinstance(strategy, Append) and key is not None:
        raise ValueError(
            f"Append() compares no rows, so the key {key!r} has no effect: leave key out, or write "
            "strategy=OverwriteWindow('start_time') or MergeRows(latest_by='updated_at') for one row per key."
        )
    if key is None and not isinstance(strategy, Append):
        raise ValueError("key is missing: write the column or columns that identify a row, such as key='order_id'.")
    return key
