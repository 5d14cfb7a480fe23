from __future__ import annotations

from collections.abc import Iterator

import pytest

from redshift_standin.aws import AwsServer
from redshift_standin.settings import Settings
from standin_support.service_parts import RecordingEndpoints, free_port


@pytest.fixture
def settings(tmp_path, monkeypatch) -> Settings:
    monkeypatch.setenv("REDSHIFT_STANDIN_CLUSTER_SECONDS", "0.2")
    return Settings(state=tmp_path, aws_port=free_port(), redshift_port=free_port())


@pytest.fixture
def endpoints() -> RecordingEndpoints:
    return RecordingEndpoints()


@pytest.fixture
def aws(settings, endpoints) -> Iterator[AwsServer]:
    service = AwsServer(settings, endpoints)
    service.start()
    yield service
    service.stop()
