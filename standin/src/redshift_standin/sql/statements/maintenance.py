"""TRUNCATE, LOCK, VACUUM, ANALYZE, COMMENT and CANCEL."""

from __future__ import annotations

from redshift_standin.sql.lexer import Kind, unsupported
from redshift_standin.sql.statement import Statement, quote
from redshift_standin.sql.translation import Action, Translation


def translate_truncate(statement: Statement) -> Translation:
    """Translate TRUNCATE, which commits."""
    parts, index = statement.name(2 if statement.at(1, "table") else 1)
    if index != len(statement):
        raise statement.near(index)
    return Translation.from_text(statement, f"truncate table {quote(*parts)}", Action.TRUNCATE)


def translate_lock(statement: Statement) -> Translation:
    """Translate LOCK TABLE, which has one mode."""
    names, index = statement.names(2 if statement.at(1, "table") else 1)
    if index != len(statement):
        raise unsupported("LOCK with a mode")
    return Translation.from_text(statement, f"lock table {', '.join(names)} in access exclusive mode")


def translate_vacuum(statement: Statement) -> Translation:
    """Translate VACUUM in every form, as PostgreSQL's plain VACUUM."""
    index = 1
    for kind in (("full",), ("sort", "only"), ("delete", "only"), ("reindex",), ("recluster",)):
        if statement.at(index, *kind):
            index += len(kind)
    table = ""
    if index < len(statement) and not statement.at(index, "boost"):
        parts, index = statement.name(index)
        table = f" {quote(*parts)}"
        if statement.at(index, "to") and statement.at(index + 2, "percent"):
            index += 3
    index += statement.at(index, "boost")
    if index != len(statement):
        raise statement.near(index)
    return Translation.from_text(statement, f"vacuum{table}", Action.ALONE)


def translate_analyze(statement: Statement) -> Translation:
    """Translate ANALYZE of a table or of the database."""
    if statement.at(1, "compression"):
        raise unsupported("ANALYZE COMPRESSION")
    index = 2 if statement.at(1, "verbose") else 1
    table = ""
    if index < len(statement) and not statement.at_any(index, ("predicate", "all")):
        parts, index = statement.name(index)
        table = f" {quote(*parts)}"
        if statement.at(index, "("):
            index = statement.closing[index] + 1
    if statement.at(index, "predicate", "columns") or statement.at(index, "all", "columns"):
        index += 2
    if index != len(statement):
        raise statement.near(index)
    return Translation.from_text(statement, f"analyze{table}")


def translate_comment(statement: Statement) -> Translation:
    """Translate COMMENT on a table, a column, a view or a schema."""
    statement.expect(1, "on")
    if not statement.at_any(2, ("table", "column", "view", "schema")):
        raise unsupported("COMMENT ON anything but a table, a column, a view or a schema")
    _, index = statement.name(3)
    index = statement.expect(index, "is")
    if index + 1 != len(statement) or not (statement.at(index, "null") or statement.at_kind(index, Kind.STRING)):
        raise statement.near(index)
    return Translation.unchanged(statement)


def translate_cancel(statement: Statement) -> Translation:
    """Translate CANCEL of a session by its process ID. The cancelled client gets PostgreSQL's own message."""
    if not statement.at_kind(1, Kind.NUMBER) or not statement.tokens[1].value.isdecimal():
        raise statement.near(1)
    if len(statement) > 2:
        raise unsupported("CANCEL with a message")
    sql = f"do $$begin perform standin.cancel({statement.tokens[1].value}); end$$"
    return Translation.from_text(statement, sql, tag="CANCEL")
