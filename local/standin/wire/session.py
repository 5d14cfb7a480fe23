"""One client's session: what it sends is translated, run on its own PostgreSQL session, and answered as Redshift would.

A client's transaction is one of PostgreSQL's at REPEATABLE READ. A statement that writes first takes its table's write
lock, before PostgreSQL takes the snapshot, so that writers queue while readers go on. Outside a transaction the
endpoint opens one around such a statement ("wraps" it) and commits it at the end of the message.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator

from local.standin.backend import Copier, Unloader, WarehouseError
from local.standin.sql.aliases import resolve_aliases
from local.standin.sql.statement import Statement, split_statements
from local.standin.sql.translate import translate
from local.standin.sql.translation import Action, Translation
from local.standin.wire import messages
from local.standin.wire.channel import Channel, ProtocolViolation
from local.standin.wire.copying import CopyBackend
from local.standin.wire.disorder import Disorder
from local.standin.wire.login import Identity
from local.standin.wire.query_history import QueryHistory, Run
from local.standin.wire.reports import error_fields, translate_error, translate_notice
from local.standin.wire.server import Server, ServerError

_LOG = logging.getLogger(__name__)

# What PostgreSQL sees in the place of COPY and UNLOAD: it does nothing, has no columns and takes no parameters.
_PLACEHOLDER = "do $$begin end$$"

# The statements whose rows go to the client.
_RETURNING = ("(", "FETCH", "SELECT", "WITH")

_IN_S3 = (Action.COPY, Action.UNLOAD)

_POISON = "do $$begin raise exception 'the statement failed outside PostgreSQL'; end$$"

# Messages that go to the client as they are, in whole chunks.
_FORWARDED = frozenset(b"DT123ntsI")

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


class Session:
    """Serves one client that has logged in.

    :param client: the connection to the client.
    :param server: its own PostgreSQL session.
    :param copier: what runs COPY.
    :param identity: the cluster, the database and the user.
    :param history: what the cluster's sessions have run.
    :param unloader: what runs UNLOAD; without one it is refused.
    """

    def __init__(
        self,
        client: Channel,
        server: Server,
        copier: Copier,
        identity: Identity,
        history: QueryHistory,
        unloader: Unloader | None = None,
    ) -> None:
        self.client = client
        self.server = server
        self.cancelled = False
        self._copier = copier
        self._unloader = unloader
        self._copy_backend = CopyBackend(self, identity)
        self._identity = identity
        self._history = history
        self._running = Run()
        self._wrapped = False
        self._locked: set[str] = set()
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
        await self._write_history(translation)
        with self._recorded(translation):
            await self._perform(statement, translation, together=together)

    async def _perform(self, statement: Statement, translation: Translation, *, together: bool) -> None:
        action = translation.action
        if action is Action.ALONE and (self.server.status != b"I" or together):
            raise _outside_only(translation)
        if action is Action.BEGIN and self._wrapped:
            self._wrapped = False
            self.client.write(messages.command_complete("BEGIN"))
            return
        if action in (Action.WRITE, *_IN_S3) or (together and action in (Action.RUN, Action.TRUNCATE)):
            await self._prepare(translation, sync=True)
        if action in _IN_S3:
            await self._move(translation)
            return
        translation = await self._with_aliases(statement, translation, sync=True)
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
        translation = await self._with_aliases(statements[0], translation, sync=False)
        sql = _PLACEHOLDER if translation.action in _IN_S3 else translation.sql
        await self._forward(messages.parse(name, sql, types), b"1", translation)
        self._statements[name] = translation

    async def _bind(self, body: bytes) -> None:
        (portal, name), _ = messages.read_strings(body, 2)
        translation = self._statements.get(name)
        if translation is not None:
            await self._write_history(translation)
        if translation is not None and translation.action is Action.WRITE:
            await self._prepare(translation, sync=False)
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
        if translation is None:
            await self._forward(messages.message(b"E", body), b"CIs")
            return
        with self._recorded(translation):
            await self._execute_known(translation, body)

    async def _execute_known(self, translation: Translation, body: bytes) -> None:
        action = translation.action
        if action is Action.ALONE and self.server.status != b"I":
            raise _outside_only(translation)
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
            self._locked.clear()
        if action is Action.TRUNCATE:
            self.server.channel.write(messages.SYNC)
            await self._pump(b"Z", translation)
            await self._commit()

    @contextlib.contextmanager
    def _recorded(self, translation: Translation) -> Iterator[None]:
        """Record a statement in the history of the cluster's sessions."""
        who = {"user": self._identity.user, "database": self._identity.database, "session": self.server.process}
        with self._history.record(translation, **who) as self._running:
            try:
                yield
            except WarehouseError as error:
                self._running.failed(error.sqlstate, error.message)
                raise

    async def _write_history(self, translation: Translation) -> None:
        """Write the history where the statement can read it, if it does."""
        if translation.reads_history and (queries := self._history.take()) is not None:
            await self._copy_backend.execute_apart("select standin.keep_queries(%s)", (queries,))

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

    async def _with_aliases(self, statement: Statement, translation: Translation, *, sync: bool) -> Translation:
        """Return the translation that knows which names are aliases; to be called when the tables are locked."""

        async def ask(query: str) -> list[tuple[str | None, ...]]:
            try:
                return await self.server.run(query, sync=sync)
            except ServerError as error:
                self._send_error(error.fields, translation)
                raise Failed from error

        if translation.action in (Action.RUN, Action.WRITE) and await resolve_aliases(statement, ask):
            return translate(statement)
        return translation

    async def _prepare(self, translation: Translation, *, sync: bool) -> None:
        """Be in a transaction that holds the write lock of the statement's table."""
        commands = []
        if self.server.status == b"I" and not self._wrapped:
            commands.append("begin")
        if translation.table is not None and translation.table not in self._locked:
            commands.append(f"lock table {translation.table} in share row exclusive mode")
        for command in commands:
            try:
                await self.server.run(command, sync=sync)
            except ServerError as error:
                self._send_error(error.fields, translation)
                raise Failed from error
            if command == "begin":
                self._wrapped = True
            elif translation.table is not None:
                self._locked.add(translation.table)

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
        self._locked.clear()

    async def _refuse(self, error: WarehouseError, *, sync: bool) -> None:
        """Send an error of the endpoint's own, and fail PostgreSQL's transaction as if it had raised it."""
        self.client.write(messages.report(b"E", error_fields(error)))
        if sync and self.server.status != b"T":
            return
        try:
            await self.server.run(_POISON, sync=sync)
        except ServerError:
            return

    async def _move(self, translation: Translation) -> None:
        """Run COPY or UNLOAD."""
        name = translation.action.name
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
        if kind == b"C" and translation is not None and translation.command in _RETURNING:
            self._running.rows += int(body.rstrip(b"\0").split()[-1])
        if kind == b"E":
            self._send_error(messages.read_report(body), translation)
            return True
        if kind == b"Z":
            self.server.status = body
            if body == b"I":
                self._locked.clear()
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
        told = translate_error(fields, translation, self.server.process)
        self._running.failed(told["C"], told["M"])
        self.client.write(messages.report(b"E", told))

    def _ready(self) -> None:
        self.client.write(messages.ready(self.server.status))


def _outside_only(translation: Translation) -> WarehouseError:
    return WarehouseError(f"{translation.command} cannot run inside a transaction block", sqlstate="25001")


def reported_settings(server: Server) -> bytes:
    """Return the reports of the settings that a client is told when it has logged in."""
    told = {name: value for name, value in server.parameters.items() if name in _SETTINGS_REPORTED}
    told |= _OWN_SETTINGS
    return b"".join(messages.parameter_status(name, value) for name, value in told.items())
