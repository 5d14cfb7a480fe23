"""A wait for a lock that ends after a time, with an error that names the session that holds the lock.

Redshift has no timeout for locks. ``statement_timeout`` would have to be set before and reset after each wait: two
statements in every load. So a thread cancels a wait that takes too long, from a second connection; a load that does not
wait sends nothing more.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from threading import Event, Thread
from typing import TYPE_CHECKING

from airflow.sdk.exceptions import AirflowException

from redshift_elt.connection.transaction import in_transaction
from redshift_elt.sql.render import render

if TYPE_CHECKING:
    from airflow.providers.common.sql.hooks.sql import DbApiHook

    from redshift_elt.connection.session import Session

log = logging.getLogger(__name__)

# In seconds. Longer than a full load takes, for which the other loads of the target wait.
LOCK_TIMEOUT = 3600.0
_THREAD = "lock_timeout"


@dataclass(frozen=True)
class LockHolder:
    """A session that holds a lock.

    :param pid: the process of the session in the warehouse.
    :param user: None if the load's user may not see it.
    :param since: the start of the transaction in UTC, or None likewise.
    """

    pid: int
    user: str | None
    since: datetime | None

    def __str__(self) -> str:
        if self.user is None or self.since is None:
            return f"process {self.pid} of another user"
        since = f"{self.since:%Y-%m-%d %H:%M:%S} UTC"
        return f"process {self.pid} of the user {self.user!r}, whose transaction began at {since}"


class LockTimeoutError(AirflowException):
    """A load has waited too long for the lock of a target. A retry waits again."""

    def __init__(self, locks: Sequence[str], seconds: float, holders: Sequence[LockHolder]) -> None:
        end = " or ".join(f"select pg_terminate_backend({holder.pid})" for holder in holders)
        super().__init__(
            f"The load waited {seconds:g} s (lock_timeout) for the lock {' or '.join(locks)}, which is held by "
            f"{' and '.join(map(str, holders))}. Nothing was loaded. Let that transaction end, or end it as its user "
            f"or an administrator with {end}. The task can be retried after that."
        )


@dataclass(frozen=True)
class WaitLimit:
    """How long a load waits for locks.

    :param hook: opens the second connection.
    :param seconds: the time after which a wait is cancelled.
    """

    hook: DbApiHook
    seconds: float = LOCK_TIMEOUT

    @contextmanager
    def applied(self, session: Session, locks: Sequence[str]) -> Iterator[None]:
        """Cancel the statement that the session executes in the block if it waits for too long.

        :param locks: the lock tables, for the message.
        :raises LockTimeoutError: it was cancelled.
        """
        holders: list[LockHolder] = []
        try:
            with self._watched(session, holders):
                yield
        except Exception as error:
            if holders:
                raise LockTimeoutError(locks, self.seconds, holders) from error
            raise
        if holders:
            raise LockTimeoutError(locks, self.seconds, holders)

    @contextmanager
    def _watched(self, session: Session, holders: list[LockHolder]) -> Iterator[None]:
        ended = Event()
        watch = Thread(target=self._watch, args=(session, ended, holders), name=_THREAD, daemon=True)
        watch.start()
        try:
            yield
        finally:
            ended.set()
            # Otherwise a cancellation that is on its way could meet the next statement.
            watch.join()

    def _watch(self, waiting: Session, ended: Event, holders: list[LockHolder]) -> None:
        """Cancel the statement of a session when it has waited for too long; return when it has ended.

        :param holders: receives the sessions that it waits for.
        """
        while not holders and not ended.wait(self.seconds):
            self._cancel_if_waiting(waiting.pid, holders)

    def _cancel_if_waiting(self, pid: int, holders: list[LockHolder]) -> None:
        def cancel(session: Session) -> None:
            found = session.fetch(render("load/lock_holders.sql", pid=pid))
            if found:
                session.fetch(render("load/cancel.sql", pid=pid))
                holders.extend(LockHolder(*row) for row in found)

        try:
            in_transaction(self.hook, cancel)
        except Exception as error:
            log.warning("A wait for a lock takes longer than lock_timeout, but it cannot be cancelled yet: %s", error)


def check_seconds(seconds: float) -> float:
    """Return a limit of a wait.

    :raises ValueError: it is not a positive number.
    """
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 < seconds < float("inf"):
        raise ValueError(f"lock_timeout is {seconds!r}: write a number of seconds greater than 0.")
    return seconds
