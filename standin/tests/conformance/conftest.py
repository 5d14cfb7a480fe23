"""Fixtures for the facts: tables for queries, a loader for files, a stand-in for clusters."""

from __future__ import annotations

import pytest

from standin_support.held import SHARED, held_standin
from standin_support.loading import Loader

TABLES = (
    "create table numbers (i integer, b bigint, f float8, d decimal(8, 2), e decimal(8, 2))",
    "insert into numbers values (1, 1, 1.5, 1.10, 3.00), (2, 2, 2.5, 2.25, 7.00), (4, 4, 4.5, 3.33, 0.50)",
    "create table texts (v varchar(9), c char(5), n integer)",
    "create table aliases (a int2, b int4, c int8, d float4, e float8, f float, g bpchar, h nvarchar, i nchar, j text, "
    "k dec)",
    "insert into texts values ('a', 'a', 1), ('a  ', 'a  ', 2), ('b', 'b', 3), ('', '', 4), (null, null, 5)",
)


@pytest.fixture
def loader(whole) -> Loader:
    return Loader(whole)


@pytest.fixture(scope="module")
def tables(session):
    for statement in TABLES:
        session.execute(statement)
    yield
    session.execute("drop table aliases, numbers, texts")


@pytest.fixture(scope="module")
def service_module(endpoint_postgres, certificates, tmp_path_factory):
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("REDSHIFT_STANDIN_CLUSTER_SECONDS", "0,roles=1")
        with held_standin(endpoint_postgres, certificates, tmp_path_factory.mktemp("held")) as service:
            service.create(SHARED)
            yield service


@pytest.fixture
def service(service_module, trusted):
    """The stand-in with one cluster, which tests must not change; other clusters are deleted after the test."""
    yield service_module
    service_module.fault()
    service_module.delete_all_except(SHARED)


@pytest.fixture
def redshift(service):
    return service.redshift
