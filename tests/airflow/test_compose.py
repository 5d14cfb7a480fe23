"""docker-compose.yaml as processes: the demo on two Celery workers, one of which is killed during a task."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest

from local.compose_env import quoted, write_env
from local.settings import ROOT

PROGRAMS = ("curl", "ip", "redis-cli", "redis-server", "setpriv", "unshare")
DIFFICULT = "a $b #c 'd' \"e\" %f@/:"
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
def result(tmp_path_factory):
    """How the warehouse differs from the model after the demo, and the task whose worker was killed."""
    file = tmp_path_factory.mktemp("compose") / ".env"
    given = {"AIRFLOW_UID": "50000", "POSTGRES_PASSWORD": DIFFICULT, "REDIS_PASSWORD": DIFFICULT}
    given["UI_ADMIN_PASSWORD"] = DIFFICULT
    file.write_text("".join(f"{name}={quoted(value)}\n" for name, value in given.items()))
    write_env(file, "local")
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.compose_run", file],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-6000:]}\n{done.stderr[-6000:]}"
    return json.loads(done.stdout.splitlines()[-1])


def test_a_task_was_killed_with_its_worker(result):
    assert result["killed"]


def test_rows_are_those_of_the_model(result):
    assert set(result["tables"]) == {"songplays", "users", "songs", "artists", "time"}
    for name, table in result["tables"].items():
        assert table["missing"] == table["unexpected"] == [], name
        assert table["found"] == table["expected"] > 0, name
