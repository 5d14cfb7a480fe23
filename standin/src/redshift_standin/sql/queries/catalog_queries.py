"""Recognises queries that read only catalogs.

Redshift runs them on its leader node, a PostgreSQL 8.0, so that they can use more of PostgreSQL than queries of tables
(AWS page "SQL functions supported on the leader node").
"""

from __future__ import annotations

from redshift_standin.sql.queries import functions
from redshift_standin.sql.queries.common_tables import CommonTables
from redshift_standin.sql.queries.named_relations import relation_indexes
from redshift_standin.sql.statement import Statement

# PostgreSQL's catalogs that views in schema standin show as Redshift has them: catalog/80_catalogs.sql.
REPLACED = frozenset(
    {"pg_attribute", "pg_class", "pg_constraint", "pg_database", "pg_index", "pg_namespace", "pg_proc"}
    | {"pg_proc_info", "pg_tables", "pg_user", "pg_views"}
)

_SCHEMAS = ("information_schema", "pg_catalog")
_PREFIXES = ("pg_", "svv_")


def reads_catalogs_only(statement: Statement) -> bool:
    """Whether the statement is a query of catalogs only."""
    if not statement.at_any(0, ("select", "with", "(")) or not _names_catalogs(statement):
        return False
    common_tables = CommonTables(statement)
    found = [index for index in relation_indexes(statement) if not common_tables.is_named(index)]
    return bool(found) and all(_is_catalog(statement, index) for index in found)


def _names_catalogs(statement: Statement) -> bool:
    return any(
        token.value in _SCHEMAS or token.value.startswith((*_PREFIXES, "current_")) for token in statement.tokens
    )


def _is_catalog(statement: Statement, index: int) -> bool:
    parts, after = statement.name(index)
    if statement.at(after, "("):
        return parts[-1] in functions.CATALOG_TABLES and parts[:-1] in ((), ("pg_catalog",))
    return parts[0] in _SCHEMAS if len(parts) == 2 else len(parts) == 1 and parts[0].startswith(_PREFIXES)
