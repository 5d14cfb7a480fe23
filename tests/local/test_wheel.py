"""The wheel contains both packages with their files, and works without the rest of this repository."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest

import redshift_elt
from local.settings import ROOT
from redshift_elt.ddl.migrations import migrations

pytestmark = pytest.mark.long("the wheel in an environment of its own")

PACKAGES = ("redshift_elt", "warehouse_page")

# Runs in the new environment, and prints what it finds there.
LOOK = f"""
import json, pkgutil
from importlib import import_module, metadata

packages = [import_module(name) for name in {PACKAGES!r}]
modules = [
    import_module(module.name)
    for package in packages
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + ".")
]

from redshift_elt.ddl.migrations import migrations
from redshift_elt.sql.render import render

providers = metadata.entry_points(group="apache_airflow_provider")
[entry] = [one for one in providers if one.dist.name == "sparkify-warehouse"]
print(json.dumps({{
    "files": [module.__file__ for module in packages + modules],
    "statement": render("report/current_time.sql"),
    "migrations": len(migrations()),
    "provider": entry.load()()["package-name"],
    "version": metadata.version("sparkify-warehouse"),
}}))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    [file] = folder.iterdir()
    return file


@pytest.fixture(scope="module")
def found(wheel, tmp_path_factory) -> dict:
    """The content of the wheel in a new virtual environment, which uses the dependencies of the current one."""
    folder = tmp_path_factory.mktemp("clean")
    venv.create(folder / "venv", with_pip=True)
    python = folder / "venv" / "bin" / "python"
    install = [str(python), "-m", "pip", "install", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    [own] = (folder / "venv" / "lib").glob("python*/site-packages")
    (own / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")
    environment = {"AIRFLOW_HOME": str(folder), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [str(python), "-c", LOOK], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return {"folder": str(folder), **json.loads(done.stdout.splitlines()[-1])}


def test_wheel_has_exactly_the_files_of_the_two_packages(wheel):
    plugins = ROOT / "plugins"
    files = {
        str(file.relative_to(plugins))
        for package in PACKAGES
        for file in (plugins / package).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    with ZipFile(wheel) as archive:
        assert {name for name in archive.namelist() if ".dist-info/" not in name} == files


def test_every_module_can_be_imported_from_it(found):
    assert len(found["files"]) > 50
    assert [file for file in found["files"] if not file.startswith(found["folder"])] == []


def test_its_templates_can_be_rendered(found):
    assert found["statement"].startswith("select")


def test_it_has_the_migrations(found):
    assert found["migrations"] == len(migrations())


def test_airflow_finds_the_provider_and_the_version(found):
    assert found["provider"] == "sparkify-warehouse"
    assert found["version"] == redshift_elt.__version__
