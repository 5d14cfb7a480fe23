"""The records that a run goes on without: which they are, and how they are kept in ``etl.rejects``."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING

from airflow.sdk.exceptions import AirflowException

from redshift_elt.run.clock import now
from redshift_elt.sql import rejects as statements
from redshift_elt.sql.rejects import Reject
from redshift_elt.staging import s3_content

if TYPE_CHECKING:
    from redshift_elt.connection.session import Session
    from redshift_elt.run.names import DagRun
    from redshift_elt.run.window import Window
    from redshift_elt.staging.copy_errors import LoadError
    from redshift_elt.staging.s3_objects import S3Object

log = logging.getLogger(__name__)

_LINE_BYTES = 4096
# The views of the load errors cut the names of objects.
_NAME_BYTES = 256


def collect(
    errors: Iterable[LoadError],
    objects: Iterable[S3Object],
    read: Callable[[S3Object], bytes],
    run: DagRun,
    staging: str,
    window: Window,
) -> list[Reject]:
    """Return the rejects of one COPY, with the text of each line.

    :param errors: what COPY could not load, in the order of the files.
    :param objects: what COPY read.
    :param read: returns the content of an object; is called once for each that has rejects.
    :param staging: the permanent template of the staging table.
    :raises AirflowException: an error is about an object that was not read.
    """
    known = {_cut(item.url, _NAME_BYTES): item for item in objects}
    found = []
    for file, of_file in groupby(errors, lambda error: error.file):
        if file not in known:
            raise AirflowException(f"COPY reports errors in {file!r}, which it was not told to read.")
        item = known[file]
        content = read(item)
        for error in of_file:
            log.warning("Rejected: %s", error)
            found.append(
                Reject(
                    dag_id=run.dag_id,
                    run_id=run.run_id,
                    staging=staging,
                    window_start=window.bounds[0],
                    window_end=window.bounds[1],
                    bucket=item.bucket,
                    object_key=item.key,
                    etag=item.etag,
                    line_number=error.line,
                    column_name=error.column or None,
                    column_type=error.type or None,
                    error_code=error.code,
                    reason=_cut(error.reason, 512),
                    line=s3_content.line(content, error.line, _LINE_BYTES),
                    rejected_at=now(),
                )
            )
    return found


def keep(
    session: Session, run: DagRun, staging: str, found: Sequence[Reject], read_again: Collection[str] | None = None
) -> None:
    """Make ``etl.rejects`` hold exactly these rejects of a run; nothing is written where it does already.

    :param staging: the permanent template of the staging table.
    :param read_again: the keys of the objects that these are the rejects of; what an earlier try has rejected in other
        ones stays. None: nothing stays.
    :raises AirflowException: the table does not hold as many rows afterwards.
    """
    of_run = (run.dag_id, run.run_id, staging)
    before = [Reject(*row) for row in session.fetch(statements.of_run(), of_run)]
    if read_again is not None:
        found = [*found, *(reject for reject in before if reject.object_key not in read_again)]
    if Counter(map(_lasting, before)) == Counter(map(_lasting, found)):
        return
    if before:
        session.execute(statements.delete_of_run(), of_run)
    for start in range(0, len(found), statements.ROWS_PER_INSERT):
        session.execute(*statements.insert(found[start : start + statements.ROWS_PER_INSERT]))
    [(kept,)] = session.fetch(statements.count_of_run(), of_run)
    if kept != len(found):
        raise AirflowException(
            f"etl.rejects holds {kept} rejects of this run, but {len(found)} were found. Nothing was kept; the task "
            "can be retried."
        )


def _lasting(reject: Reject) -> Reject:
    """Return a reject without the moment at which it was found."""
    return replace(reject, rejected_at=datetime.min)


def _cut(text: str, size: int) -> str:
    return text.encode()[:size].decode(errors="ignore")
