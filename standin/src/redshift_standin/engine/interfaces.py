"""The interface between the Redshift endpoint, COPY and UNLOAD: the client's session, and the results."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class ResultColumn:
    """A column of a query's result.

    :param type: the OID of the type in PostgreSQL.
    :param modifier: PostgreSQL's type modifier, or -1.
    """

    name: str
    type: int
    modifier: int


@dataclass(frozen=True)
class QueryResult:
    """A query's columns and rows, every value as text."""

    columns: tuple[ResultColumn, ...]
    rows: list[tuple[str | None, ...]]


class Backend(Protocol):
    """The client's own PostgreSQL session: it sees the client's temporary tables and its uncommitted rows."""

    cluster: str
    database: str
    user: str
    session_id: int

    async def fetch(self, sql: str) -> list[tuple[str | None, ...]]:
        """Run one query and return its rows, every value as text.

        :raises WarehouseError: the query failed; the transaction is aborted.
        """
        ...

    async def query(self, sql: str) -> QueryResult:
        """Run one query and return its columns and rows.

        :raises WarehouseError: the query failed; the transaction is aborted.
        """
        ...

    async def copy_in(self, sql: str, rows: AsyncIterator[bytes]) -> int:
        """Run ``copy .. from stdin`` with these bytes, in pieces of any size, and return the number of rows.

        An exception of ``rows`` cancels the load and propagates.

        :raises WarehouseError: PostgreSQL refused a row; the transaction is aborted.
        """
        ...

    async def execute_apart(self, sql: str, parameters: Sequence[object] = ()) -> None:
        """Run a statement with ``%s`` parameters on another connection and commit it, independent of this transaction.

        :raises WarehouseError: the statement failed.
        """
        ...

    @property
    def cancelled(self) -> bool:
        """Whether the client asked to cancel the statement that runs now."""
        ...


@dataclass(frozen=True)
class CopyResult:
    """The result of a successful COPY.

    :param rows: the number of loaded rows.
    :param notices: the INFO messages for the client, before the statement completes.
    """

    rows: int
    notices: tuple[str, ...]


class Copier(Protocol):
    """Runs COPY statements."""

    async def copy(self, statement: str, backend: Backend) -> CopyResult:
        """Load what the statement names, inside the client's transaction.

        :param statement: the COPY statement, with no semicolon after it.
        :param backend: the session of the client that sent it.
        :raises WarehouseError: nothing was loaded; the session aborts the transaction.
        """
        ...


@dataclass(frozen=True)
class UnloadResult:
    """The result of a successful UNLOAD.

    :param notices: the INFO messages for the client, before the statement completes.
    """

    notices: tuple[str, ...]


class Unloader(Protocol):
    """Runs UNLOAD statements."""

    async def unload(self, statement: str, backend: Backend) -> UnloadResult:
        """Write what the statement's query finds, inside the client's transaction.

        :param statement: the UNLOAD statement, with no semicolon after it.
        :param backend: the session of the client that sent it.
        :raises WarehouseError: it failed; the session aborts the transaction.
        """
        ...
