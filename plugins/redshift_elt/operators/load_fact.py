"""Load a table of events: overwrite the run's window, append what is new, or merge the staged rows by key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from redshift_elt.loading.append import Append
from redshift_elt.loading.history import record_placeholders
from redshift_elt.loading.merge_rows import MergeRows
from redshift_elt.loading.overwrite_window import OverwriteWindow
from redshift_elt.loading.placeholders import Placeholder
from redshift_elt.operators.arguments import arguments_of
from redshift_elt.operators.load import LoadOperator
from redshift_elt.operators.placeholder_sources import latest_by_of
from redshift_elt.run.several import several_of

if TYPE_CHECKING:
    from redshift_elt.connection.refused_statement import Argument
    from redshift_elt.connection.session import Session
    from redshift_elt.integrations.lineage import DatasetNamespace, OperatorLineage
    from redshift_elt.loading.history import LoadRecord
    from redshift_elt.loading.row_counts import RowCounts
    from redshift_elt.loading.target_load import TargetLoad

FactStrategy = OverwriteWindow | Append | MergeRows


class LoadFactOperator(LoadOperator):
    """Load a table of events with what a SELECT yields, in one transaction.

    Give exactly one of ``strategy`` and ``window_column``:

    :class:`redshift_elt.loading.overwrite_window.OverwriteWindow`
        Rows of the run's window that the SELECT no longer yields are deleted, new rows are inserted, and equal rows are
        left alone: a load can be repeated, and writes nothing the second time. In the periods that the run reads, such
        as the days of a ``key_pattern`` of days, the same applies to windows that were loaded before: that is how late
        events are loaded. If several rows of one period have the same key, the earliest is kept, whatever the order in
        which they arrive. A source with a ``key_pattern`` needs ``window_column`` too.
    :class:`redshift_elt.loading.append.Append`
        The rows of each version of an object are appended exactly once. Rows are not compared, so the cost follows what
        is new. The sources need a ``prefix``.
    :class:`redshift_elt.loading.merge_rows.MergeRows`
        Staged rows are inserted, or update the row with the same key by the rule of the strategy, such as
        ``MergeRows(latest_by="updated_at")``. Use it if rows change after their window.
        Rows are deleted by rows of the source, with ``deletes``, and by full loads.

    The SELECT runs after the target's lock is taken, so it reads what the loads before this one have committed.

    Arguments besides those of :class:`redshift_elt.operators.load.LoadOperator`:

    :param strategy: how staged rows become rows of the target.
    :param window_column: short for ``strategy=OverwriteWindow(window_column)``: the target's column of event time; a
        UTC timestamp, never null.
    :param key: the column or columns that identify a row; never null. Not with ``Append``, which compares no rows.
    :param placeholders: the dimensions into which the load inserts a row for each key that they lack, such as
        ``[Placeholder(dimension="customers", columns={"customer_id": "customer_id"})]``: so each row of the fact has
        its row in the dimension, even if it arrives first. The load takes the locks of these tables too. Their own
        loads must have ``latest_by``, with a nullable column, so that a row of their source always wins over a
        placeholder. If such a load is in the same DAG, that is checked, and its full load keeps placeholders.
    :raises ValueError: both or none of ``strategy`` and ``window_column`` are given, the strategy is not one for facts,
        or the key or the sources do not fit it.
    """

    def __init__(
        self,
        *,
        strategy: FactStrategy | None = None,
        window_column: str | None = None,
        key: str | Sequence[str] | None = None,
        placeholders: Sequence[Placeholder] = (),
        **kwargs: Any,
    ) -> None:
        chosen = _chosen(strategy, window_column)
        super().__init__(key=_checked(key, chosen), **kwargs)
        self.strategy = chosen
        self.placeholders = several_of(
            "placeholders", placeholders, Placeholder, "[Placeholder('customers', {'customer_id': 'customer_id'})]"
        )
        # Read by the OpenLineage listener, as the counts are.
        self.placeholder_rows: dict[str, int] = {}
        self.check_audit()
        self.check_sources()

    @property
    def locked(self) -> Sequence[str]:
        """The tables whose locks the load takes."""
        return list(dict.fromkeys([self.table, *(placeholder.dimension for placeholder in self.placeholders)]))

    @property
    def written(self) -> Sequence[Argument]:
        """What every load has, and the placeholders."""
        return [*super().written, *arguments_of(placeholders=self.placeholders)]

    @property
    def compares_whole_periods(self) -> bool:
        """Whether a load compares all that was loaded before: to insert placeholders for all rows that were staged."""
        return bool(self.placeholders)

    def after_strategy(self, load: TargetLoad, counts: RowCounts) -> RowCounts:
        """Insert the placeholders."""
        rows: Counter[str] = Counter()
        if self.placeholders:
            load.analyze(load.temporary.fresh)
        for placeholder in self.placeholders:
            latest_by = latest_by_of(placeholder.dimension, self.dag_tasks)
            rows[placeholder.dimension] += placeholder.insert(load, latest_by)
        self.placeholder_rows = dict(rows)
        return replace(counts, placeholders=rows.total() if self.placeholders else None)

    def without_rows(self) -> RowCounts:
        """Return the counts of a load for which nothing was staged."""
        return replace(super().without_rows(), placeholders=0 if self.placeholders else None)

    def record(self, session: Session, load: LoadRecord) -> None:
        """Write the load into the history, and the placeholders as rows of their dimensions."""
        super().record(session, load)
        for dimension, rows in self.placeholder_rows.items():
            if rows:
                record_placeholders(session, load, dimension, rows)

    def lineage(self, namespace: DatasetNamespace) -> OperatorLineage[Any, Any]:
        """Return what every load has, and the dimensions that get placeholders."""
        from redshift_elt.integrations.lineage import OperatorLineage, output_dataset

        lineage = super().lineage(namespace)
        dimensions = [output_dataset(namespace, table, self.placeholder_rows.get(table)) for table in self.locked[1:]]
        return OperatorLineage(inputs=lineage.inputs, outputs=[*lineage.outputs, *dimensions])


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
