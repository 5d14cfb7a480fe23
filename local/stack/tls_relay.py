"""A way to the warehouse for a client that cannot speak TLS: a private socket whose traffic goes on encrypted."""

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

# The request of PostgreSQL's protocol to go on with TLS: its length and its code; "S" is the consent.
SSL_REQUEST = struct.pack("!ii", 8, 80877103)
CONSENT = b"S"

# The number in the socket's name, which a client must be told as its port.
PORT = 5432
CHUNK = 65536


@contextmanager
def tls_relay(warehouse: ClusterLogin) -> Iterator[Path]:
    """Offer the warehouse on a socket that only this user can open; yield the socket's folder."""

    class Connection(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with _encrypted(warehouse) as upstream:
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


def _encrypted(warehouse: ClusterLogin) -> ssl.SSLSocket:
    plain = socket.create_connection((warehouse.host, warehouse.port))
    plain.sendall(SSL_REQUEST)
    if plain.recv(1) != CONSENT:
        plain.close()
        raise ConnectionError(f"{warehouse.host}:{warehouse.port} refuses TLS")
    context = ssl.create_default_context(cafile=warehouse.certificate)
    return context.wrap_socket(plain, server_hostname=warehouse.host)


def _relay(client: socket.socket, upstream: ssl.SSLSocket) -> None:
    """Pass bytes on in both directions until either side ends."""
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
    """Return what has arrived; None if it was a message of TLS itself."""
    source.setblocking(False)
    try:
        return source.recv(CHUNK)
    except (BlockingIOError, ssl.SSLWantReadError):
        return None
    finally:
        source.setblocking(True)
