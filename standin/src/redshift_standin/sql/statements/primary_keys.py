"""The primary key of CREATE TABLE: it is not enforced, and shown in information_schema."""

from __future__ import annotations

from redshift_standin.sql.output import Output
from redshift_standin.sql.statement import Statement


def write_primary_key(statement: Statement, output: Output, index: int) -> None:
    """Begin the statement's text with a comment that names the primary key's columns, for catalog/75_primary_keys.sql.

    The names are in hexadecimal, because one could end the comment.

    :param index: the index of the table's name.
    """
    names = _primary_key(statement, index)
    if names:
        output.write(f"/* primary key {' '.join(name.encode().hex() for name in names)} */ ")


def _primary_key(statement: Statement, index: int) -> list[str]:
    opening = statement.find("(", index, len(statement))
    if opening < 0:
        return []
    for low, high in statement.split(opening + 1, statement.closing[opening]):
        start = low + 2 if statement.at(low, "constraint") else low
        if statement.at(start, "primary", "key", "("):
            columns = statement.split(start + 3, statement.closing[start + 2])
            return [statement.name(first)[0][-1] for first, _ in columns]
        attribute = statement.find("primary", low + 1, high)
        if statement.at(attribute, "primary", "key"):
            return [statement.name(low)[0][0]]
    return []
