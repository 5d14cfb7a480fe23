"""The file that a user's shell sources to use the local stack."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

from local.settings import ROOT, Settings
from local.stack.cluster_login import find_login
from local.stack.environment import CLUSTER_ALONE
from local.stack.secret import write_private


def env_file(settings: Settings) -> Path:
    """Return the path of the file."""
    return settings.state / "env.sh"


def write_env_file(settings: Settings, variables: Mapping[str, str]) -> None:
    """Write the file.

    Each time it is sourced, it asks for the endpoint and a login, because both change with the cluster.

    :param variables: the variables that point programs at the local stack, for Airflow or for AWS clients only.
    """
    root, python, programs = (shlex.quote(str(path)) for path in (ROOT, sys.executable, Path(sys.executable).parent))
    lines = [
        "# Source this file: the airflow CLI, boto3 and PostgreSQL clients then use the local stack.",
        *_exports(dict(sorted(variables.items()))),
        f"case :$PATH: in *:{programs}:*) ;; *) export PATH={programs}:$PATH ;; esac",
        f'eval "$(cd {root} && {python} -m local warehouse-env)"',
        "",
    ]
    write_private(env_file(settings), "\n".join(lines))


def warehouse_exports(settings: Settings) -> str:
    """Return shell commands that export what PostgreSQL clients need, or an empty string if there is no cluster."""
    login = find_login(settings) or find_login(settings, CLUSTER_ALONE)
    return "\n".join(_exports(login.environment())) if login else ""


def _exports(variables: Mapping[str, str]) -> list[str]:
    return [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
