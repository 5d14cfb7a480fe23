"""The clean-up at the end of a run."""

from __future__ import annotations

from types import SimpleNamespace

from redshift_elt.run.names import run_prefix
from tests.support.warehouse import BUCKET


def test_run_leaves_no_temporary_tables(loaded):
    assert loaded.tables_of_runs() == []
    assert "Contents" not in loaded.s3.list_objects_v2(Bucket=BUCKET, Prefix="manifests/")


def test_log_mentions_manifests_only_if_there_were_any(warehouse, capsys):
    run = warehouse.run(full_load=True)
    run.execute("clean_up")
    log = capsys.readouterr().out
    assert "Dropped the run's staging tables." in log
    assert "manifest" not in log
    warehouse.put(f"{run_prefix(SimpleNamespace(dag_id=run.dag.dag_id, run_id=run.run_id))}left.json", b"{}")
    run.execute("clean_up")
    assert "Deleted 1 manifest file that its staging had left." in capsys.readouterr().out
