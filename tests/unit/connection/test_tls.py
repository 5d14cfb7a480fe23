"""The certificate of the warehouse: a server that has the certificate of another host gets no password."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException

from notebooks.warehouse import Warehouse
from redshift_elt.connection.hook import warehouse_hook
from tests.support.tls_server import Authority, listening

PASSWORD = "hush-hush"
HERE, ELSEWHERE = "localhost", "shop.example.com"

each_type = pytest.mark.parametrize("conn_type", ["redshift", "postgres"])


@pytest.fixture(scope="module")
def authority(tmp_path_factory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def connect(monkeypatch):
    """Connect with these fields of an Airflow connection, and return the error; the server never lets anybody in."""

    def try_to(conn_type: str, port: int, **extra: str) -> Exception:
        fields = {"login": "loader", "password": PASSWORD, "host": HERE, "port": port, "schema": "dev"}
        value = {"conn_type": conn_type, **fields, "extra": extra}
        monkeypatch.setenv("AIRFLOW_CONN_TESTED", json.dumps(value))
        try:
            warehouse_hook("tested").get_conn()
        except Exception as error:
            return error
        pytest.fail("The server let the user in.")

    return try_to


@pytest.fixture
def trusted(authority, monkeypatch) -> Path:
    """Trust the authority: SSL_CERT_FILE is read by Python, PGSSLROOTCERT by libpq."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
    monkeypatch.setenv("PGSSLROOTCERT", str(authority.certificate))
    return authority.certificate


@each_type
@pytest.mark.parametrize("extra", [{}, {"sslmode": "verify-full"}])
def test_certificate_of_another_host_is_refused_before_the_password(authority, trusted, connect, conn_type, extra):
    with listening(authority.context(ELSEWHERE)) as (port, received):
        error = connect(conn_type, port, **extra)
    # Airflow never retries it.
    assert isinstance(error, AirflowFailException)
    assert str(error).startswith(f"The certificate of the warehouse at localhost:{port} was refused, and no password ")
    assert "set sslmode to verify-ca" in str(error)
    assert received == [b""]


@each_type
def test_certificate_of_the_host_is_accepted(authority, trusted, connect, conn_type):
    with listening(authority.context(HERE)) as (port, received):
        error = connect(conn_type, port)
    assert not isinstance(error, AirflowFailException)
    assert PASSWORD.encode() in received[0]


@each_type
def test_host_name_can_be_left_out_of_the_verification(authority, trusted, connect, conn_type):
    with listening(authority.context(ELSEWHERE)) as (port, received):
        error = connect(conn_type, port, sslmode="verify-ca")
    assert not isinstance(error, AirflowFailException)
    assert PASSWORD.encode() in received[0]


@each_type
def test_certificate_of_an_unknown_authority_is_refused(authority, connect, monkeypatch, conn_type):
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.delenv("PGSSLROOTCERT", raising=False)
    with listening(authority.context(HERE)) as (port, received):
        error = connect(conn_type, port)
    assert isinstance(error, AirflowFailException)
    assert "certificate verify failed" in str(error)
    assert received == [b""]


def test_authority_of_a_postgres_connection_can_be_in_its_extra(authority, connect, monkeypatch):
    monkeypatch.delenv("PGSSLROOTCERT", raising=False)
    with listening(authority.context(HERE)) as (port, received):
        error = connect("postgres", port, sslrootcert=str(authority.certificate))
    assert not isinstance(error, AirflowFailException)
    assert PASSWORD.encode() in received[0]


@each_type
def test_other_errors_can_be_retried(connect, conn_type):
    error = connect(conn_type, 1)
    assert not isinstance(error, AirflowFailException)
    assert isinstance(error, AirflowException) or type(error).__name__ == "OperationalError"


def test_notebook_verifies_the_host_name(authority, trusted):
    with listening(authority.context(ELSEWHERE)) as (port, received):

        class OnThisMachine(Warehouse):
            def _cluster_login(self):
                return {"host": HERE, "port": port, "user": "analyst", "password": PASSWORD}

        with pytest.raises(ConnectionError, match="certificate verify failed"):
            OnThisMachine("dev", cluster="sparkify", user="analyst")
    assert received == [b""]
