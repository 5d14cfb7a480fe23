"""Which columns of a table an INSERT can leave out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from redshift_elt.sql.render import render

if TYPE_CHECKING:
    from redshift_elt.connection.session import Session


@dataclass(frozen=True)
class ColumnDefault:
    """What a column gets if an INSERT leaves it out.

    :param has_default: whether it has a default, as an IDENTITY column has.
    """

    name: str
    not_null: bool
    has_default: bool

    @property
    def is_required(self) -> bool:
        """Whether every INSERT must name the column."""
        return self.not_null and not self.has_default


def column_defaults(session: Session, table: str) -> list[ColumnDefault]:
    """Return the columns of a table, in their order; none if the table does not exist.

    :param table: ``schema.table``, or a table in the search path of the user.
    """
    schema, _, name = table.rpartition(".")
    query = render("load/column_defaults.sql", has_schema=bool(schema))
    return [ColumnDefault(*row) for row in session.fetch(query, {"schema": schema, "table_name": name})]
