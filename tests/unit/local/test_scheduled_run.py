"""When Airflow creates the runs of an hourly schedule."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from local.stack.airflow_api import ScheduledRun


def at(hour, minute=0):
    return datetime(2026, 11, 28, hour, minute, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("now", "next_creation"),
    [
        # Not due yet, so this run is the next one.
        (at(14, 59), at(15)),
        # Already due, because the DAG is paused, so the run of the following hour is the next one.
        (at(15), at(16)),
        (at(15, 58), at(16)),
        # Airflow has not noticed yet that another hour has ended, so that run is also due.
        (at(16, 1), at(16)),
    ],
)
def test_next_run_of_a_schedule(now, next_creation):
    assert ScheduledRun(logical_date=at(14), due=at(15)).next_creation(now) == next_creation
