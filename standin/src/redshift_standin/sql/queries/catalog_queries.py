"""Recognises queries that read only catalogs.

Redshift runs them on its leader node, a PostgreSQL 8.0, so that they can use more of PostgreSQL than queries of tables
(AWS page "SQL functions supported on the leader node").
"""

from __future__ import annotations

from collections.abc import Iterator

from redshift_standin.sql.queries import functions
from redshift_standin.sql.statement import Statement

# PostgreSQL's catalogs that views in schema standin show as Redshift has them: catalog/80_catalogs.sql.
REPLACED = frozenset(
    {"pg_attribute", "pg_class", "pg_constraint", "pg_database", "pg_index", "pg_namespace", "pg_proc"}
    | {"pg_proc_info", "pg_tables", "pg_user", "pg_views"}
)

_SCHEMAS = ("information_schema", "pg_catalog")
_PREFIXES = ("pg_", "svv_")
_AFTER_FROM = (
    "where",
    "group",
    "having",
    "qualify",
    "order",
    "limit",
    "offset",
    "union",
    "intersect",
    "except",
    "minus",
)


def relations(statement: Statement) -> Iterator[int]:
    """Yield the indexes of the relations in the FROM clauses of a query and of its subqueries."""
    for index in range(len(statement)):
        if statement.at(index, "from") and not _is_in_call(statement, index) and not statement.at(index - 1, "."):
            yield from _relations_of_from(statement, index)


def reads_catalogs_only(statement: Statement) -> bool:
    """Whether the statement is a query of catalogs only."""
    if not statement.at_any(0, ("select", "with", "(")) or not _names_catalogs(statement):
        return False
    found = [index for index in relations(statement) if not _is_common_table(statement, index)]
    return bool(found) and all(_is_catalog(statement, index) for index in found)


def _names_catalogs(statement: Statement) -> bool:
    return any(
        token.value in _SCHEMAS or token.value.startswith((*_PREFIXES, "current_")) for token in statement.tokens
    )


def _is_in_call(statement: Statement, index: int) -> bool:
    opening = statement.opening[index]
    return opening > 0 and statement.at_any(opening - 1, ("trim", "substring", "extract"))


def _relations_of_from(statement: Statement, index: int) -> Iterator[int]:
    opening = statement.opening[index]
    high = statement.closing[opening] if opening >= 0 else len(statement)
    at = index
    while at < high and not statement.at_any(at, _AFTER_FROM):
        if statement.at_any(at, ("from", "join", ",")):
            first = at + 1
            while statement.at(first, "(") and not statement.at_any(first + 1, ("select", "with")):
                first += 1
            if not statement.at(first, "("):
                yield first
        # A subquery in parentheses has a FROM of its own; a join in parentheses does not.
        is_join = statement.at(at, "(") and statement.at_any(at - 1, ("from", "join", ",", "("))
        inside = is_join and not statement.at_any(at + 1, ("select", "with"))
        at = at + 1 if inside else statement.closing.get(at, at) + 1


def _is_common_table(statement: Statement, index: int) -> bool:
    name = statement.tokens[index].value if index < len(statement) else ""
    return any(
        statement.tokens[at].value == name and statement.at(at + 1, "as", "(") for at in range(1, len(statement) - 2)
    )


def _is_catalog(statement: Statement, index: int) -> bool:
    parts, after = statement.name(index)
    if statement.at(after, "("):
        return parts[-1] in functions.CATALOG_TABLES and parts[:-1] in ((), ("pg_catalog",))
    return parts[0] in _SCHEMAS if len(parts) == 2 else len(parts) == 1 and parts[0].startswith(_PREFIXES)
