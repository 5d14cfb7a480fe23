"""The PostgreSQL session behind one client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from redshift_standin.engine.interfaces import QueryResult, ResultColumn
from redshift_standin.errors import WarehouseError
from redshift_standin.wire import messages
from redshift_standin.wire.channel import Channel, Disconnected
from redshift_standin.wire.reports import translate_error
from redshift_standin.wire.writing import Written

# The session's settings; what a client may change, it changes with SET.
SETTINGS = {
    "DateStyle": "ISO, MDY",
    "TimeZone": "UTC",
    "client_encoding": "UTF8",
    "client_connection_check_interval": "1000",
    "escape_string_warning": "off",
    "extra_float_digits": "0",
    "jit": "off",
    "standard_conforming_strings": "off",
    # Redshift joins by hash what is compared for equality. PostgreSQL would loop over a large table that it has no
    # statistics of, such as one that has just been filled, and take a minute where a hash join takes a second.
    "enable_nestloop": "off",
}

# The name of the commands that the endpoint runs for itself.
_INTERNAL = "standin_internal"


class ServerError(Exception):
    """PostgreSQL reported an error to a command of the endpoint itself."""

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__(fields.get("M", ""))
        self.fields = fields


class Server:
    """One session of PostgreSQL, at the level of its protocol.

    :param socket: the server's unix socket.
    """

    def __init__(self, socket: Path) -> None:
        self._socket = socket
        self.channel = Channel()
        self.status = b"I"
        self.process = 0
        self.secret = b""
        self.parameters: dict[str, str] = {}
        self.written: Written | None = None
        """The table that the transaction has last begun to write."""

    async def connect(self, database: str, user: str, settings: Mapping[str, str]) -> None:
        """Log in.

        :raises ServerError: PostgreSQL refused.
        :raises OSError: PostgreSQL does not listen.
        """
        loop = asyncio.get_running_loop()
        await loop.create_unix_connection(lambda: self.channel, str(self._socket))
        self.channel.write(messages.startup({"user": user, "database": database, **SETTINGS, **settings}))
        while True:
            kind, body = await self.channel.message()
            if kind == b"E":
                raise ServerError(messages.read_report(body))
            if kind == b"S":
                (name, value), _ = messages.read_strings(body, 2)
                self.parameters[name] = value
            elif kind == b"K":
                self.process, self.secret = int.from_bytes(body[:4], "big"), body[4:]
            elif kind == b"Z":
                self.status = body
                return

    async def run(self, *commands: str, sync: bool) -> list[tuple[str | None, ...]]:
        """Run commands of the endpoint's own, without touching the client's unnamed statement, and return their rows.

        :param sync: end the series of messages with them; else the client's own Sync is still to come.
        :raises ServerError: one failed, and those after it did not run; without ``sync`` PostgreSQL now ignores
            everything up to the client's Sync.
        """
        sent = b"".join(messages.command(sql, _INTERNAL) for sql in commands)
        self.channel.write(sent + (messages.SYNC if sync else messages.FLUSH))
        complete = 0
        failure: ServerError | None = None
        rows: list[tuple[str | None, ...]] = []
        while True:
            kind, body = await self.channel.message()
            if kind == b"D":
                rows.append(messages.read_row(body))
            elif kind == b"E":
                failure = ServerError(messages.read_report(body))
                if not sync:
                    raise failure
            elif kind == b"C":
                complete += 1
                if complete == len(commands) and not sync:
                    return rows
            elif kind == b"Z":
                self.status = body
                if failure is not None:
                    raise failure
                return rows

    async def fetch(self, sql: str) -> list[tuple[str | None, ...]]:
        """Run a query and return its rows as text.

        :raises WarehouseError: it failed.
        """
        return (await self.query(sql)).rows

    async def query(self, sql: str) -> QueryResult:
        """Run a query and return its columns, and its rows as text.

        :raises WarehouseError: it failed.
        """
        self.channel.write(messages.query(sql))
        columns: tuple[ResultColumn, ...] = ()
        rows: list[tuple[str | None, ...]] = []
        failure: WarehouseError | None = None
        while True:
            kind, body = await self.channel.message()
            if kind == b"T":
                columns = messages.read_columns(body)
            elif kind == b"D":
                rows.append(messages.read_row(body))
            elif kind == b"E":
                failure = self._error(body)
            elif kind == b"Z":
                self.status = body
                if failure is not None:
                    raise failure
                return QueryResult(columns, rows)

    async def copy_in(self, sql: str, rows: AsyncIterator[bytes]) -> int:
        """Run ``copy .. from stdin`` and return the number of rows.

        :raises WarehouseError: PostgreSQL refused the command or a row.
        """
        self.channel.write(messages.query(sql))
        kind, body = await self._next()
        if kind != b"G":
            failure = self._error(body) if kind == b"E" else WarehouseError("COPY did not begin")
            await self._until_ready()
            raise failure
        try:
            async for data in rows:
                self.channel.write(messages.message(b"d", data))
                await self.channel.drain()
                if self.channel.buffer:
                    # PostgreSQL says nothing during COPY unless it has given up.
                    break
        except BaseException as error:
            self.channel.write(messages.message(b"f", messages.text("stopped")))
            if not isinstance(error, asyncio.CancelledError):
                await self._until_ready()
            raise
        self.channel.write(messages.COPY_DONE)
        return await self._copied()

    async def _copied(self) -> int:
        count = 0
        failure: WarehouseError | None = None
        while True:
            kind, body = await self._next()
            if kind == b"C":
                count = int(body.rstrip(b"\0").split()[-1])
            elif kind == b"E":
                failure = self._error(body)
            elif kind == b"Z":
                self.status = body
                if failure is not None:
                    raise failure
                return count

    async def _next(self) -> tuple[bytes, bytes]:
        while True:
            kind, body = await self.channel.message()
            if kind not in (b"N", b"S", b"A"):
                return kind, body

    async def _until_ready(self) -> None:
        while True:
            kind, body = await self.channel.message()
            if kind == b"Z":
                self.status = body
                return

    def _error(self, body: bytes) -> WarehouseError:
        fields = translate_error(messages.read_report(body), None, self.process, self.written)
        return WarehouseError(fields["M"], sqlstate=fields["C"], detail=fields.get("D"), hint=fields.get("H"))

    async def cancel(self) -> None:
        """Ask PostgreSQL to stop what the session runs."""
        await send_cancel(self._socket, self.process, self.secret)

    def close(self) -> None:
        """End the session; PostgreSQL rolls back what is open."""
        self.channel.write(messages.TERMINATE)
        # What PostgreSQL still sends is not waited for: it would wait for it to be read.
        self.channel.flush()
        self.channel.abort()


async def send_cancel(socket: Path, process: int, secret: bytes) -> None:
    """Send a request to cancel, and wait until PostgreSQL has taken it."""
    loop = asyncio.get_running_loop()
    channel = Channel()
    await loop.create_unix_connection(lambda: channel, str(socket))
    channel.write(messages.cancel(process, secret))
    try:
        while True:
            await channel.fill(len(channel.buffer))
    except Disconnected:
        channel.close()
