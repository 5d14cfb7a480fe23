"""One client's session: what it sends is translated, run on its own PostgreSQL session, and answered as Redshift would.

A client's transaction is one of PostgreSQL's, at the level of the database. A statement that writes first takes its
table's write lock, before PostgreSQL takes the snapshot, so that writers queue while readers go on. Outside a
transaction the endpoint opens one around such a statement ("wraps" it) and commits it at the end of the message.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from local.standin.backend import Copier, Unloader, WarehouseError
from local.standin.databases import ClusterDatabases
from local.standin.sql.statement import Statement, split_statements
from local.standin.sql.translate import translate
from local.standin.sql.translation import Action, Translation
from local.standin.wire import messages
from local.standin.wire.channel import Channel, ProtocolViolation
from local.standin.wire.copying import CopyBackend
from local.standin.wire.disorder import Disorder
from local.standin.wire.login import Identity
from local.standin.wire.reports import error_fields, translate_error, translate_notice
from local.standin.wire.server import Server, ServerError
from local.standin.wire.writing import (
    WriteLocks,
    lock_command,
    newer_query,
    read_written,
    refuse_newer,
    written_query,
)

_LOG = logging.getLogger(__name__)

# What PostgreSQL sees in the place of what the endpoint runs: it does nothing, has no columns and takes no parameters.
_PLACEHOLDER = "do $$begin end$$"

_IN_S3 = (Action.COPY, Action.UNLOAD)
_OWN = (*_IN_S3, Action.DATABASE)
_OUTSIDE = (Action.ALONE, Action.DATABASE)

_POISON = "do $$begin raise exception 'the statement failed outside PostgreSQL'; end$$"

# Messages that go to the client as they are, in whole chunks.
_FORWARDED = frozenset(b"DT123ntsI")

_ROW = ord("D")
_ROWS_AND_ENDS = frozenset(b"DCEsZ")

_SETTINGS_REPORTED = frozenset(
    {"client_encoding", "DateStyle", "integer_datetimes", "is_superuser", "server_encoding", "session_authorization"}
    | {"TimeZone"}
)

_ABORTED = WarehouseError(
    "current transaction is aborted, commands ignored until end of transaction block", sqlstate="25P02"
)


class Failed(Exception):  # noqa: N818 - the client has been told
    """The statement failed and the client has been sent the error."""


class Session:
    """Serves one client that has logged in.

    :param client: the connection to the client.
    :param server: its own PostgreSQL session.
    :param copier: what runs COPY.
    :param identity: the cluster, the database and the user.
    :param databases: the databases of the cluster.
    :param serializable: whether the database is at SERIALIZABLE.
    :param unloader: what runs UNLOAD; without one it is refused.
    """

    def __init__(
        self,
        client: Channel,
        server: Server,
        copier: Copier,
        identity: Identity,
        databases: ClusterDatabases,
        *,
        serializable: bool,
        unloader: Unloader | None = None,
    ) -> None:
        self.client = client
        self.server = server
        self.cancelled = False
        self._copier = copier
        self._unloader = unloader
        self._identity = identity
        self._databases = databases
        self._copy_backend = CopyBackend(self, identity)
        self._wrapped = False
        self._read: set[str] = set()
        self._has_snapshot = False
        self._locks = WriteLocks(serializable=serializable)
        self._skipping = False
        self._statements: dict[str, Translation] = {}
        self._portals: dict[str, Translation] = {}
        self._handlers: dict[bytes, Callable] = {
            b"P": self._parse,
            b"B": self._bind,
            b"E": self._execute,
            b"D": self._describe,
            b"C": self._close,
        }

    @property
    def in_transaction(self) -> bool:
        """Whether the client has a transaction open, in its own eyes."""
        return self.server.status != b"I" and not self._wrapped

    async def serve(self) -> None:
        """Answer the client until it says goodbye.

        :raises Disconnected: the client or PostgreSQL is gone.
        :raises ProtocolViolation: the client does not speak the protocol.
        """
        while True:
            kind, body = await self.client.message()
            self.cancelled = False
            if kind == b"X":
                return
            try:
                if kind == b"Q":
                    (text,), _ = messages.read_strings(body, 1)
                    await self._simple(text)
                elif kind == b"S":
                    await self._sync()
                elif kind == b"H":
                    continue
                elif kind in self._handlers:
                    if not self._skipping:
                        await self._extended(kind, body)
                else:
                    raise ProtocolViolation(f"invalid frontend message type {kind[0]}")
            except (ValueError, IndexError) as error:
                raise ProtocolViolation("malformed message") from error
            await self.client.drain()

    # The simple protocol: one message, any number of statements, one transaction unless the client manages its own.

    async def _simple(self, text: str) -> None:
        self._skipping = False
        try:
            statements = split_statements(text)
            if not statements:
                self.client.write(messages.EMPTY_QUERY)
            for statement in statements:
                await self._run(statement, together=len(statements) > 1)
        except WarehouseError as error:
            await self._refuse(error, sync=True)
        except Failed:
            pass
        await self._unwrap()
        self._ready()

    async def _run(self, statement: Statement, *, together: bool) -> None:
        translation = self._translate(statement)
        action = translation.action
        if action in _OUTSIDE and (self.server.status != b"I" or together):
            raise _outside_only(translation)
        if action is Action.DATABASE:
            await self._change_database(translation)
            return
        if action is Action.BEGIN and self._wrapped:
            self._wrapped = False
            self.client.write(messages.command_complete("BEGIN"))
            return
        if action in (Action.WRITE, *_IN_S3) or (together and action in (Action.RUN, Action.TRUNCATE)):
            await self._prepare(translation, sync=True)
        if action in _IN_S3:
            await self._move(translation)
            return
        await self._refuse_newer(translation, sync=True)
        self.server.channel.write(messages.query(translation.sql))
        await self._pump(b"Z", translation)
        if action is Action.END:
            self._wrapped = False
        if action is Action.TRUNCATE:
            await self._commit()

    # The extended protocol: each message is answered before the next is read; after an error all is skipped to Sync.

    async def _extended(self, kind: bytes, body: bytes) -> None:
        try:
            await self._handlers[kind](body)
        except WarehouseError as error:
            await self._refuse(error, sync=False)
            self._skipping = True
        except Failed:
            self._skipping = True

    async def _parse(self, body: bytes) -> None:
        (name, text), types = messages.read_strings(body, 2)
        statements = split_statements(text)
        if len(statements) > 1:
            raise WarehouseError("cannot insert multiple commands into a prepared statement", sqlstate="42601")
        if not statements:
            self._statements.pop(name, None)
            await self._forward(messages.message(b"P", body), b"1")
            return
        translation = self._translate(statements[0])
        if translation.action is Action.WRITE:
            await self._prepare(translation, sync=False)
        sql = _PLACEHOLDER if translation.action in _OWN else translation.sql
        await self._forward(messages.parse(name, sql, types), b"1", translation)
        self._statements[name] = translation

    async def _bind(self, body: bytes) -> None:
        (portal, name), _ = messages.read_strings(body, 2)
        translation = self._statements.get(name)
        if translation is not None and translation.action is Action.WRITE:
            await self._prepare(translation, sync=False)
        if translation is not None:
            await self._refuse_newer(translation, sync=False)
        await self._forward(messages.message(b"B", body), b"2", translation)
        if translation is None:
            self._portals.pop(portal, None)
        else:
            self._portals[portal] = translation

    async def _describe(self, body: bytes) -> None:
        (name,), _ = messages.read_strings(body[1:], 1)
        known = self._statements if body[:1] == b"S" else self._portals
        await self._forward(messages.message(b"D", body), b"Tn", known.get(name))

    async def _close(self, body: bytes) -> None:
        (name,), _ = messages.read_strings(body[1:], 1)
        (self._statements if body[:1] == b"S" else self._portals).pop(name, None)
        await self._forward(messages.message(b"C", body), b"3")

    async def _execute(self, body: bytes) -> None:
        (portal,), _ = messages.read_strings(body, 1)
        translation = self._portals.get(portal)
        action = translation.action if translation is not None else Action.RUN
        if action in _OUTSIDE and self.server.status != b"I":
            raise _outside_only(translation)
        if action is Action.DATABASE:
            await self._change_database(translation)
            return
        if action in _IN_S3:
            await self._prepare(translation, sync=False)
            await self._move(translation)
            return
        if action is Action.BEGIN and self._wrapped:
            self._wrapped = False
            self.client.write(messages.command_complete("BEGIN"))
            return
        await self._forward(messages.message(b"E", body), b"CIs", translation)
        # PostgreSQL reports its status at the next Sync only; what comes before that must know of it.
        if action is Action.BEGIN:
            self.server.status = b"T"
        if action is Action.END:
            self.server.status = b"I"
            self._wrapped = False
            self._forget()
        if action is Action.TRUNCATE:
            self.server.channel.write(messages.SYNC)
            await self._pump(b"Z", translation)
            await self._commit()

    async def _forward(self, message: bytes, answers: bytes, translation: Translation | None = None) -> None:
        self.server.channel.write(message + messages.FLUSH)
        await self._pump(answers, translation)

    async def _sync(self) -> None:
        self._skipping = False
        self.server.channel.write(messages.SYNC)
        await self._pump(b"Z", None)
        await self._unwrap()
        self._ready()

    # Transactions.

    def _translate(self, statement: Statement) -> Translation:
        """Translate a statement; in a failed transaction only its end is looked at, as in PostgreSQL."""
        if self.server.status != b"E":
            return translate(statement)
        try:
            translation = translate(statement)
        except WarehouseError:
            raise _ABORTED from None
        if translation.action is not Action.END:
            raise _ABORTED
        return translation

    async def _prepare(self, translation: Translation, *, sync: bool) -> None:
        """Be in a transaction that holds the write lock of the statement's table."""
        try:
            if self.server.status == b"I" and not self._wrapped:
                await self.server.run("begin", sync=sync)
                self._wrapped = True
            mode = self._locks.missing(translation)
            if translation.table is None or mode is None:
                return
            await self.server.run(lock_command(translation.table, mode), sync=sync)
            self._locks.note(translation.table, mode)
            self.server.written = read_written(await self.server.run(written_query(translation.table), sync=sync))
        except ServerError as error:
            self._send_error(error.fields, translation)
            raise Failed from error

    async def _refuse_newer(self, translation: Translation, *, sync: bool) -> None:
        """Refuse, with 1018, to read a relation that is newer than the snapshot of the client's transaction."""
        if not self.in_transaction:
            return
        # What the transaction has read is locked against a change of its name.
        unread = tuple(name for name in translation.relations if name not in self._read)
        if unread and self._has_snapshot:
            try:
                refuse_newer(await self.server.run(newer_query(unread), sync=sync))
            except ServerError as error:
                self._send_error(error.fields, translation)
                raise Failed from error
        self._read.update(unread)
        self._has_snapshot = self._has_snapshot or bool(unread)

    def _forget(self) -> None:
        """Forget what is known of a transaction: it is over."""
        self._locks.clear()
        self.server.written = None
        self._read.clear()
        self._has_snapshot = False

    async def _unwrap(self) -> None:
        """End the transaction that the endpoint opened around the client's statement."""
        if self._wrapped:
            await self._commit()

    async def _commit(self) -> None:
        """Commit, or roll back what failed."""
        if self.server.status != b"I":
            try:
                await self.server.run("commit" if self.server.status == b"T" else "rollback", sync=True)
            except ServerError as error:
                self._send_error(error.fields, None)
        self._wrapped = False
        self._forget()

    async def _refuse(self, error: WarehouseError, *, sync: bool) -> None:
        """Send an error of the endpoint's own, and fail PostgreSQL's transaction as if it had raised it."""
        self.client.write(messages.report(b"E", error_fields(error)))
        if sync and self.server.status != b"T":
            return
        try:
            await self.server.run(_POISON, sync=sync)
        except ServerError:
            return

    async def _change_database(self, translation: Translation) -> None:
        """Run CREATE, ALTER or DROP DATABASE."""
        if translation.database is None:
            raise ValueError("a statement about a database names none")
        identity, process = self._identity, self.server.process
        await asyncio.to_thread(
            self._databases.change,
            translation.database,
            user=identity.user,
            current=identity.database,
            process=process,
        )
        self.client.write(messages.command_complete(translation.command))

    async def _move(self, translation: Translation) -> None:
        """Run COPY or UNLOAD."""
        name = translation.action.name
        self._has_snapshot = True
        try:
            if translation.action is Action.COPY:
                notices = (await self._copier.copy(translation.source, self._copy_backend)).notices
            elif self._unloader is None:
                raise WarehouseError("UNLOAD is not supported by the stand-in", sqlstate="0A000")
            else:
                notices = (await self._unloader.unload(translation.source, self._copy_backend)).notices
        except WarehouseError:
            raise
        except Exception as error:
            if self.client.lost:
                raise
            _LOG.exception("%s failed in the stand-in", name)
            raise WarehouseError(f"internal error in the stand-in: {error!r}") from error
        for notice in notices:
            self.client.write(messages.report(b"N", {"S": "INFO", "C": "00000", "M": notice}))
        self.client.write(messages.command_complete(name))

    # Answers.

    async def _pump(self, stop: bytes, translation: Translation | None) -> None:
        """Forward what PostgreSQL answers, up to one of the message types in ``stop``.

        :raises Failed: it was an error, and ``stop`` or the next Sync has been reached.
        """
        channel, client = self.server.channel, self.client
        disorder = Disorder() if translation is not None and translation.unordered else None
        failed = False
        while True:
            buffer = channel.buffer
            position, end = 0, len(buffer)
            while end - position >= 5:
                kind = buffer[position]
                after = position + 1 + int.from_bytes(buffer[position + 1 : position + 5], "big")
                if after > end:
                    break
                if kind in _FORWARDED and kind not in stop and disorder is None:
                    position = after
                    continue
                if position:
                    client.write(bytes(buffer[:position]))
                message = bytes(buffer[position:after])
                del buffer[:after]
                position, end = 0, len(buffer)
                if disorder is not None and kind in _ROWS_AND_ENDS:
                    if kind == _ROW and disorder.add(message):
                        continue
                    client.write(disorder.take())
                    disorder = None
                    if kind == _ROW:
                        continue
                failed = self._answer(message, translation) or failed
                if kind in stop or (failed and stop != b"Z"):
                    if failed:
                        raise Failed
                    return
            if position:
                client.write(bytes(buffer[:position]))
                del buffer[:position]
            # While the client is slow, the rest may arrive.
            seen = len(buffer)
            await client.drain()
            await channel.fill(seen)

    def _answer(self, message: bytes, translation: Translation | None) -> bool:
        """Deal with one message of PostgreSQL's and return whether it is an error."""
        kind, body = message[:1], message[5:]
        if kind == b"E":
            self._send_error(messages.read_report(body), translation)
            return True
        if kind == b"Z":
            self.server.status = body
            if body == b"I":
                self._forget()
        elif kind == b"C" and translation is not None and translation.tag is not None:
            self.client.write(messages.command_complete(translation.tag))
        elif kind == b"N":
            self.client.write(messages.report(b"N", translate_notice(messages.read_report(body))))
        elif kind == b"S":
            (name, value), _ = messages.read_strings(body, 2)
            if name in _SETTINGS_REPORTED:
                self.client.write(messages.parameter_status(name, value))
        elif kind != b"A":
            self.client.write(message)
        return False

    def _send_error(self, fields: dict[str, str], translation: Translation | None) -> None:
        told = translate_error(fields, translation, self.server.process, self.server.written)
        self.client.write(messages.report(b"E", told))

    def _ready(self) -> None:
        self.client.write(messages.ready(self.server.status))


def _outside_only(translation: Translation) -> WarehouseError:
    return WarehouseError(f"{translation.command} cannot run inside a transaction block", sqlstate="25001")


def reported_settings(server: Server) -> bytes:
    """Return the reports of the settings that a client is told when it has logged in."""
    told = {name: value for name, value in server.parameters.items() if name in _SETTINGS_REPORTED}
    told["server_version"] = "8.0.2"
    return b"".join(messages.parameter_status(name, value) for name, value in told.items())
