"""PostgreSQL and Redshift endpoints for the tests of the wire and of the SQL."""

from __future__ import annotations

import tempfile
from pathlib import Path

import psycopg
import pytest

from redshift_standin.engine.postgres import PostgresServer
from redshift_standin.wire.certificate import CERTIFICATE, server_context
from redshift_standin.wire.endpoints import Endpoints, EndpointSettings
from standin_support.endpoint import RowsCopier, make_endpoint
from standin_support.whole import whole_standin


@pytest.fixture(scope="session")
def endpoint_postgres():
    """A PostgreSQL server in a folder that every user can reach, as root's server needs it."""
    with tempfile.TemporaryDirectory(prefix="endpoint-", dir="/tmp") as folder:
        Path(folder).chmod(0o711)
        server = PostgresServer(Path(folder) / "postgres", 5433)
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
    """Let redshift_connector trust the endpoint's certificate, as an engineer would: by SSL_CERT_FILE."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates / CERTIFICATE))


@pytest.fixture
def endpoint(all_endpoints, endpoint_postgres, certificates, trusted):
    """A cluster of the test's own."""
    made = make_endpoint(all_endpoints, endpoint_postgres, certificates)
    yield made
    made.close()
    all_endpoints.delete(made.cluster)


@pytest.fixture(scope="session")
def shared_endpoint(all_endpoints, endpoint_postgres, certificates):
    """A cluster for tests that leave nothing behind."""
    made = make_endpoint(all_endpoints, endpoint_postgres, certificates)
    yield made
    made.close()
    all_endpoints.delete(made.cluster)


@pytest.fixture(scope="module")
def whole_module(endpoint_postgres, certificates, tmp_path_factory):
    """The whole stand-in with one cluster: moto's models are the process's, so each module starts with new ones."""
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
    """A client of the Data API that does not check requests by itself."""
    return whole.client("redshift-data", parameter_validation=False)


@pytest.fixture(scope="session")
def session(shared_endpoint) -> psycopg.Connection:
    """One client's session; every statement commits by itself."""
    return shared_endpoint.psycopg(autocommit=True)


@pytest.fixture
def ask(session):
    """Run statements in a transaction that is rolled back, and return the last one's rows."""

    def run(*statements: str) -> list[tuple]:
        rows = []
        with session.transaction(force_rollback=True):
            for statement in statements:
                cursor = session.execute(statement)
                rows = cursor.fetchall() if cursor.description else []
        return rows

    return run
