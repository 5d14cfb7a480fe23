"""Temporary outages: the task fails with an error that allows a retry, which then succeeds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import botocore.client
import pytest
import redshift_connector
from airflow.models.connection import Connection
from airflow.providers.amazon.aws.hooks.s3 import S3Hook
from airflow.providers.common.compat.sdk import AirflowException
from botocore.exceptions import ClientError

from local.datagen import Options, generate
from local.stack.cluster_login import require_login
from local.stack.environment import CLUSTER
from redshift_elt.compatibility import RetryAction, RetryDecision
from redshift_elt.connection.aws_api import AwsRefusedError
from redshift_elt.connection.hook import warehouse_hook
from redshift_elt.connection.transaction import ConnectionLostError, DiskFullError
from redshift_elt.integrations.retry_policy import WarehouseRetryPolicy
from redshift_standin.engine.databases import database_name
from standin_support.full_disk import needs_limits
from tests.model import source
from tests.model.star_schema import comparable, star_schema
from tests.support.faults import AwsFaults, before_each_statement, full_disk_at
from tests.support.postgres_admin import PostgresAdmin
from tests.support.proxy import Proxy
from tests.support.warehouse import BUCKET, LOADS, STAGING, Run, WarehouseUnderTest

DAY = ("2018-11-01T00:00:00", "2018-11-02T00:00:00")


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    directory = tmp_path_factory.mktemp("generated") / "data"
    generate(directory, Options(days=1, users=3, songs=8, seed=3))
    return directory


@pytest.fixture
def run(warehouse: WarehouseUnderTest, data) -> Run:
    """A new run for the data of the day, with logins through AWS."""
    warehouse.upload(data)
    return warehouse.through("redshift_default").run(*DAY)


@pytest.fixture
def staged(run) -> Run:
    """The same run after staging."""
    for task_id in STAGING:
        run.execute(task_id)
    return run


@pytest.fixture
def aws(standin) -> Iterator[AwsFaults]:
    faults = AwsFaults(standin.settings.aws_url)
    yield faults
    faults.clear()


@pytest.fixture
def postgres_admin(standin, created_warehouse) -> Iterator[PostgresAdmin]:
    postgres_admin = PostgresAdmin(standin.postgres.dsn.parameters(database_name(CLUSTER, "dev")))
    yield postgres_admin
    postgres_admin.close()


@pytest.fixture
def proxy(standin, warehouse, monkeypatch) -> Iterator[Proxy]:
    """A network between the tasks and the endpoint."""
    endpoint = require_login(standin.settings)
    proxy = Proxy(endpoint.port)
    login = {
        "conn_type": "redshift",
        "host": endpoint.host,
        "port": proxy.port,
        "login": endpoint.user,
        "password": endpoint.password,
        "schema": endpoint.database,
    }
    monkeypatch.setenv("AIRFLOW_CONN_FAR", Connection(**login).as_json())
    # The hook's own timeout would take too long.
    monkeypatch.setenv("AIRFLOW_CONN_IMPATIENT", Connection(**login, extra=json.dumps({"timeout": 1})).as_json())
    yield proxy
    proxy.down()


def far(run: Run, conn_id: str = "far") -> Run:
    """Return the same run with connections through the proxy."""
    return replace(run, hook=warehouse_hook(conn_id))


def judged(error: BaseException) -> RetryDecision:
    return WarehouseRetryPolicy().evaluate(error, try_number=1, max_tries=4)


def rows_staged(run: Run, task_id: str) -> int:
    return run.execute(task_id)["rows"]


def test_retry_reconnects_after_an_endpoint_was_down(run, proxy, data):
    with pytest.raises(AirflowException, match=f"Cannot connect to the warehouse at localhost:{proxy.port}") as failure:
        far(run).execute("stage_events")
    assert judged(failure.value).action is RetryAction.RETRY
    proxy.up()
    assert rows_staged(far(run), "stage_events") == len(source.events(data))


def test_retry_finds_the_new_endpoint_of_a_cluster_that_is_resized_during_a_copy(
    run, proxy, standin, monkeypatch, data
):
    """A resize ends the connections, and can change the endpoint; nodes that are patched end the connections only."""
    new = Proxy(require_login(standin.settings).port)
    current = proxy
    call = botocore.client.BaseClient._make_api_call

    def described(client: Any, operation: str, arguments: dict[str, Any]) -> Any:
        response = call(client, operation, arguments)
        if operation == "DescribeClusters":
            response["Clusters"][0]["Endpoint"]["Port"] = current.port
        return response

    def resize(_, statement: str) -> None:
        nonlocal current
        if statement.startswith("copy") and current is proxy:
            proxy.down()
            new.up()
            current = new

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", described)
    proxy.up()
    with before_each_statement(resize), pytest.raises(ConnectionLostError, match="nothing was changed") as failure:
        far(run, "redshift_default").execute("stage_events")
    assert judged(failure.value).action is RetryAction.RETRY
    try:
        assert rows_staged(far(run, "redshift_default"), "stage_events") == len(source.events(data))
    finally:
        new.down()


LIKE_ANOTHER = pytest.mark.long("outages that are handled like others")
LATER_MESSAGE = pytest.mark.long("an endpoint that stops responding later during the login")


# The client's first message requests TLS; the second one begins the handshake, and the third one ends it.
@pytest.mark.parametrize("heard", [0, *(pytest.param(number, marks=LATER_MESSAGE) for number in (1, 2))])
def test_unresponsive_endpoint_times_out(run, proxy, data, heard):
    proxy.up(chunks=heard)
    with pytest.raises(AirflowException, match=r"Cannot connect to the warehouse .*time.*security group") as failure:
        far(run, "impatient").execute("stage_events")
    assert judged(failure.value).action is RetryAction.RETRY
    proxy.down()
    proxy.up()
    assert rows_staged(far(run), "stage_events") == len(source.events(data))


def test_lost_connection_while_waiting_for_a_lock_leaves_no_waiter(staged, proxy, warehouse, postgres_admin, data):
    proxy.up()
    with postgres_admin.locked("etl.lock_users") as holder, ThreadPoolExecutor(1) as pool:
        loading = pool.submit(far(staged).execute, "load_users")
        postgres_admin.wait_for_blocked_session()
        proxy.down()
        with pytest.raises(ConnectionLostError, match="nothing was changed") as failure:
            loading.result()
        postgres_admin.wait_until_alone(holder)
    assert judged(failure.value).action is RetryAction.RETRY
    assert warehouse.query("select * from users") == []
    proxy.up()
    far(staged).execute("load_users")
    assert comparable(warehouse.query("select * from users")) == comparable(star_schema(data)["users"])


def test_botocore_retries_when_s3_is_briefly_throttled(run, aws, data):
    aws.set("s3", "SlowDown", times=1)
    assert rows_staged(run, "stage_events") == len(source.events(data))
    assert aws.counts() == {"s3": 1}


@pytest.mark.parametrize("code", ["SlowDown", pytest.param("InternalError", marks=LIKE_ANOTHER), "ExpiredToken"])
def test_longer_s3_outage_allows_a_retry(run, aws, data, monkeypatch, code):
    # The retries of botocore would take too long.
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    run = replace(run, s3=S3Hook())
    aws.set("s3", code)
    with pytest.raises(ClientError, match=code) as failure:
        run.execute("stage_events")
    assert judged(failure.value).action is RetryAction.RETRY
    aws.clear()
    assert rows_staged(run, "stage_events") == len(source.events(data))


@pytest.mark.parametrize("code", ["SlowDown", pytest.param("ExpiredToken", marks=LIKE_ANOTHER)])
def test_copy_that_cannot_read_s3_allows_a_retry(run, aws, warehouse, data, code):
    aws.set("copy", code)
    with pytest.raises(Exception, match=f"S3ServiceException.*Error {code}") as failure:
        run.execute("stage_events")
    assert judged(failure.value).action is RetryAction.RETRY
    assert warehouse.tables_of_runs() == []
    aws.clear()
    assert rows_staged(run, "stage_events") == len(source.events(data))


def test_credentials_that_expire_between_tasks_are_renewed(staged, aws, warehouse, data):
    aws.set("redshift", "ExpiredToken")
    with pytest.raises(AwsRefusedError, match="ExpiredToken") as failure:
        staged.execute("load_users")
    assert judged(failure.value).action is RetryAction.RETRY
    aws.clear()
    staged.execute("load_users")
    assert comparable(warehouse.query("select * from users")) == comparable(star_schema(data)["users"])


def test_each_task_requests_its_own_short_lived_password(run, monkeypatch):
    passwords = []
    connect = redshift_connector.connect
    monkeypatch.setattr(
        redshift_connector, "connect", lambda **login: passwords.append(login["password"]) or connect(**login)
    )
    # As in Airflow, where each task is a process with a new hook.
    for task_id in (*STAGING, *LOADS):
        replace(run, hook=warehouse_hook("redshift_default")).execute(task_id)
    assert len(passwords) == len(set(passwords)) == len((*STAGING, *LOADS))


def test_object_deleted_between_listing_and_copy_is_detected(run, warehouse, data):
    file = min((data / "song_data").rglob("*.json"))

    def delete(_, statement: str) -> None:
        if statement.startswith("copy"):
            warehouse.s3.delete_object(Bucket=BUCKET, Key=str(file.relative_to(data)))

    with before_each_statement(delete), pytest.raises(Exception, match="NoSuchKey") as failure:
        run.execute("stage_songs")
    assert judged(failure.value).action is RetryAction.RETRY
    assert warehouse.tables_of_runs() == []
    assert rows_staged(run, "stage_songs") == len(source.songs(data)) - 1


@needs_limits
def test_full_disk_during_staging_leaves_nothing(run, warehouse, data):
    with full_disk_at("copy"), pytest.raises(DiskFullError, match="Free space") as failure:
        run.execute("stage_events")
    assert judged(failure.value).action is RetryAction.RETRY
    assert judged(failure.value).retry_delay >= timedelta(minutes=1)
    assert warehouse.tables_of_runs() == []
    assert rows_staged(run, "stage_events") == len(source.events(data))


@needs_limits
@pytest.mark.parametrize(
    ("task_id", "statement"),
    [
        pytest.param("load_users", 'merge into "users"', marks=LIKE_ANOTHER),
        ("load_songplays", 'insert into "songplays" '),
        # The last write of a load.
        pytest.param("load_time", "insert into etl.loads", marks=LIKE_ANOTHER),
    ],
)
def test_full_disk_during_a_load_changes_nothing(staged, warehouse, postgres_admin, data, task_id, statement):
    target = task_id.removeprefix("load_")
    for table in (target, "etl.loads"):
        # The deleted rows have left free space for this.
        postgres_admin.truncate(table)
    before = postgres_admin.contents()
    with full_disk_at(statement), pytest.raises(DiskFullError):
        staged.execute(task_id)
    assert postgres_admin.contents() == before
    staged.execute(task_id)
    assert len(warehouse.query(f"select * from {target}")) == len(star_schema(data)[target])
