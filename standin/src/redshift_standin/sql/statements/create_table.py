"""CREATE TABLE: checks and records the attributes that only Redshift has, and does not enforce keys."""

from __future__ import annotations

from redshift_standin import sqlstate
from redshift_standin.errors import WarehouseError
from redshift_standin.sql.lexer import unsupported
from redshift_standin.sql.output import Output
from redshift_standin.sql.queries.expressions import Expressions
from redshift_standin.sql.statement import Statement, quote
from redshift_standin.sql.statements.column_definitions import ColumnDefinitions
from redshift_standin.sql.statements.table_attributes import Table, read_attributes, write_table_attributes

# Attributes that only a column of a new table can have.
_NOT_ADDED = ("distkey", "sortkey", "identity", "generated", "primary", "unique", "references")


def emit_create_table(statement: Statement, output: Output, index: int, *, temporary: bool) -> None:
    """Write a CREATE [TEMP] TABLE; ``index`` is at the token after TABLE.

    :raises WarehouseError: Redshift or the stand-in refuses it.
    """
    exists_ok = statement.at(index, "if", "not", "exists")
    parts, index = statement.name(index + 3 if exists_ok else index)
    temporary = temporary or parts[-1].startswith("#")
    output.write(f"create{' temp' if temporary else ''} table{' if not exists' if exists_ok else ''} {quote(*parts)}")
    table = Table()
    listed = statement.at(index, "(") and not _is_query(statement, index + 1)
    low, high = (index + 1, statement.closing[index]) if listed else (index, index)
    attributes = high + 1 if listed else index
    end = read_attributes(statement, attributes, table)
    if statement.at(end, "as"):
        if listed:
            names = [statement.name(start) for start, _ in statement.split(low, high)]
            _emit_names(statement, output, names, high)
        table.check()
        output.write(" as ")
        Expressions(statement, output).emit(end + 1, len(statement))
        write_table_attributes(output, table)
        return
    if not listed or end != len(statement):
        raise statement.near(end)
    ColumnDefinitions(statement, output, table).emit(low, high)
    if table.parent is not None and end > attributes:
        raise WarehouseError("CREATE TABLE LIKE is not allowed with table attributes", sqlstate=sqlstate.SYNTAX_ERROR)
    table.check()
    # An index does not pay for temporary tables and copies of other tables, which are short-lived.
    write_table_attributes(output, table, indexed=not temporary and table.parent is None)


def emit_added_column(statement: Statement, output: Output, index: int) -> int:
    """Write the one column of an ALTER TABLE ADD COLUMN and return the index after it.

    :raises WarehouseError: the column has an attribute that only a new table's column can have.
    """
    high = next((low for low in range(index, len(statement)) if _ends_column(statement, low)), len(statement))
    for low in range(index + 1, high):
        if statement.at_any(low, _NOT_ADDED):
            raise unsupported(f"{statement.tokens[low].value.upper()} of an added column")
    not_null = any(statement.at(low, "not", "null") for low in range(index, high))
    if not_null and statement.find("default", index, high) < 0:
        raise WarehouseError("ALTER TABLE ADD COLUMN defined as NOT NULL must have a non-null default expression")
    table = Table()
    ColumnDefinitions(statement, output, table).emit_column(index, high)
    write_table_attributes(output, table)
    return high


def _ends_column(statement: Statement, index: int) -> bool:
    return statement.at(index, ",") and statement.opening[index] < 0


def _emit_names(statement: Statement, output: Output, names: list[tuple[tuple[str, ...], int]], high: int) -> None:
    """Write the column names of a CREATE TABLE AS, which have no types."""
    for _, after in names:
        if after != high and not statement.at(after, ","):
            raise statement.near(after)
    output.write(f" ({', '.join(quote(*name) for name, _ in names)})")


def _is_query(statement: Statement, index: int) -> bool:
    return statement.at_any(index, ("select", "with", "("))
