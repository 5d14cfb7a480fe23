"""Any message in any order is answered or refused and never hangs; invalid bytes end only their own connection."""

from __future__ import annotations

import socket
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redshift_standin.engine.databases import database_name
from redshift_standin.engine.interfaces import CopyResult
from standin_support.endpoint import DATABASE, USER
from standin_support.raw import (
    SSL_REQUEST,
    STARTUP,
    answers,
    encrypted,
    frame,
    logged_in,
    raw,
    read_to_end,
    sqlstate,
)
from standin_support.waiting import HANGS_AFTER_SECONDS

# PostgreSQL and the stand-in give the same answers to these, message for message.
ALIKE = [
    b"",
    b"select 1",
    b"select $1::integer",
    b"select missing",
    b"select n from fuzzed where n = 0",
    b"insert into fuzzed values (1)",
    b"insert into missing values (1)",
    b"begin",
    b"commit",
    b"rollback",
    b"select 1 as a; select 2 as b",
    b"insert into fuzzed values (2); select missing",
    b"select 'unterminated",
]

# These exist only in Redshift, are refused by the stand-in, or are accepted only by PostgreSQL.
OTHERS = [
    b"copy fuzzed from 's3://bucket/key' iam_role default json 'auto'",
    b"unload ('select 1') to 's3://bucket/key' iam_role default",
    b"copy fuzzed from stdin",
    b"copy fuzzed to stdout",
    b"truncate fuzzed",
    b"vacuum fuzzed",
    b"lock table fuzzed",
    b"declare c cursor for select 1",
    b"fetch all from c",
    b"begin; insert into fuzzed values (1)",
    b"set client_encoding to latin1",
    b"\xff\xfe",
    b"select $1, $2",
    b"create temp table t as select 1 as n",
]

NAMES = [b"", b"a", b"b"]
SYNC = frame(b"S")
CLOSE_ALL = [frame(b"C", b"S" + name + b"\0") for name in NAMES]
names = st.sampled_from(NAMES)


def counted(values: list[int]) -> bytes:
    return struct.pack(f"!H{len(values)}h", len(values), *values)


formats = st.lists(st.sampled_from([0, 1, 2]), max_size=2).map(counted)
parameters = st.lists(st.sampled_from([b"7", b"x", None]), max_size=2).map(
    lambda values: (
        struct.pack("!H", len(values))
        + b"".join(struct.pack("!i", -1 if value is None else len(value)) + (value or b"") for value in values)
    )
)


def well_formed(statements: list[bytes]) -> st.SearchStrategy[bytes]:
    """Return frames of the simple and the extended protocol."""
    texts = st.sampled_from(statements)
    return st.one_of(
        st.builds(lambda text: frame(b"Q", text + b"\0"), texts),
        st.builds(lambda name, text: frame(b"P", name + b"\0" + text + b"\0\0\0"), names, texts),
        st.builds(
            lambda portal, name, given, values, wanted: frame(
                b"B", portal + b"\0" + name + b"\0" + given + values + wanted
            ),
            names,
            names,
            formats,
            parameters,
            formats,
        ),
        st.builds(lambda kind, name: frame(b"D", kind + name + b"\0"), st.sampled_from([b"S", b"P"]), names),
        st.builds(lambda kind, name: frame(b"C", kind + name + b"\0"), st.sampled_from([b"S", b"P"]), names),
        st.builds(lambda name, rows: frame(b"E", name + b"\0" + struct.pack("!I", rows)), names, st.integers(0, 1)),
        st.sampled_from([SYNC, frame(b"H"), frame(b"d", b"1\n"), frame(b"c"), frame(b"f", b"stop\0")]),
    )


out_of_order = st.one_of(
    st.builds(frame, st.sampled_from([bytes([kind]) for kind in b"BCDEFHPQSXcdfp\0\xff"]), st.binary(max_size=12)),
    st.sampled_from([frame(b"X"), frame(b"F", bytes(10)), frame(b"p", b"Secret-42\0")]),
)

frames_that_lie = st.builds(
    lambda kind, size, body: kind + struct.pack("!i", size) + body,
    st.sampled_from([bytes([kind]) for kind in b"QPBDEdXp\0"]),
    st.sampled_from([-(2**31), -1, 0, 3, 4, 5, 9, 10_005, 2**31 - 1]),
    st.binary(max_size=20),
)


class Peer:
    """A logged-in session that runs one example after the other, and is replaced if an example has ended it."""

    def __init__(self, connect) -> None:
        self._connect = connect
        self._socket = None
        self._examples = 0

    def ask(self, sent: list[bytes]) -> list[tuple[bytes, str]]:
        """Send frames and return the answers: the type of each, and its error code or transaction status."""
        if self._socket is None:
            self._socket = self._connect()
            self._answers = answers(self._socket)
        self._examples += 1
        # No other answer can be mistaken for the answer to this query.
        last = f"example {self._examples}".encode()
        end = [SYNC, frame(b"Q", b"rollback\0"), *CLOSE_ALL, SYNC, frame(b"Q", b"select '" + last + b"'\0")]
        self._socket.sendall(b"".join([*sent, *end]))
        received: list[tuple[bytes, str]] = []
        is_last = False
        for kind, body in self._answers:
            detail = sqlstate(body) if kind == b"E" else body.decode() if kind == b"Z" else ""
            received.append((kind, detail))
            is_last = is_last or (kind == b"D" and last in body)
            if is_last and kind == b"Z":
                return received
        self.close()
        return received

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


@pytest.fixture(scope="module")
def fuzzed(shared_endpoint, copier):
    """A table, and sessions: one for the examples, one on PostgreSQL directly, and one that must not be affected."""

    async def load(statement, backend):
        async def rows():
            yield b"3\n"

        return CopyResult(await backend.copy_in("copy fuzzed from stdin", rows()), ())

    copier.action = load
    bystander = shared_endpoint.psycopg(autocommit=True)
    bystander.execute("create table fuzzed (n integer)")

    def directly():
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(HANGS_AFTER_SECONDS)
        connection.connect(str(shared_endpoint.postgres.dsn.socket))
        database = database_name(shared_endpoint.cluster, DATABASE).encode()
        body = struct.pack("!I", 196608) + b"user\0" + USER.encode() + b"\0database\0" + database + b"\0\0"
        connection.sendall(struct.pack("!I", len(body) + 4) + body)
        while not connection.recv(65536).endswith(b"Z\0\0\0\x05I"):
            pass
        return connection

    peers = Peer(lambda: logged_in(shared_endpoint)), Peer(directly)
    yield *peers, bystander
    for peer in peers:
        peer.close()
    bystander.execute("drop table fuzzed")
    copier.action = None


@given(sent=st.lists(well_formed(ALIKE), max_size=12))
@settings(max_examples=100)
def test_every_sequence_is_answered_as_postgresql_answers_it(fuzzed, sent):
    endpoint, postgresql, _ = fuzzed
    expected = [answer for answer in postgresql.ask(sent) if answer[0] not in b"NS"]
    assert [answer for answer in endpoint.ask(sent) if answer[0] not in b"NS"] == expected


@given(sent=st.lists(st.one_of(well_formed(ALIKE + OTHERS), out_of_order), max_size=12))
@settings(max_examples=100)
def test_every_message_at_any_time_is_answered_or_refused(fuzzed, sent):
    endpoint, _, bystander = fuzzed
    received = endpoint.ask(sent)
    if not any(each[:1] == b"X" for each in sent):
        assert received[-1] in [(b"Z", "I"), (b"E", "08P01")]
    assert bystander.execute("select 42").fetchone() == (42,)


@given(
    stage=st.sampled_from([(raw, b""), (encrypted, b""), (encrypted, struct.pack("!I", len(STARTUP) + 4) + STARTUP)]),
    garbage=st.one_of(st.binary(max_size=64), frames_that_lie, st.binary(max_size=16).map(SSL_REQUEST.__add__)),
)
@settings(max_examples=40)
def test_invalid_bytes_before_the_login_end_only_that_connection(shared_endpoint, fuzzed, stage, garbage):
    connect, before = stage
    with connect(shared_endpoint) as connection:
        connection.sendall(before + garbage)
        connection.shutdown(socket.SHUT_WR)
        read_to_end(connection)
    _, _, bystander = fuzzed
    assert bystander.execute("select 42").fetchone() == (42,)


@given(garbage=st.lists(st.one_of(frames_that_lie, st.binary(min_size=1, max_size=64)), min_size=1, max_size=3))
@settings(max_examples=25)
def test_invalid_bytes_after_the_login_end_only_that_connection(shared_endpoint, fuzzed, garbage):
    with logged_in(shared_endpoint) as connection:
        connection.sendall(b"".join(garbage))
        connection.shutdown(socket.SHUT_WR)
        read_to_end(connection)
    _, _, bystander = fuzzed
    assert bystander.execute("select 42").fetchone() == (42,)


def test_clients_can_still_connect_afterwards(shared_endpoint, fuzzed):
    assert shared_endpoint.psycopg().execute("select 42").fetchone() == (42,)
