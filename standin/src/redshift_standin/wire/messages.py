"""PostgreSQL's protocol, version 3.0: the messages that the endpoint creates or parses."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

from redshift_standin.engine.interfaces import ResultColumn

# Statements and their parameters; PostgreSQL takes a gigabyte, and Redshift's longest statement has 16 MB.
_LARGE = frozenset(b"QPBdF")
_LARGE_BYTES = 64 << 20
_SMALL_BYTES = 10_000

PROTOCOL_3 = 196608
SSL_REQUEST = 80877103
GSS_REQUEST = 80877104
CANCEL_REQUEST = 80877102

FLUSH = b"H\0\0\0\4"
SYNC = b"S\0\0\0\4"
TERMINATE = b"X\0\0\0\4"
COPY_DONE = b"c\0\0\0\4"
EMPTY_QUERY = b"I\0\0\0\4"
ASK_PASSWORD = b"R\0\0\0\x08\0\0\0\x03"
AUTHENTICATED = b"R\0\0\0\x08\0\0\0\0"


def largest(kind: bytes) -> int:
    """Return the largest body of a client's message of this type."""
    return _LARGE_BYTES if kind[0] in _LARGE else _SMALL_BYTES


def message(kind: bytes, body: bytes = b"") -> bytes:
    """Frame one message."""
    return kind + struct.pack("!I", len(body) + 4) + body


def text(value: str) -> bytes:
    """Return a zero-terminated string."""
    return value.encode() + b"\0"


def startup(parameters: Mapping[str, str]) -> bytes:
    """Return the first message that a client sends."""
    body = struct.pack("!I", PROTOCOL_3)
    body += b"".join(text(name) + text(value) for name, value in parameters.items()) + b"\0"
    return struct.pack("!I", len(body) + 4) + body


def cancel(process: int, secret: bytes) -> bytes:
    """Return the request to cancel what a session runs."""
    return struct.pack("!III", 12 + len(secret), CANCEL_REQUEST, process) + secret


def query(sql: str) -> bytes:
    """Return a simple query."""
    return message(b"Q", text(sql))


def parse(name: str, sql: str, types: bytes = b"\0\0") -> bytes:
    """Return a Parse; ``types`` is the counted list of parameter types as the client sent it."""
    return message(b"P", text(name) + text(sql) + types)


def command(sql: str, name: str) -> bytes:
    """Return the messages that run a command under a name of its own and leave the client's statements alone.

    What the last command left under the name is closed first: one that failed could not be closed at its end.
    """
    named = text(name)
    return (
        message(b"C", b"P" + named)
        + message(b"C", b"S" + named)
        + parse(name, sql)
        + message(b"B", named + named + b"\0\0" * 3)
        + message(b"E", named + b"\0\0\0\0")
    )


def command_complete(tag: str) -> bytes:
    """Return the end of a statement that succeeded."""
    return message(b"C", text(tag))


def ready(status: bytes) -> bytes:
    """Return ReadyForQuery with a transaction status: I (idle), T (in a transaction), E (in a failed one)."""
    return message(b"Z", status)


def parameter_status(name: str, value: str) -> bytes:
    """Return the report of one setting."""
    return message(b"S", text(name) + text(value))


def report(kind: bytes, fields: Mapping[str, str]) -> bytes:
    """Return an ErrorResponse (``E``) or a NoticeResponse (``N``)."""
    return message(kind, b"".join(name.encode() + text(value) for name, value in fields.items()) + b"\0")


def read_report(body: bytes) -> dict[str, str]:
    """Return the fields of an error or a notice."""
    return {part[:1].decode(): part[1:].decode("utf-8", "replace") for part in body.split(b"\0") if part}


def read_strings(body: bytes, count: int) -> tuple[list[str], bytes]:
    """Split this many zero-terminated strings off a body.

    :raises ValueError: there are fewer, or one is not UTF-8.
    """
    parts = body.split(b"\0", count)
    if len(parts) != count + 1:
        raise ValueError("string without an end")
    return [part.decode() for part in parts[:-1]], parts[-1]


def read_columns(body: bytes) -> tuple[ResultColumn, ...]:
    """Return the columns of a RowDescription."""
    (count,) = struct.unpack_from("!H", body)
    columns = []
    position = 2
    for _ in range(count):
        end = body.index(b"\0", position)
        _, _, type_number, _, modifier, _ = struct.unpack_from("!IHIhih", body, end + 1)
        columns.append(ResultColumn(body[position:end].decode(), type_number, modifier))
        position = end + 19
    return tuple(columns)


def read_row(body: bytes) -> tuple[str | None, ...]:
    """Return the values of a DataRow in text format."""
    (count,) = struct.unpack_from("!H", body)
    values: list[str | None] = []
    position = 2
    for _ in range(count):
        (size,) = struct.unpack_from("!i", body, position)
        position += 4
        if size < 0:
            values.append(None)
        else:
            values.append(body[position : position + size].decode())
            position += size
    return tuple(values)


def read_pairs(body: bytes) -> dict[str, str]:
    """Return the parameters of a startup message.

    :raises ValueError: they are malformed.
    """
    parts = body.split(b"\0")
    if len(parts) < 2 or parts[-1] or parts[-2] or len(parts) % 2:
        raise ValueError("malformed startup packet")
    strings: Sequence[str] = [part.decode() for part in parts[:-2]]
    return dict(zip(strings[::2], strings[1::2], strict=True))
