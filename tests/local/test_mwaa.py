"""``make mwaa``: what an MWAA environment gets can be installed and loaded."""

from __future__ import annotations

import json
import re
import shutil
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

# A version that the tests have a lock of, and not that of requirements.txt.
VERSION = "3.2.2"


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("mwaa")
    mwaa.build(folder, VERSION)
    return folder


@pytest.fixture
def project(monkeypatch, tmp_path) -> Path:
    """A small project in place of this one."""
    folder = tmp_path / "project"
    for name in ("requirements.txt", "pyproject.toml"):
        folder.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, folder)
    for name in ("dags/sales.py", "include/sql/sales.sql", "plugins/.airflowignore", "plugins/sales/__init__.py"):
        write(folder, name)
    monkeypatch.setattr(mwaa, "ROOT", folder)
    return folder


def write(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("")


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=Test", "-c", "user.email=test@localhost"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def packed(folder: Path) -> set[str]:
    """Return the files that an environment gets."""
    with ZipFile(folder / "plugins.zip") as archive:
        plugins = {f"plugins/{name}" for name in archive.namelist()}
    project = folder / "dags" / "sparkify"
    return plugins | {str(file.relative_to(project)) for file in project.rglob("*") if file.is_file()}


SALES = {"dags/sales.py", "include/sql/sales.sql", "plugins/.airflowignore", "plugins/sales/__init__.py"}


def test_every_file_that_git_has_is_packed(built):
    folders = ["dags", "include", "plugins"]
    known = subprocess.run(["git", "ls-files", *folders], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert set(known.split()) <= packed(built)
    assert "plugins/.airflowignore" in packed(built)


def test_what_git_ignores_is_not_packed_and_what_it_does_not_have_is_named(project, tmp_path, capsys):
    write(project, "dags/private.py", "include/notes.bak", "plugins/sales/__pycache__/sales.cpython-312.pyc")
    (project / ".gitignore").write_text("*.bak\n__pycache__/\n/dags/private.py\n")
    git(project, "init")
    git(project, "add", ".")
    git(project, "commit", "--message", "All")
    write(project, "dags/new.py")
    (project / "dags" / "sales.py").unlink()
    assert mwaa.main([str(tmp_path / "built"), VERSION]) == 0
    assert packed(tmp_path / "built") == SALES - {"dags/sales.py"} | {"dags/new.py"}
    *_, dags, new = capsys.readouterr().out.splitlines()
    assert dags.endswith(": 1 files of include/, and the DAGs new")
    assert new == "dags/new.py is included, although git does not have it"


def test_without_git_caches_and_hidden_files_are_not_packed(project, tmp_path):
    write(project, "dags/.DS_Store", "dags/.ipynb_checkpoints/sales.py", "plugins/sales/__pycache__/sales.pyc")
    mwaa.build(tmp_path / "built", VERSION)
    assert packed(tmp_path / "built") == SALES


def test_same_files_make_the_same_archive(built, tmp_path):
    mwaa.build(tmp_path, VERSION)
    assert (tmp_path / "plugins.zip").read_bytes() == (built / "plugins.zip").read_bytes()


def test_requirements_are_those_that_the_constraints_of_airflow_do_not_have(built):
    first, *lines = (built / "requirements.txt").read_text("utf-8").splitlines()
    constraints = f"https://raw.githubusercontent.com/apache/airflow/constraints-{VERSION}/constraints-3.12.txt"
    assert first == f'--constraint "{constraints}"'
    found = {each.name: each for each in map(Requirement, lines)}
    # Its own version would make pip replace the Airflow of the environment.
    assert set(found) == {
        "apache-airflow-providers-amazon", "apache-airflow-providers-postgres", "matplotlib", "redshift-connector",
    }  # fmt: skip
    assert {name for name, each in found.items() if each.specifier} == {"matplotlib"}
    assert found["apache-airflow-providers-amazon"].extras == {"aiobotocore"}


@pytest.mark.parametrize("version", ["", "3.0.6", "2.11.0", "latest"])
def test_version_that_is_not_supported_is_refused_before_anything_is_deleted(tmp_path, capsys, version):
    write(tmp_path, "dags/kept.py")
    assert mwaa.main([str(tmp_path), version]) == 1
    assert capsys.readouterr().err.startswith(f"error: VERSION is {version!r}: write the version of Airflow that")
    assert (tmp_path / "dags" / "kept.py").exists()


@pytest.mark.long("a new environment with the versions of an image")
def test_new_environment_loads_the_plugins_and_the_dags(built, tmp_path):
    environment = tmp_path / "environment"
    python = environment / "bin" / "python"
    uv = [sys.executable, "-m", "uv"]
    install = [*uv, "pip", "install", "--quiet", "--python", str(python)]
    # As Airflow's constraints, the newest packages of the day of its release; those do not have matplotlib.
    lock = (ROOT / "tests" / "requirements" / f"airflow-{VERSION}.txt").read_text("utf-8")
    constraints = tmp_path / "constraints.txt"
    lines = re.sub(r"(?m)(?: \\)?\n +--hash=.*$", "", lock).splitlines()
    constraints.write_text("\n".join(line for line in lines if not line.startswith("matplotlib==")), "utf-8")
    text = (built / "requirements.txt").read_text("utf-8")
    requirements = tmp_path / "requirements.txt"
    requirements.write_text(re.sub('(?<=^--constraint ").*(?=")', str(constraints), text), "utf-8")
    subprocess.run([*uv, "venv", "--quiet", "--python", sys.executable, str(environment)], check=True)
    # The image has Airflow, whose version pip must not change; it then installs the requirements.
    airflow = f"apache-airflow=={VERSION}"
    essential = tmp_path / "essential.txt"
    essential.write_text(f"{airflow}\n")
    subprocess.run([*install, airflow, "--constraint", str(constraints)], check=True)
    subprocess.run([*install, "--constraint", str(essential), "--requirements", str(requirements)], check=True)
    with ZipFile(built / "plugins.zip") as archive:
        archive.extractall(tmp_path / "plugins")
    done = subprocess.run(
        [str(python), "-c", LOAD, str(built / "dags")],
        cwd=tmp_path,
        env={
            "AIRFLOW_HOME": str(tmp_path / "home"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
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
