"""The runs that the page reads from Airflow's database."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.warehouse.warehouse_page.conftest import DAG
from warehouse_page.runs import SHOWN_RUNS, latest_runs, runs_within, start_of_first_interval

HOUR = ("2018-11-15T16:00", "2018-11-15T17:00")
# Airflow accepts only one run per logical date.
OTHERS = [(f"2018-11-15T{hour:02}:00", f"2018-11-15T{hour + 1:02}:00") for hour in range(3)]
OWN = {"window_start": "2018-11-10T00:00:00Z", "window_end": "2018-11-12T00:00:00Z"}
# In UTC it is the 15th.
TOKYO = {"window_start": "2018-11-16T03:00:00+09:00", "window_end": "2018-11-16T04:00:00+09:00"}
LATER = {"window_start": "2018-11-20T00:00:00Z", "window_end": "2018-11-21T00:00:00Z"}


def windows(runs):
    return {run.run_id: run.window and str(run.window) for run in runs}


def test_each_run_has_the_window_that_its_tasks_resolve(new_run):
    new_run("hour", HOUR)
    new_run("own", OTHERS[0], conf=OWN)
    new_run("full", OTHERS[1], conf={"full_load": True})
    new_run("by-hand", run_after="2018-11-20T10:17")
    new_run("half", OTHERS[2], conf={"window_start": "2018-11-10T00:00:00Z"})
    assert windows(latest_runs(DAG)) == {
        "hour": "2018-11-15 16:00 to 2018-11-15 17:00 UTC",
        "own": "2018-11-10 00:00 to 2018-11-12 00:00 UTC",
        "full": "everything",
        "by-hand": "2018-11-20 09:00 to 2018-11-20 10:00 UTC",
        "half": None,
    }


def test_latest_run_is_first_even_if_queued(new_run):
    new_run("early", HOUR, begun="2018-11-16T00:00")
    new_run("again", OTHERS[0], begun="2018-11-18T00:00")
    new_run("late", OTHERS[1], begun="2018-11-17T00:00")
    new_run("waits", OTHERS[2], state="queued", begun=None, run_after="2018-11-19T00:00")
    new_run("of-another", HOUR, dag_id="other_dag")
    assert [run.run_id for run in latest_runs(DAG)] == ["waits", "again", "late", "early"]


def test_number_of_shown_runs_is_limited(new_run):
    for number in range(SHOWN_RUNS + 5):
        new_run(f"run-{number}", begun=f"2018-11-16T00:{number:02}")
    shown = latest_runs(DAG)
    assert [run.run_id for run in shown] == [f"run-{number}" for number in range(29, 4, -1)]


def test_run_has_its_duration(new_run):
    new_run("done", HOUR, begun="2018-11-16T00:00", seconds=12.5)
    new_run("under-way", OTHERS[0], state="running", begun="2018-11-16T00:01", seconds=None)
    assert [(run.state, run.seconds) for run in latest_runs(DAG)] == [("running", None), ("success", 12.5)]


def test_runs_for_an_interval_are_those_that_overlap_it(new_run):
    new_run("before", ("2018-11-14T23:00", "2018-11-15T00:00"), begun="2018-11-20T00:00")
    new_run("within", HOUR, begun="2018-11-20T00:01")
    new_run("after", ("2018-11-16T00:00", "2018-11-16T01:00"), begun="2018-11-20T00:02")
    # Its data interval is elsewhere, but its params select this one, or everything.
    new_run("asked", ("2018-12-24T00:00", "2018-12-24T01:00"), conf=TOKYO, begun="2018-11-20T00:03")
    new_run("full", ("2018-12-24T01:00", "2018-12-24T02:00"), conf={"full_load": True}, begun="2018-11-20T00:04")
    new_run("by-hand", run_after="2018-11-15T10:17", begun="2018-11-20T00:05")
    new_run("by-hand-for-its-last-hour", run_after="2018-11-16T00:40", begun="2018-11-20T00:06")
    new_run("by-hand-of-another-day", run_after="2018-11-20T10:17", begun="2018-11-20T00:07")
    new_run("asked-for-another-day", conf=LATER, run_after="2018-11-21T10:17", begun="2018-11-20T00:08")
    found = runs_within(DAG, datetime(2018, 11, 15), datetime(2018, 11, 16))
    assert [run.run_id for run in found] == ["within", "asked", "full", "by-hand", "by-hand-for-its-last-hour"]


@pytest.mark.parametrize("start", ["0001-01-01T00:00:00+14:00", "yesterday"])
def test_run_with_an_invalid_window_does_not_hide_others(new_run, start):
    new_run("hour", HOUR, begun="2018-11-20T00:00")
    new_run("odd", conf={"window_start": start, "window_end": "9999-12-31T23:00:00-05:00"}, begun="2018-11-20T00:01")
    assert windows(latest_runs(DAG)) == {"odd": None, "hour": "2018-11-15 16:00 to 2018-11-15 17:00 UTC"}


def test_full_load_covers_the_hours_before_its_start(new_run):
    new_run("full", conf={"full_load": True}, begun="2018-11-20T10:30")
    [interval] = [run.interval() for run in latest_runs(DAG)]
    assert (interval.start, interval.end) == (datetime(1970, 1, 1), datetime(2018, 11, 20, 10, 30))


def test_first_interval_comes_from_the_schedule(new_run):
    assert start_of_first_interval(DAG) is None
    new_run("by-hand")
    new_run("second", HOUR)
    new_run("first", ("2018-11-15T15:00", "2018-11-15T16:00"))
    assert start_of_first_interval(DAG) == datetime(2018, 11, 15, 15)
