"""Shared fixtures: the stand-in alone and the whole stack, each on free ports in a new folder."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from local.settings import Settings
from local.stack.airflow_api import AirflowApi
from local.stack.environment import ADMIN
from local.stack.progress import Progress
from local.stack.secret import Secrets
from local.stack.stack import Stack
from tests.support.own_stack import free_settings, own_stack
from tests.support.scheduling import NEED_STACK

STACK = pytest.StashKey[Stack]()


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The directory with the real data, which is not part of the repository. Its tests need SPARKIFY_DATA."""
    directory = os.environ.get("SPARKIFY_DATA")
    if not directory:
        pytest.skip("SPARKIFY_DATA does not name a directory with the real data")
    return Path(directory)


@pytest.fixture(scope="session")
def standin() -> Iterator[Stack]:
    """PostgreSQL and the stand-in for AWS and Redshift, without Airflow."""
    with own_stack() as stack:
        stack.up_without_airflow()
        yield stack


@pytest.fixture(scope="module")
def own_standin() -> Iterator[Stack]:
    """The same, empty, for the tests of one file."""
    with own_stack() as stack:
        stack.up_without_airflow()
        yield stack


@pytest.fixture(scope="session")
def stack(pytestconfig: pytest.Config) -> Iterator[Stack]:
    """The whole local stack, with Airflow, whose metadata database has a server of its own, as in production."""
    with own_stack(own_metadata=True) as stack:
        pytestconfig.stash[STACK] = stack
        stack.up()
        yield stack


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Stop Airflow after the last test that needs it: it is never idle, and takes time from the tests that follow."""
    # After the last test of all, its fixture has stopped it.
    if nextitem and STACK in item.config.stash and not nextitem.nodeid.startswith(NEED_STACK):
        item.config.stash[STACK].down()
        del item.config.stash[STACK]


@pytest.fixture(scope="session")
def progress() -> Progress:
    """A progress display without output."""
    return Progress(Console(file=StringIO(), width=200))


@pytest.fixture(scope="session")
def api(stack: Stack) -> Iterator[AirflowApi]:
    """Airflow's REST API, logged in."""
    with AirflowApi(stack.settings.airflow_url, ADMIN, Secrets.of(stack.settings.state).admin_password) as api:
        yield api


@pytest.fixture(scope="module")
def new_stack() -> Iterator[Stack]:
    """A stack that has not been started, for the tests of one file."""
    with own_stack() as stack:
        yield stack


@pytest.fixture
def new_settings(short_folder: Path) -> Settings:
    """The settings of a stack that has not been started."""
    return free_settings(short_folder)


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder that every user can access, which PostgreSQL needs when root runs the tests."""
    with tempfile.TemporaryDirectory(prefix="sparkify-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
