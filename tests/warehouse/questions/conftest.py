"""A warehouse whose star schema holds what the model says of a data directory."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from local.datagen import Options, generate
from local.settings import ROOT
from redshift_standin.engine.interfaces import Backend, CopyResult
from redshift_standin.engine.postgres import PostgresServer
from redshift_standin.errors import WarehouseError
from redshift_standin.wire.endpoints import Endpoints
from tests.model import star_schema as model
from tests.support.ports import free_port
from tests.support.star_schema_rows import insert_rows

SCHEMA = ROOT / "include" / "sql" / "schema"
PASSWORD = "Only4TheseTests"


class NoBucket:
    """These tests have no S3: their rows are inserted."""

    async def copy(self, statement: str, backend: Backend) -> CopyResult:
        raise WarehouseError("there is no bucket to copy from")


@pytest.fixture(scope="module", params=["generated", "real"])
def is_real(request):
    return request.param == "real"


@pytest.fixture(scope="module")
def data(request, is_real, tmp_path_factory):
    if is_real:
        return request.getfixturevalue("real_data")
    target = tmp_path_factory.mktemp("generated") / "data"
    generate(target, Options(days=4, users=30, songs=200))
    return target


@pytest.fixture(scope="module")
def star_schema(data):
    return model.star_schema(data)


@pytest.fixture(scope="module")
def warehouse(star_schema) -> Iterator[psycopg.Connection]:
    """A connection to a warehouse of its own, with the star schema made by the project's DDL."""
    folder = Path(tempfile.mkdtemp(prefix="sparkify-"))
    folder.chmod(0o755)
    postgres = PostgresServer(folder / "postgres", free_port())
    postgres.start()
    try:
        endpoints = Endpoints(postgres, folder / "tls", NoBucket())
        try:
            with _cluster(endpoints) as connection:
                _fill(connection, star_schema)
                yield connection
        finally:
            endpoints.close()
    finally:
        postgres.stop()
        shutil.rmtree(folder)


def _cluster(endpoints: Endpoints) -> psycopg.Connection:
    port = free_port()
    endpoints.create("questions", port=port, database="dev", master_user="awsuser")
    endpoints.set_password("questions", "awsuser", PASSWORD)
    return psycopg.connect(
        host="127.0.0.1", port=port, dbname="dev", user="awsuser", password=PASSWORD, sslmode="require", autocommit=True
    )


def _fill(connection: psycopg.Connection, tables: model.Tables) -> None:
    connection.execute("create schema if not exists etl")
    for table, rows in tables.items():
        connection.execute((SCHEMA / f"{table}.sql").read_text("utf-8"))
        insert_rows(connection, table, rows)
