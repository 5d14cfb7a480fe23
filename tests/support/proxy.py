"""A TCP proxy in front of an endpoint that simulates network outages: down, up again, or dropping all data."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from itertools import count

from tests.support.ports import free_port


class Proxy:
    """Forwards connections to one port of this machine while it is up.

    :param target: the port to forward to.
    """

    def __init__(self, target: int) -> None:
        self.port = free_port()
        self._target = target
        self._chunks: int | None = None
        self._listener: socket.socket | None = None
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    def up(self, *, chunks: int | None = None) -> None:
        """Listen.

        :param chunks: how many messages of the client to forward on each connection before all others are dropped;
            None forwards all.
        """
        self._chunks = chunks
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self._start(self._accept, self._listener)

    def down(self) -> None:
        """Refuse new connections and break the open ones."""
        if self._listener is not None:
            # Closing alone does not wake the thread that waits in accept.
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        for side in self._open:
            _break(side)
        for thread in self._threads:
            thread.join()
        self._open, self._threads = [], []

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
                self._open += [client, server]
                self._start(_forward, client, server, self._chunks)
                self._start(_forward, server, client, None)

    def _start(self, act: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=act, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()


def _forward(source: socket.socket, sink: socket.socket, chunks: int | None) -> None:
    """Forward until one side disconnects, and then break the other one."""
    with contextlib.suppress(OSError):
        for number in count():
            data = source.recv(65536)
            if not data:
                break
            if chunks is None or number < chunks:
                sink.sendall(data)
    _break(source)
    _break(sink)


def _break(side: socket.socket) -> None:
    with contextlib.suppress(OSError):
        side.shutdown(socket.SHUT_RDWR)
    side.close()
