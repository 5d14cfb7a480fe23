"""Malicious and faulty clients."""

from __future__ import annotations

import socket
import struct

import psycopg
import pytest

from standin_support.raw import frame, logged_in, raw, read_to_end, read_until_ready


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
def test_invalid_bytes_before_the_login_end_only_that_connection(endpoint, garbage):
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
        b"p\0\0\0\x09late\0",
        b"S\0\0\xff\xff" + bytes(65531),
        b"Q\x7f\xff\xff\xff",
    ],
)
def test_invalid_bytes_after_the_login_end_only_that_connection(endpoint, garbage):
    bystander = endpoint.psycopg()
    connection = logged_in(endpoint)
    connection.sendall(garbage)
    assert b"FATAL" in read_to_end(connection)
    assert bystander.execute("select 42").fetchone() == (42,)


def test_after_an_error_everything_is_skipped_up_to_sync(endpoint):
    connection = logged_in(endpoint)
    messages = b"".join(
        frame(kind, body)
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


def test_simple_query_before_sync_is_skipped(endpoint):
    connection = logged_in(endpoint)
    parse, query = frame(b"P", b"\0select missing\0\0\0"), frame(b"Q", b"select 41\0")
    connection.sendall(parse + query + frame(b"S"))
    assert b"42703" in (answer := read_until_ready(connection))
    assert b"41" not in answer
    connection.sendall(query)
    assert b"41" in read_until_ready(connection)


def test_function_call_is_refused_and_the_session_continues(endpoint):
    connection = logged_in(endpoint)
    connection.sendall(frame(b"F", bytes(10)))
    assert b"0A000" in read_until_ready(connection)
    connection.sendall(frame(b"Q", b"select 42\0"))
    assert b"42" in read_until_ready(connection)


def test_statement_of_more_than_16_megabytes_is_refused(endpoint):
    connection = endpoint.psycopg(autocommit=True)
    words = f"Statement Size: {(16 << 20) + 1} bytes. Maximum Allowed: 16777216 bytes"
    with pytest.raises(psycopg.errors.SyntaxError, match=words):
        connection.execute("select 1" + " " * ((16 << 20) - 7))
    assert connection.execute("select 42").fetchone() == (42,)


def test_too_deeply_nested_statement_is_refused(endpoint):
    connection = endpoint.psycopg(autocommit=True)
    with pytest.raises(psycopg.errors.StatementTooComplex):
        connection.execute("select " + "decode(1, 1, " * 2000 + "1" + ")" * 2000)
    assert connection.execute("select 42").fetchone() == (42,)


def test_unnamed_statement_survives_the_locks_of_the_endpoint(endpoint):
    endpoint.psycopg(autocommit=True).execute("create table numbers (n integer)")
    connection = logged_in(endpoint)

    def send(*parts):
        connection.sendall(b"".join(frame(kind, body) for kind, body in parts))
        return read_until_ready(connection)

    assert b"ERROR" not in send((b"P", b"\0insert into numbers values (7)\0\0\0"), (b"S", b""))
    for _ in range(2):
        answer = send((b"B", b"\0\0\0\0\0\0\0\0"), (b"E", b"\0\0\0\0\0"), (b"S", b""))
        assert b"INSERT 0 1" in answer
    assert endpoint.psycopg().execute("select count(*) from numbers").fetchone() == (2,)


def test_cancel_with_the_wrong_secret_is_ignored(endpoint):
    victim = endpoint.psycopg()
    connection = raw(endpoint)
    connection.sendall(struct.pack("!IIII", 16, 80877102, victim.info.backend_pid, 12345))
    read_to_end(connection)
    assert victim.execute("select 42").fetchone() == (42,)


def test_slow_client_receives_everything(endpoint):
    # More than the socket buffers hold, but less than they and the endpoint's buffer hold together.
    rows = 20_000
    endpoint.psycopg(autocommit=True).execute("create table wide (padding varchar(200))")
    endpoint.connect_to_postgres().execute(f"insert into wide select repeat('x', 200) from generate_series(1, {rows})")
    connection = logged_in(endpoint, receive_buffer=4096)
    connection.sendall(frame(b"Q", b"select padding from wide\0"))
    sent = "state = 'idle' or wait_event = 'ClientWrite'"
    endpoint.wait_for(f"""select 1 from pg_stat_activity where query like 'select "padding"%' and ({sent})""")
    assert read_until_ready(connection).count(b"x" * 200) == rows
