"""A client's transaction, which is one of PostgreSQL's at the isolation level of the database.

A statement that writes first takes its table's write lock, before PostgreSQL takes the snapshot, so that writers queue
while readers continue. Outside a transaction the endpoint opens one around such a statement, an implicit transaction,
and commits it at the end of the client's message.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from redshift_standin import sqlstate
from redshift_standin.errors import WarehouseError
from redshift_standin.sql.translation import Action, Translation
from redshift_standin.wire import messages
from redshift_standin.wire.codes import TransactionStatus
from redshift_standin.wire.error_translation import error_fields
from redshift_standin.wire.postgres_session import PostgresError, PostgresSession
from redshift_standin.wire.response_relay import ResponseRelay
from redshift_standin.wire.write_locks import (
    WriteLocks,
    lock_command,
    newer_relations_query,
    read_written_table,
    refuse_newer_relations,
    written_table_query,
)

Rows = list[tuple[str | None, ...]]
RunInternally = Callable[..., Awaitable[Rows]]
"""Runs the endpoint's own commands, given as positional arguments, and returns their rows."""

OUTSIDE_TRANSACTION_ONLY = (Action.ALONE, Action.DATABASE)

_BEGIN = "begin"
_FAIL_TRANSACTION = "do $$begin raise exception 'the statement failed outside PostgreSQL'; end$$"


class Transaction:
    """The transaction of one session.

    :param server: the PostgreSQL session.
    :param relay: sends PostgreSQL's answers to the client.
    :param serializable: whether the database is at SERIALIZABLE.
    """

    def __init__(self, server: PostgresSession, relay: ResponseRelay, *, serializable: bool) -> None:
        self._server = server
        self._relay = relay
        self._locks = WriteLocks(serializable=serializable)
        self._relations_read: set[str] = set()
        self.has_snapshot = False
        self.is_implicit = False
        self.portals: dict[str, Translation] = {}
        """The portals of the extended protocol, which end with the transaction."""
        relay.on_transaction_end = self._clear

    @property
    def is_open(self) -> bool:
        """Whether PostgreSQL is in a transaction, failed or not."""
        return self._server.status != TransactionStatus.IDLE

    @property
    def is_the_clients(self) -> bool:
        """Whether the client itself has opened a transaction."""
        return self.is_open and not self.is_implicit

    def needs_preparation(self, translation: Translation) -> bool:
        """Whether :meth:`prepare` has something to do for a statement."""
        return self._needs_begin() or self._locks.missing_mode(translation) is not None

    async def prepare(self, translation: Translation, run: RunInternally) -> None:
        """Open an implicit transaction if there is none, and take the write lock of the statement's table.

        :raises StatementFailed: PostgreSQL refused.
        :raises WarehouseError: the table is newer than the transaction's snapshot.
        """
        commands = []
        if self._needs_begin():
            commands.append(_BEGIN)
            self.is_implicit = True
        table, mode = translation.table, self._locks.missing_mode(translation)
        if table is None or mode is None:
            await run(*commands)
            return
        rows = await run(*commands, lock_command(table, mode), written_table_query(table))
        self._locks.add(table, mode)
        self._server.written_table = read_written_table(rows)

    async def check_snapshot(self, translation: Translation, run: RunInternally) -> None:
        """Refuse to read a relation that is newer than the snapshot of the client's transaction.

        :raises StatementFailed: PostgreSQL refused.
        :raises WarehouseError: there is such a relation (error 1018).
        """
        # A relation that the transaction has read is locked, so no other session can rename it.
        unread = tuple(name for name in translation.relations if name not in self._relations_read)
        if unread and self.has_snapshot:
            refuse_newer_relations(await run(newer_relations_query(unread)))
        self._relations_read.update(unread)
        self.has_snapshot = self.has_snapshot or bool(unread)

    async def commit(self) -> None:
        """Commit, or roll back a failed transaction."""
        if self.is_open:
            is_healthy = self._server.status == TransactionStatus.IN_TRANSACTION
            try:
                await self._server.run("commit" if is_healthy else "rollback", sync=True)
            except PostgresError as error:
                self._relay.send_error(error.fields, None)
        self.end()

    async def commit_implicit(self) -> None:
        """Commit the transaction that the endpoint has opened, if there is one."""
        if self.is_implicit:
            await self.commit()

    async def refuse(self, error: WarehouseError, *, sync: bool) -> None:
        """Send the client an error of the endpoint, and fail PostgreSQL's transaction as if PostgreSQL had raised it.

        :param sync: whether to send Sync after the command that fails.
        """
        self._relay.client.write(messages.error(error_fields(error)))
        if sync and self._server.status != TransactionStatus.IN_TRANSACTION:
            return
        try:
            await self._server.run(_FAIL_TRANSACTION, sync=sync)
        except PostgresError:
            return

    def end(self) -> None:
        """Reset the state after the transaction has ended."""
        self.is_implicit = False
        self._clear()

    def _needs_begin(self) -> bool:
        return not self.is_open and not self.is_implicit

    def _clear(self) -> None:
        self._locks.clear()
        self._relations_read.clear()
        self.has_snapshot = False
        self.portals.clear()
        self._server.written_table = None


def outside_transaction_only(translation: Translation) -> WarehouseError:
    """Return the error for a statement that cannot run inside a transaction."""
    return WarehouseError(
        f"{translation.command} cannot run inside a transaction block", sqlstate=sqlstate.ACTIVE_SQL_TRANSACTION
    )
