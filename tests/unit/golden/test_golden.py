"""Every operator sends the statements in its golden file; ``make golden`` regenerates these files."""

from __future__ import annotations

import difflib
import json

import pytest

from tests.support.golden import STATEMENTS, Recording, golden_text, read_recordings, run_all
from tests.support.s3_in_process import s3_in_process
from tests.unit.golden import shop

NAMES = sorted(file.stem for file in STATEMENTS.glob("*.sql"))
WAREHOUSE = {"conn_type": "redshift", "host": "warehouse.example.com", "login": "loader", "password": "none"}


@pytest.fixture(scope="module")
def sent() -> dict[str, list[Recording]]:
    """The statements of every task, with the responses that were recorded for the golden files."""
    with pytest.MonkeyPatch.context() as patch, s3_in_process(shop.BUCKET) as s3:
        patch.setenv("AIRFLOW_CONN_REDSHIFT_DEFAULT", json.dumps(WAREHOUSE))
        return run_all(s3, {name: read_recordings(name) for name in NAMES})


def test_every_task_has_a_golden_file():
    assert sorted(shop.tasks()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_statements_match_the_golden_file(sent, name):
    expected, actual = (STATEMENTS / f"{name}.sql").read_text("utf-8"), golden_text(sent[name])
    diff = difflib.unified_diff(expected.splitlines(), actual.splitlines(), "golden", "sent", n=8, lineterm="")
    failures = [repr(recording.failure) for recording in sent[name] if recording.failure]
    assert expected == actual, "\n".join([*diff, *failures, "If this is intended, run: make golden"])
    assert failures == []
    assert all(recording.position == len(recording.answers) for recording in sent[name])
