"""VACUUM and ANALYZE of tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from redshift_elt.ddl.migrations import TABLES
from redshift_elt.maintenance.vacuum import vacuum_and_analyze
from redshift_elt.operators.arguments import arguments_of
from redshift_elt.operators.base import WarehouseOperator
from redshift_elt.operators.templates import unless_template
from redshift_elt.run.several import several_of
from redshift_elt.sql.bookkeeping import bookkeeping_schema
from redshift_elt.sql.identifiers import table

if TYPE_CHECKING:
    from airflow.sdk import Context

    from redshift_elt.connection.refused_statement import Argument


class VacuumOperator(WarehouseOperator):
    """Vacuum and analyze tables, and the bookkeeping tables.

    Redshift does both by itself while a cluster is idle. A cluster that is paused between loads, or busy all the time,
    is hardly ever idle. Tables that are sorted and analyzed already cost next to nothing.

    :param tables: the tables, such as the targets. Those that the user of the connection may not vacuum are skipped.
    """

    template_fields: Sequence[str] = (*WarehouseOperator.template_fields, "tables")

    def __init__(self, *, tables: Sequence[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for name in several_of("tables", tables, str, "['orders']"):
            unless_template(table, name)
        self.tables = tables

    @property
    def written(self) -> Sequence[Argument]:
        """The tables."""
        return arguments_of(tables=self.tables)

    def execute(self, context: Context) -> None:  # noqa: ARG002
        """Vacuum and analyze the tables."""
        bookkeeping = [f"{bookkeeping_schema()}.{name}" for name in TABLES]
        self.without_transaction(lambda session: vacuum_and_analyze(session, [*self.tables, *bookkeeping]))
