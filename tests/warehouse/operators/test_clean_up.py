"""The clean-up at the end of a run."""

from __future__ import annotations

from tests.support.warehouse import BUCKET


def test_run_leaves_no_temporary_tables(loaded):
    assert loaded.tables_of_runs() == []
    assert "Contents" not in loaded.s3.list_objects_v2(Bucket=BUCKET, Prefix="manifests/")
