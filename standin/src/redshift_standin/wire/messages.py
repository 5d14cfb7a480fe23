"""Builds and parses the messages of PostgreSQL's protocol 3.0 that the endpoint needs."""

from __future__ import annotations

import struct
from collections.abc import Mapping

from redshift_standin.engine.interfaces import ResultColumn
from redshift_standin.wire.codes import (
    ALL_TEXT_WITHOUT_PARAMETERS,
    NO_PARAMETER_TYPES,
    NO_ROW_LIMIT,
    AuthenticationCode,
    BackendMessage,
    FrontendMessage,
    Named,
    StartupCode,
)

# Statements and their parameters can be large. PostgreSQL accepts 1 GB; Redshift's longest statement has 16 MB.
_LARGE_MESSAGES = frozenset(
    (
        FrontendMessage.BIND,
        FrontendMessage.COPY_DATA,
        FrontendMessage.FUNCTION_CALL,
        FrontendMessage.PARSE,
        FrontendMessage.QUERY,
    )
)
_LARGE_BYTES = 64 << 20
_SMALL_BYTES = 10_000


def max_body_bytes(kind: bytes) -> int:
    """Return the largest accepted body of a client's message of this type."""
    return _LARGE_BYTES if kind in _LARGE_MESSAGES else _SMALL_BYTES


def message(kind: bytes, body: bytes = b"") -> bytes:
    """Frame one message."""
    return kind + struct.pack("!I", len(body) + 4) + body


def text(value: str) -> bytes:
    """Return a zero-terminated string."""
    return value.encode() + b"\0"


FLUSH = message(FrontendMessage.FLUSH)
SYNC = message(FrontendMessage.SYNC)
TERMINATE = message(FrontendMessage.TERMINATE)
COPY_DONE = message(FrontendMessage.COPY_DONE)
EMPTY_QUERY = message(BackendMessage.EMPTY_QUERY_RESPONSE)
ASK_PASSWORD = message(BackendMessage.AUTHENTICATION, struct.pack("!I", AuthenticationCode.CLEARTEXT_PASSWORD))
AUTHENTICATED = message(BackendMessage.AUTHENTICATION, struct.pack("!I", AuthenticationCode.OK))


def startup(parameters: Mapping[str, str]) -> bytes:
    """Return the first message of a client that logs in."""
    body = struct.pack("!I", StartupCode.PROTOCOL_3_0)
    body += b"".join(text(name) + text(value) for name, value in parameters.items()) + b"\0"
    return struct.pack("!I", len(body) + 4) + body


def cancel_request(process: int, secret: bytes) -> bytes:
    """Return the request to cancel the statement that a session is running."""
    return struct.pack("!III", 12 + len(secret), StartupCode.CANCEL_REQUEST, process) + secret


def query(sql: str) -> bytes:
    """Return a Query of the simple protocol."""
    return message(FrontendMessage.QUERY, text(sql))


def parse(name: str, sql: str, types: bytes = NO_PARAMETER_TYPES) -> bytes:
    """Return a Parse.

    :param types: the counted list of parameter types, as the client sent it.
    """
    return message(FrontendMessage.PARSE, text(name) + text(sql) + types)


def named_command(sql: str, name: str) -> bytes:
    """Return the messages that run a command as a named statement, without touching the client's statements.

    They first close the statement and the portal of this name: a command that failed could not close its own.
    """
    zero_terminated = text(name)
    return (
        message(FrontendMessage.CLOSE, Named.PORTAL + zero_terminated)
        + message(FrontendMessage.CLOSE, Named.STATEMENT + zero_terminated)
        + parse(name, sql)
        + message(FrontendMessage.BIND, zero_terminated + zero_terminated + ALL_TEXT_WITHOUT_PARAMETERS)
        + message(FrontendMessage.EXECUTE, zero_terminated + NO_ROW_LIMIT)
    )


def command_complete(tag: str) -> bytes:
    """Return the end of a statement that succeeded."""
    return message(BackendMessage.COMMAND_COMPLETE, text(tag))


def backend_key_data(process: int, secret: bytes) -> bytes:
    """Return the process number and the secret with which a client cancels its session's statements."""
    return message(BackendMessage.BACKEND_KEY_DATA, process.to_bytes(4, "big") + secret)


def ready(status: bytes) -> bytes:
    """Return ReadyForQuery.

    :param status: one of :class:`TransactionStatus`.
    """
    return message(BackendMessage.READY_FOR_QUERY, status)


def parameter_status(name: str, value: str) -> bytes:
    """Return the report of one setting."""
    return message(BackendMessage.PARAMETER_STATUS, text(name) + text(value))


def error(fields: Mapping[str, str]) -> bytes:
    """Return an ErrorResponse.

    :param fields: from a :class:`ReportField` to its text.
    """
    return message(BackendMessage.ERROR_RESPONSE, _report_fields(fields))


def notice(fields: Mapping[str, str]) -> bytes:
    """Return a NoticeResponse.

    :param fields: from a :class:`ReportField` to its text.
    """
    return message(BackendMessage.NOTICE_RESPONSE, _report_fields(fields))


def _report_fields(fields: Mapping[str, str]) -> bytes:
    return b"".join(name.encode() + text(value) for name, value in fields.items()) + b"\0"


def read_report(body: bytes) -> dict[str, str]:
    """Return the fields of an error or a notice."""
    return {part[:1].decode(): part[1:].decode("utf-8", "replace") for part in body.split(b"\0") if part}


def read_strings(body: bytes, count: int) -> tuple[list[str], bytes]:
    """Return the zero-terminated strings at the beginning of a body, and the rest of the body.

    :param count: how many strings there must be.
    :raises ValueError: there are fewer, or one is not valid UTF-8.
    """
    parts = body.split(b"\0", count)
    if len(parts) != count + 1:
        raise ValueError("unterminated string")
    return [part.decode() for part in parts[:-1]], parts[-1]


def read_row_count(body: bytes) -> int:
    """Return the number of rows from the tag of a CommandComplete, such as ``SELECT 3``."""
    return int(body.rstrip(b"\0").split()[-1])


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


def read_startup_parameters(body: bytes) -> dict[str, str]:
    """Return the parameters of a startup message.

    :raises ValueError: they are malformed.
    """
    parts = body.split(b"\0")
    if len(parts) < 2 or parts[-1] or parts[-2] or len(parts) % 2:
        raise ValueError("malformed startup packet")
    strings = [part.decode() for part in parts[:-2]]
    return dict(zip(strings[::2], strings[1::2], strict=True))
