"""Transactions: work that happens whole or not at all, and is done again when another writer was in the way."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING, Any, TypeVar

import tenacity
from airflow.sdk.exceptions import AirflowException

from redshift_elt.connection.server_error import ServerError
from redshift_elt.connection.session import Session

if TYPE_CHECKING:
    from airflow.providers.common.sql.hooks.sql import DbApiHook

Result = TypeVar("Result")

log = logging.getLogger(__name__)

ATTEMPTS = 5

_NO_ROOM = (
    "The warehouse's disk is full; nothing was changed. Free space (drop what is not needed, such as the staging "
    "tables of runs that failed; VACUUM after large deletes), or resize the cluster, then clear the task if its "
    "retries have not cured it by themselves."
)


class ConnectionLostError(AirflowException):
    """The connection to the warehouse was lost during a transaction."""


class DiskFullError(AirflowException):
    """The warehouse had no room left."""


def in_transaction(
    hook: DbApiHook,
    work: Callable[[Session], Result],
    explain: Callable[[Session, Exception], Exception] | None = None,
    *,
    read_only: bool = False,
) -> Result:
    """Do a piece of work in one transaction, commit it, and return its result.

    A conflict with another writer is answered by doing all of the work again, from its beginning, at most
    :data:`ATTEMPTS` times. Any other error is raised after a rollback.

    A lost connection is not tried again here but left to the retry of the task. An outage lasts longer than a process
    should hold its worker for; the retry finds the cluster, asks for credentials and lists the objects anew; and the
    log then says that there was one. When the connection is lost during the commit, nobody can tell whether it took
    place, so the work must be such that doing it once more is right either way.

    :param hook: gives the connections, one for each attempt.
    :param work: is called with the session; it must not commit.
    :param explain: is called with the session after a rollback and returns the error to raise; for what only the
        session that failed can tell, such as the load errors of a COPY.
    :param read_only: let the warehouse refuse every change of a table that is not temporary (AWS page "BEGIN").
    :raises ConnectionLostError: the connection was lost; whatever the driver raised for it is the cause.
    :raises DiskFullError: the warehouse had no room left.
    """

    def attempt() -> Result:
        # Each attempt has a connection of its own: what a driver remembers of a session that rolled back, such as
        # statements prepared for temporary tables that are gone, must not reach the next one.
        with closing(hook.get_conn()) as connection:
            # The drivers begin a transaction by themselves, without a mode, unless autocommit is on.
            hook.set_autocommit(connection, read_only)
            session = Session(connection)
            committing = False
            try:
                if read_only:
                    session.execute("begin read only")
                result = work(session)
                committing = True
                connection.commit()
            except Exception as error:
                if not _rolled_back(session, connection):
                    raise ConnectionLostError(_lost(error, committing)) from error
                if _is_conflict(error):
                    raise
                if (told := ServerError.of(error)) and told.is_disk_full:
                    raise DiskFullError(_NO_ROOM) from error
                explained = explain(session, error) if explain else error
                if explained is error:
                    raise
                raise explained from error
            return result

    return _retrying(attempt)


def _is_conflict(error: BaseException) -> bool:
    told = ServerError.of(error)
    return told is not None and told.is_conflict


def _lost(error: Exception, committing: bool) -> str:
    """Say what became of the transaction of a lost connection."""
    what = f"The connection to the warehouse was lost ({type(error).__name__}: {error})"
    if committing:
        return (
            f"{what} during the commit, so it is not known whether it took place. Either all is done or nothing: the "
            "task can be repeated."
        )
    return f"{what}. The warehouse rolls the transaction back by itself: nothing was changed."


def _rolled_back(session: Session, connection: Any) -> bool:
    """Roll back and return whether the session is still there.

    What a driver raises when the connection breaks does not tell: it may be any error of the operating system, of TLS,
    or of a driver that stumbles over half a message.
    """
    try:
        connection.rollback()
        # redshift_connector sends no rollback where it believes that no transaction is open.
        session.fetch("select 1")
    except Exception as error:
        # The error that led here is the one to report.
        log.debug("The connection to the warehouse is gone: %r", error)
        return False
    return True


def _retrying(attempt: Callable[[], Result]) -> Result:
    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception(_is_conflict),
        stop=tenacity.stop_after_attempt(ATTEMPTS),
        wait=tenacity.wait_random_exponential(multiplier=0.2, max=10),
        before_sleep=lambda state: log.warning(
            "Another transaction was in the way; doing the whole transaction again (attempt %s of %s).",
            state.attempt_number + 1,
            ATTEMPTS,
        ),
        reraise=True,
    )
    return retrying(attempt)
