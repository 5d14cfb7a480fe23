"""The programs that a user runs on the stack: psql on the local warehouse, and the Airflow CLI."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from local.errors import StackError
from local.postgres import INSTALLATION, PACKAGE
from local.settings import Settings
from local.stack import environment
from local.stack.cluster_login import find_login, require_login
from local.stack.stack import Stack
from local.stack.tls_relay import PORT, tls_relay


def run_sql(settings: Settings, query: str | None) -> int:
    """Run psql on the local warehouse, or without one on the cluster of a stack without Airflow.

    :param query: one statement; None gives a prompt.
    :return: psql's exit status.
    """
    warehouse = find_login(settings) or find_login(settings, environment.CLUSTER_ALONE) or require_login(settings)
    variables = environment.process_environment(settings) | warehouse.environment()
    options = ["--no-psqlrc", "--set=ON_ERROR_STOP=1", "--pset=pager=off", *(["--command", query] if query else [])]
    if installed := shutil.which("psql"):
        os.execve(installed, [installed, *options], variables)  # noqa: S606 - this process becomes psql
    # The package's psql cannot speak TLS, which the warehouse asks for.
    with tls_relay(warehouse) as folder:
        del variables["PGSSLMODE"], variables["PGSSLROOTCERT"]
        variables |= {"PGHOST": str(folder), "PGPORT": str(PORT)}
        client = subprocess.Popen([bundled_psql(), *options], env=variables)
        # At its prompt, psql decides itself what an interrupt means.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            return client.wait()
        finally:
            client.kill()


def run_airflow(stack: Stack, arguments: Sequence[str]) -> NoReturn:
    """Become the Airflow CLI on the local stack.

    :raises StackError: the stack does not run.
    """
    if not stack.is_running():
        raise StackError(f"The stack in {stack.settings.state} does not run: run make up first.")
    program = str(Path(sys.executable).parent / "airflow")
    os.execve(program, [program, *arguments], stack.airflow_environment())  # noqa: S606 - this process becomes airflow


def bundled_psql() -> Path:
    """Return the psql of the package that PostgreSQL comes from.

    :raises StackError: it is not there.
    """
    spec = importlib.util.find_spec(PACKAGE)
    folders = spec.submodule_search_locations if spec else None
    program = Path(folders[0]) / INSTALLATION / "bin" / "psql" if folders else None
    if program is None or not program.exists():
        raise StackError("psql is missing: install PostgreSQL's client, or requirements-dev.txt anew (make install).")
    return program
