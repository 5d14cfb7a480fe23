"""The records that COPY could not load and that a run went on without, as rows of ``rejects``, a bookkeeping table."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from itertools import chain, groupby, tee
from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import AirflowException

from redshift_elt.run.clock import now
from redshift_elt.sql.bookkeeping import bookkeeping_schema
from redshift_elt.sql.identifiers import bare
from redshift_elt.sql.render import ROWS_PER_INSERT, numbered, render
from redshift_elt.staging import s3_content
from redshift_elt.staging.batches import batched
from redshift_elt.staging.copy_errors import advice

if TYPE_CHECKING:
    from redshift_elt.connection.session import Session
    from redshift_elt.staging.copy_errors import LoadError
    from redshift_elt.staging.file_tables import FileTables
    from redshift_elt.staging.s3_objects import S3Object
    from redshift_elt.staging.staging_context import StagingContext

log = logging.getLogger(__name__)

_LINE_BYTES = 4096
_REASON_BYTES = 512
# The views of the load errors truncate the names of objects.
_NAME_BYTES = 256
# The number of rejects of a COPY that the log lists.
_LOGGED = 100


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


@dataclass
class FoundRejects:
    """The records that the COPYs of a staging could not load, in a table of their own until they are stored.

    They pass through the memory of the task in batches, because there can be 99,999 of them with 4 KB of text each.

    :param tables: writes them.
    :param table: an existing table like the bookkeeping table, if the staging has several transactions; otherwise a
        temporary table is created if it is needed.
    :param count: the number of rejects that it has.
    """

    tables: FileTables
    table: str = ""
    count: int = 0

    @classmethod
    def of_run(cls, tables: FileTables) -> FoundRejects:
        """Return the rejects that the run has stored, so that some of them can be replaced."""
        found = cls(tables)
        if count_rejects(found.session, found.context):
            found._create_table()
            copy = render("stage/copy_stored_rejects.sql", names=_NAMES, found=found.table)
            found.count = found.session.execute(copy, _of_run(found.context))
        return found

    def add(self, objects: Iterable[S3Object], errors: Iterable[LoadError]) -> None:
        """Add the rejects of one COPY, with the text of each line, and log the first of them.

        :param objects: the objects that COPY has read; those with errors are read again.
        :param errors: what COPY could not load, in the order of the files and lines; at least one.
        :raises AirflowException: an error is about another object.
        """
        if not self.table:
            self._create_table()
        batches = batched(self._rejects(objects, errors), ROWS_PER_INSERT)
        first, second = next(batches), next(batches, None)
        if second is None:
            insert_rejects(self.session, first, self.table)
        else:
            # COPY is far faster than many INSERTs (AWS page "Use a COPY command to load data").
            self.tables.copy(self.table, (list(map(asdict, batch)) for batch in chain([first, second], batches)))

    def store(self, *, only_of_staged: bool) -> None:
        """Store exactly these rejects of the run; write nothing if they are stored already.

        :param only_of_staged: whether the rejects stay that an earlier try has found in objects that are not staged.
        :raises AirflowException: the table has another number of rows afterwards.
        """
        of_run = _of_run(self.context)
        files = self.context.files if only_of_staged else None
        count_stored = render("stage/count_rejects.sql", files=files)
        [(stored,)] = self.session.fetch(count_stored, of_run)
        if stored == self.count == 0:
            return
        if self.count != stored or self._differ(files):
            if stored:
                self.session.execute(render("stage/delete_rejects.sql", files=files), of_run)
            if self.count:
                self.session.execute(render("stage/store_rejects.sql", names=_NAMES, found=self.table))
            [(stored,)] = self.session.fetch(count_stored, of_run)
        if stored != self.count:
            raise AirflowException(
                f"{_stored_table()} has {stored} rejects of this run, but {self.count} were found. Nothing was kept; "
                "the task can be retried."
            )
        if self.count:
            self.session.execute(render("stage/drop_tables.sql", tables=[self.table]))

    @property
    def session(self) -> Session:
        """The session that stages."""
        return self.tables.session

    @property
    def context(self) -> StagingContext:
        """The source, and the run that it is staged for."""
        return self.tables.context

    def _create_table(self) -> None:
        self.table = self.session.numbered(f"{bare(self.context.source.table)}__rejects")
        self.session.execute(render("table/create_temporary.sql", name=self.table, like=_stored_table()))

    def _differ(self, files: str | None) -> bool:
        compared = [name for name in _NAMES if name != "rejected_at"]
        query = render("stage/count_changed_rejects.sql", names=compared, found=self.table, files=files)
        [(changed,)] = self.session.fetch(query, _of_run(self.context))
        return bool(changed)

    def _rejects(self, objects: Iterable[S3Object], errors: Iterable[LoadError]) -> Iterator[Reject]:
        by_name = {_truncated(item.url, _NAME_BYTES): item for item in objects}
        logged = 0
        for file, of_file in groupby(errors, lambda error: error.file):
            if file not in by_name:
                raise AirflowException(f"COPY reports errors in {file!r}, which is not in its manifest.")
            for error, text in _with_lines(self.context, by_name[file], of_file):
                if logged < _LOGGED:
                    log.warning("Rejected: %s%s", error, advice(error, text))
                logged += 1
                self.count += 1
                yield _reject(self.context, by_name[file], error, text)
        if logged > _LOGGED:
            log.warning("Rejected: %s more records.", f"{logged - _LOGGED:,}")


def count_rejects(session: Session, context: StagingContext) -> int:
    """Return how many records of a source a run has rejected."""
    [(count,)] = session.fetch(render("stage/count_rejects.sql", files=None), _of_run(context))
    return int(count)


def insert_rejects(session: Session, rejects: Iterable[Reject], name: str | None = None) -> None:
    """Write rejects into a table like the bookkeeping table, or into that table.

    :param rejects: at most as many as one INSERT writes.
    """
    rows = [asdict(reject) for reject in rejects]
    statement = render("stage/insert_rejects.sql", name=name or _stored_table(), names=_NAMES, rows=len(rows))
    session.execute(statement, numbered(rows))


def _stored_table() -> str:
    return f"{bookkeeping_schema()}.rejects"


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


def _with_lines(
    context: StagingContext, item: S3Object, errors: Iterable[LoadError]
) -> Iterator[tuple[LoadError, str]]:
    """Yield errors in an object with their lines; empty if it has no lines, or cannot be read here.

    The object is read once, however many errors there are.
    """
    if not context.can_read(item):
        yield from ((error, "") for error in errors)
        return
    errors, copies = tee(errors)
    with context.text(item, "backslashreplace") as text:
        yield from zip(errors, s3_content.lines(text, (error.line for error in copies), _LINE_BYTES), strict=True)


def _truncated(text: str, size: int) -> str:
    return text.encode()[:size].decode(errors="ignore")
