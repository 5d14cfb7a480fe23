"""The folder layouts for MWAA and Astronomer in docs/aws.md and docs/deployment.md work."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from airflow import plugins_manager

from local import mwaa
from local.settings import ROOT
from tests.support.airflow_versions import DagBag, find_path_from_directory


def test_dags_and_their_sql_can_be_below_the_dag_folder(tmp_path):
    for folder in ("dags", "include"):
        shutil.copytree(ROOT / folder, tmp_path / "sparkify" / folder, ignore=shutil.ignore_patterns("__pycache__"))
    bag = DagBag(tmp_path, bundle_path=tmp_path)
    assert bag.import_errors == {}
    assert set(bag.dags) == {file.stem for file in (ROOT / "dags").glob("*.py")}
    [searched] = bag.dags["sparkify_etl"].template_searchpath
    assert Path(searched) == tmp_path / "sparkify" / "include" / "sql"
    assert (Path(searched) / "select" / "songplays.sql").is_file()


def test_archive_keeps_airflow_from_importing_the_files_of_the_packages(tmp_path):
    mwaa.build(tmp_path / "mwaa", "3.2.1")
    unpacked = tmp_path / "unpacked"
    shutil.unpack_archive(tmp_path / "mwaa" / "plugins.zip", unpacked)
    found = list(find_path_from_directory(unpacked, ".airflowignore", "glob"))
    assert [file for file in found if file.endswith("sparkify_warehouse.py")]
    assert [file for file in found if "redshift_elt" in file] == []


@pytest.mark.skipif(not hasattr(plugins_manager, "_get_plugins"), reason="the image has the newest Airflow")
@pytest.mark.long("the folders of an Astro project in an Airflow of its own")
def test_folders_of_an_astro_project_work(tmp_path):
    """As those of an image: side by side in Airflow's home."""
    for folder in ("dags", "include", "plugins"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    code = (
        "import airflow, json, pathlib, runpy, redshift_elt;"
        "files = sorted(pathlib.Path('dags').resolve().glob('*.py'));"
        "dags = {file.stem: runpy.run_path(str(file)).get('dag') for file in files};"
        "print(json.dumps([sorted(dags), dags['sparkify_etl'].template_searchpath, redshift_elt.__file__]))"
    )
    environment = {
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(tmp_path / "plugins"),
        "AIRFLOW__OPENLINEAGE__DISABLED": "True",
        "PATH": "/usr/bin:/bin",
    }
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    dags, [searched], package = json.loads(done.stdout.splitlines()[-1])
    assert dags == sorted(file.stem for file in (ROOT / "dags").glob("*.py"))
    assert Path(searched) == tmp_path / "include" / "sql"
    assert Path(package).is_relative_to(tmp_path / "plugins")
