"""Programs that a user runs on the stack: psql on the local warehouse, and the Airflow CLI."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from local.errors import StackError
from local.stack import environment
from local.stack.cluster_login import find_login, require_login
from local.stack.stack import Stack
from local.stack.tls_relay import PORT, tls_relay

# They are about Airflow's own code, so nobody who runs a command can do anything about them.
_IGNORED_WARNINGS = (
    "ignore:Could not import graphviz:UserWarning",
    "ignore:GitWildMatchPattern:DeprecationWarning",
    "ignore:The `airflow.utils.operator_helpers.determine_kwargs` attribute is deprecated:UserWarning",
)


def run_sql(stack: Stack, query: str | None, file: str | None = None) -> int:
    """Run psql on the local warehouse or, if there is none, on the cluster of a stack without Airflow.

    It logs in as the administrator. Without a query and a file, it opens a prompt.

    :param query: one statement.
    :param file: the path of a file with statements.
    :return: psql's exit status.
    """
    settings = stack.settings
    login = find_login(settings) or find_login(settings, environment.CLUSTER_ALONE) or require_login(settings)
    variables = environment.process_environment(settings) | login.environment()
    options = ["--no-psqlrc", "--set=ON_ERROR_STOP=1", "--pset=pager=off"]
    options += ["--command", query] if query else []
    options += ["--file", file] if file else []
    if installed := shutil.which("psql"):
        os.execve(installed, [installed, *options], variables)  # noqa: S606 - this process becomes psql
    # The bundled psql does not support TLS, which the warehouse requires.
    with tls_relay(login) as folder:
        del variables["PGSSLMODE"], variables["PGSSLROOTCERT"]
        variables |= {"PGHOST": str(folder), "PGPORT": str(PORT)}
        client = subprocess.Popen([stack.postgres.program("psql"), *options], env=variables)
        # At the prompt, psql itself handles interrupts.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            return client.wait()
        finally:
            client.kill()


def run_airflow(stack: Stack, arguments: Sequence[str]) -> NoReturn:
    """Replace this process with the Airflow CLI on the local stack.

    It prints warnings to its standard output, so known ones of its libraries are left out: programs read the answer.

    :raises StackError: the stack is not running.
    """
    if not stack.is_running():
        raise StackError(f"The stack in {stack.settings.state} is not running: run make up first.")
    program = str(Path(sys.executable).parent / "airflow")
    variables = {**stack.airflow_environment(), "PYTHONWARNINGS": warning_filters(os.environ.get("PYTHONWARNINGS"))}
    os.execve(program, [program, *arguments], variables)  # noqa: S606 - this process becomes airflow


def warning_filters(given: str | None) -> str:
    """Return the value of ``PYTHONWARNINGS`` for the Airflow CLI.

    :param given: the user's own filters, which take precedence.
    """
    # The last filter that matches wins.
    return ",".join([*_IGNORED_WARNINGS, *([given] if given else [])])
