"""The records that COPY could not load and that a run went on without, as rows of ``rejects``, a bookkeeping table."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING

from airflow.sdk.exceptions import AirflowException

from redshift_elt.run.clock import now
from redshift_elt.sql.bookkeeping import bookkeeping_schema
from redshift_elt.sql.render import ROWS_PER_INSERT, numbered, render
from redshift_elt.staging import s3_content

if TYPE_CHECKING:
    from redshift_elt.connection.session import Session
    from redshift_elt.staging.copy_errors import LoadError
    from redshift_elt.staging.s3_objects import S3Object
    from redshift_elt.staging.staging_context import StagingContext

log = logging.getLogger(__name__)

_LINE_BYTES = 4096
_REASON_BYTES = 512
# The views of the load errors truncate the names of objects.
_NAME_BYTES = 256


@dataclass(frozen=True)
class Reject:
    """One row of ``rejects``. Times are UTC without a zone.

    :param staging: the permanent template of the staging table that the record was meant for.
    :param etag: the version of the object.
    :param line_number: the line of the record; its last one if it has several.
    :param column_name: None if the line as a whole is wrong.
    :param line: the text of that line, truncated to the width of the column; empty if the object is not a text, or has
        a compression that only COPY knows.
    """

    dag_id: str
    run_id: str
    staging: str
    window_start: datetime
    window_end: datetime
    bucket: str
    object_key: str
    etag: str
    line_number: int
    column_name: str | None
    column_type: str | None
    error_code: int
    reason: str
    line: str
    rejected_at: datetime


_NAMES = [field.name for field in fields(Reject)]


def collect_rejects(context: StagingContext, objects: Iterable[S3Object], errors: Iterable[LoadError]) -> list[Reject]:
    """Return the rejects of one COPY, with the text of each line, and log them.

    :param objects: the objects that COPY has read; those with errors are read again.
    :param errors: what COPY could not load, in the order of the files.
    :raises AirflowException: an error is about another object.
    """
    by_name = {_truncated(item.url, _NAME_BYTES): item for item in objects}
    rejects = []
    for file, of_file in groupby(errors, lambda error: error.file):
        if file not in by_name:
            raise AirflowException(f"COPY reports errors in {file!r}, which is not in its manifest.")
        errors_of_file = list(of_file)
        texts = _lines(context, by_name[file], {error.line for error in errors_of_file})
        for error in errors_of_file:
            log.warning("Rejected: %s", error)
            rejects.append(_reject(context, by_name[file], error, texts[error.line]))
    return rejects


def store_rejects(
    session: Session, context: StagingContext, rejects: Sequence[Reject], reread: Collection[str] | None
) -> None:
    """Store exactly these rejects of a run; write nothing if they are stored already.

    :param reread: the keys of the objects that were read. The rejects that an earlier try has found in other objects
        stay. None: no others stay.
    :raises AirflowException: the table has another number of rows afterwards.
    """
    if reread is not None and not reread:
        # Nothing was read, so what is stored stays.
        return
    of_run = _of_run(context)
    stored = [Reject(*row) for row in session.fetch(render("stage/rejects_of_run.sql", names=_NAMES), of_run)]
    if reread is not None:
        rejects = [*rejects, *(reject for reject in stored if reject.object_key not in reread)]
    if Counter(map(_without_time, stored)) == Counter(map(_without_time, rejects)):
        return
    if stored:
        session.execute(render("stage/delete_rejects.sql"), of_run)
    insert_rejects(session, rejects)
    count = count_rejects(session, context)
    if count != len(rejects):
        raise AirflowException(
            f"{bookkeeping_schema()}.rejects has {count} rejects of this run, but {len(rejects)} were found. "
            "Nothing was kept; the task can be retried."
        )


def count_rejects(session: Session, context: StagingContext) -> int:
    """Return how many records of a source a run has rejected."""
    [(count,)] = session.fetch(render("stage/count_rejects.sql"), _of_run(context))
    return int(count)


def insert_rejects(session: Session, rejects: Sequence[Reject]) -> None:
    """Write rejects into the bookkeeping table."""
    for start in range(0, len(rejects), ROWS_PER_INSERT):
        rows = [asdict(reject) for reject in rejects[start : start + ROWS_PER_INSERT]]
        session.execute(render("stage/insert_rejects.sql", names=_NAMES, rows=len(rows)), numbered(rows))


def _of_run(context: StagingContext) -> dict[str, str]:
    return {"dag_id": context.dag_run.dag_id, "run_id": context.dag_run.run_id, "staging": context.source.table}


def _reject(context: StagingContext, item: S3Object, error: LoadError, text: str) -> Reject:
    start, end = context.window.bounds
    return Reject(
        dag_id=context.dag_run.dag_id,
        run_id=context.dag_run.run_id,
        staging=context.source.table,
        window_start=start,
        window_end=end,
        bucket=item.bucket,
        object_key=item.key,
        etag=item.etag,
        line_number=error.line,
        column_name=error.column or None,
        column_type=error.type or None,
        error_code=error.code,
        reason=_truncated(error.reason, _REASON_BYTES),
        line=text,
        rejected_at=now(),
    )


def _lines(context: StagingContext, item: S3Object, numbers: Collection[int]) -> dict[int, str]:
    """Return the texts of lines of an object; empty if it has no lines, or cannot be read here."""
    if not context.can_read(item):
        return dict.fromkeys(numbers, "")
    with context.text(item, "backslashreplace") as text:
        return s3_content.lines(text, numbers, _LINE_BYTES)


def _without_time(reject: Reject) -> Reject:
    """Return a reject without the time at which it was found."""
    return replace(reject, rejected_at=datetime.min)


def _truncated(text: str, size: int) -> str:
    return text.encode()[:size].decode(errors="ignore")
