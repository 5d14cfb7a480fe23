"""What COPY sees of a client's session."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING

import psycopg

from local.standin.backend import QueryResult, WarehouseError
from local.standin.wire.login import Identity

if TYPE_CHECKING:
    from local.standin.wire.session import Session


class CopyBackend:
    """The client's session as COPY and UNLOAD use it; see :class:`local.standin.backend.Backend`."""

    def __init__(self, session: Session, identity: Identity) -> None:
        self._session = session
        self._identity = identity
        self.cluster = identity.cluster
        self.database = identity.database
        self.user = identity.user
        self.session_id = session.server.process

    async def fetch(self, sql: str) -> list[tuple[str | None, ...]]:
        """Run one query in the client's transaction."""
        return await self._session.server.fetch(sql)

    async def query(self, sql: str) -> QueryResult:
        """Run one query in the client's transaction and return its columns and rows."""
        return await self._session.server.query(sql)

    async def copy_in(self, sql: str, rows: AsyncIterator[bytes]) -> int:
        """Load rows in the client's transaction."""
        return await self._session.server.copy_in(sql, rows)

    async def execute_apart(self, sql: str, parameters: Sequence[object] = ()) -> None:
        """Run a statement as the server's superuser on a connection of its own, and commit it."""
        try:
            connection = await psycopg.AsyncConnection.connect(**self._identity.apart, autocommit=True)
            async with connection:
                await connection.execute(sql, parameters)  # type: ignore[arg-type]
        except psycopg.Error as error:
            raise WarehouseError(str(error), sqlstate=error.sqlstate or "XX000") from error

    @property
    def cancelled(self) -> bool:
        """Whether the client asked to cancel the statement that runs now."""
        return self._session.cancelled
