"""Transactions: work that happens whole or not at all, and is done again when another writer was in the way."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any, TypeVar

import tenacity

if TYPE_CHECKING:
    from airflow.providers.common.sql.hooks.sql import DbApiHook

Result = TypeVar("Result")

log = logging.getLogger(__name__)

ATTEMPTS = 5

# Redshift reports these with SQLSTATE XX000, so only the text tells them (AWS page "Serializable isolation").
_CONFLICT_MESSAGES = ("1023", "1018")
_CONFLICT_PHRASES = (
    "Serializable isolation violation",
    "conflict with concurrent transaction",
    "deadlock detected",
)
_CONFLICT_STATES = ("40001", "40P01")


class Session:
    """A connection in a transaction, with the few calls that a load needs. Statements are logged at debug level."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def execute(self, statement: str, parameters: Sequence[object] = ()) -> int:
        """Send a statement and return how many rows it wrote; -1 where the driver does not know."""
        with closing(self._connection.cursor()) as cursor:
            self._send(cursor, statement, parameters)
            return cursor.rowcount

    def fetch(self, query: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Send a query and return its rows."""
        with closing(self._connection.cursor()) as cursor:
            self._send(cursor, query, parameters)
            return [tuple(row) for row in cursor.fetchall()]

    def column_names(self, table: str) -> list[str]:
        """Return a table's column names in their order.

        :param table: the table, quoted.
        """
        with closing(self._connection.cursor()) as cursor:
            self._send(cursor, f"select *\nfrom {table}\nlimit 0", ())
            names = [column[0] for column in cursor.description]
            return [name.decode() if isinstance(name, bytes) else name for name in names]

    @staticmethod
    def _send(cursor: Any, statement: str, parameters: Sequence[object]) -> None:
        log.debug("%s", statement)
        # psycopg looks for placeholders, and so for stray percent signs, only where values are given.
        cursor.execute(statement, tuple(parameters)) if parameters else cursor.execute(statement)


def in_transaction(
    hook: DbApiHook,
    work: Callable[[Session], Result],
    explain: Callable[[Session, Exception], Exception] | None = None,
) -> Result:
    """Do a piece of work in one transaction, commit it, and return its result.

    A conflict with another writer is answered by doing all of the work again, from its beginning, at most
    :data:`ATTEMPTS` times. Any other error is raised after a rollback.

    :param hook: gives the connections, one for each attempt.
    :param work: is called with the session; it must not commit.
    :param explain: is called with the session after a rollback and returns the error to raise; for what only the
        session that failed can tell, such as the load errors of a COPY.
    """

    def attempt() -> Result:
        # Each attempt has a connection of its own: what a driver remembers of a session that rolled back, such as
        # statements prepared for temporary tables that are gone, must not reach the next one.
        with closing(hook.get_conn()) as connection:
            hook.set_autocommit(connection, False)
            try:
                result = work(Session(connection))
                connection.commit()
            except Exception as error:
                alive = _rollback(connection)
                if explain is None or not alive or is_conflict(error):
                    raise
                raise explain(Session(connection), error) from error
            return result

    return _retrying(attempt)


def is_conflict(error: BaseException) -> bool:
    """Return whether an error says that another transaction was in the way, so that the same work may succeed now."""
    if getattr(error, "sqlstate", None) in _CONFLICT_STATES or getattr(error, "pgcode", None) in _CONFLICT_STATES:
        return True
    message, detail = _message(error)
    return message in _CONFLICT_MESSAGES or any(
        phrase in text for phrase in _CONFLICT_PHRASES for text in (message, detail)
    )


def _message(error: BaseException) -> tuple[str, str]:
    """Return the server's message and its detail, where the driver keeps them."""
    if error.args and isinstance(error.args[0], dict):
        return str(error.args[0].get("M", "")).strip(), str(error.args[0].get("D", ""))
    diagnostics = getattr(error, "diag", None)
    if diagnostics is not None:
        return (diagnostics.message_primary or "").strip(), diagnostics.message_detail or ""
    return str(error), ""


def _rollback(connection: Any) -> bool:
    """Roll back and return whether the connection is still there."""
    try:
        connection.rollback()
    except Exception:
        # The error that led here is the one to report; the transaction of a lost connection is rolled back anyway.
        log.warning("The connection to the warehouse is gone; it rolls the transaction back by itself.", exc_info=True)
        return False
    return True


def _retrying(attempt: Callable[[], Result]) -> Result:
    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception(is_conflict),
        stop=tenacity.stop_after_attempt(ATTEMPTS),
        wait=tenacity.wait_random_exponential(multiplier=0.2, max=10),
        before_sleep=lambda state: log.warning(
            "Another transaction was in the way; doing the whole transaction again (attempt %s of %s).",
            state.attempt_number + 1,
            ATTEMPTS,
        ),
        reraise=True,
    )
    return retrying(attempt)
