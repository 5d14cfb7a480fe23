"""One client's session: what it sends is translated, run on its own PostgreSQL session, and answered as Redshift would.

A client's transaction is one of PostgreSQL's, at the level of the database. A statement that writes first takes its
table's write lock, before PostgreSQL takes the snapshot, so that writers queue while readers go on. Outside a
transaction the endpoint opens one around such a statement ("wraps" it) and commits it at the end of the message.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import struct
from collections.abc import Awaitable, Callable, MutableMapping
from functools import lru_cache, partial
from typing import NamedTuple

from redshift_standin.engine.databases import ClusterDatabases
from redshift_standin.engine.interfaces import Copier, Unloader
from redshift_standin.errors import WarehouseError
from redshift_standin.sql.lexer import unsupported
from redshift_standin.sql.select_aliases import resolve_aliases
from redshift_standin.sql.statement import Statement
from redshift_standin.sql.translate import translate
from redshift_standin.sql.translation import Action, Translation
from redshift_standin.wire import messages
from redshift_standin.wire.channel import HEADER, Channel, Disconnected, ProtocolViolation
from redshift_standin.wire.copying import CopyBackend
from redshift_standin.wire.disorder import Disorder
from redshift_standin.wire.login import Identity
from redshift_standin.wire.query_history import QueryHistory, Run
from redshift_standin.wire.reports import error_fields, translate_error, translate_notice
from redshift_standin.wire.server import Server, ServerError
from redshift_standin.wire.texts import may_name_aliases_once, read_statements, translate_once
from redshift_standin.wire.writing import (
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

# The statements whose rows go to the client.
_RETURNING = ("(", "FETCH", "SELECT", "WITH")

_IN_S3 = (Action.COPY, Action.UNLOAD)
_OWN = (*_IN_S3, Action.DATABASE)
_OUTSIDE = (Action.ALONE, Action.DATABASE)

# The code of the notice by which PostgreSQL tells that a session is cancelled (engine/catalog/12_sessions.sql).
_CANCELS = "SI001"

_POISON = "do $$begin raise exception 'the statement failed outside PostgreSQL'; end$$"

# Messages that go to the client as they are, in whole chunks.
_FORWARDED = frozenset(b"DT123ntsI")

# What PostgreSQL ignores outside COPY: a client may still be sending it when COPY has failed.
_COPY_DATA = (b"d", b"c", b"f")

# What drivers send to run one statement.
_ALONE = (b"BE", b"BDE", b"PBE", b"PBDE")

# So many bytes are sent to PostgreSQL before their answers are taken.
_UNDER_WAY = 1 << 16

_ROW = ord("D")
_ROWS_AND_ENDS = frozenset(b"DCEsZ")

_SETTINGS_REPORTED = frozenset(
    {"client_encoding", "DateStyle", "integer_datetimes", "is_superuser", "server_encoding", "session_authorization"}
    | {"TimeZone"}
)

# The last one tells redshift_connector that its metadata calls can use SHOW (metadataServerProxy.py of the driver).
_OWN_SETTINGS = {"server_version": "8.0.2", "show_discovery": "4"}

_ABORTED = WarehouseError(
    "current transaction is aborted, commands ignored until end of transaction block", sqlstate="25P02"
)


class Failed(Exception):  # noqa: N818 - the client has been told
    """The statement failed and the client has been sent the error."""


_length = struct.Struct("!I").unpack_from


class _Awaited(NamedTuple):
    """A message that goes to PostgreSQL, and what becomes of it there.

    :param answers: the message types that end its answer.
    :param undo: takes back what the session assumed when PostgreSQL refuses it.
    :param recorded: whether it is in the history of the database's sessions.
    """

    message: bytes
    answers: bytes
    translation: Translation | None
    undo: Callable[[], None]
    recorded: bool


class Session:
    """Serves one client that has logged in.

    :param client: the connection to the client.
    :param server: its own PostgreSQL session.
    :param copier: what runs COPY.
    :param identity: the cluster, the database and the user.
    :param databases: the databases of the cluster.
    :param history: what the database's sessions have run.
    :param serializable: whether the database is at SERIALIZABLE.
    :param unloader: what runs UNLOAD; without one it is refused.
    :param cancels: called with the number of a session that a statement of this one cancels.
    """

    def __init__(
        self,
        client: Channel,
        server: Server,
        copier: Copier,
        identity: Identity,
        databases: ClusterDatabases,
        history: QueryHistory,
        *,
        serializable: bool,
        unloader: Unloader | None,
        cancels: Callable[[int], None],
    ) -> None:
        self.client = client
        self.server = server
        self.cancelled = False
        self.ended = False
        self._cancels = cancels
        self._copier = copier
        self._unloader = unloader
        self._identity = identity
        self._databases = databases
        self._copy_backend = CopyBackend(server, identity, lambda: self.cancelled)
        self._history = history
        self._running: Run | None = None
        self._wrapped = False
        self._read: set[str] = set()
        self._has_snapshot = False
        self._locks = WriteLocks(serializable=serializable)
        self._skipping = False
        self._idle = False
        self._reading = True
        self._awaited: list[_Awaited] = []
        self._awaited_bytes = 0
        self._statements: dict[str, Translation] = {}
        self._portals: dict[str, Translation] = {}
        self._handlers: dict[bytes, Callable[[bytes], Awaitable[None]]] = {
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

    @property
    def idle(self) -> bool:
        """Whether it waits for the client."""
        return self._idle

    @property
    def is_for_the_client_only(self) -> bool:
        """Whether nothing comes of what runs now without the client: it only reads, or the client has to commit it."""
        return self._reading or self.in_transaction

    async def serve(self) -> None:
        """Answer the client until it says goodbye.

        :raises Disconnected: the client or PostgreSQL is gone.
        :raises ProtocolViolation: the client does not speak the protocol.
        """
        while True:
            kind, body = await self._next()
            self.cancelled = False
            if kind == b"X":
                return
            try:
                await self._answer_client(kind, body)
            except (ValueError, IndexError) as error:
                raise ProtocolViolation("malformed message") from error

    async def _next(self) -> tuple[bytes, bytes]:
        """Return the client's next message; while it is still to come, the client gets what it waits for."""
        message = self.client.next_message(messages.largest)
        if message is None:
            await self._settle_or_skip()
            self._idle = True
            message = await self.client.message(messages.largest)
            self._idle = False
        if self.client.lost:
            raise Disconnected
        return message

    async def _answer_client(self, kind: bytes, body: bytes) -> None:
        if kind in self._handlers:
            if not self._skipping:
                await self._extended(kind, body)
            return
        if kind == b"S":
            await self._sync()
        elif kind == b"H":
            await self._settle_or_skip()
        elif kind == b"Q":
            await self._settle_or_skip()
            if not self._skipping:
                await self._simple(body)
        elif kind == b"F":
            await self._settle_or_skip()
            if not self._skipping:
                await self._refuse(unsupported("FunctionCall"), sync=True)
                self._ready()
        elif kind not in _COPY_DATA:
            raise ProtocolViolation(f"invalid frontend message type {kind[0]}")
        await self.client.drain()

    async def relay_farewell(self) -> None:
        """Tell the client what PostgreSQL said when it ended the session.

        :raises Disconnected: that was all.
        """
        await self._pump(b"Z", None)

    # The simple protocol: one message, any number of statements, one transaction unless the client manages its own.

    async def _simple(self, body: bytes) -> None:
        (text,), _ = messages.read_strings(body, 1)
        try:
            statements = read_statements(text)
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
        if translation.reads_history:
            await self._write_history()
        with self._recorded(translation):
            await self._perform(statement, translation, together=together)

    async def _perform(self, statement: Statement, translation: Translation, *, together: bool) -> None:
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
        if self.in_transaction:
            await self._refuse_newer(translation, sync=True)
        translation = await self._with_aliases(statement, translation, sync=True)
        self._reading = self._reading and translation.only_reads
        self.server.channel.write(messages.query(translation.sql))
        await self._pump(b"Z", translation)
        if action is Action.END:
            self._wrapped = False
        if action is Action.TRUNCATE:
            await self._commit()

    # The extended protocol: messages are collected until the client waits for their answers, or until the endpoint has
    # to know what came of them; after an error all is skipped to Sync.

    async def _extended(self, kind: bytes, body: bytes) -> None:
        try:
            await self._handlers[kind](body)
        except WarehouseError as error:
            await self._settle_or_skip()
            if not self._skipping:
                await self._refuse(error, sync=False)
                self._skipping = True
        except Failed:
            self._skipping = True

    async def _parse(self, body: bytes) -> None:
        (name, text), types = messages.read_strings(body, 2)
        statements = read_statements(text)
        if len(statements) > 1:
            raise WarehouseError("cannot insert multiple commands into a prepared statement", sqlstate="42601")
        if not statements:
            undo = _change(self._statements, name, None)
            await self._collect(messages.message(b"P", body), b"1", undo=undo)
            return
        translation = self._translate(statements[0])
        if translation.action is Action.WRITE:
            await self._prepare(translation, sync=False)
        translation = await self._with_aliases(statements[0], translation, sync=False)
        sql = _PLACEHOLDER if translation.action in _OWN else translation.sql
        undo = _change(self._statements, name, translation)
        await self._collect(messages.parse(name, sql, types), b"1", translation, undo)

    async def _bind(self, body: bytes) -> None:
        (portal, name), _ = messages.read_strings(body, 2)
        translation = self._statements.get(name)
        if translation is not None:
            if translation.reads_history:
                await self._write_history()
            if translation.action is Action.WRITE:
                await self._prepare(translation, sync=False)
            if self.in_transaction:
                await self._refuse_newer(translation, sync=False)
        undo = _change(self._portals, portal, translation)
        await self._collect(messages.message(b"B", body), b"2", translation, undo)

    async def _describe(self, body: bytes) -> None:
        (name,), _ = messages.read_strings(body[1:], 1)
        known = self._statements if body[:1] == b"S" else self._portals
        await self._collect(messages.message(b"D", body), b"Tn", known.get(name))

    async def _close(self, body: bytes) -> None:
        (name,), _ = messages.read_strings(body[1:], 1)
        undo = _change(self._statements if body[:1] == b"S" else self._portals, name, None)
        await self._collect(messages.message(b"C", body), b"3", undo=undo)

    async def _execute(self, body: bytes) -> None:
        (portal,), _ = messages.read_strings(body, 1)
        translation = self._portals.get(portal)
        if translation is None or translation.action in (Action.RUN, Action.WRITE):
            await self._collect(messages.message(b"E", body), b"CIs", translation, recorded=translation is not None)
            return
        await self._settle()
        with self._recorded(translation):
            await self._execute_known(translation, body)

    async def _execute_known(self, translation: Translation, body: bytes) -> None:
        action = translation.action
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
        await self._collect(messages.message(b"E", body), b"CIs", translation)
        await self._settle()
        # PostgreSQL reports its status at the next Sync only; what comes before that must know of it.
        if action is Action.BEGIN:
            self.server.status = b"T"
        if action is Action.END:
            self._end_transaction()
            self.server.status = b"I"
        if action is Action.TRUNCATE:
            self.server.channel.write(messages.SYNC)
            await self._pump(b"Z", translation)
            await self._commit()

    def _recorded(self, translation: Translation) -> Run:
        """Record a statement in the history of the database's sessions while it runs."""
        identity = self._identity
        self._running = Run(self._history, translation, identity.user, identity.database, self.server.process)
        return self._running

    async def _write_history(self) -> None:
        """Write the history where a statement can read it."""
        if (queries := self._history.take()) is not None:
            await self._copy_backend.execute_apart("select standin.keep_queries(%s)", (queries,))

    async def _collect(
        self,
        message: bytes,
        answers: bytes,
        translation: Translation | None = None,
        undo: Callable[[], None] = lambda: None,
        *,
        recorded: bool = False,
    ) -> None:
        """Let a message go to PostgreSQL with the next that must."""
        self._awaited.append(_Awaited(message, answers, translation, undo, recorded))
        self._awaited_bytes += len(message)
        if self._awaited_bytes > _UNDER_WAY:
            await self._settle()

    async def _settle(self, end: bytes = messages.FLUSH) -> None:
        """Send PostgreSQL what was collected, and the client the answers.

        :raises Failed: one of them is an error; PostgreSQL ignores everything up to the next Sync.
        """
        awaited, self._awaited, self._awaited_bytes = self._awaited, [], 0
        if not awaited:
            return
        if not all(each.translation is None or each.translation.only_reads for each in awaited):
            self._reading = False
        self.server.channel.write(b"".join(each.message for each in awaited) + end)
        answered = 0
        try:
            for each in awaited:
                recorded = each.translation if each.recorded else None
                with self._recorded(recorded) if recorded is not None else contextlib.nullcontext():
                    await self._pump(each.answers, each.translation)
                answered += 1
        except Failed:
            for refused in reversed(awaited[answered:]):
                refused.undo()
            raise

    async def _settle_or_skip(self, end: bytes = messages.FLUSH) -> None:
        """Settle, and skip what comes up to the next Sync if that failed."""
        try:
            await self._settle(end)
        except Failed:
            self._skipping = True

    async def _sync(self) -> None:
        alone = self._alone()
        if alone is not None:
            await self._run_alone(alone)
        else:
            if self._awaited:
                await self._settle_or_skip(messages.SYNC)
            else:
                self.server.channel.write(messages.SYNC)
            await self._pump(b"Z", None)
        self._skipping = False
        await self._unwrap()
        self._ready()

    def _alone(self) -> Translation | None:
        """Return the one statement that was collected to run in a transaction of its own, if that is all.

        Nothing of it that a failure would take back outlives its Sync, so its answers can go to the client together.
        """
        if not self._awaited or self.server.status != b"I":
            return None
        translation = self._awaited[-1].translation
        kinds = b"".join(each.message[:1] for each in self._awaited)
        is_alone = kinds in _ALONE and all(each.translation is translation for each in self._awaited)
        if kinds.startswith(b"P") and not self._awaited[0].message.startswith(b"\0", HEADER):
            # A name is taken only when its Parse has succeeded.
            return None
        return translation if is_alone else None

    async def _run_alone(self, translation: Translation) -> None:
        awaited, self._awaited, self._awaited_bytes = self._awaited, [], 0
        self._reading = self._reading and translation.only_reads
        self.server.channel.write(b"".join(each.message for each in awaited) + messages.SYNC)
        with self._recorded(translation), contextlib.suppress(Failed):
            await self._pump(b"Z", translation)

    # Transactions.

    def _translate(self, statement: Statement) -> Translation:
        """Translate a statement; in a failed transaction only its end is looked at, as in PostgreSQL."""
        if self.server.status != b"E":
            return translate_once(statement)
        try:
            translation = translate_once(statement)
        except WarehouseError:
            raise _ABORTED from None
        if translation.action is not Action.END:
            raise _ABORTED
        return translation

    async def _with_aliases(self, statement: Statement, translation: Translation, *, sync: bool) -> Translation:
        """Return the translation that knows which names are aliases; to be called when the tables are locked."""
        if translation.action not in (Action.RUN, Action.WRITE) or not may_name_aliases_once(statement):
            return translation

        async def ask(query: str) -> list[tuple[str | None, ...]]:
            return await self._ask(query, translation=translation, sync=sync)

        # What is an alias depends on the tables of this database, and the statement is remembered for all.
        own = statement.rest(0)
        return translate(own) if await resolve_aliases(own, ask) else translation

    async def _ask(self, *commands: str, translation: Translation, sync: bool) -> list[tuple[str | None, ...]]:
        """Run commands of the endpoint's own for a statement, after what was collected, and return their rows.

        :raises Failed: one of them failed, or what was collected.
        """
        if not sync:
            await self._settle()
        try:
            return await self.server.run(*commands, sync=sync)
        except ServerError as error:
            self._send_error(error.fields, translation)
            raise Failed from error

    async def _prepare(self, translation: Translation, *, sync: bool) -> None:
        """Be in a transaction that holds the write lock of the statement's table."""
        commands = []
        if self.server.status == b"I" and not self._wrapped:
            commands.append("begin")
        table, mode = translation.table, self._locks.missing(translation)
        if table is not None and mode is not None:
            commands += [lock_command(table, mode), written_query(table)]
        if not commands:
            return
        self._reading = False
        if not sync:
            await self._settle()
        self._wrapped = self._wrapped or commands[0] == "begin"
        rows = await self._ask(*commands, translation=translation, sync=sync)
        if table is not None and mode is not None:
            self._locks.note(table, mode)
            self.server.written = read_written(rows)

    async def _refuse_newer(self, translation: Translation, *, sync: bool) -> None:
        """Refuse, with 1018, to read a relation that is newer than the snapshot of the client's transaction."""
        # What the transaction has read is locked against a change of its name.
        unread = tuple(name for name in translation.relations if name not in self._read)
        if unread and self._has_snapshot:
            refuse_newer(await self._ask(newer_query(unread), translation=translation, sync=sync))
        self._read.update(unread)
        self._has_snapshot = self._has_snapshot or bool(unread)

    def _forget(self) -> None:
        """Forget what goes with a transaction: it is over."""
        self._locks.clear()
        self._portals.clear()
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
        self._end_transaction()

    def _end_transaction(self) -> None:
        """Forget a transaction, and that the endpoint has opened it."""
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
        self._reading = False
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
        self._reading = False
        name = translation.action.name
        self._has_snapshot = True
        try:
            if translation.action is Action.COPY:
                notices = (await self._copier.copy(translation.source, self._copy_backend)).notices
            elif self._unloader is None:
                raise WarehouseError("UNLOAD is not supported by the stand-in", sqlstate="0A000")
            else:
                notices = (await self._unloader.unload(translation.source, self._copy_backend)).notices
        except (WarehouseError, Disconnected):
            if self.server.channel.lost:
                await self.relay_farewell()
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
        forwarded = _forwarded_before(stop)
        failed = False
        while True:
            buffer = channel.buffer
            position, end = 0, len(buffer)
            while end - position >= 5:
                kind = buffer[position]
                after = position + 1 + _length(buffer, position + 1)[0]
                if after > end:
                    break
                if kind in forwarded and (disorder is None or kind != _ROW):
                    position = after
                    continue
                self._forward(position)
                message = bytes(buffer[: after - position])
                del buffer[: after - position]
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
            self._forward(position)
            # While the client is slow, the rest may arrive.
            seen = len(buffer)
            await client.drain()
            await channel.fill(seen)

    def _forward(self, size: int) -> None:
        """Pass on so many bytes of what PostgreSQL answered."""
        if size:
            buffer = self.server.channel.buffer
            with memoryview(buffer) as view:
                self.client.write(bytes(view[:size]))
            del buffer[:size]

    def _answer(self, message: bytes, translation: Translation | None) -> bool:
        """Deal with one message of PostgreSQL's and return whether it is an error."""
        kind, body = message[:1], message[5:]
        if kind == b"C" and self._running is not None and translation is not None and translation.command in _RETURNING:
            self._running.rows += int(body.rstrip(b"\0").split()[-1])
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
            self._notice(messages.read_report(body))
        elif kind == b"S":
            (name, value), _ = messages.read_strings(body, 2)
            if name in _SETTINGS_REPORTED:
                self.client.write(messages.parameter_status(name, value))
        elif kind != b"A":
            self.client.write(message)
        return False

    def _notice(self, fields: dict[str, str]) -> None:
        if fields.get("C") == _CANCELS:
            self._cancels(int(fields["M"]))
        else:
            self.client.write(messages.report(b"N", translate_notice(fields)))

    def _send_error(self, fields: dict[str, str], translation: Translation | None) -> None:
        self.ended = fields.get("S") == "FATAL"
        told = translate_error(fields, translation, self.server.process, self.server.written)
        if self._running is not None:
            self._running.failed(told["C"], told["M"])
        self.client.write(messages.report(b"E", told))

    def _ready(self) -> None:
        self._reading = True
        self.client.write(messages.ready(self.server.status))


@lru_cache
def _forwarded_before(stop: bytes) -> frozenset[int]:
    """Return the messages that go to the client as they are and do not end the answer."""
    return _FORWARDED.difference(stop)


def _change(names: MutableMapping[str, Translation], name: str, translation: Translation | None) -> Callable[[], None]:
    """Let a name mean a statement, or none, and return what takes that back."""
    undo = partial(_put, names, name, names.get(name))
    _put(names, name, translation)
    return undo


def _put(names: MutableMapping[str, Translation], name: str, translation: Translation | None) -> None:
    if translation is None:
        names.pop(name, None)
    else:
        names[name] = translation


def _outside_only(translation: Translation) -> WarehouseError:
    return WarehouseError(f"{translation.command} cannot run inside a transaction block", sqlstate="25001")


def reported_settings(server: Server) -> bytes:
    """Return the reports of the settings that a client is told when it has logged in."""
    told = {name: value for name, value in server.parameters.items() if name in _SETTINGS_REPORTED}
    told |= _OWN_SETTINGS
    return b"".join(messages.parameter_status(name, value) for name, value in told.items())
