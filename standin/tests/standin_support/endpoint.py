"""A Redshift endpoint under test, and the clients that connect to it."""

from __future__ import annotations

import itertools
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path

import psycopg
import psycopg2
import redshift_connector

from redshift_standin.engine.databases import database_name
from redshift_standin.engine.postgres import PostgresServer
from redshift_standin.settings import HOST
from redshift_standin.temporary_passwords import TemporaryPasswords, new_key
from redshift_standin.wire.certificate import CERTIFICATE
from redshift_standin.wire.endpoints import Endpoints
from standin_support.waiting import wait_until

USER = "awsuser"
PASSWORD = "Secret-42"
DATABASE = "dev"
PASSWORD_KEY = new_key()


@dataclass
class Endpoint:
    """One cluster's endpoint."""

    endpoints: Endpoints
    postgres: PostgresServer
    certificates: Path
    cluster: str
    port: int
    opened: list = field(default_factory=list)

    def parameters(self, **changed) -> dict:
        """Return libpq's parameters of a client that verifies the endpoint's certificate."""
        known = {
            "host": "localhost",
            "port": self.port,
            "user": USER,
            "password": PASSWORD,
            "dbname": DATABASE,
            "sslmode": "verify-full",
            "sslrootcert": str(self.certificates / CERTIFICATE),
        }
        return {**known, **changed}

    def psycopg(self, *, autocommit: bool = False, **changed) -> psycopg.Connection:
        return self._opened(psycopg.connect(**self.parameters(**changed), autocommit=autocommit))

    def psycopg2(self, **changed):
        return self._opened(psycopg2.connect(**self.parameters(**changed)))

    def redshift(self, **changed) -> redshift_connector.Connection:
        """Connect as Airflow does; SSL_CERT_FILE names the endpoint's certificate."""
        known = {"host": "localhost", "port": self.port, "user": USER, "password": PASSWORD, "database": DATABASE}
        return self._opened(redshift_connector.connect(**{**known, **changed}))

    def add_user(self, user: str, password: str = PASSWORD) -> None:
        """Create a user with a permanent password."""
        self.endpoints.create_user(self.cluster, user)
        self.endpoints.set_password(self.cluster, user, password)

    def connect_to_postgres(self) -> psycopg.Connection:
        """Connect to PostgreSQL directly, bypassing the endpoint."""
        parameters = self.postgres.dsn.parameters(database_name(self.cluster, DATABASE))
        return self._opened(psycopg.connect(**parameters, autocommit=True))

    def wait_for(self, query: str) -> None:
        """Wait until a query returns a row when it is run on PostgreSQL directly."""
        connection = self.connect_to_postgres()
        wait_until(lambda: connection.execute(query).fetchone(), query)

    def wait_for_blocked_session(self) -> None:
        """Wait until a session waits for a lock that another one holds."""
        self.wait_for("select 1 from pg_locks where not granted")

    def close(self) -> None:
        for connection in self.opened:
            connection.close()

    def _opened(self, connection):
        self.opened.append(connection)
        return connection


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def temporary_password(user: str = USER, *, key: bytes = PASSWORD_KEY, valid: timedelta = timedelta(hours=1)) -> str:
    """Return a temporary password for a user of a cluster that :func:`open_cluster` has opened."""
    return TemporaryPasswords(key).create(user, datetime.now(timezone.utc) + valid)


def open_cluster(endpoints: Endpoints, cluster: str, port: int) -> None:
    """Open a cluster whose master user has :data:`PASSWORD`."""
    endpoints.create(cluster, port=port, database=DATABASE, master_user=USER, password_key=PASSWORD_KEY)
    endpoints.set_password(cluster, USER, PASSWORD)


class RowsCopier:
    """Replaces COPY by an action of the test, for tests of the session."""

    def __init__(self) -> None:
        self.action: Callable | None = None

    async def copy(self, statement, backend):
        return await self.action(statement, backend)


_numbers = itertools.count(1)


@contextmanager
def new_endpoint(endpoints, postgres, certificates) -> Iterator[Endpoint]:
    """Create a cluster for the block; at the end its connections are closed, and it is deleted."""
    cluster = f"cluster-{next(_numbers)}"
    port = free_port()
    open_cluster(endpoints, cluster, port)
    made = Endpoint(endpoints, postgres, certificates, cluster, port)
    yield made
    made.close()
    endpoints.delete(cluster)
