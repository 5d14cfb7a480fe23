"""The sessions of a cluster that cancel requests can reach."""

from __future__ import annotations

from redshift_standin.wire.session import Session


class CancellableSessions:
    """The sessions of one cluster, by the process number and the secret that cancel them."""

    def __init__(self) -> None:
        self._sessions: dict[tuple[int, bytes], Session] = {}

    def __len__(self) -> int:
        return len(self._sessions)

    def add(self, session: Session) -> None:
        """Make a session cancellable."""
        self._sessions[session.server.process, session.server.secret] = session

    def remove(self, session: Session) -> None:
        """Remove a session that has ended."""
        del self._sessions[session.server.process, session.server.secret]

    async def cancel(self, process: int, secret: bytes) -> None:
        """Cancel the statement that a session is running; ignore a request with a wrong secret."""
        session = self._sessions.get((process, secret))
        if session is not None:
            session.state.cancelled = True
            await session.server.cancel()

    def mark_cancelled(self, process: int) -> None:
        """Record that PostgreSQL itself has cancelled a session's statement (``pg_cancel_backend``)."""
        for (session_process, _), session in self._sessions.items():
            if session_process == process:
                session.state.cancelled = True
