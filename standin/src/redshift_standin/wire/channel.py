"""A socket with buffered reads, flow-controlled writes, TLS on demand, and a callback when the peer disconnects."""

from __future__ import annotations

import asyncio
import ssl
import struct
from collections.abc import Callable
from typing import cast

HIGH_WATER = 1 << 20

HEADER = 5

# Writes are buffered up to this size; they are sent earlier when the session waits for the peer.
_TOGETHER = 1 << 16

_length = struct.Struct("!I").unpack_from


def no_limit(kind: bytes) -> int:  # noqa: ARG001
    """Return PostgreSQL's own limit for the body of a message."""
    return 1 << 30


class Disconnected(Exception):  # noqa: N818 - an event, not a fault
    """The peer closed the connection, or it broke."""


class ProtocolViolation(Exception):  # noqa: N818 - named as the protocol names it
    """The peer sent something that is not PostgreSQL's protocol."""


class Channel(asyncio.Protocol):
    """A connection to one peer.

    ``buffer`` holds the received bytes that have not been consumed, for readers that work on whole chunks.

    :param on_lost: called once when the peer is gone, even if nothing is being read.
    """

    def __init__(self, on_lost: Callable[[], None] | None = None) -> None:
        self.buffer = bytearray()
        self.on_lost = on_lost
        self._collected: list[bytes] = []
        self._collected_bytes = 0
        self._transport: asyncio.Transport | None = None
        self._loop = asyncio.get_running_loop()
        self._arrival: asyncio.Future[None] | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self._reading = True
        self._lost = False

    @property
    def lost(self) -> bool:
        """Whether the peer is gone."""
        return self._lost

    @property
    def encrypted(self) -> bool:
        """Whether TLS is in use."""
        return self._transport is not None and self._transport.get_extra_info("ssl_object") is not None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start using the socket."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Buffer the data; pause reading while too much of it is unconsumed."""
        self.buffer += data
        self._wake()
        if self._reading and len(self.buffer) > HIGH_WATER and self._transport is not None:
            self._transport.pause_reading()
            self._reading = False

    def eof_received(self) -> bool:
        """Treat a half-closed connection as closed, as PostgreSQL does."""
        self._lose()
        return False

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """Wake the readers and writers that wait for this peer."""
        self._lose()

    def pause_writing(self) -> None:
        """Make writers wait until the peer has received enough of the sent data."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """Let writers continue."""
        self._writable.set()

    async def fill(self, beyond: int) -> None:
        """Wait until the buffer holds more than ``beyond`` bytes, including those that have already arrived.

        :raises Disconnected: the peer is gone.
        """
        while len(self.buffer) <= beyond:
            if self._lost:
                raise Disconnected
            self.flush()
            if not self._reading and self._transport is not None:
                self._transport.resume_reading()
                self._reading = True
            self._arrival = self._loop.create_future()
            await self._arrival

    async def take(self, size: int) -> bytes:
        """Return exactly this many bytes.

        :raises Disconnected: the peer disconnected before it sent them.
        """
        while len(self.buffer) < size:
            await self.fill(len(self.buffer))
        data = bytes(self.buffer[:size])
        del self.buffer[:size]
        return data

    async def message(self, largest: Callable[[bytes], int] = no_limit) -> tuple[bytes, bytes]:
        """Return the next message: its type and its body.

        :param largest: returns the maximum body size for a message type, in bytes.
        :raises Disconnected: the peer is gone.
        :raises ProtocolViolation: the length is impossible, or larger than allowed.
        """
        while (message := self.next_message(largest)) is None:
            await self.fill(len(self.buffer))
        return message

    def next_message(self, largest: Callable[[bytes], int] = no_limit) -> tuple[bytes, bytes] | None:
        """Return the next message if it has arrived completely.

        :param largest: returns the maximum body size for a message type, in bytes.
        :raises ProtocolViolation: the length is impossible, or larger than allowed.
        """
        buffer = self.buffer
        if len(buffer) < HEADER:
            return None
        kind, end = bytes(buffer[:1]), 1 + _length(buffer, 1)[0]
        if not 0 <= end - HEADER <= largest(kind):
            raise ProtocolViolation(f"invalid message length {end - 1}")
        if len(buffer) < end:
            return None
        body = bytes(buffer[HEADER:end])
        del buffer[:end]
        return kind, body

    def write(self, data: bytes) -> None:
        """Buffer data to send. It is discarded if the peer is gone."""
        self._collected.append(data)
        self._collected_bytes += len(data)
        if self._collected_bytes > _TOGETHER:
            self.flush()

    def flush(self) -> None:
        """Send the buffered data without waiting for the peer to receive it."""
        if not self._collected:
            return
        data, self._collected, self._collected_bytes = b"".join(self._collected), [], 0
        if self._transport is not None and not self._lost:
            self._transport.write(data)

    async def drain(self) -> None:
        """Send the buffered data, and wait while too much of it has not been received."""
        self.flush()
        if not self._writable.is_set():
            await self._writable.wait()

    async def encrypt(self, context: ssl.SSLContext) -> None:
        """Switch to TLS as the server.

        :raises ProtocolViolation: the peer sent data before the handshake.
        :raises ssl.SSLError: the handshake failed.
        """
        if self.buffer:
            raise ProtocolViolation("data before the TLS handshake")
        self.flush()
        loop = asyncio.get_running_loop()
        self._transport = await loop.start_tls(self._transport, self, context, server_side=True)  # type: ignore[arg-type]

    def close(self) -> None:
        """Close after the buffered data has been sent."""
        self.flush()
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        if self._transport is not None:
            self._transport.abort()

    def _wake(self) -> None:
        """Wake the reader that waits for more data."""
        if self._arrival is not None and not self._arrival.done():
            self._arrival.set_result(None)

    def _lose(self) -> None:
        if self._lost:
            return
        self._lost = True
        self._wake()
        self._writable.set()
        if self.on_lost is not None:
            self.on_lost()
