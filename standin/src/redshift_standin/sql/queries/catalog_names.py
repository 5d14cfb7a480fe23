"""The relations of PostgreSQL's catalog that a client may name.

The server also holds the databases of other clusters. Relations that show all databases are refused, and so are those
that PostgreSQL 8.0, the origin of Redshift's catalog, does not have.
"""

from __future__ import annotations

from redshift_standin.sql.lexer import Kind, unsupported, words
from redshift_standin.sql.queries.catalog_queries import REPLACED
from redshift_standin.sql.statement import Statement

# They show this database, or what all clusters share. psql queries pg_collation.
_KNOWN = words(
    """
    pg_aggregate pg_am pg_amop pg_amproc pg_attrdef pg_attribute pg_attribute_info pg_cast pg_class pg_class_info
    pg_collation pg_constraint pg_conversion pg_database_info pg_default_acl pg_depend pg_description pg_group pg_index
    pg_indexes pg_inherits pg_language pg_namespace pg_opclass pg_operator pg_opfamily pg_proc pg_rewrite pg_rules
    pg_table_def pg_tables pg_tablespace pg_trigger pg_type pg_views
    """
)

_SCHEMAS = words("pg_catalog pg_internal pg_temp pg_toast")

# Schema standin has views of these, limited to this database (catalog/12_sessions.sql).
IN_STANDIN = words("pg_locks")

# They show other databases too, unless the name is replaced by that of a view in schema standin. Quoted names are not.
_SHARED = IN_STANDIN | {"pg_database"}


def refuse_unknown(statement: Statement) -> None:
    """Refuse a statement that names a relation of PostgreSQL's catalog that is not known here.

    :raises WarehouseError: it does.
    """
    for index, token in enumerate(statement.tokens):
        if not token.is_name or not token.value.startswith("pg_"):
            continue
        if statement.at(index + 1, "(") or statement.at(index - 1, "as"):
            continue
        if token.value in _SHARED and token.kind is Kind.WORD and _schema_is_plain(statement, index):
            continue
        if token.value in _SHARED or token.value not in _KNOWN | REPLACED | _SCHEMAS:
            raise unsupported(f"relation {token.value}")


def _schema_is_plain(statement: Statement, index: int) -> bool:
    return not statement.at(index - 1, ".") or statement.at(index - 2, "pg_catalog")
