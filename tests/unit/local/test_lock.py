"""The lock files: each package has one version and the hashes of its files, so that no other file is installed."""

from __future__ import annotations

import re

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from local.settings import ROOT

IMAGES = ("requirements-image.txt", "requirements-local.txt")
LOCKS = ("requirements-dev.txt", *IMAGES, "local/uv.txt")
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
