"""Parses a COPY statement."""

from __future__ import annotations

from redshift_standin import sqlstate
from redshift_standin.copy.option_compatibility import check_options
from redshift_standin.copy.options import read_option
from redshift_standin.copy.statement import CopyStatement, split_url, unsupported
from redshift_standin.errors import WarehouseError
from redshift_standin.sql.statement_cursor import StatementCursor


def parse(statement: str, database: str | None = None) -> CopyStatement:
    """Parse a COPY statement.

    :param database: the name by which clients know the current database; without it, no database may be named.
    :raises WarehouseError: the statement is malformed (42601), or the stand-in does not support a part of it (0A000).
    """
    cursor = StatementCursor(statement)
    cursor.expect("copy")
    schema, table = _table(cursor, database)
    copy = CopyStatement(schema, table, _columns(cursor) if cursor.skip("(") else None)
    cursor.expect("from")
    url = cursor.read_string()
    location = split_url(url)
    if location is None:
        raise unsupported(f"COPY from {url.partition(':')[0]}, other than from s3://")
    copy.bucket, copy.key = location
    while not cursor.is_at_end:
        if not cursor.skip(","):
            read_option(cursor, copy)
    check_options(copy)
    return copy


def _table(cursor: StatementCursor, database: str | None) -> tuple[str | None, str]:
    """Return the schema and the name of the table."""
    parts = [cursor.read_name()]
    while cursor.skip("."):
        parts.append(cursor.read_name())
    if len(parts) == 3 and database is not None and parts[0] == database.lower():
        del parts[0]
    if len(parts) > 2:
        raise unsupported("COPY into a table of another database")
    return (parts[0] if len(parts) > 1 else None), parts[-1]


def _columns(cursor: StatementCursor) -> list[str]:
    columns = [cursor.read_name()]
    while cursor.skip(","):
        columns.append(cursor.read_name())
    cursor.expect(")")
    repeated = next((name for name in columns if columns.count(name) > 1), None)
    if repeated:
        raise WarehouseError(f'Column "{repeated}" specified more than once', sqlstate=sqlstate.DUPLICATE_COLUMN)
    return columns
