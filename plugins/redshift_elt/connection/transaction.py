"""Run work in a transaction, and repeat the whole transaction after a conflict with another writer."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import closing
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, TypeVar

import tenacity
from airflow.providers.common.compat.sdk import AirflowException

from redshift_elt.connection.lock_wait import LockWatch
from redshift_elt.connection.refused_statement import StatementRefusedError
from redshift_elt.connection.server_error import ServerError
from redshift_elt.connection.session import Session
from redshift_elt.connection.session_limits import SessionLimits

if TYPE_CHECKING:
    from airflow.providers.common.sql.hooks.sql import DbApiHook

Result = TypeVar("Result")

log = logging.getLogger(__name__)

ATTEMPTS = 5
_DEFAULT_LIMITS = SessionLimits()

_NO_ROOM = (
    "The warehouse's disk is full; nothing was changed. Free space (drop what is not needed, such as the staging "
    "tables of failed runs; VACUUM after large deletes) or resize the cluster. Then clear the task, unless one of its "
    "retries has succeeded already."
)


class _Mode(Enum):
    """How the statements of a piece of work become a transaction."""

    READ_WRITE = auto()
    READ_ONLY = auto()
    AUTOCOMMIT = auto()


class ConnectionLostError(AirflowException):
    """The connection to the warehouse was lost."""


class DiskFullError(AirflowException):
    """The warehouse ran out of disk space."""


def in_transaction(
    hook: DbApiHook,
    work: Callable[[Session], Result],
    explain: Callable[[Session, Exception], Exception] | None = None,
    *,
    read_only: bool = False,
    limits: SessionLimits = _DEFAULT_LIMITS,
) -> Result:
    """Run work in one transaction, commit it, and return its result.

    After a conflict with another writer the whole work is repeated, at most :data:`ATTEMPTS` times. Any other error is
    raised after a rollback.

    A lost connection is not retried here but by the retry of the task: an outage lasts longer than a task should
    occupy its worker; the retry looks up the cluster, the credentials and the objects again; and the log shows the
    retry. If the connection is lost during the commit, the outcome is unknown, so repeating the work must be safe in
    either case.

    :param hook: opens a connection for each attempt.
    :param work: called with the session. It may commit (:meth:`.Session.commit`) only if it can be repeated from the
        start after that.
    :param explain: called with the session after a rollback; returns the error to raise. For details that only the
        failed session can read, such as the load errors of a COPY.
    :param read_only: make the warehouse refuse changes to all but temporary tables (AWS page "BEGIN").
    :param limits: how long the statements may take.
    :raises LockTimeoutError: a statement has waited for another session for longer than ``lock_timeout``.
    :raises StatementTimeoutError: a statement has taken longer than ``statement_timeout``.
    :raises ConnectionLostError: the connection was lost; the cause is the driver's error.
    :raises DiskFullError: the warehouse ran out of disk space.
    """
    return _run(hook, work, explain, limits, _Mode.READ_ONLY if read_only else _Mode.READ_WRITE)


def without_transaction(
    hook: DbApiHook,
    work: Callable[[Session], Result],
    explain: Callable[[Session, Exception], Exception] | None = None,
    *,
    limits: SessionLimits = _DEFAULT_LIMITS,
) -> Result:
    """Run work whose statements commit each by itself, and return its result.

    For VACUUM, which is not allowed in a transaction, and for work of one statement, which needs no BEGIN and COMMIT.
    Errors are handled as in :func:`in_transaction`; after a conflict all of the work is repeated too.

    :param explain: as for :func:`in_transaction`.
    """
    return _run(hook, work, explain, limits, _Mode.AUTOCOMMIT)


def _run(
    hook: DbApiHook,
    work: Callable[[Session], Result],
    explain: Callable[[Session, Exception], Exception] | None,
    limits: SessionLimits,
    mode: _Mode,
) -> Result:
    def attempt() -> Result:
        # Each attempt opens a new connection, because drivers keep state of a session that was rolled back, such as
        # prepared statements on temporary tables that no longer exist.
        with closing(hook.get_conn()) as connection:
            # Outside of the transaction, so that a rollback keeps the limits.
            hook.set_autocommit(connection, True)
            session = Session(connection)
            try:
                limits.apply(session)
                # Unless autocommit is on, the drivers begin a transaction implicitly, without a mode.
                hook.set_autocommit(connection, mode is not _Mode.READ_WRITE)
                with LockWatch(hook, session, limits.lock_timeout).watching():
                    if mode is _Mode.READ_ONLY:
                        session.execute("begin read only")
                    result = work(session)
                if mode is not _Mode.AUTOCOMMIT:
                    session.commit()
            except Exception as error:
                # Before the rollback, which sends statements too.
                explained = limits.explain(session, error)
                if not _rolled_back(session, connection):
                    raise ConnectionLostError(_lost(error, session, mode)) from error
                if _is_conflict(error):
                    raise
                if (server_error := ServerError.of(error)) and server_error.is_disk_full:
                    raise DiskFullError(_NO_ROOM) from error
                if explained is error and explain:
                    explained = explain(session, error)
                if explained is error:
                    raise
                # The message has all that the driver's error says.
                raise explained from None if isinstance(explained, StatementRefusedError) else error
            return result

    return _retrying(attempt)


def _is_conflict(error: BaseException) -> bool:
    server_error = ServerError.of(error)
    return server_error is not None and server_error.is_conflict


def _lost(error: Exception, session: Session, mode: _Mode) -> str:
    """Return a message on the outcome of work whose connection was lost."""
    lost = f"The connection to the warehouse was lost ({type(error).__name__}: {error})"
    if mode is _Mode.AUTOCOMMIT:
        return (
            f"{lost}, and it is unknown whether the last statement was executed. What was done before is kept. It is "
            "safe to run the task again."
        )
    if session.committing:
        return (
            f"{lost} during the commit, so the outcome is unknown: either all changes were made or none. It is safe to "
            "run the task again."
        )
    kept = "what was committed before is kept" if session.has_committed else "nothing was changed"
    return f"{lost}. The warehouse rolls the transaction back: {kept}."


def _rolled_back(session: Session, connection: Any) -> bool:
    """Roll back, and return whether the connection is still open.

    The driver's error does not show it: a broken connection can raise any error of the operating system, of TLS, or of
    a driver that received half a message.
    """
    try:
        connection.rollback()
        # redshift_connector sends no rollback if it believes that no transaction is open.
        session.fetch("select 1")
    except Exception as error:
        # The original error is the one to report.
        log.debug("The connection to the warehouse is lost: %r", error)
        return False
    return True


def _retrying(attempt: Callable[[], Result]) -> Result:
    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception(_is_conflict),
        stop=tenacity.stop_after_attempt(ATTEMPTS),
        wait=tenacity.wait_random_exponential(multiplier=0.2, max=10),
        before_sleep=lambda state: log.warning(
            "Conflict with another transaction; repeating the whole transaction (attempt %s of %s).",
            state.attempt_number + 1,
            ATTEMPTS,
        ),
        reraise=True,
    )
    return retrying(attempt)
