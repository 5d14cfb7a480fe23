"""docker-compose.yaml as processes: the demo on two Celery workers, one of which is killed, and the users' logins."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from local.compose_env import quoted, write_env
from local.settings import ROOT
from tests.support import compose_images
from tests.support.snippets import block

PROGRAMS = ("curl", "ip", "redis-cli", "redis-server", "setpriv", "unshare")
DIFFICULT = "a $HOME #c, 'd' \"e\" %f@/:"
# CI as root installs them, and fails without.
CAN_RUN = os.environ.get("CI") or all(map(shutil.which, PROGRAMS))

pytestmark = [
    pytest.mark.long("docker-compose.yaml as processes"),
    pytest.mark.timeout(1800),
    pytest.mark.skipif(
        sys.platform != "linux" or os.geteuid() != 0 or not CAN_RUN,
        reason=f"needs root on Linux, and {', '.join(PROGRAMS)}",
    ),
]


@pytest.fixture(scope="module")
def programs(tmp_path_factory) -> Path:
    """The programs of Airflow's image."""
    return compose_images.install(tmp_path_factory.mktemp("image") / "venv")


def run(module, folder, programs, target, **given):
    """Run a module with a ``.env`` that has these variables, and return its result."""
    file = folder / ".env"
    given |= {"AIRFLOW_UID": "50000", "POSTGRES_PASSWORD": DIFFICULT, "REDIS_PASSWORD": DIFFICULT}
    given["UI_ADMIN_PASSWORD"] = DIFFICULT
    file.write_text("".join(f"{name}={quoted(value)}\n" for name, value in given.items()))
    write_env(file, target)
    done = subprocess.run(
        [sys.executable, "-m", module, file, programs],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-6000:]}\n{done.stderr[-6000:]}"
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def result(tmp_path_factory, programs):
    """How the warehouse differs from the model after the demo, and the task whose worker was killed."""
    return run("tests.support.compose_run", tmp_path_factory.mktemp("demo"), programs, "local")


@pytest.fixture(scope="module")
def users(tmp_path_factory, programs):
    """The answers to logins with the FAB auth manager."""
    folder = tmp_path_factory.mktemp("users")
    line = "AUTH_MANAGER=airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"
    name, manager = block("docs/docker-compose.md", line).text.strip().split("=")
    given = {name: manager, "AIRFLOW_WORKERS": "1"}
    given |= {"SPARKIFY_BUCKET": "bucket", "SPARKIFY_REGION": "eu-west-1"}
    return run("tests.support.compose_users_run", folder, programs, "aws", **given)


def test_licenses_of_the_image_are_accepted(programs):
    command = [programs / "python", "-m", "local.licenses"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "apache-airflow-providers-fab" in done.stdout


def test_a_task_was_killed_with_its_worker(result):
    assert result["killed"]


def test_health_check_notices_a_part_that_exists_and_does_nothing(result):
    assert result["unhealthy"] == ["scheduler", "dag-processor", "triggerer", "worker"]


def test_rows_are_those_of_the_model(result):
    assert set(result["tables"]) == {"songplays", "users", "songs", "artists", "time"}
    for name, table in result["tables"].items():
        assert table["missing"] == table["unexpected"] == [], name
        assert table["found"] == table["expected"] > 0, name


def test_fab_auth_manager_accepts_only_the_passwords_of_the_file(users):
    assert users["token"] == {"admin": 201, "viewer": 201, "wrong": 401}
    assert users["form"] == {"right": True, "wrong": False}
    assert users["change"] == {"admin": 201, "viewer": 403}


def test_fab_auth_manager_keeps_hashes_and_takes_new_passwords(users):
    assert users["changed"] == {"admin": 201, "viewer": 201, "old": 401}
    for hashes in (users["before"], users["after"]):
        assert set(hashes) == {"admin", "viewer"}
        assert all(kept.startswith("scrypt:") for kept in hashes.values())


def test_flower_asks_for_the_password_and_shows_the_worker(users):
    assert users["flower"] == {"none": 401, "wrong": 401, "part": 401, "right": 200}
    assert users["workers"] == ["celery@worker"]
