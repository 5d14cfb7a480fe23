"""Relay a private socket to the warehouse over TLS, for a client that does not support TLS."""

from __future__ import annotations

import select
import socket
import socketserver
import ssl
import struct
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.stack.cluster_login import ClusterLogin

# The SSLRequest of the PostgreSQL protocol: its length and its code. The server accepts with "S".
SSL_REQUEST = struct.pack("!ii", 8, 80877103)
CONSENT = b"S"

# The number in the name of the socket, which the client uses as its port.
PORT = 5432
CHUNK = 65536


@contextmanager
def tls_relay(login: ClusterLogin) -> Iterator[Path]:
    """Serve the warehouse on a socket that only this user can open, and yield the folder of the socket."""

    class Connection(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with _encrypted(login) as upstream:
                _relay(self.request, upstream)

    with (
        tempfile.TemporaryDirectory(prefix="sparkify-psql-") as folder,
        socketserver.ThreadingUnixStreamServer(f"{folder}/.s.PGSQL.{PORT}", Connection) as server,
    ):
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield Path(folder)
        finally:
            server.shutdown()


def _encrypted(login: ClusterLogin) -> ssl.SSLSocket:
    plain = socket.create_connection((login.host, login.port))
    plain.sendall(SSL_REQUEST)
    if plain.recv(1) != CONSENT:
        plain.close()
        raise ConnectionError(f"{login.host}:{login.port} refuses TLS")
    context = ssl.create_default_context(cafile=login.certificate)
    return context.wrap_socket(plain, server_hostname=login.host)


def _relay(client: socket.socket, upstream: ssl.SSLSocket) -> None:
    """Copy bytes in both directions until one side closes."""
    other = {client: upstream, upstream: client}
    while True:
        ready = [upstream] if upstream.pending() else select.select([client, upstream], [], [])[0]
        for source in ready:
            data = _receive(source)
            if data == b"":
                return
            if data:
                other[source].sendall(data)


def _receive(source: socket.socket) -> bytes | None:
    """Return the bytes that have arrived, or None if they were a TLS control message."""
    source.setblocking(False)
    try:
        return source.recv(CHUNK)
    except (BlockingIOError, ssl.SSLWantReadError):
        return None
    finally:
        source.setblocking(True)
