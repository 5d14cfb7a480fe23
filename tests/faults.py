"""Cut the connections of the code under test to the warehouse, really: the socket is shut down below the driver."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import pytest
import redshift_connector
from redshift_connector.core import READY_FOR_QUERY


class Moment(Enum):
    """When a connection is cut, seen from one statement."""

    BEFORE = "before the statement is sent"
    SENT = "when it is sent, and nobody knows how far it gets"
    ANSWERED = "when it was executed and its answer is on the way"


@dataclass
class Line:
    """What went over the connections of the code under test.

    :param statements: every statement that was about to be sent, over all connections, in order.
    :param was_cut: whether the moment to cut came.
    """

    statements: list[str] = field(default_factory=list)
    was_cut: bool = False


@contextmanager
def cut(number: int, moment: Moment) -> Iterator[Line]:
    """Cut the connection at the statement with this number, from 1, of those that are sent inside the block."""
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

    BEGIN, COMMIT and ROLLBACK are among them, for the driver sends them as statements.
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


def shut_down(connection: redshift_connector.Connection) -> None:
    """Break a connection below TLS, as a network does: neither side says goodbye."""
    with socket.socket(fileno=os.dup(connection._usock.fileno())) as below:
        below.shutdown(socket.SHUT_RDWR)


def _lose_answer(connection: redshift_connector.Connection, *, wait: bool) -> None:
    """Break a connection after its next statement is sent, and lose the answer; ``wait``: until there is one."""
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
