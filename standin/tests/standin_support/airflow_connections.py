"""Airflow connections to the stand-in."""

from __future__ import annotations

import json

import pytest
from airflow.sdk import Connection
from redshift_connector.iam_helper import IamHelper

from redshift_standin.settings import ACCESS_KEY, REGION, SECRET_KEY
from standin_support.whole import CLUSTER, DATABASE, PASSWORD, USER


@pytest.fixture
def connections(whole, monkeypatch):
    """The connections that an engineer would configure; returns a function that adds another."""

    def add(name: str, **parts) -> str:
        monkeypatch.setenv(f"AIRFLOW_CONN_{name.upper()}", Connection(conn_id=name, **parts).as_json())
        return name

    # The driver caches temporary passwords per process, including those for the cluster of another stand-in.
    monkeypatch.setattr(IamHelper, "credentials_cache", {})
    monkeypatch.setenv("AWS_ENDPOINT_URL", whole.settings.aws_url)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    # The driver requests a temporary password itself.
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
    add("aws_default", conn_type="aws", login=ACCESS_KEY, password=SECRET_KEY)
    add(
        "redshift_default",
        conn_type="redshift",
        host="localhost",
        port=whole.port,
        login=USER,
        password=PASSWORD,
        schema=DATABASE,
    )
    add(
        "redshift_iam",
        conn_type="redshift",
        host="localhost",
        port=whole.port,
        login=USER,
        schema=DATABASE,
        extra=json.dumps({"iam": True, "cluster_identifier": CLUSTER, "db_user": USER, "region": REGION}),
    )
    return add
