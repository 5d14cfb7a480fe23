"""Outages for the code under test: broken connections, a full disk, and errors of AWS."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from typing import Any

import botocore.client
import httpx
import pytest
import redshift_connector
from redshift_connector.core import READY_FOR_QUERY

from redshift_standin.aws.faults import PATH
from standin_support.full_disk import full_disk_for


class Moment(Enum):
    """When a connection is cut, relative to a statement."""

    BEFORE = "before the statement is sent"
    SENT = "when it is sent, and nobody knows how far it gets"
    ANSWERED = "when it was executed and its answer is on the way"


@dataclass
class Line:
    """The traffic on the connections of the code under test.

    :param statements: every statement that was about to be sent, over all connections, in order.
    :param was_cut: whether the moment to cut came.
    """

    statements: list[str] = field(default_factory=list)
    was_cut: bool = False


@contextmanager
def cut(number: int, moment: Moment) -> Iterator[Line]:
    """Cut the connection at the n-th statement that is sent in the block, counted from 1."""
    line = Line()

    def before(connection: redshift_connector.Connection, statement: str) -> None:
        line.statements.append(statement)
        if len(line.statements) != number:
            return
        line.was_cut = True
        if moment is Moment.BEFORE:
            shut_down(connection)
        else:
            _lose_answer(connection, wait=moment is Moment.ANSWERED)

    with before_each_statement(before):
        yield line


@contextmanager
def before_each_statement(act: Callable[[redshift_connector.Connection, str], None]) -> Iterator[None]:
    """Call a function with the connection and the statement before each one that redshift_connector sends.

    This includes BEGIN, COMMIT and ROLLBACK, which the driver sends as statements.
    """
    connect = redshift_connector.connect

    def watched(*args: Any, **kwargs: Any) -> redshift_connector.Connection:
        connection = connect(*args, **kwargs)
        execute = connection.execute

        def first_act(cursor: Any, statement: str, values: Any) -> None:
            act(connection, statement)
            execute(cursor, statement, values)

        connection.execute = first_act
        return connection

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(redshift_connector, "connect", watched)
        yield


@contextmanager
def full_disk_at(beginning: str) -> Iterator[None]:
    """Make the disk full while the warehouse executes the first statement that begins with this text."""
    full = ExitStack()
    waiting = [beginning]

    def fill(connection: redshift_connector.Connection, statement: str) -> None:
        full.close()
        if waiting and statement.startswith(waiting[0]):
            waiting.clear()
            # The endpoint forwards PostgreSQL's own process id.
            full.enter_context(full_disk_for(int.from_bytes(connection._backend_key_data[:4], "big")))

    with full, before_each_statement(fill):
        yield
    assert not waiting, f"nothing began with {beginning!r}"


class AwsFaults:
    """The AWS faults of the stand-in.

    :param address: where the stand-in listens.
    """

    def __init__(self, address: str) -> None:
        self._address = address + PATH
        # Local addresses need no CA certificates, and reading them takes longer than a request.
        self._client = httpx.Client(trust_env=False, verify=False)  # noqa: S501

    def set(self, place: str, code: str, times: int | None = None, operation: str | None = None) -> None:
        """Make AWS respond with an error; see :class:`redshift_standin.aws.faults.Faults`."""
        self._request("POST", json={"place": place, "code": code, "times": times, "operation": operation})

    def clear(self) -> None:
        """Remove all faults."""
        self._request("DELETE")

    def counts(self) -> dict[str, int]:
        """Return how often each place has responded with an error."""
        return self._request("GET")

    def _request(self, method: str, **content: Any) -> dict[str, int]:
        return self._client.request(method, self._address, **content).raise_for_status().json()


def shut_down(connection: redshift_connector.Connection) -> None:
    """Break a connection below TLS, as a network failure does."""
    with socket.socket(fileno=os.dup(connection._usock.fileno())) as below:
        below.shutdown(socket.SHUT_RDWR)


def _lose_answer(connection: redshift_connector.Connection, *, wait: bool) -> None:
    """Break a connection after its next statement has been sent; ``wait``: after the response has arrived."""
    read, send = connection._read, connection.send_EXECUTE

    def lose(size: int) -> bytes:
        connection._read = read
        if wait:
            code = b""
            while code != READY_FOR_QUERY:
                code = read(1)
                assert code, "the connection broke before it was cut"
                read(int.from_bytes(read(4), "big") - 4)
        shut_down(connection)
        return read(size)

    def sent(cursor: Any) -> None:
        send(cursor)
        connection._read = lose

    connection.send_EXECUTE = sent


@contextmanager
def s3_clock_differs_by(difference: timedelta) -> Iterator[None]:
    """Make S3 report the times of objects by a clock that differs from the worker's."""
    call = botocore.client.BaseClient._make_api_call

    def shifted(client: Any, operation: str, arguments: dict[str, Any]) -> Any:
        response = call(client, operation, arguments)
        if operation == "ListObjectsV2":
            for entry in response.get("Contents", ()):
                entry["LastModified"] += difference
        elif "LastModified" in response:
            response["LastModified"] += difference
        return response

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.client.BaseClient, "_make_api_call", shifted)
        yield
