"""The state of each hour: loaded, empty, failed, missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from functools import cached_property

from redshift_elt.run.intervals import Interval, joined

HOUR = timedelta(hours=1)


class HourState(str, Enum):
    """The state of an hour of event time."""

    LOADED = "loaded"
    EMPTY = "empty"
    FAILED = "failed"
    RUNNING = "running"
    MISSING = "missing"
    OUTSIDE = "outside"


@dataclass(frozen=True)
class CoveredInterval:
    """A half-open interval of event time that a load or a run covers; UTC without a time zone."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class RunInterval(CoveredInterval):
    """The interval that a run of the DAG covers.

    :param state: Airflow's state of the run: queued, running, success or failed.
    """

    run_id: str
    state: str


@dataclass(frozen=True)
class Hour:
    """An hour of event time.

    :param rows: the number of rows in the fact table.
    :param run_id: the last run in Airflow's database that covers a part of it, or None.
    """

    start: datetime
    state: HourState
    rows: int
    run_id: str | None


@dataclass(frozen=True)
class Coverage:
    """What is known about the hours of a period. All times are UTC without a time zone.

    :param runs: the runs, in the order in which they started.
    :param loads: the intervals that the fact table was loaded for.
    :param rows: the number of rows in the fact table by the start of the hour; hours without rows may be missing.
    :param start: the start of the first covered interval; None if there is none.
    :param now: hours that end later have not ended.
    """

    runs: Sequence[RunInterval]
    loads: Sequence[CoveredInterval]
    rows: Mapping[datetime, int]
    start: datetime | None
    now: datetime

    def state(self, hour: datetime, run: RunInterval | None) -> HourState:
        """Return the state of an hour.

        :param run: the last run that covers a part of the hour.
        """
        if run and run.state in ("queued", "running"):
            return HourState.RUNNING
        if run and run.state == "failed":
            return HourState.FAILED
        if any(start <= hour and hour + HOUR <= end for start, end in self._loaded):
            return HourState.LOADED if self.rows.get(hour) else HourState.EMPTY
        if self.start is None or hour + HOUR <= self.start or hour + HOUR > self.now:
            return HourState.OUTSIDE
        return HourState.MISSING

    @cached_property
    def _loaded(self) -> list[Interval]:
        # Two half hours cover an hour.
        return joined((load.start, load.end) for load in self.loads)


def hour_states(first: datetime, last: datetime, coverage: Coverage) -> list[Hour]:
    """Return each hour from ``first`` to ``last``, exclusive, with its state.

    The last run that covers a part of the hour decides. While it has not ended, the hour is running; if it has failed,
    the hour has failed, whatever earlier runs did. Otherwise the hour is loaded or empty if loads cover it completely,
    and missing if they do not. Hours before the first covered one, and hours that have not ended, are outside.

    :param first: UTC without a time zone.
    :param last: UTC without a time zone.
    """
    latest: dict[datetime, RunInterval] = {}
    for run in coverage.runs:
        hour = max(first, run.start.replace(minute=0, second=0, microsecond=0))
        while hour < min(last, run.end):
            latest[hour] = run
            hour += HOUR
    return [
        Hour(
            hour,
            coverage.state(hour, latest.get(hour)),
            coverage.rows.get(hour, 0),
            latest[hour].run_id if hour in latest else None,
        )
        for hour in _each(first, last)
    ]


def _each(first: datetime, last: datetime) -> Iterable[datetime]:
    while first < last:
        yield first
        first += HOUR
