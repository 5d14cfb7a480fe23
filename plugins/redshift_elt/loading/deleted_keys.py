"""The memory of deleted keys: when the source deleted each of them.

Without it, an update that is older than a delete, but arrives in a later run, would bring a deleted row back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from redshift_elt.loading.row_scope import EVERYTHING, with_fresh_key
from redshift_elt.loading.scoped_table import ScopedTable
from redshift_elt.loading.temporary_tables import TemporaryTables
from redshift_elt.sql.bookkeeping import DELETED, table_of_target

if TYPE_CHECKING:
    from redshift_elt.connection.columns import Columns
    from redshift_elt.loading.target_load import TargetLoad


@dataclass(frozen=True)
class DeletedKeys:
    """The bookkeeping table of a target's deleted keys, each with the latest ``latest_by`` of a row that deletes it.

    The first load that needs the table creates it, in its own transaction and under the lock of the target.

    :param rebuild: whether the load replaces what the table has.
    """

    load: TargetLoad
    latest_by: str
    rebuild: bool

    @property
    def table(self) -> str:
        """The name of the table, with its schema."""
        return table_of_target(DELETED, self.load.target.table)

    @property
    def of_load(self) -> str:
        """The temporary table of the keys that the load has seen and that are deleted at some time."""
        return TemporaryTables(self.table).fresh

    @property
    def columns(self) -> Columns:
        """The columns of the key, and the time of the delete."""
        return self.load.columns.only((*self.load.target.key, self.latest_by))

    def find(self) -> int:
        """Fill the temporary table, and return the number of its rows."""
        load = self.load
        schema, _, name = self.table.rpartition(".")
        (there,) = load.fetch_row("count_tables.sql", {"schema": schema, "name": name})
        if not there:
            load.execute("create_deleted_keys.sql", table=self.table, columns=self.columns)
        load.create_temporary(self.of_load, self.table, self.columns)
        rows = load.execute(
            "fill_deleted_keys.sql",
            deleted=self.of_load,
            known=None if self.rebuild else self.table,
            latest_by=self.latest_by,
            temporary=load.temporary,
        )
        load.analyze(self.of_load)
        return rows

    def remember(self) -> None:
        """Write what differs from the temporary table."""
        scope = EVERYTHING if self.rebuild else with_fresh_key(self.load.target.key, self.load.temporary.fresh)
        table = ScopedTable(self.load, self.table, self.columns, scope)
        table.write(table.compare(delete=True))
