"""AWS without databases: the control plane in this process, whose clusters cost nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook

from local.settings import Settings
from local.standin.aws import Aws
from local.standin.aws.faults import FAULTS
from local.standin.client import standin_environment
from tests.local.standin.aws.service_parts import NotedEndpoints, free_port


@pytest.fixture
def cluster_seconds() -> str:
    """How long clusters take from one state to the next."""
    return "0"


@pytest.fixture
def control_plane(tmp_path, monkeypatch, cluster_seconds) -> Iterator[str]:
    """The address of an empty AWS, which this process's clients use; they ask once, so that nothing hides a fault."""
    monkeypatch.setenv("SPARKIFY_CLUSTER_SECONDS", cluster_seconds)
    settings = Settings(state=tmp_path, aws_port=free_port(), redshift_port=free_port())
    for name, value in standin_environment(settings).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AIRFLOW_CONN_AWS_DEFAULT", "aws://")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    # What a task opens anew, a client of AWS, costs more than all the rest of these tests.
    clients = {}

    def shared(hook: AwsBaseHook):
        if hook.client_type not in clients:
            clients[hook.client_type] = hook.get_client_type()
        return clients[hook.client_type]

    monkeypatch.setattr(AwsBaseHook, "conn", property(shared))
    service = Aws(settings, NotedEndpoints())
    service.start()
    yield settings.aws_url
    FAULTS.clear()
    service.stop()
