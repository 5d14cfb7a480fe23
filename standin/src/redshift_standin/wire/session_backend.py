"""The interface to the client's session that COPY and UNLOAD use."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence

import psycopg

from redshift_standin import sqlstate
from redshift_standin.engine.interfaces import QueryResult
from redshift_standin.errors import WarehouseError
from redshift_standin.wire.copy_in import copy_in
from redshift_standin.wire.login import Identity
from redshift_standin.wire.postgres_session import PostgresSession


class SessionBackend:
    """Implements :class:`redshift_standin.engine.interfaces.Backend` with the client's session.

    :param server: the PostgreSQL session.
    :param is_cancelled: whether the client has cancelled the statement that is running.
    """

    def __init__(self, server: PostgresSession, identity: Identity, is_cancelled: Callable[[], bool]) -> None:
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
        return await copy_in(self._server, sql, rows)

    async def execute_apart(self, sql: str, parameters: Sequence[object] = ()) -> None:
        """Run a statement as the superuser on a separate connection and commit it."""
        try:
            connection = await psycopg.AsyncConnection.connect(**self._identity.superuser_connection, autocommit=True)
            async with connection:
                await connection.execute(sql, parameters)
        except psycopg.Error as error:
            raise WarehouseError(str(error), sqlstate=error.sqlstate or sqlstate.INTERNAL_ERROR) from error

    @property
    def cancelled(self) -> bool:
        """Whether the client has cancelled the statement that is running."""
        return self._is_cancelled()
