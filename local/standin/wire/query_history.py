"""What the sessions of a database have run, for `sys_query_history` and `stl_query`.

It is kept in memory, and written into the database when somebody asks for it, so that no other statement costs more.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from local.standin.sql.lexer import Kind, tokenize
from local.standin.sql.statement import Statement
from local.standin.sql.translation import Translation

# What is kept between two questions.
_MOST = 5000

# The text is CHAR(4000) in both views.
_LONGEST_TEXT = 4000

_SECRETS = ("access_key_id", "credentials", "secret_access_key", "session_token")
_QUERIES = {"(": "SELECT", "MERGE": "OTHER", "SELECT": "SELECT", "WITH": "SELECT"}
_DDL = ("ALTER", "COMMENT", "CREATE", "DROP", "GRANT", "REVOKE", "TRUNCATE")


@dataclass
class Run:
    """One statement while it runs.

    :param rows: how many rows it has returned.
    :param status: as in `sys_query_history`.
    """

    status: str = "success"
    error: str = ""
    rows: int = 0

    def failed(self, code: str, message: str) -> None:
        """Note the error that the client is told."""
        self.status = "canceled" if code == "57014" else "failed"
        self.error = message


@dataclass(frozen=True)
class _Query:
    """A statement that has run, and between which moments, in seconds since 1970."""

    run: Run
    translation: Translation
    user: str
    database: str
    session: int
    start: float
    end: float

    def told(self) -> dict[str, Any]:
        """Return it as `standin.keep_queries` reads it."""
        return {
            "user_name": self.user,
            "database_name": self.database,
            "session_id": self.session,
            **_described(self.translation),
            "status": self.run.status,
            "error_message": self.run.error,
            "returned_rows": self.run.rows,
            "start_time": _moment(self.start),
            "end_time": _moment(self.end),
        }


@dataclass
class QueryHistory:
    """The statements of all sessions of a database that are not written down yet."""

    _queries: deque[_Query] = field(default_factory=lambda: deque(maxlen=_MOST))

    @contextlib.contextmanager
    def record(self, translation: Translation, *, user: str, database: str, session: int) -> Iterator[Run]:
        """Record a statement while it runs.

        :param session: the number of PostgreSQL's process.
        """
        run, start = Run(), time.time()
        try:
            yield run
        finally:
            self._queries.append(_Query(run, translation, user, database, session, start, time.time()))

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
