"""A warehouse that an analyst can read, loaded in one of two ways."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from local.datagen import Options, generate
from local.stack.cluster_login import require_login
from local.stack.notebook import ensure_analyst
from tests.model import star_schema as model
from tests.support.new_warehouse import new_warehouse
from tests.support.star_schema_rows import insert_rows
from tests.support.warehouse import WarehouseUnderTest

REAL = pytest.param("real", marks=pytest.mark.long("the questions on the real data"))


@pytest.fixture(scope="module")
def warehouse(own_standin) -> Iterator[WarehouseUnderTest]:
    with new_warehouse(own_standin) as warehouse:
        yield warehouse


@pytest.fixture(scope="module")
def administrator(own_standin, warehouse) -> Iterator[psycopg.Connection]:
    with require_login(own_standin.settings).connect() as connection:
        ensure_analyst(connection)
        yield connection


@pytest.fixture(scope="module", params=["generated", REAL])
def is_real(request) -> bool:
    return request.param == "real"


@pytest.fixture(scope="module")
def data(request, is_real, warehouse, administrator, tmp_path_factory) -> Path:
    """The directory of the data in the warehouse: generated and loaded, or real and inserted."""
    warehouse.empty()
    if is_real:
        directory = request.getfixturevalue("real_data")
        for table, rows in model.star_schema(directory).items():
            insert_rows(administrator, table, rows)
    else:
        directory = tmp_path_factory.mktemp("generated") / "data"
        generate(directory, Options(days=3, users=20, songs=60))
        warehouse.upload(directory)
        warehouse.run(full_load=True).complete()
    return directory
