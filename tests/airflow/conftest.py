"""The star schema that several files load and change, and AWS faults, for the tests with a real Airflow."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from local.datagen import Options, generate
from local.stack.airflow_api import AirflowApi
from local.stack.cluster_login import require_login
from local.stack.dag_ids import LOAD
from local.stack.dataset import Dataset
from local.stack.demo import load
from local.stack.progress import Progress
from local.stack.stack import Stack
from tests.model import star_schema as model
from tests.support.faults import AwsFaults


@pytest.fixture
def faults(stack: Stack) -> Iterator[AwsFaults]:
    """The faults of AWS; they are cleared after the test."""
    faults = AwsFaults(stack.settings.aws_url)
    yield faults
    faults.clear()


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """The real data if SPARKIFY_DATA is set, else generated data."""
    if directory := os.environ.get("SPARKIFY_DATA"):
        return Dataset.open(Path(directory))
    target = tmp_path_factory.mktemp("generated") / "data"
    generate(target, Options(days=3, users=40, songs=200))
    return Dataset.open(target)


@pytest.fixture(scope="session")
def expected(dataset: Dataset) -> dict[str, Any]:
    """The star schema that the independent model computes from the same files."""
    return model.star_schema(dataset.directory)


@pytest.fixture(scope="session")
def first_run(stack: Stack, api: AirflowApi, dataset: Dataset, progress: Progress) -> str:
    """The run that created the tables and loaded everything. Afterwards, the DAG is unpaused."""
    run_id = load(stack.settings, progress, dataset)
    api.unpause(LOAD)
    return run_id


@pytest.fixture
def warehouse(stack: Stack, first_run: str) -> Iterator[psycopg.Connection]:
    """A session in the warehouse, which holds everything."""
    with require_login(stack.settings).connect() as connection:
        yield connection
