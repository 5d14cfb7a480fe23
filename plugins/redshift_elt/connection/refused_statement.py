"""Explain why the warehouse refused a statement: which argument or SQL file is wrong, and which names exist."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from textwrap import shorten
from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException

from redshift_elt.connection.server_error import ServerError
from redshift_elt.sql.bookkeeping import bookkeeping_schema
from redshift_elt.sql.identifiers import PUBLIC
from redshift_elt.sql.render import render

if TYPE_CHECKING:
    from redshift_elt.connection.session import Session

_MISSING_COLUMN = "42703"
_MISSING_TABLE = "42P01"
_MISSING_SCHEMA = "3F000"
# SQLSTATE classes whose messages quote what a statement says, and not a value of the data.
_QUOTES_STATEMENT = ("3F", "42")

# 'column "a" does not exist', 'column t.a does not exist', 'syntax error at or near "a"', 'function f(integer) ...'
_QUOTED = re.compile(r'"([^"]+)"|(?:column|function) ([\w.]+)')
_SUFFIX_OF_RUN = re.compile(r"__[0-9a-f]{12}$")
# Where a statement names a table, with or without a schema and quotes.
_TABLE = re.compile(r'\b(?:from|join|into|update|like|table)\s+((?:"?\w+"?\.)?"?\w+"?)', re.IGNORECASE)

_SHOWN_MESSAGE = 1000
_SHOWN_STATEMENT = 200
_SHOWN_TABLES = 5


class StatementRefusedError(AirflowFailException):
    """The warehouse refused a statement, and would refuse it again."""


@dataclass(frozen=True)
class Argument:
    """What a user has written and a task sends: an argument of the operator, or one of several texts in it.

    :param name: how a message calls it, such as ``the argument key``.
    :param text: a name, or SQL, after rendering.
    """

    name: str
    text: str

    def names(self, word: str) -> bool:
        """Return whether a table, a column or anything else is named in it."""
        return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", self.text, re.IGNORECASE) is not None

    def is_sent_by(self, statement: str) -> bool:
        """Return whether it is SQL that a statement contains, as the filter ``sql`` passes it."""
        sql = self.text.strip().rstrip(";").rstrip()
        return len(sql.split()) > 1 and sql in statement


def explain_refused_statement(
    session: Session, error: Exception, task_id: str, written: Sequence[Argument]
) -> Exception:
    """Return the error to raise for a statement that the warehouse refused; any other error is returned as it is.

    The message has what the warehouse says instead of the driver's representation of it, the arguments that name what
    is missing, and the names that exist. Values are bound, so neither the error nor the statement contains them.

    :param session: the session after its rollback; it looks up the names that exist.
    :param error: what a statement of the task raised.
    :param written: what the user of the operator has written.
    :return: a :class:`StatementRefusedError` if a retry would be refused too, and otherwise an AirflowException, whose
        cause decides about a retry.
    """
    refused = ServerError.of(error)
    if refused is None:
        return error
    text = shorten(". ".join(part.strip().rstrip(".") for part in _parts(refused)), _SHOWN_MESSAGE, placeholder=" ...")
    statement = session.failed_statement
    name = _name_in(refused)
    places = _places(written, statement, name)
    if not refused.is_permanent:
        where = _where(places, statement, written)
        return AirflowException(f"The warehouse reports an error in a statement of {task_id}: {text}. {where}")
    sentences = [
        f"The warehouse refuses a statement of {task_id}: {text}.",
        _where(places, statement, written),
        *_advice(session, refused, name, _searched(places, statement)),
        "The statement has changed nothing. Correct it, then clear the task: a retry would be refused too.",
    ]
    return StatementRefusedError(" ".join(filter(None, sentences)))


def _parts(refused: ServerError) -> list[str]:
    # The engine's DETAIL is the message again, with places in its source.
    detail = "" if refused.detail.lstrip().startswith("---") else refused.detail
    # PostgreSQL suggests columns with the aliases of the statement; see _columns_of.
    hint = "" if refused.state == _MISSING_COLUMN else refused.hint
    return [part for part in (refused.message, detail, hint) if part.strip()]


def _name_in(refused: ServerError) -> str | None:
    """Return what a message says is missing or wrong, with its schema or table if the message has that."""
    if not refused.state.startswith(_QUOTES_STATEMENT):
        return None
    found = _QUOTED.search(refused.message)
    return (found[1] or found[2]) if found else None


def _places(written: Sequence[Argument], statement: str, name: str | None) -> list[Argument]:
    """Return the arguments that are the likely cause: those that name what is wrong, or whose SQL was sent."""
    sql = [argument for argument in written if argument.is_sent_by(statement)]
    # Of SQL, only what was sent can be the cause.
    candidates = [argument for argument in written if len(argument.text.split()) == 1 or argument in sql]
    if name is not None:
        bare = name.rpartition(".")[2]
        if naming := [argument for argument in candidates if argument.names(bare)]:
            return naming
    return sql


def _where(places: Sequence[Argument], statement: str, written: Sequence[Argument]) -> str:
    if places:
        return f"See {_listed(places)}."
    begins = f"The statement begins: {shorten(statement, _SHOWN_STATEMENT, placeholder=' ...')}."
    # A statement of the package quotes the names in it.
    named = [argument for argument in written if f'"{argument.text}"' in statement]
    return f"{begins} It has {_listed(named)}." if named else begins


def _listed(arguments: Sequence[Argument]) -> str:
    return " and ".join(dict.fromkeys(argument.name for argument in arguments))


def _searched(places: Sequence[Argument], statement: str) -> str:
    """Return the SQL whose tables have the columns that were meant."""
    sql = [argument.text for argument in places if len(argument.text.split()) > 1]
    return "\n".join(sql) or statement


def _advice(session: Session, refused: ServerError, name: str | None, sql: str) -> Iterator[str]:
    if name is None:
        return
    schema = name.partition(".")[0] if refused.state == _MISSING_SCHEMA or "." in name else ""
    if schema == bookkeeping_schema() and refused.state in (_MISSING_TABLE, _MISSING_SCHEMA):
        yield (
            f"{schema} is the schema of the bookkeeping tables: an administrator creates it and brings it up to date "
            "with python -m redshift_elt.ddl.migrate_schema (docs/aws.md)."
        )
    elif refused.state == _MISSING_SCHEMA:
        yield f"Create it (create schema if not exists {name}), or correct the name."
    elif refused.state == _MISSING_TABLE:
        yield from _tables_like(session, name)
    elif refused.state == _MISSING_COLUMN:
        yield from _columns_of(session, name.rpartition(".")[2], sql)


def _tables_like(session: Session, name: str) -> Iterator[str]:
    found = {_shown(*row) for row in session.fetch(render("access/all_tables.sql"))}
    known = sorted(table for table in found if not _SUFFIX_OF_RUN.search(table))
    if similar := get_close_matches(name, known):
        yield f"Did you mean {' or '.join(similar)}?"
    yield f"Create {name} with its DDL, or correct the name."


def _columns_of(session: Session, name: str, sql: str) -> Iterator[str]:
    """Yield the columns of the tables that a statement reads; temporary tables exist no more."""
    mentioned = [found.replace('"', "").lower() for found in _TABLE.findall(sql)]
    # A table of the run has the columns of its template, and may have been created in the same transaction.
    wanted = {_SUFFIX_OF_RUN.sub("", table).removeprefix(f"{PUBLIC}.") for table in mentioned}
    names = sorted({table.rpartition(".")[2] for table in wanted})
    if not names:
        return
    tables: dict[str, list[str]] = {}
    for schema, table, column in session.fetch(render("access/columns_of_tables.sql", names=names)):
        if (shown := _shown(schema, table)) in wanted or table in wanted:
            tables.setdefault(shown, []).append(column)
    if similar := get_close_matches(name, sorted({column for columns in tables.values() for column in columns})):
        yield f"Did you mean {' or '.join(similar)}?"
    for table, columns in list(tables.items())[:_SHOWN_TABLES]:
        yield f"{table} has {', '.join(columns)}."


def _shown(schema: str, table: str) -> str:
    """Return a table as users write it."""
    return table if schema == PUBLIC else f"{schema}.{table}"
