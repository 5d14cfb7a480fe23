"""Holds what a COPY loaded and what it left out against what it read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow.sdk.exceptions import AirflowException

from redshift_elt.sql import load_history
from redshift_elt.sql import staging as statements
from redshift_elt.staging.copy_errors import LoadError, awaited, errors_of_copy

if TYPE_CHECKING:
    from redshift_elt.connection.session import Session
    from redshift_elt.staging.s3_objects import S3Object


@dataclass(frozen=True)
class Copied:
    """What a COPY did: how many rows it loaded, and what it could not load."""

    rows: int
    errors: list[LoadError]


def check_copy(
    session: Session,
    table: str,
    objects: Sequence[S3Object],
    count_records: Callable[[S3Object], int],
    *,
    tolerant: bool,
) -> Copied:
    """Return what the last COPY of the session did, after making sure that every record is accounted for.

    As many rows and errors are expected as the load history says that lines were read. Lines are not always records: a
    record may have several, and some may be blank. Where the numbers differ, the records in the objects are counted.

    :param table: the table that was loaded; it was empty before.
    :param objects: what was read.
    :param count_records: counts the records in an object.
    :param tolerant: whether the COPY was one with MAXERROR; the load history is then waited for.
    :raises AirflowException: a record is not accounted for, or the load history does not show the COPY.
    """
    rows = session.fetch(statements.count(table))[0][0]
    copied = session.fetch(load_history.COPIED_ROWS)[0][0]
    history = _history(session, tolerant)
    if tolerant and not history:
        raise AirflowException(
            f"The load history does not show the COPY into {table} yet, so it is not known what was left out. Nothing "
            "was kept; the task can be retried."
        )
    # Without MAXERROR, a COPY that did not fail left nothing out.
    query, loaded, files, error_count = history[0] if history else (None, copied, len(objects), 0)
    errors = errors_of_copy(session, query, error_count) if error_count else []
    if (copied, loaded, files, len(errors)) != (rows, rows, len(objects), error_count):
        raise AirflowException(
            f"{table} holds {rows} rows from {len(objects)} objects, and {len(errors)} load errors are known. But COPY "
            f"says {copied} rows, and the load history {loaded} rows from {files} objects and {error_count} errors. "
            "Nothing was kept; the task can be retried."
        )
    accounted = rows + len(errors)
    lines = _lines(session, query, len(objects)) if query is not None else None
    if lines == accounted or (lines is None and not tolerant):
        return Copied(rows, errors)
    records = sum(count_records(item) for item in objects)
    if records != accounted:
        raise AirflowException(
            f"{records} records were read from {len(objects)} objects, but {rows} rows were loaded and {len(errors)} "
            f"records rejected: {abs(records - accounted)} are not accounted for. Nothing was kept; the task can be "
            "retried."
        )
    return Copied(rows, errors)


def _history(session: Session, tolerant: bool) -> list[tuple[int, int, int, int]]:
    def fetch() -> list[tuple[int, int, int, int]]:
        return session.fetch(load_history.LAST_COPY)  # type: ignore[return-value]

    return awaited(fetch, bool) if tolerant else fetch()


def _lines(session: Session, query: int, objects: int) -> int | None:
    """Return how many lines were read, or None where the history does not have every object, or not yet."""
    files, lines = session.fetch(load_history.SCANNED, (query,))[0]
    return lines if files == objects else None
