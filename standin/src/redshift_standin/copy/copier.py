"""Runs COPY statements: the order of the steps, and the messages to the client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from redshift_standin import sqlstate
from redshift_standin.aws.iam.policies import UnknownConditionError
from redshift_standin.aws.redshift.storage import ClusterStorage, ObjectSummary
from redshift_standin.copy.columns import describe_target, quote_name
from redshift_standin.copy.jsonpaths import Step
from redshift_standin.copy.load_history import LoadRecord, begin_record
from redshift_standin.copy.parser import parse
from redshift_standin.copy.row_reader import RowReader, TooManyErrors, check_path_count
from redshift_standin.copy.s3_objects import find_objects, find_paths
from redshift_standin.copy.statement import CopyStatement
from redshift_standin.engine.interfaces import Backend, CopyResult
from redshift_standin.errors import WarehouseError

# The source file and routine that drivers show in the error.
_LOAD_FAILED = ("../src/pg/src/backend/commands/commands_copy.c", "CheckMaxRowError")


class S3Copier:
    """Runs COPY against the S3 of this process."""

    async def copy(self, statement: str, backend: Backend) -> CopyResult:
        """Load the objects that the statement names, inside the client's transaction.

        :raises WarehouseError: the COPY failed, and loaded nothing.
        """
        copy = parse(statement, backend.database)
        target = await describe_target(copy, backend)
        storage, paths, objects = await asyncio.to_thread(_look_up, copy, backend)
        check_path_count(paths, target)
        record = await begin_record(copy, target, backend, storage.slices)
        reader = RowReader(copy, target, paths, objects, storage)
        rows = await _load(record, reader, sum(summary.size for summary in objects))
        return CopyResult(rows=rows, notices=_notices(copy, reader, rows))


async def _load(record: LoadRecord, reader: RowReader, file_bytes: int) -> int:
    """Load the rows, or only read them for NOLOAD. Return the number of loaded rows."""
    target, backend = record.target, record.backend
    columns = ", ".join(quote_name(column.name) for column in target.columns)
    pieces = _pieces(reader, backend, record.query_id)
    try:
        if record.copy.no_load:
            async for _ in pieces:
                continue
        else:
            await backend.copy_in(f"copy {target.relation} ({columns}) from stdin", pieces)
    except TooManyErrors as error:
        await record.failed(reader, file_bytes)
        raise WarehouseError(
            f"Load into table '{record.copy.table}' failed.  Check 'stl_load_errors' system table for details.",
            place=_LOAD_FAILED,
        ) from error
    except WarehouseError:
        await record.failed(reader, file_bytes)
        raise
    rows = 0 if record.copy.no_load else reader.rows
    await record.succeeded(reader, file_bytes, rows)
    return rows


async def _pieces(reader: RowReader, backend: Backend, query_id: int) -> AsyncIterator[bytes]:
    pieces = reader.pieces()
    # In a thread, so that the event loop keeps serving other clients.
    while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
        if backend.cancelled:
            raise WarehouseError(f"Query ({query_id}) cancelled on user's request", sqlstate=sqlstate.QUERY_CANCELED)
        if piece:
            yield piece


def _look_up(
    copy: CopyStatement, backend: Backend
) -> tuple[ClusterStorage, list[list[Step]] | None, list[ObjectSummary]]:
    try:
        storage = ClusterStorage(backend.cluster, backend.user, copy.grant, copy.region)
        return storage, find_paths(copy, storage), find_objects(copy, storage)
    except UnknownConditionError as error:
        raise WarehouseError(
            f"A role with {error} is not supported by the stand-in.", sqlstate=sqlstate.FEATURE_NOT_SUPPORTED
        ) from error


def _notices(copy: CopyStatement, reader: RowReader, rows: int) -> tuple[str, ...]:
    completed = f"Load into table '{copy.table}' completed, "
    notices = [f"{completed}{rows} record(s) loaded successfully."]
    if reader.errors:
        notices.append(
            f"{completed}{len(reader.errors)} record(s) could not be loaded.  "
            "Check 'stl_load_errors' system table for details."
        )
    if reader.replaced_rows:
        notices.append(
            f"{completed}{reader.replaced_rows} record(s) were loaded with replacements made for ACCEPTINVCHARS.  "
            "Check 'stl_replacements' system table for details."
        )
    return tuple(notices)
