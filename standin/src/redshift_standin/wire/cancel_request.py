"""Sends a cancel request to PostgreSQL."""

from __future__ import annotations

import asyncio
from pathlib import Path

from redshift_standin.wire import messages
from redshift_standin.wire.channel import Channel, Disconnected


async def send_cancel_request(socket: Path, process: int, secret: bytes) -> None:
    """Send a cancel request and wait until PostgreSQL has received it, after which it closes the connection.

    :param socket: PostgreSQL's unix socket.
    """
    loop = asyncio.get_running_loop()
    channel = Channel()
    await loop.create_unix_connection(lambda: channel, str(socket))
    channel.write(messages.cancel_request(process, secret))
    try:
        while True:
            await channel.fill(len(channel.buffer))
    except Disconnected:
        channel.close()
