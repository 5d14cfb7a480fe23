"""The limits of a session in the warehouse, and the label of its statements."""

from __future__ import annotations

import re
from dataclasses import dataclass
from textwrap import shorten
from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import AirflowException

from redshift_elt.connection.server_error import ServerError
from redshift_elt.run.limits import MOST_STATEMENT_TIMEOUT, QUERY_GROUP_PATTERN
from redshift_elt.run.params import STATEMENT_TIMEOUT
from redshift_elt.sql.render import render

if TYPE_CHECKING:
    from redshift_elt.connection.session import Session

# In seconds. Longer than a full load takes, for which the other loads of the target wait.
LOCK_TIMEOUT = 3600.0
# In seconds; 0 would be no limit.
_LEAST_STATEMENT_TIMEOUT = 0.1
_SHOWN_CHARACTERS = 120


class StatementTimeoutError(AirflowException):
    """A statement took longer than ``statement_timeout``. A retry runs it again."""

    def __init__(self, seconds: float, statement: str) -> None:
        shown = shorten(statement, _SHOWN_CHARACTERS, placeholder=" ...")
        super().__init__(
            f"The warehouse cancelled a statement after {seconds:g} s (statement_timeout): {shown}. Nothing was "
            "changed. The time includes waiting in a queue and for other sessions: SYS_QUERY_HISTORY shows which. If "
            "the statement needs longer, increase statement_timeout in the form of the DAG or in the operator; if it "
            "loads too much at once, load a shorter window. The task can be retried."
        )


@dataclass(frozen=True)
class SessionLimits:
    """How long the statements of a session may take, and how the query logs label them.

    :param lock_timeout: the seconds that a statement may take while it waits for another session.
    :param statement_timeout: the seconds that any statement may take.
    :param query_group: the label, by which workload management can choose a queue; empty for none.
    :raises ValueError: see the message.
    """

    lock_timeout: float = LOCK_TIMEOUT
    statement_timeout: float = STATEMENT_TIMEOUT
    query_group: str = ""

    def __post_init__(self) -> None:
        check_seconds("lock_timeout", self.lock_timeout)
        check_seconds("statement_timeout", self.statement_timeout)
        if not _LEAST_STATEMENT_TIMEOUT <= self.statement_timeout <= MOST_STATEMENT_TIMEOUT:
            raise ValueError(
                f"statement_timeout is {self.statement_timeout!r}: write a number of seconds from "
                f"{_LEAST_STATEMENT_TIMEOUT} to {MOST_STATEMENT_TIMEOUT}."
            )
        if not isinstance(self.query_group, str) or not re.fullmatch(QUERY_GROUP_PATTERN, self.query_group):
            raise ValueError(
                f"query_group is {self.query_group!r}: write at most 30 letters, digits, spaces and . : / _ -, or an "
                "empty text."
            )

    @classmethod
    def rendered(cls, lock_timeout: float, statement_timeout: float | str, query_group: str) -> SessionLimits:
        """Return the limits of an operator whose templates are rendered: a number may be a text.

        :raises ValueError: see the message.
        """
        if isinstance(statement_timeout, str):
            try:
                statement_timeout = float(statement_timeout)
            except ValueError:
                raise ValueError(f"statement_timeout is {statement_timeout!r}: write a number of seconds.") from None
        return cls(lock_timeout, statement_timeout, query_group)

    def apply(self, session: Session) -> None:
        """Set the limits that the warehouse enforces, in one statement, until the end of the session."""
        names: dict[str, object] = {"statement_timeout": str(round(self.statement_timeout * 1000))}
        if self.query_group:
            names["query_group"] = self.query_group
        session.fetch(render("session/set_limits.sql", has_query_group=bool(self.query_group)), names)

    def explain(self, session: Session, error: Exception) -> Exception:
        """Return the error to raise for one of the session's last statement.

        The message of Redshift is that of any cancellation, so the time decides.
        """
        server_error = ServerError.of(error)
        if server_error and server_error.is_cancelled and session.statement_seconds >= self.statement_timeout:
            return StatementTimeoutError(self.statement_timeout, session.last_statement)
        return error


def check_seconds(name: str, seconds: float) -> None:
    """Refuse what is not a limit.

    :param name: the name of the argument.
    :raises ValueError: it is not a positive number.
    """
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 < seconds < float("inf"):
        raise ValueError(f"{name} is {seconds!r}: write a number of seconds greater than 0.")
