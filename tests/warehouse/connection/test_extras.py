"""Extras of the connection that decide how the hook finds the warehouse and logs in."""

from __future__ import annotations

import json
import ssl
from contextlib import suppress
from urllib.parse import urlencode

import pytest
import redshift_connector
from airflow.providers.common.compat.sdk import AirflowException

from redshift_elt.cluster.database import check_connection
from redshift_elt.connection.aws_api import AwsRefusedError
from redshift_elt.connection.hook import warehouse_hook
from redshift_elt.connection.transaction import in_transaction
from redshift_elt.integrations.lineage import DatasetNamespace
from redshift_standin import ACCESS_KEY, REGION, SECRET_KEY
from tests.support.aws_calls import recorded_with_arguments
from tests.support.ports import free_port

# The example of the Airflow page "Amazon Redshift Connection", for the cluster of these tests.
EXAMPLE = {
    "iam": True, "cluster_identifier": "sparkify", "port": 5439, "region": REGION, "db_user": "awsuser",
    "database": "dev",
}  # fmt: skip


@pytest.fixture
def connection(created_warehouse, monkeypatch):
    """Return a function that returns the hook of a connection with these extras and nothing else."""

    def with_extras(*, uri: bool = False, **extras: object):
        value = json.dumps({"conn_type": "redshift", "extra": extras})
        if uri:
            value = "redshift://?" + urlencode({name: str(extra).lower() for name, extra in extras.items()})
        monkeypatch.setenv("AIRFLOW_CONN_TESTED", value)
        return warehouse_hook("tested")

    return with_extras


def session_of(hook):
    [found] = in_transaction(hook, lambda session: session.fetch("select current_user, current_database()"))
    return found


@pytest.mark.parametrize("uri", [False, True])
def test_example_of_the_amazon_provider_logs_in_as_its_user_to_its_database(connection, uri):
    hook = connection(**EXAMPLE, uri=uri)
    assert session_of(hook) == ("awsuser", "dev")
    assert check_connection("sparkify", "tested") == ("awsuser", "dev")
    assert DatasetNamespace.of(hook).database == "dev"


@pytest.mark.parametrize("on", [True, "true", "True", 1, "1"])
def test_tls_stays_on_in_every_form(connection, on):
    hook = connection(**EXAMPLE, ssl=on, sslmode="verify-full", timeout="10", is_serverless="false")
    with hook.get_conn() as open_connection:
        assert isinstance(open_connection._usock, ssl.SSLSocket)


@pytest.mark.parametrize(
    ("extras", "operation", "arguments"),
    [
        ({}, "GetClusterCredentials", {"DbUser": "awsuser", "DbName": "dev", "AutoCreate": False}),
        ({"auto_create": "true", "db_user": "created"}, "GetClusterCredentials", {"AutoCreate": True}),
        ({"db_groups": "readers,writers"}, "GetClusterCredentials", {"DbGroups": ["readers", "writers"]}),
        ({"group_federation": "true"}, "GetClusterCredentialsWithIAM", {"DbName": "dev"}),
    ],
)
def test_extras_of_the_temporary_password_are_requested(connection, extras, operation, arguments):
    hook = connection(**{**EXAMPLE, **extras})
    # The stand-in refuses groups.
    with recorded_with_arguments() as requests, suppress(AwsRefusedError):
        hook._get_conn_params()
    [sent] = [request for _, name, request, _ in requests if name == operation]
    assert sent.items() >= {"ClusterIdentifier": "sparkify", **arguments}.items()


@pytest.fixture
def unusable_aws_connection(monkeypatch):
    extra = {"endpoint_url": f"http://127.0.0.1:{free_port()}", "region_name": REGION}
    monkeypatch.setenv("AIRFLOW_CONN_AWS_DEFAULT", json.dumps({"conn_type": "aws", "extra": extra}))


@pytest.mark.usefixtures("unusable_aws_connection")
class TestOwnCredentials:
    def test_profile(self, connection, monkeypatch, tmp_path):
        lines = ["[profile loader]", f"aws_access_key_id = {ACCESS_KEY}", f"aws_secret_access_key = {SECRET_KEY}"]
        (tmp_path / "config").write_text("\n".join(lines))
        monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
        assert session_of(connection(**EXAMPLE, profile="loader")) == ("awsuser", "dev")
        with pytest.raises(AirflowException, match="The AWS profile 'other' cannot be used for DescribeClusters"):
            connection(**EXAMPLE, profile="other").get_conn()

    def test_access_key(self, connection):
        hook = connection(**EXAMPLE, access_key_id=ACCESS_KEY, secret_access_key=SECRET_KEY)
        assert session_of(hook) == ("awsuser", "dev")

    def test_neither(self, connection):
        with pytest.raises(AirflowException, match="AWS did not answer DescribeClusters"):
            connection(**EXAMPLE).get_conn()


def test_driver_requests_the_login_from_an_identity_provider(connection, monkeypatch):
    given = {}
    monkeypatch.setattr(redshift_connector, "connect", lambda **parameters: given.update(parameters) or 1 / 0)
    provider = {"credentials_provider": "OktaCredentialsProvider", "idp_host": "example.okta.com", "app_id": "7"}
    with recorded_with_arguments() as requests, pytest.raises(ZeroDivisionError):
        connection(**{**EXAMPLE, **provider, "iam": "true", "port": "5439"}).get_conn()
    assert requests == []
    assert given.items() >= {**EXAMPLE, **provider}.items()
