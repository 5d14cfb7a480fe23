"""A user of the local stack's Airflow."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO

import pytest
from rich.console import Console

from local.stack.airflow_api import AirflowApi
from local.stack.environment import ADMIN
from local.stack.progress import Progress
from local.stack.secret import Secrets
from local.stack.stack import Stack


@pytest.fixture(scope="session")
def progress() -> Progress:
    """Steps that nobody sees."""
    return Progress(Console(file=StringIO(), width=200))


@pytest.fixture(scope="session")
def api(stack: Stack) -> Iterator[AirflowApi]:
    """Airflow's REST API, logged in."""
    with AirflowApi(stack.settings.airflow_url, ADMIN, Secrets.of(stack.settings.state).admin_password) as api:
        yield api
