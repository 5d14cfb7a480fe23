"""A limit for waits: a statement that waits too long for another session is cancelled, and the error names the session.

Redshift has no timeout for locks, and ``statement_timeout`` would also end statements that work. So a thread watches
each transaction, and cancels a statement that waits too long from a second connection. A transaction that does not wait
sends nothing more.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from threading import Event, Thread
from time import monotonic
from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import AirflowException

from redshift_elt.connection.session import Session
from redshift_elt.connection.session_limits import SessionLimits
from redshift_elt.sql.render import render

if TYPE_CHECKING:
    from airflow.providers.common.sql.hooks.sql import DbApiHook

log = logging.getLogger(__name__)

# What the second connection asks is answered at once.
_LIMITS_OF_CHECK = SessionLimits(statement_timeout=60)
_THREAD = "lock_timeout"


@dataclass(frozen=True)
class LockHolder:
    """A session for which another one waits.

    :param table: the table that both need, or None if the other session waits for the end of a transaction.
    :param pid: the process of the session in the warehouse.
    :param user: None if the waiting session's user may not see it.
    :param since: the start of the transaction in UTC, or None likewise.
    """

    table: str | None
    pid: int
    user: str | None
    since: datetime | None

    def __str__(self) -> str:
        if self.user is None or self.since is None:
            return f"process {self.pid} of another user"
        since = f"{self.since:%Y-%m-%d %H:%M:%S} UTC"
        return f"process {self.pid} of the user {self.user!r}, whose transaction began at {since}"


class LockTimeoutError(AirflowException):
    """A statement has waited too long for another session. A retry waits again."""

    def __init__(self, seconds: float, holders: Sequence[LockHolder]) -> None:
        tables = sorted({f"the lock on {holder.table}" for holder in holders if holder.table})
        end = " or ".join(f"select pg_terminate_backend({holder.pid})" for holder in holders)
        super().__init__(
            f"A statement waited {seconds:g} s (lock_timeout) for {' and '.join(tables) or 'a transaction'}, held by "
            f"{' and '.join(map(str, holders))}. Nothing was changed. Let that transaction end, or end it as its user "
            f"or an administrator with {end}. The task can be retried after that."
        )


class LockWatch:
    """Watches a session, and cancels its statement if it waits too long.

    :param hook: opens the second connection.
    :param session: the session to watch.
    :param seconds: the time that a statement may take while it waits for another session.
    """

    def __init__(self, hook: DbApiHook, session: Session, seconds: float) -> None:
        self._hook = hook
        self._session = session
        self._seconds = seconds
        self._checked = monotonic()
        self._ended = Event()
        self._holders: list[LockHolder] = []

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch the session during the block.

        :raises LockTimeoutError: a statement was cancelled.
        """
        thread = Thread(target=self._watch, name=_THREAD, daemon=True)
        thread.start()
        try:
            yield
        except Exception as error:
            if self._holders:
                raise LockTimeoutError(self._seconds, self._holders) from error
            raise
        finally:
            self._ended.set()
            thread.join()

    def _watch(self) -> None:
        while not self._holders and not self._ended.wait(self._seconds_left()):
            if not self._seconds_left():
                self._check()

    def _seconds_left(self) -> float:
        """Return the seconds until the next check: a statement is checked when it has taken too long, and again."""
        began = self._session.statement_began
        return self._seconds if began is None else max(max(began, self._checked) + self._seconds - monotonic(), 0)

    def _check(self) -> None:
        """Cancel the statement of the session if it waits."""
        with self._session.statement_goes_on() as goes_on:
            self._checked = monotonic()
            if not goes_on:
                return
            try:
                self._holders = self._cancel_if_waiting()
            except Exception as error:
                log.warning("A statement takes longer than lock_timeout, but it cannot be cancelled yet: %s", error)

    def _cancel_if_waiting(self) -> list[LockHolder]:
        pid = self._session.pid
        with closing(self._hook.get_conn()) as connection:
            session = Session(connection)
            _LIMITS_OF_CHECK.apply(session)
            holders = [LockHolder(*row) for row in session.fetch(render("session/lock_holders.sql", pid=pid))]
            if holders:
                session.fetch(render("session/cancel.sql", pid=pid))
            return holders
