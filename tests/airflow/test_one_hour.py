"""One hourly run in a real Airflow, from an empty account to the rows; make test-airflow runs it in older versions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone

import psycopg
import pytest

from local.datagen import Options, generate
from local.stack.airflow_api import AirflowApi
from local.stack.aws_client import aws_client
from local.stack.cluster_login import require_login
from local.stack.dag_ids import CREATE_CLUSTER, LOAD, TEARDOWN_CLUSTER, TEARDOWN_WITHOUT_TRACE
from local.stack.dag_run import FINISHED, run_dag
from local.stack.dataset import Dataset
from local.stack.demo import upload_data
from local.stack.environment import BUCKET
from local.stack.progress import Progress
from local.stack.report import STAR_SCHEMA
from local.stack.stack import Stack
from local.stack.upload import delete
from standin_support.waiting import wait_until
from tests.model import star_schema as model

pytestmark = pytest.mark.long("an hourly run in a real Airflow")

# Airflow has no run of this day, whichever tests it has run before.
DAY = date(2019, 1, 10)
START = datetime(DAY.year, DAY.month, DAY.day, 16, tzinfo=timezone.utc)
END = START + timedelta(hours=1)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    target = tmp_path_factory.mktemp("generated") / "data"
    generate(target, Options(days=1, users=40, songs=100, start=DAY))
    return Dataset.open(target)


@pytest.fixture(scope="module")
def warehouse(stack: Stack, api: AirflowApi, dataset: Dataset, progress: Progress) -> Iterator[psycopg.Connection]:
    """New tables, and a bucket with the data; both are deleted afterwards."""
    upload_data(stack.settings, progress, dataset)
    run_dag(api, progress, CREATE_CLUSTER, {})
    with require_login(stack.settings).connect() as connection:
        yield connection
    run_dag(api, progress, TEARDOWN_CLUSTER, TEARDOWN_WITHOUT_TRACE)
    delete(aws_client(stack.settings, "s3"), BUCKET, [key for key, _ in dataset.objects()])


@pytest.fixture(scope="module")
def run_of_the_hour(api: AirflowApi, warehouse: psycopg.Connection) -> str:
    """The run that Airflow has created for the hour, after it has ended."""
    api.unpause(LOAD)
    api.start_backfill(LOAD, START, START)
    wait_until(lambda: api.count_runs(LOAD, START, START, FINISHED) == 1, "the run ends")
    [run] = api.runs(LOAD, START, START)
    return run["dag_run_id"]


def test_dag_files_are_imported_without_errors(api):
    assert api.import_errors() == []


def test_every_task_has_succeeded(api, run_of_the_hour):
    states = {task["task_id"]: task["state"] for task in api.tasks(LOAD, run_of_the_hour)}
    assert len(states) == 9
    # The hour of now, which Airflow runs as well, may have loaded the songs.
    assert set(states.values()) <= {"success", "skipped"}


@pytest.mark.parametrize("table", STAR_SCHEMA)
def test_rows_are_those_of_the_hour(warehouse, dataset, run_of_the_hour, table):
    window = (moment.replace(tzinfo=None) for moment in (START, END))
    expected = model.star_schema(dataset.directory, *window)[table]
    found = warehouse.execute(f"select * from {table}").fetchall()
    assert model.comparable(found) == expected
    assert len(found) == len(expected) > 0
