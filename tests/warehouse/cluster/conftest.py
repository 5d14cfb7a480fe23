"""The control plane of the stand-in in this process, with clusters without databases, which are cheap."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook

from local.settings import Settings
from local.stack.copy_role_boundary import ensure_boundary
from redshift_standin import standin_environment
from redshift_standin.aws import AwsServer
from redshift_standin.aws.redshift import durations
from standin_support.service_parts import free_port
from tests.support.account import NAME, Account, HeldEndpoints


@pytest.fixture(scope="module")
def shared_clients() -> Iterator[None]:
    """Let all hooks share their AWS clients: creating one takes longer than most of these tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AwsBaseHook, "conn", property(_client))
        yield


@pytest.fixture(scope="module")
def aws_account(shared_clients, tmp_path_factory) -> Iterator[Account]:
    """An AWS account with immediate state changes, except for roles, and Airflow's connection to it."""
    settings = Settings(state=tmp_path_factory.mktemp("aws"), aws_port=free_port(), redshift_port=free_port())
    endpoints = HeldEndpoints()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(durations.VARIABLE, "0.05,roles=60")
        patch.setenv("AIRFLOW_CONN_AWS_DEFAULT", "aws://")
        for name in ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
            patch.setenv(name, standin_environment(settings)[name])
        service = AwsServer(settings, endpoints)
        service.start()
        ensure_boundary(boto3.client("iam"), f"{NAME}-copy-boundary", "any")
        yield Account(settings.aws_url, endpoints)
        service.stop()


@pytest.fixture
def account(aws_account: Account) -> Iterator[Account]:
    """The empty account."""
    yield aws_account
    aws_account.faults.clear()
    aws_account.empty()


def _client(hook: AwsBaseHook) -> Any:
    """Return the client that a hook would create."""
    return _made_once(hook.client_type, os.environ["AWS_ENDPOINT_URL"], os.environ.get("AWS_MAX_ATTEMPTS"))


@functools.cache
def _made_once(service: str, *_: str | None) -> Any:
    return boto3.client(service)
