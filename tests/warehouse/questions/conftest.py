"""A warehouse with the star schema that the model computes from a data directory."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from local.datagen import Options, generate
from local.settings import ROOT
from redshift_standin import Cluster
from tests.model import star_schema as model
from tests.support.star_schema_rows import insert_rows

REAL = pytest.param("real", marks=pytest.mark.long("the questions on the real data"))

SCHEMA = ROOT / "include" / "sql" / "schema"


@pytest.fixture(scope="module", params=["generated", REAL])
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
def warehouse(redshift_cluster: Cluster, star_schema: model.Tables) -> Iterator[psycopg.Connection]:
    """A connection to a separate database, with the star schema from the project's DDL."""
    with (
        redshift_cluster.new_database() as database,
        psycopg.connect(**database.libpq(), autocommit=True) as connection,
    ):
        _fill(connection, star_schema)
        yield connection


def _fill(connection: psycopg.Connection, tables: model.Tables) -> None:
    connection.execute("create schema if not exists etl")
    for table, rows in tables.items():
        connection.execute((SCHEMA / f"{table}.sql").read_text("utf-8"))
        insert_rows(connection, table, rows)
