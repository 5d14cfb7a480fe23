"""CREATE VIEW .. WITH NO SCHEMA BINDING: a view that looks its relations up by name whenever it is queried."""

from __future__ import annotations

from redshift_standin import sqlstate
from redshift_standin.errors import WarehouseError
from redshift_standin.sql.output import Output
from redshift_standin.sql.queries.common_tables import CommonTables
from redshift_standin.sql.queries.expressions import Expressions
from redshift_standin.sql.queries.named_relations import named_relations, relation_indexes
from redshift_standin.sql.statement import NO_SCHEMA_BINDING, Statement, literal, quote
from redshift_standin.sql.translation import Translation


def translate_late_binding_view(statement: Statement, header: str, view: tuple[str, ...], low: int) -> Translation:
    """Translate the statement to a call of the function in catalog/52_late_binding_views.sql.

    :param header: the statement up to AS, as PostgreSQL's.
    :param view: the view's name.
    :param low: the index where the query begins.
    :raises WarehouseError: a relation is not qualified, or the query is refused.
    """
    _refuse_unqualified(statement)
    query = Output(statement)
    Expressions(statement, query).emit(low, len(statement) - len(NO_SCHEMA_BINDING))
    relations = "".join(f"{literal(name)}, " for name in named_relations(statement))
    names_columns = "true" if header.endswith(")") else "false"
    arguments = (
        f"{literal(header)}, {literal(quote(*view))}, {names_columns}, array[{relations[:-2]}]::text[], "
        f"{literal(query.text)}"
    )
    call = f"begin perform standin.create_late_binding_view({arguments}); end"
    return Translation.from_text(statement, f"do {literal(call)}", command="CREATE VIEW", tag="CREATE VIEW")


def _refuse_unqualified(statement: Statement) -> None:
    """Refuse relations without a schema. The wording of the error is in elementary-data/dbt-data-reliability#371."""
    common_tables = CommonTables(statement)
    for index in relation_indexes(statement):
        parts, after = statement.name(index)
        if len(parts) == 1 and not common_tables.is_named(index) and not statement.at(after, "("):
            raise WarehouseError(
                "All the relation names inside should be qualified when creating VIEW WITH NO SCHEMA BINDING.",
                sqlstate=sqlstate.FEATURE_NOT_SUPPORTED,
            )
