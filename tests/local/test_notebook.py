"""``python -m local notebook``: the command that it starts, and its error without a stack."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from local.settings import ROOT
from local.stack.notebook import NOTEBOOK, jupyterlab
from redshift_standin import HOST


def test_notebook_starts_with_its_requirements():
    command = jupyterlab(["--no-browser"])
    options = dict(word.split("=", 1) for word in command if word.startswith("--") and "=" in word)
    assert Path(options["--with-requirements"]).read_text("utf-8").count("==") > 5
    root, url = options["--ServerApp.root_dir"], options["--LabApp.default_url"]
    assert Path(root, url.removeprefix("/lab/tree/")) == NOTEBOOK
    assert NOTEBOOK.exists()
    assert command[-1] == "--no-browser"


def test_notebook_requirements_match_the_test_environment():
    def pins(name: str) -> dict[str, str]:
        lines = (ROOT / name).read_text("utf-8").splitlines()
        pinned = [re.split(r" [;\\]", line)[0].split("==") for line in lines if re.match(r"[A-Za-z].*==", line)]
        return {f"{package.lower()}=={version}": package for package, version in pinned}

    assert set(pins("notebooks/requirements.txt")) <= set(pins("requirements-dev.txt"))


def test_error_without_a_stack_says_what_to_do(new_settings):
    done = subprocess.run(
        [sys.executable, "-m", "local", "notebook", "--", "--no-browser"],
        cwd=ROOT,
        env={**os.environ, **new_settings.to_environment()},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == (
        f"error: The local stack does not answer at http://{HOST}:{new_settings.aws_port}: run make up first.\n"
    )
