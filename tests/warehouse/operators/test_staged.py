"""Operators that read staged rows after these were removed."""

from __future__ import annotations

from tests.model.star_schema import comparable_tables
from tests.support.warehouse import BOOKKEEPING, BUCKET, LOADS, TARGETS


def test_tasks_cleared_after_their_run_stage_the_data_themselves(loaded, expected):
    run = loaded.run(full_load=True)
    run.complete()
    for table in (*TARGETS, *BOOKKEEPING):
        loaded.execute(f"delete from {table}")
    for task_id in (*reversed(LOADS), "check_star_schema"):
        run.execute(task_id)
        assert loaded.tables_of_runs() == []
        assert "Contents" not in loaded.s3.list_objects_v2(Bucket=BUCKET, Prefix="manifests/")
    assert comparable_tables(loaded.star_schema()) == expected
