"""An Airflow backfill of many hours with a concurrent full load, compared with a single full load.

If the hours are not those of whole days, a run of these hours takes the place of the full load.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from local.datagen import Options, generate
from local.errors import StackError
from local.settings import Settings
from local.stack.airflow_api import AirflowApi, admin_api
from local.stack.aws_client import aws_client
from local.stack.cluster_login import find_login, require_login
from local.stack.comparison import fingerprints, fingerprints_of_hours, rows_written
from local.stack.dag_ids import CREATE_CLUSTER, LOAD, TEARDOWN_CLUSTER, TEARDOWN_WITHOUT_TRACE
from local.stack.dag_run import FAILED_TASK, FINISHED, failed_on_interrupt, run_dag, show_failure, wait_for_dag
from local.stack.dataset import Dataset
from local.stack.demo import upload_data
from local.stack.environment import BUCKET
from local.stack.interrupt import Interrupted, held_back
from local.stack.next_steps import print_next_steps
from local.stack.period import HOUR, Period
from local.stack.progress import Progress, Step
from local.stack.report import STAR_SCHEMA, print_table, row_counts
from local.stack.schedule import kept_paused
from local.stack.stack import Stack
from local.stack.upload import delete

ACTIVE_RUNS = 8
# How many hours run twice.
REPEATED_HOURS = 24
# How many runs at the start and at the end are compared in time.
COMPARED_RUNS = 50

POLL_SECONDS = 1.0


def backfill(stack: Stack, progress: Progress, period: Period, data: Path | None, *, backwards: bool) -> None:
    """Run every hour of a period with an Airflow backfill, on an empty warehouse, and compare with a single run.

    Halfway, another single run is triggered by hand. Some hours run twice.

    :param data: the directory of data; None generates data for the period.
    :param backwards: whether the latest hour is the first.
    :raises StackError: a run failed, or a single run gives other rows.
    """
    dataset = Dataset.open(data).between(period.first_day, period.last_day) if data else None
    stack.up()
    try:
        dataset = dataset or _generated_data(stack.settings, progress, period)
        with admin_api(stack.settings) as api:
            _begin_empty(stack.settings, api, progress, dataset)
            with kept_paused(api, LOAD):
                _backfill(stack.settings, api, progress, period, backwards=backwards)
    except Interrupted:
        stack.undo()
        raise
    print_next_steps(stack.settings, progress)


def _generated_data(settings: Settings, progress: Progress, period: Period) -> Dataset:
    """Return generated data for the days of the period; it is generated only once."""
    directory = settings.state / f"data_{period.first_day}_{period.last_day}"
    if not directory.exists():
        with progress.step("Generating the data") as step:
            generate(directory, Options(days=period.days, start=period.first_day))
            step.done = f"Generated the data in {directory}"
    return Dataset.open(directory)


def _begin_empty(settings: Settings, api: AirflowApi, progress: Progress, dataset: Dataset) -> None:
    """Fill the bucket with the dataset and nothing else, and recreate the cluster."""
    result = upload_data(settings, progress, dataset)
    if result.foreign:
        delete(aws_client(settings, "s3"), BUCKET, result.foreign)
        progress.line(f"  Deleted {len(result.foreign):,} objects of other data from the local bucket")
    if find_login(settings):
        run_dag(api, progress, TEARDOWN_CLUSTER, TEARDOWN_WITHOUT_TRACE)
    run_dag(api, progress, CREATE_CLUSTER, {})


def _backfill(settings: Settings, api: AirflowApi, progress: Progress, period: Period, *, backwards: bool) -> None:
    with progress.step(f"Backfilling {period}") as step:
        wait_for_dag(api, LOAD)
        api.unpause(LOAD)
        hours = _Hours(api, period.start, period.last_hour)
        with _started(api, hours, backwards=backwards) as backfill_id:
            _follow(hours, step, hours.number // 2)
            before = _LoadedBefore.read(settings, hours)
            manual = api.trigger(LOAD, period.conf)
            with failed_on_interrupt(api, LOAD, manual):
                _follow(hours, step, hours.number)
                state = _end_of_run(api, manual)
            _wait_for_end(api, backfill_id)
        step.done = f"Ran {hours.number} hours, {len(before.hours)} of them before the {period.single_run}"
    runs, tasks = hours.runs(), hours.tasks()
    if state != "success":
        raise StackError(show_failure(api, progress, LOAD, manual))
    repeated = _Hours(api, period.start, min(period.last_hour, period.start + (REPEATED_HOURS - 1) * HOUR))
    with progress.step(f"Running {repeated.number} hours again") as step:
        with _started(api, repeated, backwards=backwards) as backfill_id:
            _follow(repeated, step, repeated.number)
            _wait_for_end(api, backfill_id)
        step.done = f"Ran {repeated.number} hours a second time"
    _check_success(api, progress, hours)
    _print_speed(progress, runs, tasks)
    _compare(settings, api, progress, period, before)


@dataclass(frozen=True)
class _Hours:
    """The runs of consecutive hours."""

    api: AirflowApi
    first: datetime
    last: datetime

    @property
    def number(self) -> int:
        return (self.last - self.first) // HOUR + 1

    def count(self, *states: str) -> int:
        return self.api.count_runs(LOAD, self.first, self.last, states)

    def runs(self, *states: str) -> list[dict[str, Any]]:
        return self.api.runs(LOAD, self.first, self.last, states)

    def tasks(self) -> Counter[str]:
        """Return the number of task instances per final state."""
        states = ("success", "skipped", *sorted(FAILED_TASK))
        return Counter({state: self.api.count_tasks(LOAD, self.first, self.last, [state]) for state in states})


@dataclass(frozen=True)
class _LoadedBefore:
    """The rows that the hourly runs had loaded before the single run started."""

    hours: frozenset[datetime]
    fingerprints: dict[str, str]

    @classmethod
    def read(cls, settings: Settings, hours: _Hours) -> _LoadedBefore:
        loaded = frozenset(
            datetime.fromisoformat(run["logical_date"].replace("Z", "+00:00")).replace(tzinfo=None)
            for run in hours.runs("success")
        )
        with require_login(settings).connect() as connection:
            return cls(loaded, fingerprints_of_hours(connection, loaded))


@contextmanager
def _started(api: AirflowApi, hours: _Hours, *, backwards: bool) -> Iterator[int]:
    """Start a backfill; an interrupt cancels it and fails its active runs."""
    backfill_id = None
    try:
        with held_back():
            backfill_id = api.start_backfill(
                LOAD,
                hours.first,
                hours.last,
                backwards=backwards,
                max_active_runs=ACTIVE_RUNS,
                reprocess="completed",
            )
        yield backfill_id
    except Interrupted:
        with held_back():
            if backfill_id is not None:
                api.cancel_backfill(backfill_id)
            for run in hours.runs("running"):
                api.fail_run(LOAD, run["dag_run_id"])
        raise


def _follow(hours: _Hours, step: Step, number: int) -> None:
    """Wait until this many hours have run."""
    while (done := hours.count(*FINISHED)) < number:
        failed = hours.count("failed")
        step.detail(f"{done} of {hours.number} hours" + (f", {failed} failed" if failed else ""))
        time.sleep(POLL_SECONDS)


def _end_of_run(api: AirflowApi, run_id: str) -> str:
    while (state := api.run_state(LOAD, run_id)) not in FINISHED:
        time.sleep(POLL_SECONDS)
    return state


def _wait_for_end(api: AirflowApi, backfill_id: int) -> None:
    """Wait until Airflow has marked the backfill as completed: until then it starts no other backfill."""
    while not api.backfill_is_complete(backfill_id):
        time.sleep(POLL_SECONDS)


def _check_success(api: AirflowApi, progress: Progress, hours: _Hours) -> None:
    failed = hours.runs("failed")
    if failed:
        first = show_failure(api, progress, LOAD, failed[0]["dag_run_id"])
        raise StackError(f"{len(failed)} of {hours.number} hours failed. {first}")


def _print_speed(progress: Progress, runs: list[dict[str, Any]], tasks: Counter[str]) -> None:
    """Print the runs and task instances per minute, and whether runs became slower."""
    begun, ended = (
        [datetime.fromisoformat(run[end].replace("Z", "+00:00")) for run in runs] for end in ("start_date", "end_date")
    )
    minutes = (max(ended) - min(begun)) / timedelta(minutes=1)
    seconds = [(end - start).total_seconds() for start, end in zip(begun, ended, strict=True)]
    compared = min(COMPARED_RUNS, len(seconds) // 2)
    rows = [
        ("runs", f"{len(runs):,}"),
        ("task instances", ", ".join(f"{count:,} {state}" for state, count in tasks.items() if count)),
        ("minutes", f"{minutes:.1f}"),
        ("runs a minute", f"{len(runs) / minutes:.1f}"),
        ("task instances a minute", f"{tasks.total() / minutes:.0f}"),
        (f"a run of the first {compared}", f"{median(seconds[:compared]):.1f} s (median)"),
        (f"a run of the last {compared}", f"{median(seconds[-compared:]):.1f} s (median)"),
    ]
    print_table(progress.console, f"The backfill, {ACTIVE_RUNS} runs at a time", ("what", "value"), rows)


def _compare(settings: Settings, api: AirflowApi, progress: Progress, period: Period, before: _LoadedBefore) -> None:
    """Run all hours at once, which must find nothing to write.

    :raises StackError: it wrote rows.
    """
    with require_login(settings).connect() as connection:
        hourly, rows = fingerprints(connection), row_counts(connection)
        repaired = before.fingerprints != fingerprints_of_hours(connection, before.hours)
    run_id = run_dag(api, progress, LOAD, period.conf)
    with require_login(settings).connect() as connection:
        single, written = fingerprints(connection), rows_written(connection, LOAD, run_id)
        single_rows = row_counts(connection)
    same = {table: hourly[table] == single[table] and written.get(table) == 0 for table in STAR_SCHEMA}
    lines = [
        (table, f"{rows[table]:,}", f"{single_rows[table]:,}", written.get(table), "yes" if same[table] else "NO")
        for table in STAR_SCHEMA
    ]
    names = ("table", "rows after the backfill", f"after one {period.single_run}", "rows it wrote", "same")
    print_table(progress.console, f"The backfill and a single {period.single_run}", names, lines)
    if repaired:
        raise StackError(f"The {period.single_run} changed hours that had already been loaded.")
    if not all(same.values()):
        raise StackError(f"The backfill and the {period.single_run} gave different rows: see the table above.")
