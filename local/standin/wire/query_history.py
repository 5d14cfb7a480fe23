"""What the sessions of a database have run, for `sys_query_history` and `stl_query`.

It is kept in memory, and written into the database when somebody asks for it, so that no other statement costs more.
"""

from __future__ import annotations

import contextlib
import json
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


@dataclass
class QueryHistory:
    """The statements of all sessions of a database that are not written down yet."""

    _queries: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=_MOST))

    @contextlib.contextmanager
    def record(self, translation: Translation, *, user: str, database: str, session: int) -> Iterator[Run]:
        """Record a statement while it runs.

        :param session: the number of PostgreSQL's process.
        """
        run, start = Run(), _now()
        try:
            yield run
        finally:
            self._queries.append(
                {
                    "user_name": user,
                    "database_name": database,
                    "session_id": session,
                    **_described(translation),
                    "status": run.status,
                    "error_message": run.error,
                    "returned_rows": run.rows,
                    "start_time": start,
                    "end_time": _now(),
                }
            )

    def take(self) -> str | None:
        """Return the statements that are not written down as JSON for `standin.keep_queries`, or None; forget them."""
        taken = list(self._queries)
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


def _now() -> str:
    return datetime.now(timezone.utc).replace(tzinfo=None).isoformat(" ")
