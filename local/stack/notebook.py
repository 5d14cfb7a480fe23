"""The analysts' notebook on the local warehouse, with its own database user."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import psycopg

from local.errors import StackError
from local.settings import ROOT, Settings
from local.stack.cluster_login import require_login
from local.stack.environment import client_variables, process_environment

NOTEBOOK = ROOT / "notebooks" / "sparkify.ipynb"
# An administrator runs this on a cluster; its first statement creates the user.
ACCESS = ROOT / "include" / "sql" / "access" / "analyst.sql"
ANALYST = "sparkify_analyst"

# uv installs it into a separate environment: it has about ninety dependencies that nothing else here needs.
JUPYTERLAB = "jupyterlab==4.6.6"


def open_notebook(settings: Settings, arguments: Sequence[str]) -> NoReturn:
    """Replace this process with JupyterLab, which listens on the loopback address and opens the notebook.

    :param arguments: additional arguments for JupyterLab.
    :raises StackError: the stack is not running, or has no warehouse.
    """
    with require_login(settings).connect() as connection:
        ensure_analyst(connection)
    variables = process_environment(settings) | client_variables(settings)
    command = jupyterlab(arguments)
    os.execve(command[0], command, variables)  # noqa: S606 - this process becomes JupyterLab


def ensure_analyst(connection: psycopg.Connection[Any]) -> None:
    """Create the analysts' user if it is missing, as an administrator of a cluster on AWS does.

    :param connection: a connection as administrator.
    :raises StackError: the warehouse has no tables.
    """
    create_user, *grants = filter(str.strip, ACCESS.read_text(encoding="utf-8").split(";"))
    known = connection.execute("select 1 from pg_user where usename = %s", [ANALYST]).fetchone()
    try:
        for statement in grants if known else [create_user, *grants]:
            connection.execute(statement)
    except psycopg.errors.UndefinedTable as error:
        raise StackError(
            "The warehouse has no tables yet: run make demo, or trigger the DAG sparkify_create_cluster."
        ) from error


def jupyterlab(arguments: Sequence[str]) -> list[str]:
    """Return the command that opens the notebook."""
    return [
        str(Path(sys.executable).parent / "uv"),
        "tool",
        "run",
        f"--python={sys.executable}",
        f"--from={JUPYTERLAB}",
        f"--with-requirements={NOTEBOOK.parent / 'requirements.txt'}",
        "jupyter-lab",
        f"--ServerApp.root_dir={ROOT}",
        f"--LabApp.default_url=/lab/tree/{NOTEBOOK.relative_to(ROOT)}",
        *arguments,
    ]
