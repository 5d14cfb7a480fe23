"""What the sessions of a database have run, for `sys_query_history` and `stl_query`.

It is kept in memory, and written into the database when somebody asks for it, so that no other statement costs more.
"""

from __future__ import annotations

import json
import time
from collections import deque
from datetime import datetime, timezone
from typing import Any

from redshift_standin.errors import WarehouseError
from redshift_standin.sql.lexer import Kind, tokenize
from redshift_standin.sql.statement import Statement
from redshift_standin.sql.translation import Translation

# What is kept between two questions.
_MOST = 5000

# The text is CHAR(4000) in both views.
_LONGEST_TEXT = 4000

_SECRETS = ("access_key_id", "credentials", "secret_access_key", "session_token")
_QUERIES = {"(": "SELECT", "MERGE": "OTHER", "SELECT": "SELECT", "WITH": "SELECT"}
_DDL = ("ALTER", "COMMENT", "CREATE", "DROP", "GRANT", "REVOKE", "TRUNCATE")


class Run:
    """One statement while it runs: a context, at whose end it is in the history.

    :param user: who runs it.
    :param database: as its clients call it.
    :param session: the number of PostgreSQL's process.
    """

    __slots__ = (
        "_begun",
        "_database",
        "_ended",
        "_error",
        "_history",
        "_session",
        "_status",
        "_translation",
        "_user",
        "rows",
    )

    def __init__(self, history: QueryHistory, translation: Translation, user: str, database: str, session: int) -> None:
        self.rows = 0
        """How many rows it has returned."""
        self._history = history
        self._translation = translation
        self._user = user
        self._database = database
        self._session = session
        self._status = "success"
        self._error = ""
        self._begun = self._ended = time.time()

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Note how it ended."""
        if isinstance(error, WarehouseError):
            self.failed(error.sqlstate, error.message)
        self._ended = time.time()
        self._history.add(self)

    def failed(self, code: str, message: str) -> None:
        """Note the error that the client is told."""
        self._status = "canceled" if code == "57014" else "failed"
        self._error = message

    def told(self) -> dict[str, Any]:
        """Return it as `standin.keep_queries` reads it."""
        return {
            "user_name": self._user,
            "database_name": self._database,
            "session_id": self._session,
            **_described(self._translation),
            "status": self._status,
            "error_message": self._error,
            "returned_rows": self.rows,
            "start_time": _moment(self._begun),
            "end_time": _moment(self._ended),
        }


class QueryHistory:
    """The statements of all sessions of a database that are not written down yet."""

    def __init__(self) -> None:
        self._queries: deque[Run] = deque(maxlen=_MOST)

    def add(self, run: Run) -> None:
        """Keep a statement that has run; of too many the first are forgotten."""
        self._queries.append(run)

    def take(self) -> str | None:
        """Return the statements that are not written down as JSON for `standin.keep_queries`, or None; forget them."""
        taken = [query.told() for query in self._queries]
        self._queries.clear()
        return json.dumps(taken) if taken else None


def _described(translation: Translation) -> dict[str, str]:
    """Return a statement's text, and its type by the list on AWS page "SYS_QUERY_HISTORY"."""
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
    return {"query_type": kind, "query_text": text[:_LONGEST_TEXT]}


def _without_secrets(text: str) -> str:
    """Return the text of a COPY or an UNLOAD with empty strings in the place of its secrets."""
    statement = Statement(text, tokenize(text))
    for index in reversed(range(len(statement))):
        word = index - 2 if statement.at(index - 1, "as") else index - 1
        if statement.at_kind(index, Kind.STRING) and statement.at_any(word, _SECRETS):
            token = statement.tokens[index]
            text = f"{text[: token.start]}''{text[token.end :]}"
    return text


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).replace(tzinfo=None).isoformat(" ")
