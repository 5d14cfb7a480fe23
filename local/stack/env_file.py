"""The file that a user's shell sources to act on the local stack."""

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
    """Return where the file is."""
    return settings.state / "env.sh"


def write_env_file(settings: Settings, variables: Mapping[str, str]) -> None:
    """Write the file.

    Sourcing it asks for the warehouse's endpoint and a login each time, because both come and go with the cluster.

    :param variables: what makes programs act on the local stack: Airflow's, or those of a client of AWS only.
    """
    root, python, programs = (shlex.quote(str(path)) for path in (ROOT, sys.executable, Path(sys.executable).parent))
    lines = [
        "# Source this file: the airflow CLI, boto3 and PostgreSQL clients then act on the local stack.",
        *_exports(dict(sorted(variables.items()))),
        f"case :$PATH: in *:{programs}:*) ;; *) export PATH={programs}:$PATH ;; esac",
        f'eval "$(cd {root} && {python} -m local warehouse-env)"',
        "",
    ]
    write_private(env_file(settings), "\n".join(lines))


def warehouse_exports(settings: Settings) -> str:
    """Return shell commands that export what PostgreSQL clients need; none while there is no cluster."""
    warehouse = find_login(settings) or find_login(settings, CLUSTER_ALONE)
    return "\n".join(_exports(warehouse.environment())) if warehouse else ""


def _exports(variables: Mapping[str, str]) -> list[str]:
    return [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
