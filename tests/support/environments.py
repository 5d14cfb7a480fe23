"""Virtual environments for the programs in the documentation that the project itself does not install."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from local.settings import ROOT

_UV = [sys.executable, "-m", "uv"]


def new_environment(folder: Path, lock: str | None = None) -> Path:
    """Create an environment with pip, and return the folder of its programs.

    :param folder: does not exist yet.
    :param lock: a file of this repository, whose packages are installed.
    """
    subprocess.run([*_UV, "venv", "--quiet", "--seed", "--python", sys.executable, str(folder)], check=True)
    programs = folder / "bin"
    if lock:
        install = [*_UV, "pip", "install", "--quiet", "--require-hashes", "--python", str(programs / "python")]
        subprocess.run([*install, "--requirements", str(ROOT / lock)], check=True)
    return programs


def write_constraints(folder: Path, *more: str) -> Path:
    """Write a file for pip's ``PIP_CONSTRAINT``, so that what it installs is what the other tests use.

    :param more: further packages with their versions.
    """
    text = (ROOT / "requirements-dev.txt").read_text("utf-8")
    # With hashes, pip would refuse packages that are a folder.
    versions = re.findall(r"^([\w.-]+==[^\\\n]+?) *\\$", text, re.MULTILINE)
    file = folder / "constraints.txt"
    file.write_text("\n".join([*versions, *more, ""]), "utf-8")
    return file
