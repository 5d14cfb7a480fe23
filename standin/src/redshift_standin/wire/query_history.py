"""The statements that the sessions of a database have run, for `sys_query_history` and `stl_query`.

They are kept in memory and written to the database only before a statement reads the history, so that other
statements do not become slower.
"""

from __future__ import annotations

import json
import time
from collections import deque
from datetime import datetime, timezone
from typing import Any

from redshift_standin import sqlstate
from redshift_standin.errors import WarehouseError
from redshift_standin.sql.lexer import Kind, tokenize
from redshift_standin.sql.statement import Statement
from redshift_standin.sql.translation import Translation
from redshift_standin.wire.login import Identity

# How many statements are kept until the next statement that reads the history.
_MAX_STATEMENTS = 5000

# The text is CHAR(4000) in both views.
_MAX_TEXT_LENGTH = 4000

_SECRETS = ("access_key_id", "credentials", "secret_access_key", "session_token")
_QUERIES = {"(": "SELECT", "MERGE": "OTHER", "SELECT": "SELECT", "WITH": "SELECT"}
_DDL = ("ALTER", "COMMENT", "CREATE", "DROP", "GRANT", "REVOKE", "TRUNCATE")


class StatementRecord:
    """One statement while it runs: a context manager that adds it to the history at its end.

    :param history: the history that it is added to.
    :param translation: the statement.
    :param identity: the database and the user of the session.
    :param process: the process number of the session.
    """

    __slots__ = (
        "_begun",
        "_described",
        "_ended",
        "_error",
        "_history",
        "_identity",
        "_process",
        "_status",
        "_translation",
        "rows",
    )

    def __init__(self, history: QueryHistory, translation: Translation, identity: Identity, process: int) -> None:
        self.rows = 0
        """How many rows it has returned."""
        self._history = history
        self._translation: Translation | None = translation
        self._described: dict[str, str] = {}
        self._identity = identity
        self._process = process
        self._status = "success"
        self._error = ""
        self._begun = self._ended = time.time()

    def __enter__(self) -> None:
        """Start recording."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Record how the statement ended."""
        if isinstance(error, WarehouseError):
            self.fail(error.sqlstate, error.message)
        self._ended = time.time()
        if self._translation is not None and len(self._translation.source) > _MAX_TEXT_LENGTH:
            # The history keeps only the beginning of a long text.
            self._described, self._translation = _type_and_text(self._translation), None
        self._history.add(self)

    def fail(self, code: str, message: str) -> None:
        """Record the error that the client receives.

        :param code: the SQLSTATE.
        """
        self._status = "canceled" if code == sqlstate.QUERY_CANCELED else "failed"
        self._error = message

    def as_row(self) -> dict[str, Any]:
        """Return the statement in the form that `standin.keep_queries` reads."""
        return {
            "user_name": self._identity.user,
            "database_name": self._identity.database,
            "session_id": self._process,
            **(_type_and_text(self._translation) if self._translation is not None else self._described),
            "status": self._status,
            "error_message": self._error,
            "returned_rows": self.rows,
            "start_time": _timestamp(self._begun),
            "end_time": _timestamp(self._ended),
        }


class QueryHistory:
    """The statements of all sessions of a database that are not in the database yet."""

    def __init__(self) -> None:
        self._records: deque[StatementRecord] = deque(maxlen=_MAX_STATEMENTS)

    def add(self, record: StatementRecord) -> None:
        """Add a statement that has run; if there are too many, the oldest is dropped."""
        self._records.append(record)

    def take(self) -> str | None:
        """Return the statements as JSON for `standin.keep_queries` and forget them; return None if there are none."""
        rows = [record.as_row() for record in self._records]
        self._records.clear()
        return json.dumps(rows) if rows else None


def _type_and_text(translation: Translation) -> dict[str, str]:
    """Return a statement's text, and its type from the list on AWS page "SYS_QUERY_HISTORY"."""
    command, text = translation.command, translation.source
    word = command.split()[0]
    if word in ("COPY", "UNLOAD"):
        kind, text = word, _without_secrets(text)
    elif word in ("DELETE", "INSERT", "UPDATE"):
        kind = word
    elif command == "CREATE TABLE":
        statement = Statement(text, tokenize(text))
        kind = "CTAS" if statement.find("as", 0, len(statement)) >= 0 else "DDL"
    else:
        kind = _QUERIES.get(word) or ("DDL" if word in _DDL else "UTILITY")
    return {"query_type": kind, "query_text": text[:_MAX_TEXT_LENGTH]}


def _without_secrets(text: str) -> str:
    """Return the text of a COPY or an UNLOAD with its secrets replaced by empty strings."""
    statement = Statement(text, tokenize(text))
    for index in reversed(range(len(statement))):
        word = index - 2 if statement.at(index - 1, "as") else index - 1
        if statement.at_kind(index, Kind.STRING) and statement.at_any(word, _SECRETS):
            token = statement.tokens[index]
            text = f"{text[: token.start]}''{text[token.end :]}"
    return text


def _timestamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).replace(tzinfo=None).isoformat(" ")
