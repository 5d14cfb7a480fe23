"""A warehouse on the stand-in, created by the project's functions, and the control plane alone in this process."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, SimpleNamespace
from typing import Any

import boto3
import botocore.session
import jinja2
import pytest
import redshift_connector
from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from airflow.sdk._shared.secrets_masker import reset_secrets_masker
from jinja2.nodes import Template
from redshift_connector.config import DbApiParamstyle

from local.datagen import Options, generate
from local.settings import Settings
from local.stack.cluster_login import ClusterLogin, find_login, require_login
from local.stack.copy_role_boundary import ensure_boundary
from local.stack.environment import CLUSTER
from local.stack.stack import Stack
from redshift_standin import standin_environment
from redshift_standin.aws import AwsServer
from redshift_standin.aws.faults import FAULTS
from redshift_standin.aws.redshift import durations
from redshift_standin.engine.databases import database_name
from standin_support.service_parts import RecordingEndpoints, free_port
from tests.model.star_schema import Row, comparable_tables, star_schema
from tests.support.new_warehouse import new_warehouse
from tests.support.postgres_admin import PostgresAdmin
from tests.support.warehouse import WarehouseUnderTest


@pytest.fixture(autouse=True, scope="session")
def aws_models_are_read_once() -> Iterator[None]:
    """Read AWS's models once: what botocore reads for each new client takes longer than most of these tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.session, "create_loader", functools.cache(botocore.session.create_loader))
        yield


@pytest.fixture(autouse=True, scope="session")
def templates_are_compiled_once() -> Iterator[None]:
    """Compile each template once: a task does so too, but these tests execute thousands of tasks in one process."""
    compiled: dict[tuple[object, ...], CodeType] = {}
    compile_template = jinja2.Environment.compile

    def compile_once(
        environment: jinja2.Environment, source: str | Template, *arguments: Any, **options: Any
    ) -> CodeType:
        # What the code depends on, apart from the template.
        kind = (type(environment), environment.finalize, environment.autoescape, environment.trim_blocks)
        key = (*kind, source, *arguments, *sorted(options.items()))
        if key not in compiled:
            compiled[key] = compile_template(environment, source, *arguments, **options)
        return compiled[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jinja2.Environment, "compile", compile_once)
        yield


@pytest.fixture(autouse=True, scope="session")
def styles_of_placeholders_are_read_once() -> Iterator[None]:
    """Read the values of an enumeration once: the driver reads several of them at each character of a statement."""
    styles = {style.name: SimpleNamespace(value=style.value) for style in DbApiParamstyle}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(redshift_connector.core, "DbApiParamstyle", SimpleNamespace(**styles))
        yield


@pytest.fixture(autouse=True)
def masked_secrets_are_forgotten() -> Iterator[None]:
    """Forget the secrets of a test, as each task is a process of its own: masking takes longer with each of them."""
    yield
    reset_secrets_masker()


@pytest.fixture(scope="session")
def created_warehouse(standin: Stack) -> Iterator[WarehouseUnderTest]:
    """The tables on a cluster of the stand-in, with the environment of an Airflow worker in this process."""
    with new_warehouse(standin) as warehouse:
        yield warehouse


@pytest.fixture
def warehouse(created_warehouse: WarehouseUnderTest) -> WarehouseUnderTest:
    """The warehouse and its bucket, both empty."""
    created_warehouse.empty()
    return created_warehouse


@pytest.fixture(scope="module")
def endpoint(standin: Stack, created_warehouse: WarehouseUnderTest) -> ClusterLogin:
    """How a client logs in to the cluster without AWS."""
    return require_login(standin.settings)


@pytest.fixture(scope="module")
def postgres_admin(standin: Stack, created_warehouse: WarehouseUnderTest) -> Iterator[PostgresAdmin]:
    """A superuser of the cluster's database."""
    postgres_admin = PostgresAdmin(standin.postgres.dsn.parameters(database_name(CLUSTER, "dev")))
    yield postgres_admin
    postgres_admin.drop_saved()
    postgres_admin.close()


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """Two days of events and their songs; test files can override it."""
    directory = tmp_path_factory.mktemp("generated") / "data"
    generate(directory, Options(days=2, users=12, songs=60, seed=3))
    return directory


@pytest.fixture(scope="module")
def expected(data) -> dict[str, set[Row]]:
    """The star schema that the model computes from the data."""
    return comparable_tables(star_schema(data))


@pytest.fixture
def loaded(warehouse: WarehouseUnderTest, data) -> WarehouseUnderTest:
    """The warehouse after one full load."""
    warehouse.upload(data)
    warehouse.run(full_load=True).complete()
    return warehouse


@pytest.fixture
def uploaded(warehouse: WarehouseUnderTest, data: Path) -> WarehouseUnderTest:
    """The empty warehouse, with the data in its bucket."""
    warehouse.upload(data)
    return warehouse


@pytest.fixture
def through_postgres(
    warehouse: WarehouseUnderTest, standin: Stack, monkeypatch: pytest.MonkeyPatch
) -> WarehouseUnderTest:
    """The empty warehouse through a connection of type postgres."""
    found = find_login(standin.settings)
    assert found is not None
    connection = {
        "conn_type": "postgres",
        "host": found.host,
        "port": found.port,
        "login": found.user,
        "password": found.password,
        "schema": found.database,
        "extra": {"sslmode": "verify-full", "sslrootcert": found.certificate},
    }
    monkeypatch.setenv("AIRFLOW_CONN_REDSHIFT_AS_POSTGRES", json.dumps(connection))
    return warehouse.through("redshift_as_postgres")


@pytest.fixture
def cluster_seconds() -> str:
    """The seconds that clusters take to change their state."""
    return "0"


@pytest.fixture
def control_plane(tmp_path, monkeypatch, cluster_seconds) -> Iterator[str]:
    """The address of an empty AWS that clients in this process use, without retries, so that no fault is hidden."""
    monkeypatch.setenv(durations.VARIABLE, cluster_seconds)
    settings = Settings(state=tmp_path, aws_port=free_port(), redshift_port=free_port())
    for name, value in standin_environment(settings).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AIRFLOW_CONN_AWS_DEFAULT", "aws://")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    # Creating AWS clients for each task would take longer than everything else in these tests.
    clients = {}

    def shared(hook: AwsBaseHook):
        if hook.client_type not in clients:
            # Not by the hook, which reads the source of all callers for the user agent.
            clients[hook.client_type] = boto3.client(hook.client_type)
        return clients[hook.client_type]

    monkeypatch.setattr(AwsBaseHook, "conn", property(shared))
    service = AwsServer(settings, RecordingEndpoints())
    service.start()
    ensure_boundary(boto3.client("iam"), "warehouse-copy-boundary", "bucket")
    yield settings.aws_url
    FAULTS.clear()
    service.stop()
