"""A warehouse on the stand-in, made by the project's own functions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.stack.cluster_login import find_login
from local.stack.stack import Stack
from tests.support.new_warehouse import new_warehouse
from tests.support.warehouse import WarehouseUnderTest


@pytest.fixture(scope="session")
def created_warehouse(standin: Stack) -> Iterator[WarehouseUnderTest]:
    """The tables on a cluster of the stand-in, and this process's environment as an Airflow worker has it."""
    with new_warehouse(standin) as warehouse:
        yield warehouse


@pytest.fixture
def warehouse(created_warehouse: WarehouseUnderTest) -> WarehouseUnderTest:
    """The warehouse and its bucket, both empty."""
    created_warehouse.empty()
    return created_warehouse


@pytest.fixture
def uploaded(warehouse: WarehouseUnderTest, data: Path) -> WarehouseUnderTest:
    """The empty warehouse, and in its bucket the data that the test's file makes."""
    warehouse.upload(data)
    return warehouse


@pytest.fixture
def through_postgres(
    warehouse: WarehouseUnderTest, standin: Stack, monkeypatch: pytest.MonkeyPatch
) -> WarehouseUnderTest:
    """The empty warehouse through a connection of type postgres."""
    found = find_login(standin.settings)
    assert found is not None
    connection = {
        "conn_type": "postgres",
        "host": found.host,
        "port": found.port,
        "login": found.user,
        "password": found.password,
        "schema": found.database,
        "extra": {"sslmode": "verify-full", "sslrootcert": found.certificate},
    }
    monkeypatch.setenv("AIRFLOW_CONN_REDSHIFT_AS_POSTGRES", json.dumps(connection))
    return warehouse.through("redshift_as_postgres")
