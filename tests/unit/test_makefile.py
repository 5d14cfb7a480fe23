"""The commands of the Makefile that run a Python module find it and what it imports."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from local.settings import ROOT
from tests.support.shell import run_in_shell
from tests.support.snippets import command

TARGETS = re.findall(r"^([a-z-]+):.* ## ", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)


def test_help_lists_every_command():
    listed = [line.split()[:2] for line in run_in_shell(command("make help"), {}).splitlines()]
    assert listed == [["make", target] for target in TARGETS]


@pytest.mark.parametrize("target", ["facts", "reference", "golden", "bench", "bench-memory"])
def test_module_of_a_command_can_be_imported(target):
    recipe = subprocess.run(
        ["make", "--dry-run", "--no-print-directory", target], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.splitlines()[-1]
    path, module = re.search(r"env PYTHONPATH=(\S+) \S+/python -m (\S+)", recipe).groups()
    found = subprocess.run(
        ["env", f"PYTHONPATH={path}", sys.executable, "-c", f"import {module}"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert not found.returncode, found.stderr
