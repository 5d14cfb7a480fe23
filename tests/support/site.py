"""Builds the documentation as a site."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

from local.settings import ROOT


def build(source: Path, site: Path) -> subprocess.CompletedProcess[str]:
    """Run the command of ``make docs`` for a source folder."""
    [recipe] = [
        line
        for line in subprocess.run(
            ["make", "--dry-run", "--no-print-directory", "docs"], cwd=ROOT, check=True, capture_output=True, text=True
        ).stdout.splitlines()
        if "sphinx-build" in line
    ]
    _, _, *arguments = shlex.split(recipe)
    folders = {"build/docs": str(site), "build/doctrees": str(site.with_suffix(".doctrees"))}
    return subprocess.run(
        [sys.executable, "-m", "sphinx.cmd.build", *(folders.get(each, each) for each in arguments)],
        cwd=source,
        check=False,
        capture_output=True,
        text=True,
    )
