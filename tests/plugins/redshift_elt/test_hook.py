"""Finding the warehouse: by its cluster's name, and what is said when it cannot be reached."""

from __future__ import annotations

import json

import boto3
import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from redshift_elt.hook import warehouse_hook
from redshift_elt.transaction import in_transaction
from tests.ports import free_port


@pytest.fixture
def connection(created_warehouse, monkeypatch):
    """Set the fields of the Airflow connection ``tested``."""

    def set_fields(**fields):
        base = {"conn_type": "redshift", "login": "awsuser", "schema": "dev"}
        monkeypatch.setenv("AIRFLOW_CONN_TESTED", json.dumps({**base, **fields}))
        return warehouse_hook("tested")

    return set_fields


def user(hook):
    return in_transaction(hook, lambda session: session.fetch("select current_user"))


def test_a_cluster_is_found_by_its_name_and_entered_with_a_temporary_password(connection):
    hook = connection(extra={"iam": True, "cluster_identifier": "sparkify"})
    assert user(hook) == [("awsuser",)]


def test_host_and_password_work_too(connection):
    redshift = boto3.client("redshift")
    [cluster] = redshift.describe_clusters(ClusterIdentifier="sparkify")["Clusters"]
    secret = boto3.client("secretsmanager").get_secret_value(SecretId=cluster["MasterPasswordSecretArn"])
    endpoint = {"host": cluster["Endpoint"]["Address"], "port": cluster["Endpoint"]["Port"]}
    password = json.loads(secret["SecretString"])["password"]
    assert user(connection(**endpoint, password=password)) == [("awsuser",)]
    postgres = connection(conn_type="postgres", **endpoint, password=password, extra={"sslmode": "require"})
    assert user(postgres) == [("awsuser",)]


def test_a_missing_cluster_is_named(connection):
    hook = connection(extra={"iam": True, "cluster_identifier": "sparky"})
    with pytest.raises(AirflowException, match=r"no Redshift cluster 'sparky' .* cluster_identifier in the connection"):
        hook.get_conn()


def test_a_closed_port_is_named(connection):
    port = free_port()
    hook = connection(host="127.0.0.1", port=port, password="Unused1")
    with pytest.raises(AirflowException, match=f"No connection to the warehouse at 127.0.0.1:{port}.*security group"):
        hook.get_conn()


def test_another_type_of_connection_is_refused(connection):
    with pytest.raises(AirflowFailException, match="has type 'mysql': use one of type 'redshift' or 'postgres'"):
        connection(conn_type="mysql")
