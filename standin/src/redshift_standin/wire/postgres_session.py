"""The PostgreSQL session behind one client."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from pathlib import Path

from redshift_standin.engine.interfaces import QueryResult, ResultColumn
from redshift_standin.errors import WarehouseError
from redshift_standin.wire import messages
from redshift_standin.wire.cancel_request import send_cancel_request
from redshift_standin.wire.channel import Channel
from redshift_standin.wire.codes import BackendMessage, ReportField, TransactionStatus
from redshift_standin.wire.error_translation import translate_error
from redshift_standin.wire.write_locks import WrittenTable

# The session's settings. Clients change them with SET.
SETTINGS = {
    "DateStyle": "ISO, MDY",
    "TimeZone": "UTC",
    "client_encoding": "UTF8",
    "client_connection_check_interval": "1000",
    "escape_string_warning": "off",
    "extra_float_digits": "0",
    "jit": "off",
    "standard_conforming_strings": "off",
}


class PostgresError(Exception):
    """PostgreSQL reported an error to one of the endpoint's own commands.

    :param fields: from a :class:`ReportField` to its text.
    """

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__(fields.get(ReportField.MESSAGE, ""))
        self.fields = fields


class PostgresSession:
    """One session of PostgreSQL, at the level of its protocol.

    :param socket: PostgreSQL's unix socket.
    """

    def __init__(self, socket: Path) -> None:
        self._socket = socket
        # The name of the statement and the portal of the endpoint's own commands, which no client uses by accident.
        self._internal_name = f"standin_{secrets.token_hex(8)}"
        self.channel = Channel()
        self.status = TransactionStatus.IDLE
        self.process = 0
        self.secret = b""
        self.parameters: dict[str, str] = {}
        self.written_table: WrittenTable | None = None
        """The last table that the transaction has started to write to."""

    async def connect(self, database: str, user: str, settings: Mapping[str, str]) -> None:
        """Log in.

        :raises PostgresError: PostgreSQL refused.
        :raises OSError: PostgreSQL does not listen.
        """
        loop = asyncio.get_running_loop()
        await loop.create_unix_connection(lambda: self.channel, str(self._socket))
        self.channel.write(messages.startup({"user": user, "database": database, **SETTINGS, **settings}))
        while True:
            kind, body = await self.channel.message()
            if kind == BackendMessage.ERROR_RESPONSE:
                raise PostgresError(messages.read_report(body))
            if kind == BackendMessage.PARAMETER_STATUS:
                (name, value), _ = messages.read_strings(body, 2)
                self.parameters[name] = value
            elif kind == BackendMessage.BACKEND_KEY_DATA:
                self.process, self.secret = int.from_bytes(body[:4], "big"), body[4:]
            elif kind == BackendMessage.READY_FOR_QUERY:
                self.status = body
                return

    async def run(self, *commands: str, sync: bool) -> list[tuple[str | None, ...]]:
        """Run the endpoint's own commands and return their rows; the client's unnamed statement is kept.

        :param sync: whether to send Sync after them; if not, the client's own Sync follows.
        :raises PostgresError: a command failed, and those after it did not run. Without ``sync``, PostgreSQL now
            ignores everything up to the client's Sync.
        """
        sent = b"".join(messages.named_command(sql, self._internal_name) for sql in commands)
        self.channel.write(sent + (messages.SYNC if sync else messages.FLUSH))
        complete = 0
        failure: PostgresError | None = None
        rows: list[tuple[str | None, ...]] = []
        while True:
            kind, body = await self.channel.message()
            if kind == BackendMessage.DATA_ROW:
                rows.append(messages.read_row(body))
            elif kind == BackendMessage.ERROR_RESPONSE:
                failure = PostgresError(messages.read_report(body))
                if not sync:
                    raise failure
            elif kind == BackendMessage.COMMAND_COMPLETE:
                complete += 1
                if complete == len(commands) and not sync:
                    return rows
            elif kind == BackendMessage.READY_FOR_QUERY:
                self.status = body
                if failure is not None:
                    raise failure
                return rows

    async def fetch(self, sql: str) -> list[tuple[str | None, ...]]:
        """Run a query and return its rows as text.

        :raises WarehouseError: the query failed.
        """
        return (await self.query(sql)).rows

    async def query(self, sql: str) -> QueryResult:
        """Run a query and return its columns, and its rows as text.

        :raises WarehouseError: the query failed.
        """
        self.channel.write(messages.query(sql))
        columns: tuple[ResultColumn, ...] = ()
        rows: list[tuple[str | None, ...]] = []
        failure: WarehouseError | None = None
        while True:
            kind, body = await self.channel.message()
            if kind == BackendMessage.ROW_DESCRIPTION:
                columns = messages.read_columns(body)
            elif kind == BackendMessage.DATA_ROW:
                rows.append(messages.read_row(body))
            elif kind == BackendMessage.ERROR_RESPONSE:
                failure = self.warehouse_error(body)
            elif kind == BackendMessage.READY_FOR_QUERY:
                self.status = body
                if failure is not None:
                    raise failure
                return QueryResult(columns, rows)

    def warehouse_error(self, body: bytes) -> WarehouseError:
        """Return the error that the client gets for an ErrorResponse of PostgreSQL."""
        fields = translate_error(messages.read_report(body), None, self.process, self.written_table)
        return WarehouseError(
            fields[ReportField.MESSAGE],
            sqlstate=fields[ReportField.SQLSTATE],
            detail=fields.get(ReportField.DETAIL),
            hint=fields.get(ReportField.HINT),
        )

    async def cancel(self) -> None:
        """Ask PostgreSQL to cancel the statement that the session is running."""
        await send_cancel_request(self._socket, self.process, self.secret)

    def close(self) -> None:
        """End the session; PostgreSQL rolls back an open transaction."""
        self.channel.write(messages.TERMINATE)
        # Do not wait for the rest of PostgreSQL's output: PostgreSQL would block until it is read.
        self.channel.flush()
        self.channel.abort()
