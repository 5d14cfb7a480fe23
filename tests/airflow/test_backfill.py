"""Backfills in a real Airflow: forwards, backwards, with repeated hours, and with a manual run over the same hours."""

from datetime import datetime, timezone

import pytest

from local.datagen import Options, generate
from local.stack.aws_client import aws_client
from local.stack.cluster_login import require_login
from local.stack.dag_ids import CREATE_CLUSTER, LOAD, TEARDOWN_CLUSTER, TEARDOWN_WITHOUT_TRACE
from local.stack.dag_run import FINISHED, run_dag
from local.stack.dataset import Dataset
from local.stack.demo import upload_data
from local.stack.environment import BUCKET
from local.stack.report import STAR_SCHEMA
from local.stack.upload import delete
from standin_support.waiting import wait_until
from tests.model import star_schema as model

pytestmark = pytest.mark.long("backfills in a real Airflow")


def hour(number):
    return datetime(2018, 11, 1, number, tzinfo=timezone.utc)


FIRST, LAST = hour(16), hour(23)
HOURS = 8
FORWARDS = hour(16), hour(19)
BACKWARDS = hour(18), hour(23)
# The first and the last hours are loaded only by their own runs.
BY_HAND = {"window_start": "2018-11-01T17:00:00Z", "window_end": "2018-11-01T21:00:00Z"}


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    target = tmp_path_factory.mktemp("generated") / "data"
    generate(target, Options(days=1, users=40, songs=100))
    return Dataset.open(target)


@pytest.fixture(scope="module")
def empty_warehouse(stack, api, dataset, progress):
    """New tables, and a bucket with the data; both are deleted afterwards."""
    upload_data(stack.settings, progress, dataset)
    run_dag(api, progress, CREATE_CLUSTER, {})
    with require_login(stack.settings).connect() as warehouse:
        yield warehouse
    run_dag(api, progress, TEARDOWN_CLUSTER, TEARDOWN_WITHOUT_TRACE)
    delete(aws_client(stack.settings, "s3"), BUCKET, [key for key, _ in dataset.objects()])


@pytest.fixture(scope="module")
def backfilled(api, empty_warehouse):
    """The id of the manual run, after both backfills."""
    api.unpause(LOAD)
    forwards = api.start_backfill(LOAD, *FORWARDS)
    wait_until(lambda: api.count_runs(LOAD, *FORWARDS, ["running"]), "an hour runs")
    by_hand = api.trigger(LOAD, BY_HAND)
    wait_until(lambda: api.backfill_is_complete(forwards), "the backfill ends")
    api.start_backfill(LOAD, *BACKWARDS, backwards=True, reprocess="completed")
    wait_until(lambda: api.count_runs(LOAD, FIRST, LAST, FINISHED) == HOURS, "the backfill backwards ends")
    wait_until(lambda: api.run_state(LOAD, by_hand) in FINISHED, "the run by hand ends")
    return by_hand


def test_every_hour_has_a_run_that_succeeded(api, backfilled):
    runs = api.runs(LOAD, FIRST, LAST)
    assert len(runs) == HOURS
    assert {(run["run_type"], run["state"]) for run in runs} == {("backfill", "success")}
    assert api.run_state(LOAD, backfilled) == "success"


def test_every_task_has_succeeded_or_was_skipped(api, backfilled):
    runs = [*(run["dag_run_id"] for run in api.runs(LOAD, FIRST, LAST)), backfilled]
    found = [(run, task["task_id"], task["state"]) for run in runs for task in api.tasks(LOAD, run)]
    assert len(found) == len(runs) * 9
    assert [task for task in found if task[2] not in {"success", "skipped"}] == []


def test_existing_hours_run_twice_with_reprocessing(api, backfilled):
    tries = {
        datetime.fromisoformat(run["logical_date"].replace("Z", "+00:00")): {
            task["try_number"] for task in api.tasks(LOAD, run["dag_run_id"])
        }
        for run in api.runs(LOAD, FIRST, LAST)
    }
    twice = {moment for moment, numbers in tries.items() if min(numbers) > 1}
    assert twice == {hour(18), hour(19)}


@pytest.mark.parametrize("table", STAR_SCHEMA)
def test_every_row_of_these_hours_matches_the_model(empty_warehouse, dataset, backfilled, table):
    expected = model.star_schema(dataset.directory, datetime(2018, 11, 1, 16), datetime(2018, 11, 2))[table]
    found = empty_warehouse.execute(f"select * from {table}").fetchall()
    assert model.comparable(found) == expected
    assert len(found) == len(expected) > 0


def test_asset_events_have_the_rows_of_each_window(api, empty_warehouse, backfilled):
    events = {}
    for run in (*(run["dag_run_id"] for run in api.runs(LOAD, FIRST, LAST)), backfilled):
        for event in api.asset_events(LOAD, run):
            if event["name"] == "sparkify_songplays":
                # A repeated run emits an event again.
                events[run] = event["extra"]["window_start"], event["extra"]["inserted"]
    by_hour = empty_warehouse.execute("select date_part(hour, start_time), count(*) from songplays group by 1")
    rows = {int(number): count for number, count in by_hour.fetchall()}
    assert sum(inserted for _, inserted in events.values()) == sum(rows.values())
    # These hours are in the window of only one run.
    alone = {hour(number).replace(tzinfo=None).isoformat(): rows[number] for number in (16, 21, 22) if number in rows}
    assert alone.items() <= dict(events.values()).items()
    assert len(alone) > 1


def test_cleared_load_of_an_old_hour_stages_its_data_again(api, empty_warehouse, dataset, backfilled):
    [run] = api.runs(LOAD, hour(16), hour(16))
    taken = empty_warehouse.execute("delete from songplays where date_part(hour, start_time) = 16").rowcount
    assert taken > 0
    api.clear(LOAD, run["dag_run_id"], ["load_songplays"])
    wait_until(lambda: api.run_state(LOAD, run["dag_run_id"]) in FINISHED, "the cleared tasks end")

    states = {task["task_id"]: (task["state"], task["try_number"]) for task in api.tasks(LOAD, run["dag_run_id"])}
    rerun = {"load_songplays", "check_star_schema", "clean_up"}
    assert {task_id for task_id, (_, number) in states.items() if number == 2} == rerun
    assert {states[task_id][0] for task_id in rerun} == {"success"}
    expected = model.star_schema(dataset.directory, datetime(2018, 11, 1, 16), datetime(2018, 11, 2))["songplays"]
    assert model.comparable(empty_warehouse.execute("select * from songplays").fetchall()) == expected
