"""Records each COPY in the load history and the load error tables."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from redshift_standin.copy.columns import Target, quote_literal
from redshift_standin.copy.row_reader import LoadedFile, LoadError, Replacement, RowReader
from redshift_standin.copy.statement import CopyStatement
from redshift_standin.engine.interfaces import Backend

_INSERT = "insert into standin.{table} select * from json_populate_recordset(null::standin.{table}, {rows}::json)"
_BEGIN = """
select
    set_config('standin.last_copy_id', nextval('standin.query_id')::text, false),
    pg_current_xact_id()::text
"""


@dataclass(frozen=True)
class LoadRecord:
    """One COPY that has a query id.

    :param slices: the number of slices. Files go to the slices round-robin; AWS does not document how Redshift does it.
    """

    copy: CopyStatement
    target: Target
    backend: Backend
    query_id: int
    transaction_id: int
    slices: int
    start: datetime

    async def succeeded(self, reader: RowReader, file_bytes: int, rows: int) -> None:
        """Write the history inside the client's transaction, which sees it, and outside, where a rollback keeps it.

        :param rows: the number of loaded rows.
        """
        written = {
            "load_errors": self._errors(reader.errors),
            "load_replacements": self._replacements(reader.replacements),
            "load_commits": [self._commit(number, file) for number, file in enumerate(reader.files, 1)],
            "load_history": [self._history("completed", reader, file_bytes, rows)],
        }
        for table, records in written.items():
            await self._insert_here(table, records)
        await self.backend.fetch(f"select set_config('standin.last_copy_count', '{rows}', false)")
        for table, records in written.items():
            await self._insert_apart(table, records)

    async def failed(self, reader: RowReader, file_bytes: int) -> None:
        """Record why the COPY failed. The client's transaction is already aborted."""
        await self._insert_apart("load_errors", self._errors(reader.errors))
        await self._insert_apart("load_history", [self._history("aborted", reader, file_bytes, 0)])

    def _history(self, status: str, reader: RowReader, file_bytes: int, rows: int) -> dict[str, Any]:
        source = f"s3://{self.copy.bucket}/{self.copy.key}"
        return {
            "query_id": self.query_id,
            "transaction_id": self.transaction_id,
            "session_id": self.backend.session_id,
            "user_name": self.backend.user,
            "database_name": self.backend.database,
            "status": status,
            "table_name": self.copy.table,
            "start_time": _stamp(self.start),
            "end_time": _stamp(datetime.now(timezone.utc)),
            "data_source": source,
            "file_format": self.copy.format.value,
            "loaded_rows": rows,
            "loaded_bytes": sum(file.size for file in reader.files),
            "source_file_count": len(reader.files),
            "source_file_bytes": file_bytes,
            "error_count": len(reader.errors),
        }

    def _errors(self, errors: list[LoadError]) -> list[dict[str, Any]]:
        return [
            {
                "query_id": self.query_id,
                "error_number": number,
                "transaction_id": self.transaction_id,
                "session_id": self.backend.session_id,
                "user_name": self.backend.user,
                "database_name": self.backend.database,
                "table_id": self.target.oid,
                "start_time": _stamp(self.start),
                "slice": error.file_number % self.slices,
                "file_name": error.file,
                "line_number": error.line,
                "column_name": error.column,
                "column_type": error.type,
                "column_length": error.length,
                "position": error.position,
                "raw_line": error.raw_line,
                "raw_field_value": error.raw_value,
                "error_code": error.code,
                "error_message": error.reason,
            }
            for number, error in enumerate(errors, 1)
        ]

    def _replacements(self, replacements: list[Replacement]) -> list[dict[str, Any]]:
        return [
            {
                "query_id": self.query_id,
                "replacement_number": number,
                "session_id": self.backend.session_id,
                "user_name": self.backend.user,
                "table_id": self.target.oid,
                "start_time": _stamp(self.start),
                "slice": replacement.file_number % self.slices,
                "file_name": replacement.file,
                "line_number": replacement.line,
                "column_name": replacement.column,
                "raw_line": replacement.raw_line,
            }
            for number, replacement in enumerate(replacements, 1)
        ]

    def _commit(self, number: int, file: LoadedFile) -> dict[str, Any]:
        return {
            "query_id": self.query_id,
            "file_number": number,
            "user_name": self.backend.user,
            "slice": (number - 1) % self.slices,
            "file_name": file.summary.url,
            "bytes_scanned": file.size,
            "lines_scanned": file.lines,
            "error_count": file.errors,
            "started_at": _stamp(file.start),
            "loaded_at": _stamp(file.end),
            "file_etag": file.summary.etag,
            "file_last_modified": _stamp(file.summary.modified),
        }

    async def _insert_here(self, table: str, rows: list[dict[str, Any]]) -> None:
        if rows:
            await self.backend.fetch(_INSERT.format(table=table, rows=quote_literal(json.dumps(rows))))

    async def _insert_apart(self, table: str, rows: list[dict[str, Any]]) -> None:
        if rows:
            await self.backend.execute_apart(_INSERT.format(table=table, rows="%s"), (json.dumps(rows),))


async def begin_record(copy: CopyStatement, target: Target, backend: Backend, slices: int) -> LoadRecord:
    """Assign a query id to a COPY, and store it in the session."""
    start = datetime.now(timezone.utc)
    query_id, transaction_id = (await backend.fetch(_BEGIN))[0]
    return LoadRecord(copy, target, backend, int(query_id or 0), int(transaction_id or 0), slices, start)


def _stamp(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(" ")
