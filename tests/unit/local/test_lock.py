"""The lock files: each package has one version and the hashes of its files, so that no other file is installed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from hatchling.metadata.core import ProjectMetadata
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from local.settings import ROOT

# Of the versions of Airflow that are older than that of requirements.txt, the oldest first.
OLDER = sorted(
    (file.relative_to(ROOT).as_posix() for file in (ROOT / "tests" / "requirements").glob("airflow-*.txt")),
    key=lambda file: Version(Path(file).stem.removeprefix("airflow-")),
)
IMAGES = ("requirements-image.txt", "requirements-local.txt")
CLIENTS = ("tests/requirements/awscli.txt", "tests/requirements/dbt.txt")
LOCKS = ("requirements-dev.txt", *IMAGES, "local/uv.txt", *OLDER, *CLIENTS)
# A version, the condition for it, and the hashes of its files.
PINNED = re.compile(r"[\w.-]+==[\w.!+]+( ; [^\\\n]+)?( \\\n    --hash=sha256:[0-9a-f]{64})+")


def requirements(file: str) -> list[str]:
    """The requirements of a file, with their continuation lines."""
    lines = re.sub(r"(?m)^\s*(#|-r ).*\n", "", (ROOT / file).read_text("utf-8"))
    return re.split(r"\n(?=\S)", lines.rstrip("\n"))


def versions(file: str) -> set[tuple[str, str]]:
    """The name and the version of each package in a file."""
    found = [Requirement(requirement.split(" \\\n")[0]) for requirement in requirements(file)]
    return {(canonicalize_name(each.name), str(each.specifier)) for each in found}


@pytest.mark.parametrize("file", LOCKS)
def test_each_package_has_a_version_and_hashes(file):
    assert [requirement for requirement in requirements(file) if not PINNED.fullmatch(requirement)] == []


@pytest.mark.parametrize("file", IMAGES)
def test_an_image_gets_the_versions_that_the_tests_use(file):
    tested = versions("requirements-dev.txt")
    names = {name for name, _ in tested}
    # The image also has Airflow's FAB auth manager, which only some installations use.
    assert {(name, version) for name, version in versions(file) if name in names} <= tested


def test_lock_has_what_is_asked_for():
    """After a change of these files: make lock."""
    assert versions("requirements.txt") <= versions("requirements-image.txt")
    for asked, file in (("requirements-image.in", IMAGES[0]), ("requirements-local.in", IMAGES[1])):
        names = {name for name, _ in versions(asked)}
        assert names <= {name for name, _ in versions(file)}
    assert versions("local/uv.in") == versions("local/uv.txt")


def test_install_refuses_files_with_other_hashes():
    script = (ROOT / "local" / "install.sh").read_text("utf-8").replace("\\\n", " ")
    commands = [line for line in script.splitlines() if re.search(r"-m (uv )?pip (sync|install)", line)]
    # The stand-in is the only one without a hash: a folder of this repository, without its dependencies.
    assert [("--require-hashes" in command, "--no-deps" in command) for command in commands] == [
        (True, False),
        (True, False),
        (False, True),
    ]


def airflow(file: str) -> str:
    [version] = [version for name, version in versions(file) if name == "apache-airflow"]
    return version.removeprefix("==")


def test_lock_of_an_older_airflow_has_that_version():
    assert len(OLDER) >= 2
    assert [f"tests/requirements/airflow-{airflow(file)}.txt" for file in OLDER] == OLDER


def test_lower_bounds_of_the_package_are_what_the_oldest_airflow_is_tested_with():
    project = ProjectMetadata(str(ROOT), None).core
    optional = [text for extra in project.optional_dependencies.values() for text in extra]
    needed = [Requirement(text) for text in (*project.dependencies, *optional)]
    locked = versions(OLDER[0])
    for requirement in needed:
        found = [each.removeprefix("==") for name, each in locked if name == canonicalize_name(requirement.name)]
        assert found, requirement
        assert all(requirement.specifier.contains(version) for version in found), (str(requirement), found)


def test_documented_versions_of_airflow_are_those_that_are_tested():
    tested = [airflow(file) for file in (*OLDER, "requirements.txt")]
    page = (ROOT / "docs" / "airflow.md").read_text("utf-8")
    section = page.partition("## Versions\n")[2].partition("\n## ")[0]
    assert re.findall(r"^\| (\d\S+) ", section, re.MULTILINE) == tested
    series = [version.rpartition(".")[0] for version in tested]
    readme = (ROOT / "README.md").read_text("utf-8")
    assert f"Airflow {', '.join(series[:-1])} or {series[-1]}" in readme


def test_ci_tests_with_every_older_airflow():
    older = [airflow(file) for file in OLDER]
    assert f"make test-airflow VERSION={older[0]}\n" in (ROOT / ".ci" / "run").read_text("utf-8")
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8"))
    assert workflow["jobs"]["airflow"]["strategy"]["matrix"]["airflow"] == older
