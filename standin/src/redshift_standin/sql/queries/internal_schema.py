"""Hides the schema ``standin`` of each database from clients: they can neither read nor change it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from redshift_standin import sqlstate
from redshift_standin.errors import WarehouseError
from redshift_standin.sql.lexer import unsupported
from redshift_standin.sql.queries.named_relations import relation_indexes
from redshift_standin.sql.statement import Statement

_SCHEMA = "standin"

# Statements that name relations in FROM, JOIN, USING, INTO and UPDATE only; a name before a dot can be an alias there.
_QUERIES = ("(", "declare", "delete", "explain", "insert", "merge", "select", "update", "with")


def internal_schema_error() -> WarehouseError:
    """Return the error of a statement that names the schema."""
    return WarehouseError(f'schema "{_SCHEMA}" does not exist', sqlstate=sqlstate.INVALID_SCHEMA_NAME)


def is_internal_schema(name: str) -> bool:
    """Whether this is the name of the schema."""
    return name == _SCHEMA


def refuse_internal_schema(statement: Statement) -> None:
    """Refuse a statement that names the schema, itself or as the schema of a relation.

    :raises WarehouseError: it does.
    """
    named = [index for index, token in enumerate(statement.tokens) if token.is_name and token.value == _SCHEMA]
    if not named:
        return
    if statement.at(0, "create", "schema"):
        raise unsupported(f"a schema with the name {_SCHEMA}")
    if not set(_schemas(statement)).isdisjoint(named):
        raise internal_schema_error()


def _schemas(statement: Statement) -> Iterator[int]:
    """Yield the indexes of the names that are, or can be, those of schemas."""
    yield from _qualifiers(statement)
    for index in range(len(statement)):
        if statement.at(index, "schema"):
            yield from _listed(statement, index + 1)


def _qualifiers(statement: Statement) -> Iterator[int]:
    """Yield the indexes of the first parts of qualified names of relations."""
    indexes: Iterable[int] = range(len(statement))
    if statement.at_any(0, _QUERIES):
        indexes = relation_indexes(statement)
    elif statement.at(0, "create") and (query := statement.find("select", 1, len(statement))) >= 0:
        indexes = (*range(query), *relation_indexes(statement))
    return (index for index in indexes if statement.at(index + 1, ".") and not statement.at(index - 1, "."))


def _listed(statement: Statement, index: int) -> Iterator[int]:
    """Yield the indexes of the parts of the names in a list, such as that of DROP SCHEMA."""
    while statement.at_any(index, ("if", "not", "exists")):
        index += 1
    while index < len(statement) and statement.tokens[index].is_name:
        yield index
        if not statement.at_any(index + 1, (",", ".")):
            return
        index += 2
