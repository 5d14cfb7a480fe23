"""A client's session as COPY and UNLOAD see it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence

import psycopg

from redshift_standin.engine.interfaces import QueryResult
from redshift_standin.errors import WarehouseError
from redshift_standin.wire.login import Identity
from redshift_standin.wire.server import Server


class CopyBackend:
    """The client's session as COPY and UNLOAD use it; see :class:`redshift_standin.engine.interfaces.Backend`.

    :param server: PostgreSQL's side of the session.
    :param is_cancelled: whether the client asked to cancel the statement that is running.
    """

    def __init__(self, server: Server, identity: Identity, is_cancelled: Callable[[], bool]) -> None:
        self._server = server
        self._is_cancelled = is_cancelled
        self._identity = identity
        self.cluster = identity.cluster
        self.database = identity.database
        self.user = identity.user
        self.session_id = server.process

    async def fetch(self, sql: str) -> list[tuple[str | None, ...]]:
        """Run one query in the client's transaction."""
        return await self._server.fetch(sql)

    async def query(self, sql: str) -> QueryResult:
        """Run one query in the client's transaction and return its columns and rows."""
        return await self._server.query(sql)

    async def copy_in(self, sql: str, rows: AsyncIterator[bytes]) -> int:
        """Load rows in the client's transaction."""
        return await self._server.copy_in(sql, rows)

    async def execute_apart(self, sql: str, parameters: Sequence[object] = ()) -> None:
        """Run a statement as the server's superuser on a connection of its own, and commit it."""
        try:
            connection = await psycopg.AsyncConnection.connect(**self._identity.apart, autocommit=True)
            async with connection:
                await connection.execute(sql, parameters)
        except psycopg.Error as error:
            raise WarehouseError(str(error), sqlstate=error.sqlstate or "XX000") from error

    @property
    def cancelled(self) -> bool:
        """Whether the client asked to cancel the statement that is running."""
        return self._is_cancelled()
