"""A stack in a new folder and on free ports, which is stopped and deleted with the process that uses it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from io import StringIO
from pathlib import Path

from rich.console import Console

from local.settings import ROOT, Settings
from local.stack.progress import Progress
from local.stack.stack import Stack
from redshift_standin import HOST, PostgresServer


@contextmanager
def own_stack(*, own_metadata: bool = False) -> Iterator[Stack]:
    """Create a stack in a new folder; stop its processes and delete the folder afterwards.

    :param own_metadata: whether Airflow's metadata database is on a PostgreSQL server of its own.
    """
    folder = Path(tempfile.mkdtemp(prefix="sparkify-"))
    folder.chmod(0o755)
    stack = stack_of(free_settings(folder), own_metadata=own_metadata)
    with _removed_if_killed(stack.settings):
        try:
            if own_metadata:
                stack.metadata.start()
            yield stack
        finally:
            remove(stack)


def free_settings(state: Path) -> Settings:
    """Return settings with ports that are currently free."""
    with ExitStack() as sockets:
        probes = [sockets.enter_context(socket.socket()) for _ in range(4)]
        for probe in probes:
            probe.bind((HOST, 0))
        airflow, aws, postgres, redshift = (probe.getsockname()[1] for probe in probes)
    return Settings(
        state,
        airflow_port=airflow,
        aws_port=aws,
        postgres_port=postgres,
        redshift_port=redshift,
        durable=False,
    )


def stack_of(settings: Settings, *, own_metadata: bool) -> Stack:
    """Return the stack with some settings, which may be running."""
    metadata = None
    if own_metadata:
        metadata = PostgresServer(settings.state / "metadata", settings.postgres_port, durable=settings.durable)
    return Stack(settings, Progress(Console(file=StringIO())), metadata)


def remove(stack: Stack) -> None:
    """Stop the processes of a stack, no matter who started them, and delete its folder."""
    stack.down()
    stack.metadata.stop()
    shutil.rmtree(stack.settings.state)


@contextmanager
def _removed_if_killed(settings: Settings) -> Iterator[None]:
    """Let another process remove a stack if this one is killed before the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.remove_orphan"],
        env={**os.environ, **settings.to_environment(), "PYTHONPATH": os.pathsep.join(sys.path)},
        cwd=ROOT,
        stdin=subprocess.PIPE,
        # An interrupt from the terminal is for the tests, which remove the stack themselves.
        start_new_session=True,
    )
    yield
    process.communicate(b"removed")
