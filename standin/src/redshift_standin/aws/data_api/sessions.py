"""Sessions that outlive a request: AWS page "Using the Amazon Redshift Data API", session reuse."""

from __future__ import annotations

import threading
import uuid

from redshift_standin.aws.data_api.errors import DataApiError, invalid, not_found
from redshift_standin.aws.data_api.execution import Session, ignore_closed_session

MOST_SESSIONS = 500


class ReusableSession:
    """A session that further requests can use by its ID.

    :param owner: who opened it.
    :param target: the cluster, the database and the user, as members of the responses.
    """

    def __init__(self, session: Session, owner: str, target: dict[str, str], keep_alive: int) -> None:
        self.id = str(uuid.uuid4())
        self.session = session
        self.owner = owner
        self.target = target
        self.keep_alive = keep_alive
        self.busy = True
        self.timer: threading.Timer | None = None


class Sessions:
    """The reusable sessions. Each method may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[str, ReusableSession] = {}

    def keep(self, session: Session, owner: str, target: dict[str, str], keep_alive: int) -> ReusableSession:
        """Keep a new session, which is busy until :meth:`release`.

        :raises DataApiError: there are too many.
        """
        with self._lock:
            if len(self._kept) >= MOST_SESSIONS:
                raise DataApiError("ActiveSessionsExceededException", "The maximum number of sessions is reached.")
            kept = ReusableSession(session, owner, target, keep_alive)
            self._kept[kept.id] = kept
            return kept

    def take(self, identifier: str, owner: str, keep_alive: int | None) -> ReusableSession:
        """Return a session that is not busy, and mark it as busy.

        :param keep_alive: the seconds that it stays open after its next release; None keeps the old value.
        :raises DataApiError: the owner has no such session, or it runs a statement.
        """
        with self._lock:
            kept = self._kept.get(identifier)
            if kept is None or kept.owner != owner:
                raise not_found("Session does not exist.", identifier)
            if kept.busy:
                raise invalid(f"Session {identifier} is busy: it runs one statement at a time.")
            if kept.timer is not None:
                kept.timer.cancel()
            kept.busy = True
            if keep_alive is not None:
                kept.keep_alive = keep_alive
            return kept

    def release(self, kept: ReusableSession) -> None:
        """Mark a session as free, and close it if no statement follows in time."""
        with self._lock:
            kept.busy = False
            kept.timer = threading.Timer(kept.keep_alive, self._expire, (kept,))
            kept.timer.daemon = True
            kept.timer.start()

    def close(self) -> None:
        """Close every session."""
        with self._lock:
            every = list(self._kept.values())
            self._kept.clear()
        for kept in every:
            if kept.timer is not None:
                kept.timer.cancel()
            with ignore_closed_session():
                kept.session.close()

    def _expire(self, kept: ReusableSession) -> None:
        with self._lock:
            if kept.busy:
                return
            self._kept.pop(kept.id, None)
        with ignore_closed_session():
            kept.session.close()
