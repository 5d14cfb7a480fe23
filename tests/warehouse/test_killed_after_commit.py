"""Tasks whose process is killed right after their commit, before Airflow has their result: the retry completes them."""

from __future__ import annotations

import multiprocessing
import os
import signal
from pathlib import Path

import pytest
import redshift_connector

from local.datagen import Options, generate
from tests.model import source
from tests.model.star_schema import comparable_tables, star_schema
from tests.support.warehouse import LOADS, STAGING, Run

LATER = pytest.mark.long("the same for a task of another kind")


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    directory = tmp_path_factory.mktemp("generated") / "data"
    generate(directory, Options(days=1, users=3, songs=8, seed=3))
    return directory


def kill_after_commit(run: Run, task_id: str) -> None:
    """Execute a task in a process of its own that is killed when the warehouse has confirmed its commit."""

    def execute() -> None:
        commit = redshift_connector.Connection.commit

        def commit_and_die(connection: redshift_connector.Connection) -> None:
            commit(connection)
            os.kill(os.getpid(), signal.SIGKILL)

        redshift_connector.Connection.commit = commit_and_die
        run.execute(task_id)

    process = multiprocessing.get_context("fork").Process(target=execute)
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    run.tries[task_id] += 1


@pytest.mark.parametrize("task_id", ["stage_songs", pytest.param("stage_events", marks=LATER)])
def test_staging_is_repeated_as_a_whole(warehouse, data, task_id):
    """Except in a full load of events, see ``staging/test_stage_by_period.py``."""
    warehouse.upload(data)
    run = warehouse.run("2018-11-01T00:00:00Z", "2018-11-02T00:00:00Z")
    kill_after_commit(run, task_id)
    assert len(warehouse.tables_of_runs()) == 2, "COPY is committed"
    expected = source.songs(data) if task_id == "stage_songs" else source.events(data)
    assert run.execute(task_id)["rows"] == len(expected)
    run.complete()
    assert comparable_tables(warehouse.star_schema()) == comparable_tables(star_schema(data))
    assert warehouse.tables_of_runs() == []


@pytest.mark.parametrize("task_id", ["load_songplays", *(pytest.param(load, marks=LATER) for load in LOADS[1:])])
def test_load_writes_nothing_more_and_reports_what_it_has_written(warehouse, data, task_id):
    warehouse.upload(data)
    run = warehouse.run(full_load=True)
    for staging in STAGING:
        run.execute(staging)
    kill_after_commit(run, task_id)
    table = task_id.removeprefix("load_")
    written = warehouse.query(f"select count(*) from {table}")[0][0]
    assert written == len(star_schema(data)[table])
    counts = run.execute(task_id)
    assert counts["inserted"] == written, "the rows that the killed try has inserted"
    [(first,), (again,)] = warehouse.query(
        "select inserted from etl.loads where task_id = %(task_id)s order by loaded_at", task_id=task_id
    )
    assert (first, again) == (written, 0)
