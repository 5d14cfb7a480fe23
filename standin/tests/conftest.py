"""Fixtures for PostgreSQL, Redshift endpoints and the whole stand-in."""

from __future__ import annotations

import tempfile
from pathlib import Path

import psycopg
import pytest

from redshift_standin.engine.postgres import PostgresServer
from redshift_standin.wire.certificate import CERTIFICATE, server_context
from redshift_standin.wire.endpoints import Endpoints, EndpointSettings
from standin_support.endpoint import RowsCopier, new_endpoint
from standin_support.whole import whole_standin


@pytest.fixture(scope="session")
def endpoint_postgres():
    """A PostgreSQL server in a folder that every user can access: if root runs the tests, it runs as another user."""
    with tempfile.TemporaryDirectory(prefix="endpoint-", dir="/tmp") as folder:
        Path(folder).chmod(0o711)
        server = PostgresServer(Path(folder) / "postgres", 5433, durable=False)
        server.start()
        yield server
        server.stop()


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    server_context(folder)
    return folder


@pytest.fixture(scope="session")
def copier():
    return RowsCopier()


@pytest.fixture(scope="session")
def all_endpoints(endpoint_postgres, certificates, copier):
    endpoints = Endpoints(endpoint_postgres, EndpointSettings(certificates), copier)
    yield endpoints
    endpoints.close()


@pytest.fixture
def trusted(certificates, monkeypatch):
    """Make redshift_connector trust the endpoint's certificate as an engineer would, with SSL_CERT_FILE."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates / CERTIFICATE))


@pytest.fixture
def endpoint(all_endpoints, endpoint_postgres, certificates, trusted):
    """A new cluster for the test."""
    with new_endpoint(all_endpoints, endpoint_postgres, certificates) as made:
        yield made


@pytest.fixture(scope="session")
def shared_endpoint(all_endpoints, endpoint_postgres, certificates):
    """A cluster for tests that leave nothing behind."""
    with new_endpoint(all_endpoints, endpoint_postgres, certificates) as made:
        yield made


@pytest.fixture(scope="module")
def whole_module(endpoint_postgres, certificates, tmp_path_factory):
    """The whole stand-in with one cluster. moto's state is global, so each module starts with new state."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("REDSHIFT_STANDIN_CLUSTER_SECONDS", "0")
        with whole_standin(endpoint_postgres, certificates, tmp_path_factory.mktemp("whole")) as whole:
            yield whole


@pytest.fixture
def whole(whole_module, trusted):
    """The whole stand-in, emptied after each test."""
    yield whole_module
    whole_module.empty()


@pytest.fixture
def api(whole):
    """A client of the Data API without client-side validation."""
    return whole.client("redshift-data", parameter_validation=False)


@pytest.fixture(scope="session")
def session(shared_endpoint) -> psycopg.Connection:
    """The session of one client, in autocommit mode."""
    return shared_endpoint.psycopg(autocommit=True)


@pytest.fixture
def ask(session):
    """Run statements in a transaction that is rolled back, and return the rows of the last one."""

    def run(*statements: str) -> list[tuple]:
        rows = []
        with session.transaction(force_rollback=True):
            for statement in statements:
                cursor = session.execute(statement)
                rows = cursor.fetchall() if cursor.description else []
        return rows

    return run
