"""SHOW of databases, schemas, tables, columns, primary keys, procedures and functions.

AWS pages "SHOW DATABASES", "SHOW SCHEMAS", "SHOW TABLES", "SHOW COLUMNS", "SHOW CONSTRAINTS", "SHOW PROCEDURES" and
"SHOW FUNCTIONS". redshift_connector's metadata calls use them, with parameters for names.
"""

from __future__ import annotations

from dataclasses import dataclass

from redshift_standin.sql.lexer import Kind
from redshift_standin.sql.output import Output
from redshift_standin.sql.statement import Statement, literal

_MOST_ROWS = 10_000


@dataclass(frozen=True)
class _ObjectList:
    """The kind of objects that a SHOW lists.

    :param words: the words after SHOW.
    :param view: the view in schema standin (catalog/85_show.sql).
    :param within: the kind of the object that contains them, or None.
    :param names: the columns that the parts of this name are compared with.
    :param pattern: the column that LIKE is for, or None.
    :param order: the columns that the rows are ordered by.
    """

    words: tuple[str, ...]
    view: str
    within: str | None
    names: tuple[str, ...]
    pattern: str | None
    order: str


_DATABASE = ("database_name",)
_SCHEMA = (*_DATABASE, "schema_name")
_TABLE = (*_SCHEMA, "table_name")

_OBJECT_LISTS = (
    _ObjectList(("databases",), "show_databases", None, (), "database_name", "database_name"),
    _ObjectList(("schemas",), "show_schemas", "database", _DATABASE, "schema_name", "schema_name"),
    _ObjectList(("tables",), "show_tables", "schema", _SCHEMA, "table_name", "table_name"),
    _ObjectList(("columns",), "show_columns", "table", _TABLE, "column_name", "ordinal_position"),
    _ObjectList(("constraints", "primary", "keys"), "show_primary_keys", "table", _TABLE, None, "key_seq"),
    _ObjectList(("procedures",), "show_procedures", "schema", _SCHEMA, "procedure_name", "procedure_name"),
    _ObjectList(("functions",), "show_functions", "schema", _SCHEMA, "function_name", "function_name"),
)


def is_list(statement: Statement) -> bool:
    """Whether this SHOW lists what is in the catalogs."""
    return any(statement.at(1, *objects.words) for objects in _OBJECT_LISTS)


def emit_list(statement: Statement, output: Output) -> None:
    """Write such a SHOW as a query of its view."""
    objects = next(objects for objects in _OBJECT_LISTS if statement.at(1, *objects.words))
    index = 1 + len(objects.words)
    conditions = ["true"]
    if objects.within is not None:
        index = statement.expect(index, "from", objects.within)
        parts, index = _name(statement, index)
        if not len(objects.names) - 1 <= len(parts) <= len(objects.names) or not parts:
            raise statement.near(index)
        conditions = [f"{name} = {part}" for name, part in zip(objects.names[-len(parts) :], parts, strict=True)]
    if objects.pattern is not None and statement.at(index, "like"):
        if not statement.at_kind(index + 1, Kind.STRING) and not statement.at_kind(index + 1, Kind.PARAMETER):
            raise statement.near(index + 1)
        token = statement.tokens[index + 1]
        conditions.append(f"{objects.pattern} like {statement.source[token.start : token.end]}")
        index += 2
    limit = str(_MOST_ROWS)
    if statement.at(index, "limit") and statement.at_kind(index + 1, Kind.NUMBER):
        limit = statement.tokens[index + 1].value
        index += 2
    if index != len(statement):
        raise statement.near(index)
    output.write("select * from ")
    output.write(f"standin.{objects.view} where {' and '.join(conditions)} order by {objects.order} limit {limit}")


def _name(statement: Statement, index: int) -> tuple[list[str], int]:
    """Return the parts of a name as PostgreSQL's expressions, and the index after it."""
    parts = []
    while True:
        token = statement.tokens[index] if index < len(statement) else None
        if token is None or not (token.is_name or token.kind is Kind.PARAMETER):
            raise statement.near(index)
        parts.append(literal(token.value) if token.is_name else token.value)
        if not statement.at(index + 1, "."):
            return parts, index + 1
        index += 2
