"""Runs of the DAGs in a real Airflow: the resulting star schema, even if tasks are killed halfway."""

import json
import os
import re
import signal
from collections import Counter
from dataclasses import asdict
from types import SimpleNamespace

import psycopg
import pytest

from local.stack.airflow_api import AirflowApi
from local.stack.aws_client import aws_client
from local.stack.cluster_login import require_login
from local.stack.dag_ids import LOAD, REPORT
from local.stack.dag_run import run_dag
from local.stack.environment import BUCKET, METADATA, VIEWER
from local.stack.secret import Secrets
from redshift_elt.run.names import staging_table
from redshift_standin import SECRET_KEY
from standin_support.waiting import wait_until
from tests.support.leaks import leaks
from tests.support.star_schema_runs import TARGETS, damage, rows, states, task_processes, waiting_for_locks

# The counts of the complete real data, published and recomputed.
REAL_COUNTS = {"songplays": 6820, "users": 97, "songs": 14896, "artists": 9553, "time": 6813}

pytestmark = pytest.mark.long("runs in a real Airflow but for the demo's")

# tests/warehouse/test_kill_anywhere.py cuts off tasks of these kinds at each of their statements.
KILLED_TOO = pytest.mark.long("killing the tasks around the loads in a real Airflow")


@pytest.mark.parametrize("table", TARGETS)
def test_every_row_matches_the_model(warehouse, expected, table):
    found = rows(warehouse, table)
    assert len(found) == warehouse.execute(f"select count(*) from {table}").fetchone()[0]
    assert found == expected[table]


def test_row_counts_of_the_real_data(warehouse, real_data):
    counts = {table: warehouse.execute(f"select count(*) from {table}").fetchone()[0] for table in TARGETS}
    assert counts == REAL_COUNTS
    assert warehouse.execute("select count(*) from songplays where song_id is not null").fetchone() == (319,)
    levels = dict(warehouse.execute("select level, count(*) from users group by level").fetchall())
    assert levels == {"free": 75, "paid": 22}


def test_task_logs_have_the_staged_row_counts_of_the_real_data(api, real_data, first_run):
    tasks = {task["task_id"]: task for task in api.tasks(LOAD, first_run)}
    events, songs = (api.log(LOAD, first_run, tasks[task_id]) for task_id in ("stage_events", "stage_songs"))
    assert any("8,056 rows staged" in line for line in events)
    assert any("14,896 rows staged" in line for line in songs)


def test_every_check_passed(warehouse, first_run):
    query = "select check_name, outcome from etl.check_results where run_id = %s"
    results = dict(warehouse.execute(query, (first_run,)).fetchall())
    assert len(results) > 10
    # The logs have damaged text, which only causes a warning.
    assert {name for name, outcome in results.items() if outcome != "passed"} <= {"damaged text in song or artist"}


def test_second_run_writes_nothing(stack, warehouse, api, progress, dataset):
    before = {table: rows(warehouse, table) for table in TARGETS}
    start, end = dataset.window
    run_id = run_dag(api, progress, LOAD, {"window_start": start, "window_end": end})
    written = warehouse.execute(
        "select sum(inserted + updated + deleted) from etl.loads where run_id = %s and target in"
        " ('songplays', 'users', 'songs', 'artists', 'time')",
        (run_id,),
    ).fetchone()
    assert written == (0,)
    assert {table: rows(warehouse, table) for table in TARGETS} == before


def test_viewer_can_read_but_not_trigger(stack, first_run):
    password = Secrets.of(stack.settings.state).viewer_password
    with AirflowApi(stack.settings.airflow_url, VIEWER, password) as viewer:
        assert viewer.run_state(LOAD, first_run) == "success"
        with pytest.raises(Exception, match="403"):
            viewer.trigger(LOAD, {})


def test_no_secret_is_in_logs_templates_or_xcom(stack, api, warehouse, first_run):
    known = (*asdict(Secrets.of(stack.settings.state)).values(), SECRET_KEY, require_login(stack.settings).password)
    folders = [stack.settings.state / "logs", stack.settings.state / "airflow" / "logs"]
    logs = [file for folder in folders for file in folder.rglob("*.log")]
    assert any("load_songplays" in str(file) for file in logs)
    found = {file.name: leaks(file.read_text(errors="replace"), known) for file in logs}
    for task in api.tasks(LOAD, first_run):
        found[task["task_id"]] = leaks(json.dumps(task["rendered_fields"], indent=1), known)
    with psycopg.connect(**stack.metadata.dsn.parameters(METADATA)) as metadata:
        xcoms = metadata.execute("select key, value::text from xcom where run_id = %s", (first_run,)).fetchall()
    assert xcoms
    found |= {key: leaks(value, known) for key, value in xcoms}
    assert {place: kinds for place, kinds in found.items() if kinds} == {}


@pytest.mark.parametrize(
    ("locked", "killed"),
    [
        # The row in etl.loads is the last write of a load before it commits.
        (["etl.loads"], {"load_songplays", "load_users", "load_songs", "load_artists", "load_time"}),
        # The staging table of a run is created LIKE its template.
        pytest.param(["staging_events", "staging_songs"], {"stage_events", "stage_songs"}, marks=KILLED_TOO),
    ],
)
def test_killed_tasks_end_with_the_same_rows_after_their_retries(stack, warehouse, api, expected, locked, killed):
    damaged = damage(warehouse)
    with require_login(stack.settings).connect() as holder:
        holder.autocommit = False
        for table in locked:
            holder.execute(f"lock {table}")
        run_id = api.trigger(LOAD, {"full_load": True})
        wait_until(lambda: waiting_for_locks(stack, api, run_id) >= len(killed), "the loads wait for the lock")
        kill_tasks(stack, api, run_id, killed)
        holder.rollback()

    assert {table: rows(warehouse, table) for table in TARGETS} == damaged
    api.clear(LOAD, run_id, sorted(killed))
    wait_until(lambda: api.run_state(LOAD, run_id) in {"success", "failed"}, "the run ends")
    assert api.run_state(LOAD, run_id) == "success"
    assert {table: rows(warehouse, table) for table in TARGETS} == expected


@KILLED_TOO
def test_killed_check_and_clean_up_leave_nothing_behind_after_their_retries(stack, warehouse, api, expected, dataset):
    with (
        require_login(stack.settings).connect() as gate,
        require_login(stack.settings).connect() as holder,
        require_login(stack.settings).connect() as reader,
    ):
        gate.autocommit = holder.autocommit = reader.autocommit = False
        # Staged rows are checked, too: the table of results is locked after that, and before the loads.
        gate.execute("lock etl.lock_songplays")
        run_id = api.trigger(LOAD, dict(zip(("window_start", "window_end"), dataset.window, strict=True)))
        wait_until(lambda: waits(stack, api, run_id, "load_songplays"), "a load waits for the lock")
        holder.execute("lock etl.check_results")
        gate.rollback()
        wait_until(lambda: waits(stack, api, run_id, "check_star_schema"), "the check waits for the lock")
        # A staging table cannot be dropped while a session reads it.
        reader.execute(f"select * from {staging_table('staging_events', SimpleNamespace(dag_id=LOAD, run_id=run_id))}")
        kill_tasks(stack, api, run_id, {"check_star_schema"})
        holder.rollback()
        api.clear(LOAD, run_id, ["check_star_schema"])
        wait_until(lambda: states(api, run_id, {"check_star_schema"}) == {"success"}, "the check is done")
        wait_until(lambda: waits(stack, api, run_id, "clean_up"), "the clean-up waits for the lock")
        kill_tasks(stack, api, run_id, {"clean_up"})
        reader.rollback()
    api.clear(LOAD, run_id, ["clean_up"])
    wait_until(lambda: api.run_state(LOAD, run_id) in {"success", "failed"}, "the run ends")

    assert api.run_state(LOAD, run_id) == "success"
    results = warehouse.execute("select check_name, target from etl.check_results where run_id = %s", (run_id,))
    assert max(Counter(results.fetchall()).values()) == 1
    assert results.rowcount > 5
    assert warehouse.execute("select tablename from pg_tables where strpos(tablename, '__') > 0").fetchall() == []
    assert aws_client(stack.settings, "s3").list_objects_v2(Bucket=BUCKET, Prefix="manifests/")["KeyCount"] == 0
    assert {table: rows(warehouse, table) for table in TARGETS} == expected


def waits(stack, api, run_id, task_id):
    """Whether a task that runs alone waits for a lock; loads also wait for each other."""
    return states(api, run_id, {task_id}) == {"running"} and waiting_for_locks(stack, api, run_id)


def kill_tasks(stack, api, run_id, tasks):
    """Kill the processes of the running tasks, and wait until Airflow has noticed."""
    processes = task_processes(stack)
    assert len(processes) >= len(tasks)
    for process in processes:
        os.kill(process.pid, signal.SIGKILL)
    wait_until(lambda: states(api, run_id, tasks) == {"up_for_retry"}, "Airflow sees that the tasks are gone")


@pytest.fixture
def report(api):
    """The DAG that the Asset of songplays triggers, unpaused for one test."""
    api.unpause(REPORT)
    yield REPORT
    api.pause(REPORT)


@pytest.mark.long("the report after a run in a real Airflow")
def test_run_that_changes_all_tables_is_followed_by_one_report(stack, warehouse, api, expected, report):
    damage(warehouse)
    with psycopg.connect(**stack.metadata.dsn.parameters(METADATA), autocommit=True) as metadata:
        # Tests in other files have also created reports.
        [[last]] = metadata.execute("select max(id) from dag_run").fetchall()
        new = "from dag_run where dag_id = %s and id > %s"
        run_id = api.trigger(LOAD, {"full_load": True})
        wait_until(lambda: api.run_state(LOAD, run_id) in {"success", "failed"}, "the load ends")
        assert api.run_state(LOAD, run_id) == "success"
        assert len(api.asset_events(LOAD, run_id)) == len(TARGETS)
        ended_runs = f"select run_id {new} and state in ('success', 'failed')"
        wait_until(lambda: metadata.execute(ended_runs, (report, last)).fetchall(), "the report is there")
        made = metadata.execute(f"select run_type, state {new}", (report, last)).fetchall()
        queued = metadata.execute("select * from asset_dag_run_queue where target_dag_id = %s", (report,)).fetchall()
        [[ended]] = metadata.execute("select end_date from dag_run where run_id = %s", (run_id,)).fetchall()
        publishing = "select start_date from task_instance where task_id = 'publish_report'"
        published = f"{publishing} and run_id in (select run_id {new})"
        [[began]] = metadata.execute(published, (report, last)).fetchall()
    assert (made, queued) == ([("asset_triggered", "success")], [])
    assert began > ended

    s3 = aws_client(stack.settings, "s3")
    page = s3.get_object(Bucket=BUCKET, Key="reports/index.html")["Body"].read().decode()
    [folder] = set(re.findall(r'href="([^"/#]+/)', page))
    rows_per_table = s3.get_object(Bucket=BUCKET, Key=f"reports/{folder}rows_per_table.csv")["Body"].read().decode()
    assert dict(line.split(",") for line in rows_per_table.splitlines()[1:]) == {
        table: str(len(expected[table])) for table in TARGETS
    }
