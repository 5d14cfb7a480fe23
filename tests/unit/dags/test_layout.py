"""The folder layout for MWAA in docs/aws.md works."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from airflow._shared.module_loading import find_path_from_directory
from airflow.dag_processing.dagbag import DagBag

from local.settings import ROOT


def test_dags_and_their_sql_can_be_below_the_dag_folder(tmp_path):
    for folder in ("dags", "include"):
        shutil.copytree(ROOT / folder, tmp_path / "sparkify" / folder, ignore=shutil.ignore_patterns("__pycache__"))
    bag = DagBag(tmp_path, bundle_path=tmp_path)
    assert bag.import_errors == {}
    assert set(bag.dags) == {file.stem for file in (ROOT / "dags").glob("*.py")}
    [searched] = bag.dags["sparkify_etl"].template_searchpath
    assert Path(searched) == tmp_path / "sparkify" / "include" / "sql"
    assert (Path(searched) / "select" / "songplays.sql").is_file()


@pytest.mark.skipif(shutil.which("zip") is None, reason="there is no zip on this machine")
def test_plugins_archive_has_the_package_and_no_plugin_files(tmp_path):
    [command] = re.findall(r"^\(cd plugins && zip .*\)$", (ROOT / "docs" / "aws.md").read_text("utf-8"), re.MULTILINE)
    shutil.copytree(ROOT / "plugins", tmp_path / "plugins")
    subprocess.run(["sh", "-c", command], cwd=tmp_path, check=True)
    unpacked = tmp_path / "unpacked"
    shutil.unpack_archive(tmp_path / "plugins.zip", unpacked)
    files = {file.relative_to(unpacked) for file in unpacked.rglob("*.py")}
    assert files == {file.relative_to(ROOT / "plugins") for file in (ROOT / "plugins").rglob("*.py")}
    assert list(unpacked.rglob("*.pyc")) == []
    assert [
        file for file in find_path_from_directory(unpacked, ".airflowignore", "glob") if "redshift_elt" in file
    ] == []
