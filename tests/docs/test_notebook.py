"""The commands of docs/analysts.md. tests/warehouse/notebooks executes the notebook that they open."""

from __future__ import annotations

import json
import os

import pytest

from local.settings import ROOT
from local.stack.notebook import JUPYTERLAB
from tests.support.environments import new_environment, write_constraints
from tests.support.jupyter import jupyter
from tests.support.shell import run_in_shell
from tests.support.snippets import block

pytestmark = pytest.mark.long("JupyterLab in an environment of its own")


def test_jupyterlab_opens_the_notebook(tmp_path):
    install, start = block("docs/analysts.md", "pip install -r notebooks/requirements.txt jupyterlab").commands
    programs = new_environment(tmp_path / "environment")
    variables = {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PIP_CONSTRAINT": str(write_constraints(tmp_path, JUPYTERLAB)),
        "PYTHONPATH": "",
    }
    run_in_shell(install, variables)
    home = tmp_path / "home"
    home.mkdir()
    with jupyter(start, variables, home) as client:
        notebook = ROOT / "notebooks" / "sparkify.ipynb"
        found = client.get(f"/api/contents/{notebook.name}").raise_for_status().json()["content"]
        kernel = client.get("/api/kernelspecs").raise_for_status().json()["default"]
    assert [cell["source"] for cell in found["cells"]] == [
        "".join(cell["source"]) for cell in json.loads(notebook.read_text("utf-8"))["cells"]
    ]
    assert kernel == "python3"
