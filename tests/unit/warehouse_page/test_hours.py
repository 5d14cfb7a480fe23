"""The state of each hour, case by case."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from warehouse_page.hours import Coverage, CoveredInterval, RunInterval, hour_states

DAY = datetime(2018, 11, 15)
LATER = datetime(2018, 11, 20)


def at(hour):
    return DAY + timedelta(hours=hour)


def run(start, end, state="success", run_id="r"):
    return RunInterval(at(start), at(end), run_id, state)


def load(start, end):
    return CoveredInterval(at(start), at(end))


def states(runs=(), loads=(), rows=None, start=None, now=LATER, first=0, last=4):
    coverage = Coverage(
        runs=runs,
        loads=loads,
        rows={at(hour): count for hour, count in (rows or {}).items()},
        start=None if start is None else at(start),
        now=now,
    )
    hours = hour_states(at(first), at(last), coverage)
    return " ".join(hour.state.value for hour in hours)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param({}, "outside outside outside outside", id="nothing ever ran"),
        pytest.param({"start": 0}, "missing missing missing missing", id="something ran, but not for these"),
        pytest.param({"start": 2}, "outside outside missing missing", id="nothing is missing before the first hour"),
        pytest.param(
            {"loads": [load(0, 1)], "rows": {0: 7}, "start": 0}, "loaded missing missing missing", id="one hour"
        ),
        pytest.param({"loads": [load(0, 1)], "start": 0}, "empty missing missing missing", id="an hour without rows"),
        pytest.param(
            {"loads": [load(-5, 30)], "rows": {1: 1}, "start": -5},
            "empty loaded empty empty",
            id="one window covers many hours",
        ),
        pytest.param(
            {"loads": [load(0, 0.5), load(0.5, 1)], "rows": {0: 1}, "start": 0},
            "loaded missing missing missing",
            id="two halves cover an hour",
        ),
        pytest.param(
            {"loads": [load(0, 0.5)], "rows": {0: 1}, "start": 0},
            "missing missing missing missing",
            id="a half does not",
        ),
        pytest.param(
            {"loads": [load(0, 4)], "runs": [run(0, 4), run(1, 2, "failed")], "rows": {1: 3}, "start": 0},
            "empty failed empty empty",
            id="the last run has failed, whatever was loaded before",
        ),
        pytest.param(
            {"loads": [load(1, 2)], "runs": [run(0, 4, "failed"), run(1, 2)], "rows": {1: 3}, "start": 0},
            "failed loaded failed failed",
            id="a later run has put one hour right",
        ),
        pytest.param(
            {"loads": [load(0, 4)], "runs": [run(0, 4), run(2, 3, "running"), run(3, 4, "queued")], "start": 0},
            "empty empty running running",
            id="a run is under way, or waits",
        ),
        pytest.param(
            {"runs": [run(0.5, 1.5, "failed")], "start": 0}, "failed failed missing missing", id="a part has failed"
        ),
        pytest.param(
            {"runs": [run(0, 1)], "start": 0}, "missing missing missing missing", id="a run that loaded nothing"
        ),
        pytest.param({"start": 0, "now": at(2.5)}, "missing missing outside outside", id="an hour that is not over"),
        pytest.param({"start": 0, "now": at(3)}, "missing missing missing outside", id="an hour that is just over"),
        pytest.param({"rows": {0: 2}, "start": 0}, "missing missing missing missing", id="rows that no load brought"),
        pytest.param(
            {"first": 22, "last": 26, "loads": [load(23, 25)], "start": 0},
            "missing empty empty missing",
            id="midnight",
        ),
    ],
)
def test_states_of_four_hours(given, expected):
    assert states(**given) == expected


def test_hour_has_its_rows_and_its_last_run():
    runs = [run(0, 2, run_id="first"), run(1, 2, "failed", run_id="second")]
    coverage = Coverage(runs=runs, loads=[], rows={at(1): 5}, start=at(0), now=LATER)
    hours = hour_states(at(0), at(3), coverage)
    assert [(hour.start, hour.rows, hour.run_id) for hour in hours] == [
        (at(0), 0, "first"),
        (at(1), 5, "second"),
        (at(2), 0, None),
    ]


def test_run_over_all_time_costs_no_more_than_the_month():
    ever = RunInterval(datetime(1970, 1, 1), datetime(9999, 1, 1), "full", "failed")
    assert states(runs=[ever], start=0) == "failed failed failed failed"
