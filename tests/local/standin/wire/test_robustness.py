"""What is sent by clients that mean no good, or do not know better."""

from __future__ import annotations

import socket
import ssl
import struct

import pytest

from local.settings import HOST
from local.standin.wire.certificate import CERTIFICATE


def raw(endpoint, receive_buffer: int | None = None) -> socket.socket:
    connection = socket.socket()
    connection.settimeout(20)
    if receive_buffer is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    connection.connect((HOST, endpoint.port))
    return connection


def encrypted(endpoint, receive_buffer: int | None = None) -> ssl.SSLSocket:
    plain = raw(endpoint, receive_buffer)
    plain.sendall(struct.pack("!II", 8, 80877103))
    assert plain.recv(1) == b"S"
    context = ssl.create_default_context(cafile=str(endpoint.certificates / CERTIFICATE))
    return context.wrap_socket(plain, server_hostname="localhost")


def logged_in(endpoint, receive_buffer: int | None = None) -> ssl.SSLSocket:
    connection = encrypted(endpoint, receive_buffer)
    body = struct.pack("!I", 196608) + b"user\0awsuser\0database\0dev\0\0"
    connection.sendall(struct.pack("!I", len(body) + 4) + body)
    assert connection.recv(9)[:1] == b"R"
    connection.sendall(b"p" + struct.pack("!I", 4 + 10) + b"Secret-42\0")
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
        except ConnectionResetError:
            return received
        if not data:
            return received
        received += data


@pytest.mark.parametrize(
    "garbage",
    [
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"\0\0\0\0",
        b"\xff" * 64,
        struct.pack("!I", 9) + b"12345",
        struct.pack("!II", 8, 196608),
        struct.pack("!II", 16, 196608) + b"user\0x\0\0",
        struct.pack("!II", 12, 196608) + b"\xff\xff\0\0",
        struct.pack("!II", 8, 80877103) + b"not a handshake at all, by no means",
        struct.pack("!III", 12, 80877102, 1),
    ],
)
def test_garbage_before_the_login_ends_that_connection_only(endpoint, garbage):
    bystander = endpoint.psycopg()
    connection = raw(endpoint)
    connection.sendall(garbage)
    connection.shutdown(socket.SHUT_WR)
    read_to_end(connection)
    assert bystander.execute("select 42").fetchone() == (42,)
    assert endpoint.psycopg().execute("select 42").fetchone() == (42,)


@pytest.mark.parametrize(
    "garbage",
    [
        b"\xff" * 64,
        b"Q\xff\xff\xff\xff",
        b"Q\0\0\0\3",
        b"Q\0\0\0\x09select",
        b"P\0\0\0\x05x",
        b"B\0\0\0\x04",
        b"E\0\0\0\x06x\xff",
        b"Q\0\0\0\x07\xff\xfe\0",
        b"F\0\0\0\x08\0\0\0\0",
    ],
)
def test_garbage_after_the_login_ends_that_connection_only(endpoint, garbage):
    bystander = endpoint.psycopg()
    connection = logged_in(endpoint)
    connection.sendall(garbage)
    assert b"FATAL" in read_to_end(connection)
    assert bystander.execute("select 42").fetchone() == (42,)


def test_after_an_error_all_is_skipped_up_to_sync(endpoint):
    connection = logged_in(endpoint)
    messages = b"".join(
        kind + struct.pack("!I", len(body) + 4) + body
        for kind, body in [
            (b"P", b"\0select missing\0\0\0"),
            (b"B", b"\0\0\0\0\0\0\0\0"),
            (b"E", b"\0\0\0\0\0"),
            (b"S", b""),
            (b"P", b"\0select 42\0\0\0"),
            (b"B", b"\0\0\0\0\0\0\0\0"),
            (b"E", b"\0\0\0\0\0"),
            (b"S", b""),
        ]
    )
    connection.sendall(messages)
    answers = b""
    while answers.count(b"Z\0\0\0\x05I") < 2:
        answers += read_until_ready(connection)
    assert answers.count(b"42703") == 1
    assert b"\0\0\0\x0242" in answers


def test_an_unnamed_statement_outlives_the_locks_that_the_endpoint_takes(endpoint):
    endpoint.psycopg(autocommit=True).execute("create table numbers (n integer)")
    connection = logged_in(endpoint)

    def send(*parts):
        connection.sendall(b"".join(kind + struct.pack("!I", len(body) + 4) + body for kind, body in parts))
        return read_until_ready(connection)

    assert b"ERROR" not in send((b"P", b"\0insert into numbers values (7)\0\0\0"), (b"S", b""))
    for _ in range(2):
        answer = send((b"B", b"\0\0\0\0\0\0\0\0"), (b"E", b"\0\0\0\0\0"), (b"S", b""))
        assert b"INSERT 0 1" in answer
    assert endpoint.psycopg().execute("select count(*) from numbers").fetchone() == (2,)


def test_a_cancel_with_the_wrong_secret_is_ignored(endpoint):
    victim = endpoint.psycopg()
    connection = raw(endpoint)
    connection.sendall(struct.pack("!IIII", 16, 80877102, victim.info.backend_pid, 12345))
    read_to_end(connection)
    assert victim.execute("select 42").fetchone() == (42,)


def test_a_client_that_reads_late_gets_what_arrived_meanwhile(endpoint):
    # More than the sockets take in, and less than that and what the endpoint itself keeps.
    rows = 20_000
    endpoint.psycopg(autocommit=True).execute("create table wide (padding varchar(200))")
    endpoint.behind().execute(f"insert into wide select repeat('x', 200) from generate_series(1, {rows})")
    connection = logged_in(endpoint, receive_buffer=4096)
    query = b"select padding from wide\0"
    connection.sendall(b"Q" + struct.pack("!I", len(query) + 4) + query)
    sent = "state = 'idle' or wait_event = 'ClientWrite'"
    endpoint.wait_for(f"select 1 from pg_stat_activity where query like 'select padding%' and ({sent})")
    assert read_until_ready(connection).count(b"x" * 200) == rows
