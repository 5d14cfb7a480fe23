"""Overwrite the rows of a table that are in a scope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from redshift_elt.loading.phases import WRITING
from redshift_elt.loading.temporary_tables import TemporaryTables
from redshift_elt.sql.render import numbered, render

if TYPE_CHECKING:
    from redshift_elt.connection.columns import Columns
    from redshift_elt.loading.row_scope import RowScope
    from redshift_elt.loading.target_load import TargetLoad
    from redshift_elt.run.period import Calendar

_NONE: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True)
class Differences:
    """How a table differs from the fresh rows of a load.

    :param stale: the number of rows of the table in the scope that are not fresh.
    :param new: the number of fresh rows that the table does not have.
    :param calendars: see :meth:`ScopedTable.compare`.
    :param held: the number of rows of the table in the scope, without rows whose objects were not all read.
    :param fresh: the number of fresh rows, without such rows.
    :param fresh_in_window: the number of fresh rows in the run's own window.
    :param new_in_window: how many of them are new.
    :param keys: the number of keys that the fresh rows have; known if no window is overwritten.
    :param displaced: the number of keys that a fresh row has and, outside of the scope, a staged row of the same period
        that comes after it; known if it was asked for.
    """

    stale: int
    new: int
    calendars: Sequence[Calendar] = ()
    held: int = 0
    fresh: int = 0
    fresh_in_window: int = 0
    new_in_window: int = 0
    keys: int = 0
    displaced: int = 0

    def __bool__(self) -> bool:
        """Return whether there are any."""
        return bool(self.stale or self.new)


@dataclass(frozen=True)
class ScopedTable:
    """A table whose rows in a scope are replaced with the rows of a load's SELECT.

    Only rows that differ are written, so a load that is repeated writes nothing.

    :param table: the target, or the table of its records.
    :param columns: the columns of the table that the load writes.
    """

    load: TargetLoad
    table: str
    columns: Columns
    scope: RowScope

    @property
    def temporary(self) -> TemporaryTables:
        """The temporary tables of the table."""
        return TemporaryTables(self.table)

    def keep_fresh_rows(self, *, again: bool = False) -> int:
        """Keep what the SELECT yields in the scope, each distinct row once; return the number of rows.

        :param again: whether these rows replace those of another scope.
        """
        self._begin_fresh_rows(again)
        rows = self._execute("fill_fresh.sql", select=self.load.target.select)
        if rows and not self.scope.intervals:
            # They are joined with the table by their keys.
            self.load.analyze(self.temporary.fresh)
        return rows

    def keep_fresh_rows_by_key(
        self, window_column: str, ranked: RowScope | None, *, with_displaced: bool, again: bool
    ) -> None:
        """Keep what the SELECT yields in the scope, one row for each key and period.

        :param ranked: a larger scope, whose rows compete for a key; None if those of the scope do.
        :param with_displaced: with ``ranked``: keep one row more of each key that has a row in the scope and, outside
            of it, a row that loses against it.
        :param again: whether these rows replace those of another scope.
        """
        self._begin_fresh_rows(again)
        self._execute(
            "fill_fresh_by_key.sql",
            select=self.load.target.select,
            window_column=window_column,
            calendars=self.load.calendars,
            rank_all=any(source.pattern is None for source in self.load.sources),
            ranked=ranked and replace(ranked, inline=True),
            with_displaced=with_displaced,
        )

    def compare(
        self, *, delete: bool, calendars: Sequence[Calendar] = (), overwritten: str = "", narrowed: bool = False
    ) -> Differences:
        """Compare the table with the fresh rows in the scope, and write nothing.

        :param delete: whether rows in the scope that are not fresh are to be deleted.
        :param calendars: the divisions of time in whose periods each key has one row; none if a key has any number.
        :param overwritten: the column of event time of a target whose window is overwritten; empty for other tables.
        :param narrowed: with ``overwritten``: whether the fresh rows can have displaced ones outside of the scope.
        :raises AirflowFailException: a fresh row has a null in its key.
        """
        start, end = self.load.window.bounds
        values = {**self.scope.values, "window_start": start, "window_end": end}
        names = {"delete": delete, "calendars": calendars, "overwritten": overwritten, "narrowed": narrowed}
        null_keys, stale, new, *others = self.load.session.fetch(
            self._render("count_differences.sql", **names), values
        )[0]
        self.load.refuse_null_keys(null_keys)
        if overwritten:
            held, fresh, fresh_in_window, new_in_window, *displaced = others
            return Differences(
                stale, new, calendars, held, fresh, fresh_in_window, new_in_window, displaced=sum(displaced)
            )
        return Differences(stale, new, calendars, keys=others[0])

    def write(self, differences: Differences) -> None:
        """Delete the stale rows and insert the new ones. Their temporary tables exist only if they have rows."""
        inline = replace(self.scope, inline=True)
        if differences.stale:
            self._execute("create_stale.sql", scope=inline, calendars=differences.calendars)
        if differences.new:
            self._execute("create_new.sql", scope=inline)
        self.load.phases.enter(WRITING)
        if differences.stale:
            self._execute("delete_stale.sql")
        if differences.new:
            audit = self.load.audit if self.table == self.load.target.table else {}
            self._execute("insert_new.sql", numbered([audit]), audit=audit)

    def fetch(self, template: str, **names: Any) -> list[tuple[Any, ...]]:
        """Send a query of the folder ``sql/load`` about the scope, and return its rows."""
        return self.load.session.fetch(self._render(template, **names), self.scope.values)

    def _begin_fresh_rows(self, again: bool) -> None:
        if again:
            # Not dropped and created: the driver prepares statements for a table once.
            self.load.session.execute(render("table/empty.sql", name=self.temporary.fresh))
        else:
            self.load.create_temporary(self.temporary.fresh, self.table, self.columns)

    def _execute(self, template: str, values: Mapping[str, object] = _NONE, **names: Any) -> int:
        return self.load.session.execute(self._render(template, **names), {**self.scope.values, **values})

    def _render(self, template: str, **names: Any) -> str:
        own = {"table": self.table, "temporary": self.temporary, "columns": self.columns, "scope": self.scope}
        return self.load.render(template, **own | names)
