"""The workflows of CI: what they run exists here, and what they use is pinned."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from local.settings import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
# A commit, with the version as a comment that Dependabot keeps up to date.
PINNED = re.compile(r"uses: [\w-]+/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")


def jobs() -> Iterator[tuple[str, dict[str, Any]]]:
    for file in WORKFLOWS:
        yield from yaml.safe_load(file.read_text("utf-8"))["jobs"].items()


def commands() -> list[str]:
    return [step["run"] for _, job in jobs() for step in job["steps"] if "run" in step]


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_every_action_is_pinned_by_its_commit(file):
    used = [line.strip().removeprefix("- ") for line in file.read_text("utf-8").splitlines() if "uses:" in line]
    assert used
    assert [line for line in used if not PINNED.fullmatch(line)] == []


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_a_workflow_can_only_read(file):
    workflow = yaml.safe_load(file.read_text("utf-8"))
    assert workflow["permissions"] == {"contents": "read"}
    assert [name for name, job in workflow["jobs"].items() if "permissions" in job] == []
    assert "secrets." not in file.read_text("utf-8")


def test_every_job_has_a_limit():
    assert [name for name, job in jobs() if "timeout-minutes" not in job] == []


def test_ci_runs_what_a_developer_runs():
    assert ".ci/run" in commands()
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_every_make_target_exists():
    targets = [command.split()[1] for command in commands() if command.startswith("make ")]
    assert targets
    for target in targets:
        subprocess.run(["make", "--dry-run", target], cwd=ROOT, check=True, capture_output=True)


def test_ci_tests_every_supported_python():
    supported = set(
        re.findall(
            r"\b3\.1\d\b", (ROOT / "local" / "install.sh").read_text("utf-8").split("is_supported")[1].split("esac")[0]
        )
    )
    text = WORKFLOWS[0].read_text("utf-8")
    assert supported == {"3.10", "3.11", "3.12", "3.13"}
    assert [version for version in sorted(supported) if f'"{version}"' not in text] == []


def test_ci_tests_every_older_version_of_airflow():
    [job] = [job for _, job in jobs() if "airflow" in job.get("strategy", {}).get("matrix", {})]
    locked = sorted(file.stem for file in (ROOT / "tests" / "requirements").glob("airflow-*.txt"))
    assert [f"airflow-{version}" for version in job["strategy"]["matrix"]["airflow"]] == locked


def test_docker_commands_are_those_of_the_documentation():
    found = [command for command in commands() if command.startswith(("docker build", "docker compose"))]
    pages = "\n".join((ROOT / "docs" / page).read_text("utf-8") for page in ("docker-compose.md", "deployment.md"))
    documented = [line.strip() for line in pages.splitlines()]
    assert [command for command in found if command.startswith("docker build") and command in documented]
    # In the background, because the services that are not the demo run on.
    assert "docker compose --profile local up --build" in documented
    assert "docker compose --profile local up --build --detach" in found
    services = yaml.safe_load((ROOT / "docker-compose.yaml").read_text("utf-8"))["services"]
    [waited] = [command for command in commands() if "docker wait" in command]
    assert re.search(r"ps --all --quiet ([\w-]+)", waited)[1] in services
