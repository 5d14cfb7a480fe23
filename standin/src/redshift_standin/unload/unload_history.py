"""Records each UNLOAD in the unload history."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from redshift_standin.copy.columns import quote_literal
from redshift_standin.engine.interfaces import Backend
from redshift_standin.unload.formats import FORMATS
from redshift_standin.unload.output_files import UnloadedFile
from redshift_standin.unload.statement import UnloadStatement

_INSERT = "insert into standin.{table} select * from json_populate_recordset(null::standin.{table}, {rows}::json)"
_BEGIN = "select nextval('standin.query_id')::text, pg_current_xact_id()::text"


@dataclass(frozen=True)
class UnloadRecord:
    """One UNLOAD that has a query id."""

    unload: UnloadStatement
    backend: Backend
    query_id: int
    transaction_id: int
    start: datetime

    async def succeeded(self, files: Sequence[UnloadedFile]) -> None:
        """Write the history inside the client's transaction, which sees it, and outside, where a rollback keeps it."""
        history = self._history("completed", files)
        details = [self._file(file) for file in files]
        for table, rows in (("unload_history", [history]), ("unload_files", details)):
            if rows:
                await self.backend.fetch(_INSERT.format(table=table, rows=quote_literal(json.dumps(rows))))
                await self._insert_apart(table, rows)

    async def failed(self, message: str) -> None:
        """Record why the UNLOAD failed. The client's transaction is already aborted, or is about to be."""
        await self._insert_apart("unload_history", [self._history("aborted", [], message)])

    def _history(self, status: str, files: Sequence[UnloadedFile], message: str = "") -> dict[str, Any]:
        return {
            "query_id": self.query_id,
            "transaction_id": self.transaction_id,
            "session_id": self.backend.session_id,
            "user_name": self.backend.user,
            "database_name": self.backend.database,
            "status": status,
            "start_time": _stamp(self.start),
            "end_time": _stamp(datetime.now(timezone.utc)),
            "file_format": FORMATS[self.unload.format].shown,
            "compression_type": self.unload.compression or "",
            "unloaded_location": self.unload.url,
            "unloaded_rows": sum(file.rows for file in files),
            "unloaded_files_count": len(files),
            "unloaded_files_size": sum(len(file.content) for file in files),
            "error_message": message,
        }

    def _file(self, file: UnloadedFile) -> dict[str, Any]:
        return {
            "query_id": self.query_id,
            "slice": file.slice,
            "file_name": f"s3://{self.unload.bucket}/{file.key}",
            "line_count": file.rows,
            "transfer_size": len(file.content),
        }

    async def _insert_apart(self, table: str, rows: list[dict[str, Any]]) -> None:
        await self.backend.execute_apart(_INSERT.format(table=table, rows="%s"), (json.dumps(rows),))


async def begin_record(unload: UnloadStatement, backend: Backend) -> UnloadRecord:
    """Assign a query id to an UNLOAD."""
    start = datetime.now(timezone.utc)
    query_id, transaction_id = (await backend.fetch(_BEGIN))[0]
    return UnloadRecord(unload, backend, int(query_id or 0), int(transaction_id or 0), start)


def _stamp(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(" ")
