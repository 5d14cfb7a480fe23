"""``make mwaa``: what an MWAA environment gets can be installed and loaded."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement

from local import mwaa
from local.settings import ROOT

# Runs in the environment, and prints what Airflow finds in the folders of the plugins and the DAGs.
LOAD = """
import json, pkgutil, sys
from importlib import import_module

from airflow import plugins_manager
from airflow.dag_processing.dagbag import DagBag

plugins, _ = plugins_manager._get_plugins()
import redshift_elt, warehouse_page

for package in (redshift_elt, warehouse_page):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        import_module(module.name)
bag = DagBag(sys.argv[1], bundle_path=sys.argv[1])
print(json.dumps({
    "errors": {**plugins_manager.get_import_errors(), **bag.import_errors},
    "plugins": [plugin.name for plugin in plugins if "sparkify" in plugin.name],
    "dags": sorted(bag.dags),
    "package": redshift_elt.__file__,
}))
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("mwaa")
    mwaa.build(folder)
    return folder


def test_archive_has_every_file_of_the_plugins(built):
    with ZipFile(built / "plugins.zip") as archive:
        names = set(archive.namelist())
    files = {str(file.relative_to(ROOT / "plugins")) for file in (ROOT / "plugins").rglob("*") if file.is_file()}
    assert names == {name for name in files if "__pycache__" not in name}
    assert ".airflowignore" in names


def test_same_files_make_the_same_archive(built, tmp_path):
    mwaa.build(tmp_path)
    assert (tmp_path / "plugins.zip").read_bytes() == (built / "plugins.zip").read_bytes()


def test_requirements_are_pinned_within_the_constraints(built):
    first, *lines = (built / "requirements.txt").read_text("utf-8").splitlines()
    assert first == '--constraint "/usr/local/airflow/dags/constraints.txt"'
    packages = {Requirement(line).name for line in lines}
    assert "apache-airflow-providers-amazon" in packages
    assert "apache-airflow" not in packages
    constraints = (built / "dags" / "constraints.txt").read_text("utf-8").splitlines()
    assert [line for line in constraints if not re.fullmatch(r"[\w.-]+==[\w.!+]+( ; .+)?", line)] == []
    pinned = {(each.name, str(each.specifier)) for each in map(Requirement, constraints)}
    assert {(each.name, str(each.specifier)) for each in map(Requirement, lines)} <= pinned


@pytest.mark.long("a new environment with the versions of an image")
def test_new_environment_loads_the_plugins_and_the_dags(built, tmp_path):
    environment = tmp_path / "environment"
    python = environment / "bin" / "python"
    uv = [sys.executable, "-m", "uv"]
    install = [*uv, "pip", "install", "--quiet", "--python", str(python)]
    constraints = built / "dags" / "constraints.txt"
    text = (built / "requirements.txt").read_text("utf-8")
    requirements = tmp_path / "requirements.txt"
    requirements.write_text(text.replace("/usr/local/airflow/dags", str(built / "dags")), "utf-8")
    [airflow] = [line for line in constraints.read_text("utf-8").splitlines() if line.startswith("apache-airflow==")]
    subprocess.run([*uv, "venv", "--quiet", "--python", sys.executable, str(environment)], check=True)
    # The image has Airflow; pip then installs the requirements.
    subprocess.run([*install, airflow, "--constraint", str(constraints)], check=True)
    subprocess.run([*install, "--requirements", str(requirements)], check=True)
    with ZipFile(built / "plugins.zip") as archive:
        archive.extractall(tmp_path / "plugins")
    done = subprocess.run(
        [str(python), "-c", LOAD, str(built / "dags")],
        cwd=tmp_path,
        env={
            "AIRFLOW_HOME": str(tmp_path / "home"),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(tmp_path / "plugins"),
            "PATH": "/usr/bin:/bin",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["errors"] == {}
    assert found["plugins"] == ["sparkify_warehouse"]
    assert found["dags"] == sorted(file.stem for file in (ROOT / "dags").glob("*.py"))
    assert found["package"].startswith(str(tmp_path / "plugins"))
