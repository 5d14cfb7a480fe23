"""A client session for tests of COPY, and the objects that it copies."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator

import psycopg
import pytest

from redshift_standin.copy import S3Copier
from redshift_standin.engine.interfaces import CopyResult
from redshift_standin.errors import WarehouseError

CLUSTER = "shop"
BUCKET = "shop-test"
ROLE = "arn:aws:iam::123456789012:role/copy"
TRUST = {"Effect": "Allow", "Principal": {"Service": "redshift.amazonaws.com"}, "Action": "sts:AssumeRole"}


class NoEndpoints:
    """Does nothing: the copier uses a PostgreSQL session directly, so the cluster needs no listener."""

    def create(self, cluster, **_):
        pass

    def set_password(self, *_):
        pass

    def delete(self, cluster):
        pass

    def end_snapshots(self):
        pass


class PsycopgBackend:
    """A client's session that uses psycopg instead of the endpoint."""

    cluster = CLUSTER
    database = "dev"
    user = "rdsdb"

    def __init__(self, connection: psycopg.AsyncConnection, conninfo: str) -> None:
        self.connection = connection
        self.session_id = connection.info.backend_pid
        self.cancelled = False
        self.pieces = 0
        self._conninfo = conninfo

    async def fetch(self, sql):
        cursor = await self.connection.execute(sql)
        rows = await cursor.fetchall() if cursor.description else []
        return [tuple(_text(value) for value in row) for row in rows]

    async def copy_in(self, sql: str, rows: AsyncIterator[bytes]) -> int:
        cursor = self.connection.cursor()
        async with cursor.copy(sql) as copy:
            async for piece in rows:
                self.pieces += 1
                await copy.write(piece)
        return cursor.rowcount

    async def execute_apart(self, sql, parameters=()):
        async with await psycopg.AsyncConnection.connect(self._conninfo, autocommit=True) as connection:
            await connection.execute(sql, parameters)


def _text(value):
    return None if value is None else "t" if value is True else "f" if value is False else str(value)


class CopyClient:
    """A client that copies from S3 into one database."""

    def __init__(self, conninfo: str, s3, iam, redshift) -> None:
        self.s3, self.iam, self.redshift = s3, iam, redshift
        self._conninfo = conninfo
        self._loop = asyncio.new_event_loop()
        self._connection = self._loop.run_until_complete(psycopg.AsyncConnection.connect(conninfo))
        self.backend = PsycopgBackend(self._connection, conninfo)

    def put(self, key: str, *records: object, compress: bool = False) -> str:
        lines = (line if isinstance(line, bytes) else json.dumps(line).encode() for line in records)
        body = b"\n".join(lines)
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=gzip.compress(body) if compress else body)
        return f"s3://{BUCKET}/{key}"

    def copy(self, statement: str) -> CopyResult:
        return self._loop.run_until_complete(S3Copier().copy(statement, self.backend))

    def fails(self, statement: str) -> WarehouseError:
        with pytest.raises(WarehouseError) as caught:
            self.copy(statement)
        self.rollback()
        return caught.value

    def run(self, sql: str) -> list[tuple]:
        async def run():
            cursor = await self._connection.execute(sql)
            return await cursor.fetchall() if cursor.description else []

        return self._loop.run_until_complete(run())

    def commit(self) -> None:
        self._loop.run_until_complete(self._connection.commit())

    def rollback(self) -> None:
        self._loop.run_until_complete(self._connection.rollback())

    def close(self) -> None:
        self._loop.run_until_complete(self._connection.close())
        self._loop.close()
