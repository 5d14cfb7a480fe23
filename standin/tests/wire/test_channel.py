"""Reading from a peer: no data is missed while the reader waits for something else."""

from __future__ import annotations

import asyncio
import socket

import pytest

from redshift_standin.wire.channel import Channel, Disconnected
from standin_support.waiting import HANGS_AFTER_SECONDS


async def connected() -> tuple[Channel, socket.socket]:
    ours, theirs = socket.socketpair()
    channel = Channel()
    await asyncio.get_running_loop().create_unix_connection(lambda: channel, sock=ours)
    return channel, theirs


async def holds(channel: Channel, size: int) -> None:
    while len(channel.buffer) < size:
        await asyncio.sleep(0)


def test_fill_does_not_wait_for_data_that_has_already_arrived():
    async def read() -> bytes:
        channel, peer = await connected()
        peer.sendall(b"first")
        await channel.fill(0)
        peer.sendall(b" and last")
        await holds(channel, 14)
        await asyncio.wait_for(channel.fill(5), HANGS_AFTER_SECONDS)
        return bytes(channel.buffer)

    assert asyncio.run(read()) == b"first and last"


def test_disconnect_ends_the_wait():
    async def read() -> None:
        channel, peer = await connected()
        waiting = asyncio.create_task(channel.fill(0))
        peer.close()
        await asyncio.wait_for(waiting, HANGS_AFTER_SECONDS)

    with pytest.raises(Disconnected):
        asyncio.run(read())
