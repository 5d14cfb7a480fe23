"""Overwrite the rows of a table that are in a scope."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from redshift_elt.loading.phases import WRITING
from redshift_elt.loading.temporary_tables import TemporaryTables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from redshift_elt.connection.columns import Columns
    from redshift_elt.loading.row_scope import RowScope
    from redshift_elt.loading.target_load import TargetLoad
    from redshift_elt.run.period import Calendar


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

    def keep_fresh_rows(self) -> int:
        """Keep what the SELECT yields in the scope, each distinct row once; return the number of rows."""
        self.load.create_temporary(self.temporary.fresh, self.table, self.columns)
        return self._execute("fill_fresh.sql", select=self.load.target.select)

    def keep_fresh_rows_by_key(self, window_column: str) -> int:
        """Keep what the SELECT yields in the scope, one row for each key and period; return the number of rows."""
        self.load.create_temporary(self.temporary.fresh, self.table, self.columns)
        return self._execute(
            "fill_fresh_by_key.sql",
            select=self.load.target.select,
            window_column=window_column,
            calendars=self.load.calendars,
            rank_all=any(source.pattern is None for source in self.load.sources),
        )

    def overwrite(self, *, delete: bool, calendars: Sequence[Calendar] = ()) -> tuple[int, int]:
        """Write what differs, and return how many rows were deleted and how many were inserted.

        :param delete: whether rows in the scope that are not fresh are deleted.
        :param calendars: the divisions of time in whose periods each key has one row; none if a key has any number.
        """
        self.load.create_temporary(self.temporary.stale, self.table, self.columns)
        stale = self._execute("fill_stale.sql", calendars=calendars) if delete else 0
        self.load.create_temporary(self.temporary.new, self.table, self._stored)
        new = self._execute("fill_new.sql")
        self.load.phases.enter(WRITING)
        if stale:
            self._execute("delete_stale.sql")
        if new:
            self.insert_new()
        return stale, new

    def fetch(self, template: str, **names: Any) -> list[tuple[Any, ...]]:
        """Send a query of the folder ``sql/load`` about the scope, and return its rows."""
        query = self.load.render(template, table=self.table, temporary=self.temporary, scope=self.scope, **names)
        return self.load.session.fetch(query, self.scope.values)

    def insert_new(self) -> int:
        """Insert the rows of the temporary table ``new``, and return their number."""
        if self._is_target:
            self.load.set_audit_values(self.temporary.new)
        return self._execute("insert_new.sql", stored=self._stored)

    @property
    def _is_target(self) -> bool:
        """Whether the table is the target; records have no audit columns."""
        return self.table == self.load.target.table

    @property
    def _stored(self) -> Columns:
        """The columns of the rows to insert."""
        return self.columns.followed_by(self.load.audit) if self._is_target else self.columns

    def _execute(self, template: str, **names: Any) -> int:
        return self.load.execute(
            template,
            self.scope.values,
            table=self.table,
            temporary=self.temporary,
            columns=self.columns,
            scope=self.scope,
            **names,
        )
