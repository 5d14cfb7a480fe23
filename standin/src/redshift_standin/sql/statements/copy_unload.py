"""COPY and UNLOAD: only their form is checked here, because the rooms of their names parse them."""

from __future__ import annotations

from redshift_standin.sql.lexer import Kind, unsupported
from redshift_standin.sql.output import Output
from redshift_standin.sql.statement import Statement, quote
from redshift_standin.sql.translation import Action, Translation


def translate_copy(statement: Statement) -> Translation:
    """Check that COPY loads from S3, and find its table."""
    parts, index = statement.name(1)
    if statement.at(index, "("):
        index = statement.closing[index] + 1
    if not statement.at(index, "from") or not statement.at_kind(index + 1, Kind.STRING):
        raise unsupported("COPY from or to anything but objects in S3")
    output = Output(statement)
    return Translation.from_output(statement, output, Action.COPY, table=quote(*parts))


def translate_unload(statement: Statement) -> Translation:
    """Check that UNLOAD names a query and a destination."""
    index = statement.expect(1, "(")
    if not statement.at_kind(index, Kind.STRING):
        raise statement.near(index)
    index = statement.expect(index + 1, ")", "to")
    if not statement.at_kind(index, Kind.STRING):
        raise statement.near(index)
    return Translation.from_output(statement, Output(statement), Action.UNLOAD)
