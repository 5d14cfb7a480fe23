"""A session in a transaction: sends statements and binds their values in the same way with every driver."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from threading import Lock
from time import monotonic
from types import MappingProxyType
from typing import Any

from redshift_elt.connection.columns import Columns

log = logging.getLogger(__name__)

_PLACEHOLDER = re.compile(r"%\((\w+)\)s")

Values = Mapping[str, object]
_NONE: Values = MappingProxyType({})


class Session:
    """A connection in a transaction, reduced to the calls that a load needs. Statements are logged at debug level.

    ``%(name)s`` in a statement is a placeholder for a bound value. Every other percent sign is sent unchanged; the
    drivers disagree on whether, and where, it must be doubled.

    :ivar statement_began: when the statement that is being executed was sent, as :func:`time.monotonic`, or None.
    :ivar last_statement: the statement that was sent last.
    :ivar failed_statement: the last statement that failed, or an empty string.
    :ivar statement_seconds: how long it took.
    :ivar committing: whether a commit was sent whose outcome is not known.
    :ivar has_committed: whether a commit has succeeded.
    """

    def __init__(self, connection: Any) -> None:
        # Imported here because DAG files, which import this module, must not load a driver.
        import redshift_connector

        self._connection = connection
        self._numbers_placeholders = isinstance(connection, redshift_connector.Connection)
        self._statement_may_end = Lock()
        self._numbers: Counter[str] = Counter()
        self.statement_began: float | None = None
        self.last_statement = ""
        self.failed_statement = ""
        self.statement_seconds = 0.0
        self.committing = False
        self.has_committed = False

    @property
    def pid(self) -> int:
        """The process of the session in the warehouse, as ``pg_backend_pid()`` returns it."""
        if self._numbers_placeholders:
            # What the server sent at the login: the process and a key, of four bytes each. No public method returns it.
            return int.from_bytes(self._connection._backend_key_data[:4], "big")
        pid: int = self._connection.info.backend_pid
        return pid

    def numbered(self, name: str) -> str:
        """Return a name with a number, which this method has not returned before.

        For a temporary table that a session can create again: redshift_connector prepares a statement once, for the
        table that has the name at that time.
        """
        self._numbers[name] += 1
        return f"{name}_{self._numbers[name]}"

    def commit(self) -> None:
        """Commit what was done so far, and begin another transaction with the next statement.

        The work of a transaction may call this if it can be repeated from the start.
        """
        self.committing = True
        self._connection.commit()
        self.committing = False
        self.has_committed = True

    def execute(self, statement: str, values: Values = _NONE) -> int:
        """Send a statement and return the number of rows it wrote; -1 if the driver does not know it.

        :param values: the values of the placeholders, by name.
        """
        with closing(self._connection.cursor()) as cursor:
            self._send(cursor, statement, values)
            written: int = cursor.rowcount
            return written

    def fetch(self, query: str, values: Values = _NONE) -> list[tuple[Any, ...]]:
        """Send a query and return its rows."""
        with closing(self._connection.cursor()) as cursor:
            self._send(cursor, query, values)
            return [tuple(row) for row in cursor.fetchall()]

    def answer(self, query: str, values: Values = _NONE) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Send a query and return its column names and its rows, or two empty lists if it has no result."""
        with closing(self._connection.cursor()) as cursor:
            self._send(cursor, query, values)
            if cursor.description is None:
                return [], []
            return [_text(column[0]) for column in cursor.description], [tuple(row) for row in cursor.fetchall()]

    def columns(self, table: str) -> Columns:
        """Return the columns of a table, in order.

        :param table: the qualified, quoted name.
        """
        return Columns.of(self.describe(f"select *\nfrom {table}\nlimit 0"))

    def describe(self, query: str) -> list[tuple[str, int]]:
        """Return the name and the type OID of each column of a query's result."""
        return self.described(query)[0]

    def described(self, query: str, values: Values = _NONE) -> tuple[list[tuple[str, int]], list[tuple[Any, ...]]]:
        """Send a query; return the name and the type OID of each column of its result, and its rows."""
        with closing(self._connection.cursor()) as cursor:
            self._send(cursor, query, values)
            columns = [(_text(column[0]), column[1]) for column in cursor.description]
            return columns, [tuple(row) for row in cursor.fetchall()]

    @contextmanager
    def statement_goes_on(self) -> Iterator[bool]:
        """Return whether a statement is being executed, for another thread. The next one waits for the block's end.

        So what is meant for the statement, such as its cancellation, cannot meet another one.
        """
        with self._statement_may_end:
            yield self.statement_began is not None

    def _send(self, cursor: Any, statement: str, values: Values) -> None:
        log.debug("%s", statement)
        self.last_statement = statement
        self.statement_began = began = monotonic()
        try:
            self._execute(cursor, statement, values)
        except Exception:
            self.failed_statement = statement
            raise
        finally:
            self.statement_seconds = monotonic() - began
            with self._statement_may_end:
                self.statement_began = None

    def _execute(self, cursor: Any, statement: str, values: Values) -> None:
        if self._numbers_placeholders:
            # In every other style the driver interprets percent signs or colons, and rejects those it does not know.
            cursor.paramstyle = "qmark"
            text, bound = _numbered(statement, values)
            cursor.execute(text, bound) if bound else cursor.execute(text)
        elif used := {name: values[name] for name in _PLACEHOLDER.findall(statement) if name in values}:
            cursor.execute(_with_doubled_percents(statement, used), used)
        else:
            # psycopg interprets percent signs only if there are values.
            cursor.execute(statement)


def _numbered(statement: str, values: Values) -> tuple[str, list[object]]:
    """Return the statement with the server's placeholders, ``$1`` and so on, and the values in that order."""
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
