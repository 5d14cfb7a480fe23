"""The users of docker-compose.yaml with the FAB auth manager, in an environment with the packages of the image."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from local.settings import ROOT

PASSWORD = "a $b #c 'd' \"e\""

pytestmark = [pytest.mark.long("the packages of the image of docker-compose.yaml"), pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def programs(tmp_path_factory) -> Path:
    """The programs of a new environment with requirements-image.txt; files with other hashes are refused."""
    folder = tmp_path_factory.mktemp("image") / "venv"
    uv = [Path(sys.executable).with_name("uv")]
    subprocess.run([*uv, "venv", "--quiet", "--python", sys.executable, folder], check=True)
    sync = ["pip", "sync", "--quiet", "--require-hashes", "--python", folder / "bin" / "python"]
    subprocess.run([*uv, *sync, ROOT / "requirements-image.txt"], check=True)
    return folder / "bin"


def test_passwords_are_kept_as_hashes_and_can_be_changed(programs, tmp_path):
    variables = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "PYTHON"))},
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__CORE__AUTH_MANAGER": "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager",
        "UI_VIEWER_PASSWORD": PASSWORD,
    }
    hashes = set()
    for password in (PASSWORD, "another one"):
        init = ["bash", ROOT / "compose" / "init.sh"]
        subprocess.run(init, env={**variables, "UI_ADMIN_PASSWORD": password}, check=True)
        with sqlite3.connect(tmp_path / "airflow.db") as database:
            users = dict(database.execute("select username, password from ab_user"))
        assert set(users) == {"admin", "viewer"}
        assert all(kept.startswith("scrypt:") for kept in users.values())
        hashes.add(users["admin"])
    assert len(hashes) == 2
