"""The DAGs find their SQL also where their folder is not the DAG folder itself, as the page on AWS tells for MWAA."""

from __future__ import annotations

import shutil
from pathlib import Path

from airflow.dag_processing.dagbag import DagBag

ROOT = Path(__file__).parents[2]


def test_the_dags_and_their_sql_can_be_below_the_dag_folder(tmp_path):
    for folder in ("dags", "include"):
        shutil.copytree(ROOT / folder, tmp_path / "sparkify" / folder, ignore=shutil.ignore_patterns("__pycache__"))
    bag = DagBag(tmp_path, bundle_path=tmp_path)
    assert bag.import_errors == {}
    assert set(bag.dags) == {file.stem for file in (ROOT / "dags").glob("*.py")}
    [searched] = bag.dags["sparkify_etl"].template_searchpath
    assert Path(searched) == tmp_path / "sparkify" / "include" / "sql"
    assert (Path(searched) / "select" / "songplays.sql").is_file()
