"""The commands of CONTRIBUTING.md, in a clone."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from local.settings import ROOT
from tests.support.shell import run_in_shell
from tests.support.snippets import block, command

pytestmark = pytest.mark.long("the commands for contributors in a clone")

PAGE = "CONTRIBUTING.md"
AUTHOR = {
    f"GIT_{role}_{key}": value
    for role in ("AUTHOR", "COMMITTER")
    for key, value in (("NAME", "Contributor"), ("EMAIL", "contributor@example.com"))
}
# What Git does not have, according to .gitignore.
IGNORED = (".git", ".venv*", ".local", ".*_cache", "__pycache__", "build", "dist", ".hypothesis", ".env", ".terraform*")


def git(clone: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=clone, env={**os.environ, **AUTHOR}, check=True, capture_output=True, text=True
    )
    return done.stdout


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone, with these files even if they have not been committed, and with the environment that runs the tests."""
    origin = tmp_path_factory.mktemp("origin")
    folder = tmp_path_factory.mktemp("contributor") / "clone"
    shutil.copytree(ROOT, folder, symlinks=True, ignore=shutil.ignore_patterns(*IGNORED))
    (folder / ".venv").symlink_to(sys.prefix)
    git(origin, "init", "--quiet", "--bare")
    git(folder, "init", "--quiet")
    # In .gitignore, it is a folder.
    (folder / ".git" / "info" / "exclude").write_text(".venv\n", "utf-8")
    git(folder, "remote", "add", "origin", str(origin))
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--no-verify", "--message", "The files")
    return folder


def test_hook_checks_commits(clone):
    run_in_shell(command(".venv/bin/pre-commit install"), {}, folder=clone)
    (clone / "wrong.py").write_text("import os\n", "utf-8")
    git(clone, "add", "wrong.py")
    with pytest.raises(subprocess.CalledProcessError) as refused:
        git(clone, "commit", "--message", "Import what is not used")
    assert "F401" in refused.value.stdout + refused.value.stderr
    git(clone, "rm", "--quiet", "--force", "wrong.py")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        (command("make golden"), "tests/unit/golden/statements/clean_up.sql"),
        (command("make reference"), "docs/operators.md"),
        (command("make facts"), "standin/docs/facts.md"),
    ],
)
def test_generated_files_are_those_in_the_repository(clone, text, written):
    file = clone / written
    file.write_text(f"{file.read_text('utf-8')}-- stale\n", "utf-8")
    assert git(clone, "status", "--porcelain") == f" M {written}\n"
    run_in_shell(text, {}, folder=clone)
    assert git(clone, "status", "--porcelain") == ""


def locked(file: Path) -> dict[str, set[str]]:
    """Return the hashes of each package, by its name, version and condition."""
    found = re.findall(r"^(\S+==[^\\\n]+?)((?: \\\n +--hash=\S+)*)$", file.read_text("utf-8"), re.MULTILINE)
    return {package: set(hashes.split()) - {"\\"} for package, hashes in found}


def test_dependencies_are_resolved_to_the_versions_in_the_repository(clone):
    """In each lock file, the first package loses its hashes, so that the command has to write the file."""
    locks = [clone / name for name in git(clone, "grep", "--files-with-matches", "--", "--hash=", "*.txt").split()]
    before = {file: locked(file) for file in locks}
    for file in locks:
        file.write_text(re.sub(r"(?: \\\n +--hash=\S+)+", "", file.read_text("utf-8"), count=1), "utf-8")
        assert next(iter(locked(file).values())) == set()
    try:
        run_in_shell(command("make lock"), {}, folder=clone)
        after = {file: locked(file) for file in locks}
    finally:
        git(clone, "restore", ".")
    assert {file: list(packages) for file, packages in after.items()} == {
        file: list(packages) for file, packages in before.items()
    }
    # A version gains hashes when files of it are published for another platform.
    lost = [
        (file.name, package)
        for file, packages in before.items()
        for package, hashes in packages.items()
        if not hashes <= after[file][package]
    ]
    assert lost == []


def test_release_is_a_tag_and_a_wheel(clone):
    block_of_release = block(PAGE, 'git tag --annotate v1.0.0 --message "Sparkify Warehouse 1.0.0"')
    run_in_shell(block_of_release.text, AUTHOR, folder=clone)
    assert git(clone, "ls-remote", "--tags", "origin").split()[1] == "refs/tags/v1.0.0"
    [wheel] = (clone / "dist").iterdir()
    assert wheel.name == "sparkify_warehouse-1.0.0-py3-none-any.whl"
    with ZipFile(wheel) as archive:
        assert "redshift_elt/__init__.py" in archive.namelist()
