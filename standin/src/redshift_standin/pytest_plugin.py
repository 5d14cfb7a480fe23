"""Fixtures for tests of code that uses Redshift and S3. pytest finds them where this package is installed.

The stand-in starts with the first test that needs it, and with pytest-xdist each worker has its own. The fixtures
import the modules they need, so that the plugin costs nothing where it is not used.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import psycopg

    from redshift_standin.access import Cluster


@pytest.fixture(scope="session")
def redshift_cluster() -> Iterator[Cluster]:
    """Start a cluster that the tests of a session share; see :class:`redshift_standin.Cluster`."""
    from redshift_standin.standin import Standin

    with Standin(environ=_environ()) as cluster:
        yield cluster


@pytest.fixture
def redshift_database(redshift_cluster: Cluster) -> Iterator[Cluster]:
    """Create an empty database for this test, and return the cluster with it. It is dropped after the test."""
    with redshift_cluster.new_database() as database:
        yield database


@pytest.fixture
def redshift(redshift_database: Cluster) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """Connect to the test's database. Each statement is committed."""
    import psycopg

    with psycopg.connect(**redshift_database.libpq(), autocommit=True) as connection:
        yield connection


@pytest.fixture
def s3(redshift_cluster: Cluster) -> Iterator[Any]:
    """Return a boto3 client of S3. The bucket ``redshift_cluster.bucket`` is emptied after the test."""
    client = redshift_cluster.aws.client("s3")
    yield client
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=redshift_cluster.bucket):
        if keys := [{"Key": entry["Key"]} for entry in page.get("Contents", ())]:
            client.delete_objects(Bucket=redshift_cluster.bucket, Delete={"Objects": keys, "Quiet": True})


@pytest.fixture
def redshift_environment(redshift_database: Cluster, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Set environment variables for this test with which boto3, psycopg and redshift_connector use the stand-in."""
    variables = redshift_database.environment()
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return variables


def _environ() -> dict[str, str]:
    """Return this process's environment, in which a cluster changes its state at once unless it says otherwise."""
    return {"REDSHIFT_STANDIN_CLUSTER_SECONDS": "0", **os.environ}
