"""Reconcile what a COPY has loaded and rejected with what it has read.

The load history documents how many rows were loaded, records rejected and files read (AWS page "SYS_LOAD_HISTORY"), and
these numbers must agree. It also has the lines that were scanned, which need not be as many as the rows (AWS page
"STL_LOAD_COMMITS"). So equal numbers save the work of counting the records, and different ones prove nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException

from redshift_elt.sql.render import render
from redshift_elt.staging.copy_errors import count_errors_of_copy, errors_of_copy, wait_for

if TYPE_CHECKING:
    from redshift_elt.connection.session import Session
    from redshift_elt.staging.s3_objects import S3Object

log = logging.getLogger(__name__)

_LISTED = 10
# More than this is not read by a task to count records: reading takes seconds, not minutes.
_MOST_COUNTED_OBJECTS = 1000
_MOST_COUNTED_BYTES = 64 << 20


@dataclass(frozen=True)
class Copied:
    """The result of a COPY.

    :param rows: the number of rows that it has loaded.
    :param rejected: the number of records that it could not load.
    :param query: its query id; None if the load history does not show it, and then nothing was rejected.
    """

    rows: int
    rejected: int
    query: int | None


@dataclass(frozen=True)
class _History:
    """What the load history says of a COPY; without a query id, nothing.

    :param detailed_files: the number of objects that it has details of.
    :param detailed_lines: the number of lines that were read from them.
    """

    query: int | None
    rows: int
    files: int
    errors: int
    detailed_files: int = 0
    detailed_lines: int | None = None

    @property
    def lines(self) -> int | None:
        """The number of lines that were read, or None if the history does not have the details of every object."""
        return self.detailed_lines if self.detailed_files == self.files else None


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

    @property
    def size(self) -> int:
        """The size of the objects in bytes."""
        return sum(item.size for item in self.objects)

    @property
    def can_be_counted(self) -> bool:
        """Whether the objects are few and small enough to count their records."""
        return len(self.objects) <= _MOST_COUNTED_OBJECTS and self.size <= _MOST_COUNTED_BYTES


def reconcile(session: Session, table: str, read: ReadObjects, *, rows_before: int = 0, tolerant: bool) -> Copied:
    """Return the result of the last COPY of the session, after making sure that every record is accounted for.

    The table and the load history must agree on the numbers of rows, errors and objects. If the history does not show
    the COPY yet, and nothing can be rejected, the table and ``PG_LAST_COPY_COUNT`` must agree on the rows. If rows and
    errors together are as many as the lines that were read, every record is accounted for. A line need not be a record:
    a record may have several, and some may be blank. So if the numbers differ, the records are counted, or a warning
    says that they were not because there is too much to read. Records that cannot be counted, those of Parquet for
    example, rest on the load history alone.

    :param table: the table that was loaded.
    :param rows_before: the number of rows that it had before.
    :param tolerant: whether COPY was allowed to reject records; the load history is then waited for.
    :raises AirflowException: the load history does not show the COPY, or not all of it.
    :raises AirflowFailException: a record is not accounted for.
    """
    [(count,)] = session.fetch(render("stage/count_rows.sql", name=table))
    rows, objects = count - rows_before, read.objects
    history = _history(session, tolerant)
    if history is None and tolerant:
        raise AirflowException(
            f"The load history does not show the COPY into {table} yet, so the rejected records are not known. "
            "Nothing was kept; the task can be retried."
        )
    # A COPY that may not reject records has loaded all of them if it has not failed.
    history = history or _History(None, _copied_rows(session), len(objects), 0)
    rejected = count_errors_of_copy(session, history.query, history.errors) if history.query and history.errors else 0
    if (history.rows, history.files, rejected) != (rows, len(objects), history.errors):
        raise AirflowException(
            f"{table} has {rows} new rows from {len(objects)} objects, and {rejected} load errors are known. But COPY "
            f"reports {history.rows} rows from {history.files} objects and {history.errors} errors. Nothing was kept; "
            "the task can be retried."
        )
    result = Copied(rows, rejected, history.query)
    lines = history.lines
    if read.count_records is not None and lines != read.lines(rows + rejected) and (lines is not None or tolerant):
        if read.can_be_counted:
            _compare(session, result, [read.count_records(item) for item in objects])
        else:
            _warn_of_uncounted(table, result, read, lines)
    return result


def _compare(session: Session, copied: Copied, records: Sequence[int]) -> None:
    """Compare rows and errors with the numbers of records in the objects.

    :raises AirflowFailException: a record is not accounted for; the same objects give the same numbers again.
    """
    read = sum(records)
    if read == copied.rows + copied.rejected:
        return
    errors = errors_of_copy(session, copied.query) if copied.query and copied.rejected else ()
    message = (
        f"{read} records were read from {len(records)} objects, but {copied.rows} rows were loaded and "
        f"{copied.rejected} records rejected: {abs(read - copied.rows - copied.rejected)} are not accounted for. "
        "Nothing was kept. A malformed record on several lines causes an error on each of them, so write each record "
        "on one line, or correct it; then clear the task."
    )
    raise AirflowFailException("\n".join([message, *map(str, islice(errors, _LISTED))]))


def _warn_of_uncounted(table: str, copied: Copied, read: ReadObjects, lines: int | None) -> None:
    log.warning(
        "The records of the %s objects in %s (%s bytes) were not counted: a task counts up to %s objects and %s bytes. "
        "Checked: the table and COPY agree on %s rows, and the load history on %s rejected records "
        "and all objects. Not checked: that every record is one of these, because %s.",
        f"{len(read.objects):,}",
        table,
        f"{read.size:,}",
        f"{_MOST_COUNTED_OBJECTS:,}",
        f"{_MOST_COUNTED_BYTES:,}",
        f"{copied.rows:,}",
        f"{copied.rejected:,}",
        "the load history does not show how many lines COPY has read"
        if lines is None
        else f"COPY has read {lines:,} lines, and a record can have several",
    )


def _copied_rows(session: Session) -> int:
    [(rows,)] = session.fetch(render("stage/copied_rows.sql"))
    return int(rows)


def _history(session: Session, tolerant: bool) -> _History | None:
    def fetch() -> list[tuple[int, int, int, int, int, int | None]]:
        return session.fetch(render("stage/copy_history.sql"))

    found = wait_for(fetch, bool) if tolerant else fetch()
    return _History(*found[0]) if found else None
