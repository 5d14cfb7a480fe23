"""The COPY subprotocol: sends rows to ``copy .. from stdin``."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from redshift_standin.errors import WarehouseError
from redshift_standin.wire import messages
from redshift_standin.wire.codes import BackendMessage, FrontendMessage
from redshift_standin.wire.postgres_session import PostgresSession

_ASYNCHRONOUS = (
    BackendMessage.NOTICE_RESPONSE,
    BackendMessage.NOTIFICATION_RESPONSE,
    BackendMessage.PARAMETER_STATUS,
)


async def copy_in(server: PostgresSession, sql: str, rows: AsyncIterator[bytes]) -> int:
    """Run ``copy .. from stdin`` and return the number of rows.

    :param sql: the command.
    :param rows: its input, in pieces of any size.
    :raises WarehouseError: PostgreSQL refused the command or a row.
    """
    server.channel.write(messages.query(sql))
    kind, body = await _next_message(server)
    if kind != BackendMessage.COPY_IN_RESPONSE:
        is_error = kind == BackendMessage.ERROR_RESPONSE
        failure = server.warehouse_error(body) if is_error else WarehouseError("COPY did not begin")
        await _skip_to_ready(server)
        raise failure
    try:
        await _send_rows(server, rows)
    except BaseException as error:
        server.channel.write(messages.message(FrontendMessage.COPY_FAIL, messages.text("stopped")))
        if not isinstance(error, asyncio.CancelledError):
            await _skip_to_ready(server)
        raise
    server.channel.write(messages.COPY_DONE)
    return await _receive_row_count(server)


async def _send_rows(server: PostgresSession, rows: AsyncIterator[bytes]) -> None:
    async for data in rows:
        server.channel.write(messages.message(FrontendMessage.COPY_DATA, data))
        await server.channel.drain()
        if server.channel.buffer:
            # During COPY, PostgreSQL sends a message only if COPY has failed.
            return


async def _receive_row_count(server: PostgresSession) -> int:
    count = 0
    failure: WarehouseError | None = None
    while True:
        kind, body = await _next_message(server)
        if kind == BackendMessage.COMMAND_COMPLETE:
            count = messages.read_row_count(body)
        elif kind == BackendMessage.ERROR_RESPONSE:
            failure = server.warehouse_error(body)
        elif kind == BackendMessage.READY_FOR_QUERY:
            server.status = body
            if failure is not None:
                raise failure
            return count


async def _next_message(server: PostgresSession) -> tuple[bytes, bytes]:
    while True:
        kind, body = await server.channel.message()
        if kind not in _ASYNCHRONOUS:
            return kind, body


async def _skip_to_ready(server: PostgresSession) -> None:
    while True:
        kind, body = await server.channel.message()
        if kind == BackendMessage.READY_FOR_QUERY:
            server.status = body
            return
