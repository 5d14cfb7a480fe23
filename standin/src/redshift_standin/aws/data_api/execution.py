"""Runs statements on a cluster's own endpoint, as any client does."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import psycopg

from redshift_standin.aws.data_api.parameters import bind
from redshift_standin.aws.data_api.records import ABORTED, FAILED, FINISHED, STARTED, Outcome, Record, Step
from redshift_standin.aws.data_api.results import read_result
from redshift_standin.aws.data_api.submission import TRANSACTION
from redshift_standin.errors import WarehouseError
from redshift_standin.sql.statement import split_statements


@dataclass(frozen=True)
class Login:
    """How to log in to a cluster's endpoint."""

    host: str
    port: int
    database: str
    user: str
    password: str = field(repr=False)


class StatementFailed(Exception):  # noqa: N818 the caller's statement, not a defect here
    """A statement failed; the text is that of DescribeStatement."""


class Session:
    """One session of a cluster, which runs one request at a time.

    :param largest_result: the largest size of a result set, in bytes.
    """

    def __init__(self, login: Login, largest_result: int) -> None:
        self._login = login
        self._largest_result = largest_result
        self._connection: psycopg.Connection | None = None
        self._lock = threading.Lock()

    def run(self, record: Record) -> Outcome:
        """Run a request, and return whether it is FINISHED, FAILED or ABORTED."""
        try:
            connection = self._connect()
            record.pid = connection.info.backend_pid
            record.set_status(STARTED)
            self._run_steps(connection, record)
        except StatementFailed as failure:
            return Outcome(ABORTED if record.cancelled else FAILED, str(failure))
        except psycopg.Error as error:
            return Outcome(ABORTED if record.cancelled else FAILED, _error_text(error))
        failed = next((step for step in record.steps if step.error), None)
        return Outcome(FAILED, _batch_error(record, failed)) if failed else Outcome(FINISHED)

    def cancel(self) -> None:
        """Cancel what runs now."""
        with self._lock:
            connection = self._connection
        if connection is not None:
            connection.cancel_safe()

    def close(self) -> None:
        """End the session; what is not committed is rolled back."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()

    def _connect(self) -> psycopg.Connection:
        with self._lock:
            if self._connection is None:
                self._connection = psycopg.connect(
                    host=self._login.host,
                    port=self._login.port,
                    dbname=self._login.database,
                    user=self._login.user,
                    password=self._login.password,
                    sslmode="require",
                    autocommit=True,
                    # Statements of the API are not prepared under a name.
                    prepare_threshold=None,
                )
            return self._connection

    def _run_steps(self, connection: psycopg.Connection, record: Record) -> None:
        together = record.submission.batch and record.submission.mode == TRANSACTION
        if together:
            connection.execute("begin")
        for step in record.steps:
            if record.cancelled:
                raise StatementFailed("Query cancelled on user's request")
            try:
                self._run_step(connection, record, step)
            except (psycopg.Error, StatementFailed, WarehouseError) as error:
                step.end(ABORTED if record.cancelled else FAILED, _error_text(error))
                if record.cancelled or together or not record.submission.batch or connection.closed:
                    if together and not connection.closed:
                        connection.execute("rollback")
                    raise StatementFailed(_batch_error(record, step)) from error
        if together:
            connection.execute("commit")

    def _run_step(self, connection: psycopg.Connection, record: Record, step: Step) -> None:
        step.status = STARTED
        began = time.monotonic_ns()
        sql, values = bind(step.sql, record.submission.parameters)
        statements = split_statements(sql)
        if len(statements) > 1:
            raise StatementFailed("ERROR: cannot insert multiple commands into a prepared statement")
        try:
            cursor = psycopg.RawCursor(connection)
            cursor.execute(sql.encode(), values or None)
            step.result = read_result(cursor)
            if step.result is not None and step.result.size > self._largest_result:
                step.result = None
                raise StatementFailed(f"The result is larger than {self._largest_result} bytes.")
            step.affected = _affected(connection, cursor)
        finally:
            step.duration = time.monotonic_ns() - began
        step.end(FINISHED)


def _affected(connection: psycopg.Connection, cursor: psycopg.RawCursor) -> int:
    if cursor.statusmessage == "COPY":
        row = connection.execute("select pg_last_copy_count()").fetchone()
        return row[0] if row else -1
    return cursor.rowcount


def _batch_error(record: Record, step: Step) -> str:
    error = step.error or ""
    return f"Query #{record.steps.index(step) + 1} failed with {error}" if record.submission.batch else error


def _error_text(error: Exception) -> str:
    if isinstance(error, psycopg.Error) and error.diag.message_primary:
        detail = f"\n  Detail: {error.diag.message_detail}" if error.diag.message_detail else ""
        return f"ERROR: {error.diag.message_primary}{detail}"
    if isinstance(error, StatementFailed):
        return str(error)
    return f"ERROR: {str(error).strip()}"


@contextlib.contextmanager
def ignore_closed_session() -> Iterator[None]:
    """Ignore errors of a session that has ended already."""
    with contextlib.suppress(psycopg.Error):
        yield
