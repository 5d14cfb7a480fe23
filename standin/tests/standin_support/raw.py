"""A client that sends arbitrary bytes: valid messages of PostgreSQL's protocol or malformed ones."""

from __future__ import annotations

import socket
import ssl
import struct
from collections.abc import Iterator

from redshift_standin.settings import HOST
from redshift_standin.wire.certificate import CERTIFICATE
from standin_support.waiting import HANGS_AFTER_SECONDS

SSL_REQUEST = struct.pack("!II", 8, 80877103)
STARTUP = struct.pack("!I", 196608) + b"user\0awsuser\0database\0dev\0\0"


def frame(kind: bytes, body: bytes = b"") -> bytes:
    return kind + struct.pack("!I", len(body) + 4) + body


def raw(endpoint, receive_buffer: int | None = None) -> socket.socket:
    connection = socket.socket()
    connection.settimeout(HANGS_AFTER_SECONDS)
    if receive_buffer is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    connection.connect((HOST, endpoint.port))
    return connection


def encrypted(endpoint, receive_buffer: int | None = None) -> ssl.SSLSocket:
    plain = raw(endpoint, receive_buffer)
    plain.sendall(SSL_REQUEST)
    assert plain.recv(1) == b"S"
    context = ssl.create_default_context(cafile=str(endpoint.certificates / CERTIFICATE))
    return context.wrap_socket(plain, server_hostname="localhost")


def logged_in(endpoint, receive_buffer: int | None = None) -> ssl.SSLSocket:
    connection = encrypted(endpoint, receive_buffer)
    connection.sendall(struct.pack("!I", len(STARTUP) + 4) + STARTUP)
    assert connection.recv(9)[:1] == b"R"
    connection.sendall(frame(b"p", b"Secret-42\0"))
    read_until_ready(connection)
    return connection


def read_until_ready(connection) -> bytes:
    received = b""
    while not received.endswith(b"Z\0\0\0\x05I"):
        data = connection.recv(65536)
        assert data, received
        received += data
    return received


def read_to_end(connection) -> bytes:
    received = b""
    while True:
        try:
            data = connection.recv(65536)
        except (ConnectionResetError, ssl.SSLEOFError):
            return received
        if not data:
            return received
        received += data


def answers(connection) -> Iterator[tuple[bytes, bytes]]:
    """Yield the type and the body of each message until the server closes the connection."""
    received = b""
    while True:
        while len(received) >= 5 and len(received) > (size := struct.unpack_from("!I", received, 1)[0]):
            yield received[:1], received[5 : size + 1]
            received = received[size + 1 :]
        data = connection.recv(65536)
        if not data:
            return
        received += data


def sqlstate(body: bytes) -> str:
    """Return the SQLSTATE of an ErrorResponse."""
    return next(field[1:].decode() for field in body.split(b"\0") if field[:1] == b"C")
