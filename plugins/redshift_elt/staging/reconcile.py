"""Reconcile what a COPY has loaded and rejected with what it has read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow.sdk.exceptions import AirflowException, AirflowFailException

from redshift_elt.sql.render import render
from redshift_elt.staging.copy_errors import LoadError, errors_of_copy, wait_for

if TYPE_CHECKING:
    from redshift_elt.connection.session import Session
    from redshift_elt.staging.s3_objects import S3Object

_LISTED = 10


@dataclass(frozen=True)
class Copied:
    """The result of a COPY: the number of rows that it has loaded, and what it could not load."""

    rows: int
    errors: list[LoadError]


@dataclass(frozen=True)
class _History:
    """What the load history says of a COPY; without a query id, nothing."""

    query: int | None
    rows: int
    files: int
    errors: int


@dataclass(frozen=True)
class ReadObjects:
    """The objects that a COPY has read.

    :param count_records: counts the records in an object; None if they cannot be counted here.
    :param skipped_lines: the number of lines at the start of each object that are not records.
    """

    objects: Sequence[S3Object]
    count_records: Callable[[S3Object], int] | None
    skipped_lines: int = 0

    def lines(self, records: int) -> int:
        """Return the number of lines of the objects if each record has one line."""
        return records + self.skipped_lines * sum(item.size > 0 for item in self.objects)


def reconcile(session: Session, table: str, read: ReadObjects, *, tolerant: bool) -> Copied:
    """Return the result of the last COPY of the session, after making sure that every record is accounted for.

    Rows and errors together must be as many as the lines that were read, according to the load history. A line need not
    be a record: a record may have several, and some may be blank. So if the numbers differ, the records are counted.
    Records that cannot be counted, those of Parquet for example, rest on the load history alone.

    :param table: the table that was loaded; it was empty before.
    :param tolerant: whether COPY was allowed to reject records; the load history is then waited for.
    :raises AirflowException: the load history does not show the COPY, or not all of it.
    :raises AirflowFailException: a record is not accounted for.
    """
    [(rows,)] = session.fetch(render("stage/count_rows.sql", name=table))
    objects = read.objects
    [(copied,)] = session.fetch(render("stage/copied_rows.sql"))
    history = _history(session, tolerant)
    if history is None and tolerant:
        raise AirflowException(
            f"The load history does not show the COPY into {table} yet, so the rejected records are not known. "
            "Nothing was kept; the task can be retried."
        )
    # A COPY that may not reject records has loaded all of them if it has not failed.
    history = history or _History(None, copied, len(objects), 0)
    errors = errors_of_copy(session, history.query, history.errors) if history.query and history.errors else []
    if (copied, history.rows, history.files, len(errors)) != (rows, rows, len(objects), history.errors):
        raise AirflowException(
            f"{table} has {rows} rows from {len(objects)} objects, and {len(errors)} load errors are known. But COPY "
            f"says {copied} rows, and the load history {history.rows} rows from {history.files} objects and "
            f"{history.errors} errors. Nothing was kept; the task can be retried."
        )
    lines = _lines(session, history.query, len(objects)) if history.query is not None else None
    if read.count_records is not None and lines != read.lines(rows + len(errors)) and (lines is not None or tolerant):
        _count_again(rows, errors, [read.count_records(item) for item in objects])
    return Copied(rows, errors)


def _count_again(rows: int, errors: Sequence[LoadError], records: Sequence[int]) -> None:
    """Compare rows and errors with the numbers of records in the objects.

    :raises AirflowFailException: a record is not accounted for; the same objects give the same numbers again.
    """
    read = sum(records)
    if read != rows + len(errors):
        message = (
            f"{read} records were read from {len(records)} objects, but {rows} rows were loaded and {len(errors)} "
            f"records rejected: {abs(read - rows - len(errors))} are not accounted for. Nothing was kept. A malformed "
            "record on several lines causes an error on each of them, so write each record on one line, or correct "
            "it; then clear the task."
        )
        raise AirflowFailException("\n".join([message, *map(str, errors[:_LISTED])]))


def _history(session: Session, tolerant: bool) -> _History | None:
    def fetch() -> list[tuple[int, int, int, int]]:
        return session.fetch(render("stage/copy_history.sql"))

    found = wait_for(fetch, bool) if tolerant else fetch()
    return _History(*found[0]) if found else None


def _lines(session: Session, query: int, objects: int) -> int | None:
    """Return the number of lines that were read, or None if the history does not have every object, or not yet."""
    [(files, lines)] = session.fetch(render("stage/copy_lines.sql"), {"query_id": query})
    return lines if files == objects else None
