"""A connection in a transaction, and how values are bound to statements, whichever driver it is."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

import redshift_connector

from redshift_elt.sql.exact import Columns

log = logging.getLogger(__name__)

# The type codes of CHAR, VARCHAR and TEXT, with which every driver describes a result.
_TEXT_TYPES = (1042, 1043, 25)

_PLACEHOLDER = re.compile(r"%\((\w+)\)s")

Values = Mapping[str, object]


class Session:
    """A connection in a transaction, with the few calls that a load needs. Statements are logged at debug level.

    A statement has ``%(name)s`` in the place of a value that is bound. Every other percent sign is sent as it is: the
    drivers disagree on whether, and where, one has to be doubled.
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def execute(self, statement: str, values: Values | Sequence[object] = ()) -> int:
        """Send a statement and return how many rows it wrote; -1 where the driver does not know.

        :param values: what the statement's placeholders stand for, by their names.
        """
        with closing(self._connection.cursor()) as cursor:
            self._send(cursor, statement, values)
            return cursor.rowcount

    def fetch(self, query: str, values: Values | Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Send a query and return its rows."""
        with closing(self._connection.cursor()) as cursor:
            self._send(cursor, query, values)
            return [tuple(row) for row in cursor.fetchall()]

    def answer(self, query: str, values: Values | Sequence[object] = ()) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Send a query and return the names of its columns, and its rows."""
        with closing(self._connection.cursor()) as cursor:
            self._send(cursor, query, values)
            return [_text(column[0]) for column in cursor.description], [tuple(row) for row in cursor.fetchall()]

    def columns(self, table: str) -> Columns:
        """Return a table's columns in their order.

        :param table: the table, quoted.
        """
        with closing(self._connection.cursor()) as cursor:
            self._send(cursor, f"select *\nfrom {table}\nlimit 0", {})
            found = [(_text(column[0]), column[1]) for column in cursor.description]
        return Columns(tuple(name for name, _ in found), frozenset(name for name, kind in found if kind in _TEXT_TYPES))

    def _send(self, cursor: Any, statement: str, values: Values | Sequence[object]) -> None:
        log.debug("%s", statement)
        if not isinstance(values, Mapping):
            cursor.execute(statement, tuple(values)) if values else cursor.execute(statement)
        elif isinstance(self._connection, redshift_connector.Connection):
            # In every other style the driver looks for percent signs or colons, and objects to those it does not know.
            cursor.paramstyle = "qmark"
            text, bound = _numbered(statement, values)
            cursor.execute(text, bound) if bound else cursor.execute(text)
        elif used := {name: values[name] for name in _PLACEHOLDER.findall(statement) if name in values}:
            cursor.execute(_with_doubled_percents(statement, used), used)
        else:
            # psycopg looks at percent signs only where values are given.
            cursor.execute(statement)


def _numbered(statement: str, values: Values) -> tuple[str, list[object]]:
    """Return a statement with the server's own placeholders, ``$1`` and so on, and the values in their order."""
    order: dict[str, int] = {}

    def number(found: re.Match[str]) -> str:
        name = found[1]
        return f"${order.setdefault(name, len(order) + 1)}" if name in values else found[0]

    text = _PLACEHOLDER.sub(number, statement)
    return text, [values[name] for name in order]


def _with_doubled_percents(statement: str, used: Values) -> str:
    parts = _PLACEHOLDER.split(statement)
    texts = [part.replace("%", "%%") for part in parts[::2]]
    names = [f"%({name})s" if name in used else f"%%({name})s" for name in parts[1::2]]
    return texts[0] + "".join(name + text for name, text in zip(names, texts[1:], strict=True))


def _text(name: str | bytes) -> str:
    return name.decode() if isinstance(name, bytes) else name
