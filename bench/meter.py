"""Measure cost: statements and requests as they are sent, and bytes and rows as the server counts them."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from typing import Any
from unittest.mock import patch

import psycopg
from botocore.httpsession import URLLib3Session
from redshift_connector.core import Connection

SCHEMAS = ("public", "etl")

_ROWS = """
select
    relname,
    n_tup_ins + n_tup_upd + n_tup_del,
    seq_tup_read + coalesce(
        (select sum(idx_tup_read) from pg_stat_user_indexes where pg_stat_user_indexes.relid = tables.relid),
        0
    )
from pg_stat_user_tables as tables
where schemaname = any(%s)
"""

# PostgreSQL reports the row counts of a session when it ends.
_SESSIONS = "select 1 from pg_stat_activity where datname = current_database() and usename <> current_user limit 1"

_COPIED = "select coalesce(sum(loaded_bytes), 0), coalesce(sum(source_file_count), 0) from sys_load_history"

_PATIENCE = 30


@dataclass
class Cost:
    """The cost of a measured block.

    :param seconds: its duration.
    :param statements: every statement sent to the warehouse, including BEGIN and COMMIT, and its seconds.
    :param requests: the number of S3 requests of each kind.
    :param bytes_received: bytes in their responses.
    :param objects_copied: objects that COPY read.
    :param bytes_copied: bytes in them.
    :param rows_written: rows inserted, updated and deleted in each permanent table.
    :param rows_read: rows that scans of each permanent table and of its index returned.
    """

    seconds: float = 0.0
    statements: list[tuple[str, float]] = field(default_factory=list, repr=False)
    requests: Counter[str] = field(default_factory=Counter)
    bytes_received: int = 0
    objects_copied: int = 0
    bytes_copied: int = 0
    rows_written: Counter[str] = field(default_factory=Counter)
    rows_read: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: Cost) -> Cost:
        return Cost(*(getattr(self, part.name) + getattr(other, part.name) for part in fields(self)))


class Meter:
    """Measures the requests of this process and the work of the warehouse.

    :param database: an administrator's connection to the cluster's database, behind the endpoint; it is in
        autocommit mode.
    """

    def __init__(self, database: psycopg.Connection[tuple[Any, ...]]) -> None:
        self._database = database

    @contextmanager
    def measure(self) -> Iterator[Cost]:
        """Measure the block; the cost is complete when the block ends."""
        cost = Cost()
        rows, copied = self._rows(), self._copied()
        begun = time.monotonic()
        with _statements(cost), _requests(cost):
            yield cost
        cost.seconds = time.monotonic() - begun
        for table, (written, read) in self._rows().items():
            written_before, read_before = rows.get(table, (0, 0))
            cost.rows_written[table] = int(written - written_before)
            cost.rows_read[table] = int(read - read_before)
        cost.bytes_copied, cost.objects_copied = (
            int(after - before) for after, before in zip(self._copied(), copied, strict=True)
        )

    def _rows(self) -> dict[str, tuple[int, int]]:
        """Return the rows written and the rows read of each permanent table since its creation."""
        self._database.execute("select pg_stat_force_next_flush()")
        deadline = time.monotonic() + _PATIENCE
        while self._database.execute(_SESSIONS).fetchone():
            if time.monotonic() > deadline:
                raise TimeoutError(f"a session of the warehouse is still open after {_PATIENCE} s")
            time.sleep(0.005)
        return {table: (written, read) for table, written, read in self._database.execute(_ROWS, (list(SCHEMAS),))}

    def _copied(self) -> tuple[int, int]:
        [copied] = self._database.execute(_COPIED).fetchall()
        return copied


@contextmanager
def _statements(cost: Cost) -> Iterator[None]:
    execute = Connection.execute

    def counted(connection: Connection, cursor: Any, operation: str, vals: Any) -> None:
        begun = time.monotonic()
        try:
            execute(connection, cursor, operation, vals)
        finally:
            cost.statements.append((operation, time.monotonic() - begun))

    with patch.object(Connection, "execute", counted):
        yield


@contextmanager
def _requests(cost: Cost) -> Iterator[None]:
    send = URLLib3Session.send

    def counted(session: URLLib3Session, request: Any) -> Any:
        response = send(session, request)
        # The signature names the service: requests for clusters and credentials are not counted.
        if b"/s3/aws4_request" in _bytes(request.headers.get("Authorization", "")):
            kind = "LIST" if "list-type=2" in request.url else request.method
            cost.requests[kind] += 1
            cost.bytes_received += 0 if kind == "HEAD" else int(response.headers.get("content-length", 0))
        return response

    with patch.object(URLLib3Session, "send", counted):
        yield


def _bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode()
