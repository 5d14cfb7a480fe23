"""DECLARE, FETCH, CLOSE and DEALLOCATE."""

from __future__ import annotations

from redshift_standin.sql.lexer import Kind, unsupported
from redshift_standin.sql.output import Output
from redshift_standin.sql.queries.expressions import Expressions
from redshift_standin.sql.statement import Statement, quote
from redshift_standin.sql.translation import Translation


def translate_declare(statement: Statement) -> Translation:
    """Translate DECLARE. Cursors are read-only and forward-only, and end with their transaction."""
    parts, index = statement.name(1)
    index = statement.expect(index, "cursor")
    if statement.at(index, "without", "hold"):
        index += 2
    index = statement.expect(index, "for")
    if not statement.at_any(index, ("select", "with")) or len(parts) > 1:
        raise statement.near(index)
    output = Output(statement)
    output.write(f"declare {quote(*parts)} no scroll cursor for ")
    Expressions(statement, output).emit(index, len(statement))
    return Translation.from_output(statement, output)


def translate_fetch(statement: Statement) -> Translation:
    """Translate FETCH."""
    known = ("next", "all", "forward")
    if not (statement.at_any(1, known) or statement.at_kind(1, Kind.NUMBER)):
        raise unsupported(statement.text)
    return Translation.unchanged(statement)


def translate_close(statement: Statement) -> Translation:
    """Translate CLOSE or DEALLOCATE of a name or of ALL."""
    index = 2 if statement.at(0, "deallocate", "prepare") else 1
    parts, after = statement.name(index)
    if after != len(statement) or len(parts) > 1:
        raise statement.near(after)
    return Translation.unchanged(statement)
