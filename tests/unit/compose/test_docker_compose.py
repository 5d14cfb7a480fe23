"""Docker Compose itself reads docker-compose.yaml as the other tests do. It needs no engine for that."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from local.compose_env import quoted, write_env
from local.settings import ROOT
from tests.support.compose_file import read_env, resolve

FILE = ROOT / "docker-compose.yaml"
DIFFICULT = "a $HOME ${X} #c, 'd' \"e\" %f@/:"
PROFILES = ({"local", "flower"}, {"local"}, {"flower"}, set())


def compose(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run Docker Compose without any variable of this process."""
    variables = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    command = ["docker", "compose", *arguments]
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture(scope="module", autouse=True)
def _installed():
    if not shutil.which("docker") or compose("version").returncode:
        pytest.skip("docker compose is not installed")


@pytest.fixture
def env_file(tmp_path):
    """A ``.env`` with difficult values."""
    file = tmp_path / ".env"
    given = dict.fromkeys(("POSTGRES_PASSWORD", "REDIS_PASSWORD", "UI_ADMIN_PASSWORD"), DIFFICULT)
    given |= {"AIRFLOW_UID": "1234", "AIRFLOW_WORKERS": "3", "AIRFLOW_PORT": "9090"}
    file.write_text("".join(f"{name}={quoted(value)}\n" for name, value in given.items()))
    write_env(file, "local")
    return file


def unescaped(value: Any) -> Any:
    """Return a value of the output, which can be read as a compose file again and so has each ``$`` twice."""
    if isinstance(value, dict):
        return {name: unescaped(each) for name, each in value.items()}
    if isinstance(value, list):
        return [unescaped(each) for each in value]
    return value.replace("$$", "$") if isinstance(value, str) else value


@pytest.mark.parametrize("profiles", PROFILES, ids=lambda profiles: "+".join(sorted(profiles)) or "none")
def test_compose_resolves_the_file_as_the_tests_do(env_file, profiles):
    options = [word for profile in sorted(profiles) for word in ("--profile", profile)]
    done = compose("--file", FILE, "--env-file", env_file, *options, "config", "--format", "json")
    assert done.returncode == 0, done.stderr
    found = unescaped(json.loads(done.stdout)["services"])
    expected = resolve(FILE, read_env(env_file), profiles)
    assert set(found) == set(expected)
    for name, service in expected.items():
        is_read = found[name]
        assert is_read["environment"] == service.environment, name
        assert (is_read["command"] or []) == service.command, name
        assert is_read.get("user", "") == service.user, name
        assert is_read["image"] == service.image, name
        assert is_read["restart"] == service.restart, name
        assert is_read["deploy"].get("replicas", 1) == service.replicas, name
        conditions = {
            other: each["condition"]
            for other, each in is_read.get("depends_on", {}).items()
            if each["required"] or other in found
        }
        assert conditions == service.depends_on, name
        kind, *check = is_read.get("healthcheck", {"test": ["NONE"]})["test"]
        assert (["/bin/sh", "-c", *check] if kind == "CMD-SHELL" else check) == service.check, name
        assert {port["host_ip"] for port in is_read.get("ports", [])} <= {"127.0.0.1"}, name
    assert found["postgres"]["environment"]["POSTGRES_PASSWORD"] == DIFFICULT
    assert found["api-server"]["ports"][0]["published"] == "9090"


@pytest.mark.parametrize("name", ["FERNET_KEY", "REDIS_PASSWORD", "TARGET"])
def test_missing_variable_is_one_clear_line(env_file, name):
    kept = [line for line in env_file.read_text().splitlines() if not line.startswith(f"{name}=")]
    env_file.write_text("\n".join([*kept, ""]))
    done = compose("--file", FILE, "--env-file", env_file, "config", "--quiet")
    assert done.returncode != 0
    assert f"required variable {name} is missing a value: is missing in .env, run make env" in done.stderr
    assert done.stderr.count("\n") == 1
