"""The strategy for tables of events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import AirflowException

from redshift_elt.loading.loaded_periods import LoadedPeriods
from redshift_elt.loading.missing_objects import keep_lost_hours, kept_intervals
from redshift_elt.loading.row_counts import RowCounts
from redshift_elt.loading.row_scope import within
from redshift_elt.loading.scoped_table import ScopedTable
from redshift_elt.loading.written_columns import refuse_missing, refuse_other_than_time
from redshift_elt.sql import identifiers

if TYPE_CHECKING:
    from redshift_elt.loading.scoped_table import Differences
    from redshift_elt.loading.target_load import TargetLoad


@dataclass(frozen=True)
class OverwriteWindow:
    """Replace the target's rows in the run's window with the rows of the SELECT.

    Windows that were loaded earlier are overwritten too if they are in the periods that the run reads: the days of its
    window with a key pattern of days, the hours with one of hours. This loads late events. They are not compared if
    neither the objects of the period nor the SELECT have changed since. A source without periods changes the run's
    window alone, and an hour of which it has no rows any more keeps its rows, unless it has ``on_missing="delete"``. If
    several rows of one period, by default a UTC day, have the same key, the earliest is kept, and nothing is
    logged. A ``Unique`` check of the staged rows detects such rows.

    :param window_column: the target's column of event time; a UTC timestamp, never null.
    """

    window_column: str

    def __post_init__(self) -> None:
        identifiers.identifier(self.window_column)

    @property
    def named_columns(self) -> tuple[str, ...]:
        """The columns of the target that the arguments name."""
        return (self.window_column,)

    @property
    def needs_all_objects(self) -> bool:
        """Whether every run must stage all objects of its window: yes, rows that are not staged are deleted."""
        return True

    def apply(self, load: TargetLoad) -> RowCounts:
        """Write what differs.

        :raises AirflowFailException: a key is null, or the SELECT does not yield the key and the column of event time.
        :raises AirflowException: the target and the staged rows differ in number.
        """
        refuse_missing(load.columns, (*load.target.key, self.window_column), load.target.table)
        refuse_other_than_time(load.columns, self.window_column, load.target.table)
        periods = LoadedPeriods.of(load, load.columns.names, load.described.rows)
        table, found = self._compare(load, periods)
        if periods.contradicted_by(found):
            periods = periods.widened()
            table, found = self._compare(load, periods, again=True)
        if found:
            table.write(found)
            [(held,)] = table.fetch("count_held.sql")
        else:
            held = found.held
        if held != found.fresh:
            raise AirflowException(
                f"{table.table} has {held:,} rows, but {found.fresh:,} were staged: another program writes to the "
                "table, or it had duplicate rows. The load was rolled back; the task can be retried."
            )
        periods.record()
        return RowCounts(
            found.fresh_in_window,
            inserted=found.new_in_window,
            deleted=found.stale,
            unchanged=found.fresh_in_window - found.new_in_window,
            late=found.new - found.new_in_window,
        )

    def _compare(
        self, load: TargetLoad, periods: LoadedPeriods, *, again: bool = False
    ) -> tuple[ScopedTable, Differences]:
        """Compare what the load has to compare; return the table with its scope, and how it differs.

        :param again: whether less was compared before.
        """
        kept = kept_intervals(load, load.target.table, within(self.window_column, periods.compared))
        scope = within(self.window_column, periods.compared, kept)
        table = ScopedTable(load, load.target.table, load.columns, scope)
        ranked = within(self.window_column, periods.loaded) if periods.narrowed else None
        table.keep_fresh_rows_by_key(self.window_column, ranked, with_displaced=not periods.loaded_before, again=again)
        table = keep_lost_hours(table, self.window_column)
        found = table.compare(
            delete=True, calendars=load.calendars, overwritten=self.window_column, narrowed=periods.narrowed
        )
        return table, found
