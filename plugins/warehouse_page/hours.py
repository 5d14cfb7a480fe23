"""What became of each hour: loaded, empty, failed, missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

HOUR = timedelta(hours=1)


class HourState(str, Enum):
    """What became of an hour of event time."""

    LOADED = "loaded"
    EMPTY = "empty"
    FAILED = "failed"
    RUNNING = "running"
    MISSING = "missing"
    OUTSIDE = "outside"


@dataclass(frozen=True)
class Cover:
    """An interval of event time that something is responsible for; UTC without a zone, its end not included."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class RunCover(Cover):
    """The interval of a run of the DAG.

    :param state: Airflow's state of the run: queued, running, success or failed.
    """

    run_id: str
    state: str


@dataclass(frozen=True)
class Hour:
    """An hour of event time.

    :param rows: how many rows the fact has in it.
    :param run_id: the last run that was responsible for it and that Airflow still knows, or None.
    """

    start: datetime
    state: HourState
    rows: int
    run_id: str | None


def hours_of(
    first: datetime,
    last: datetime,
    *,
    runs: Sequence[RunCover],
    loads: Iterable[Cover],
    rows: Mapping[datetime, int],
    begins: datetime | None,
    now: datetime,
) -> list[Hour]:
    """Return what became of each hour from ``first`` until ``last``, which is not included.

    The last run whose interval has a part of the hour decides: is it not over, the hour is running; has it failed, the
    hour has failed, whatever an earlier one did. Else the hour counts as loaded or empty if loads cover all of it,
    and as missing if not. Hours before the first one that anything was responsible for, and those that are not over,
    are outside.

    All times are UTC without a zone.

    :param runs: the runs, in the order in which they were started.
    :param loads: the intervals that the fact was loaded for.
    :param rows: how many rows the fact has, by the hour's start; hours without rows may be left out.
    :param begins: the first moment that anything was responsible for; None: there was nothing yet.
    :param now: hours that end later are not over.
    """
    latest: dict[datetime, RunCover] = {}
    for run in runs:
        hour = max(first, run.start.replace(minute=0, second=0, microsecond=0))
        while hour < min(last, run.end):
            latest[hour] = run
            hour += HOUR
    covered = _joined(loads)
    return [
        Hour(
            hour,
            _state(hour, latest.get(hour), covered, rows.get(hour, 0), begins, now),
            rows.get(hour, 0),
            latest[hour].run_id if hour in latest else None,
        )
        for hour in _each(first, last)
    ]


def _state(
    hour: datetime,
    run: RunCover | None,
    covered: Sequence[Cover],
    rows: int,
    begins: datetime | None,
    now: datetime,
) -> HourState:
    if run and run.state in ("queued", "running"):
        return HourState.RUNNING
    if run and run.state == "failed":
        return HourState.FAILED
    if any(cover.start <= hour and hour + HOUR <= cover.end for cover in covered):
        return HourState.LOADED if rows else HourState.EMPTY
    if begins is None or hour + HOUR <= begins or hour + HOUR > now:
        return HourState.OUTSIDE
    return HourState.MISSING


def _each(first: datetime, last: datetime) -> Iterable[datetime]:
    while first < last:
        yield first
        first += HOUR


def _joined(covers: Iterable[Cover]) -> list[Cover]:
    """Return disjoint intervals in order; windows that meet are one, so that two half hours cover an hour."""
    joined: list[Cover] = []
    for cover in sorted(covers, key=lambda cover: cover.start):
        if joined and cover.start <= joined[-1].end:
            joined[-1] = Cover(joined[-1].start, max(joined[-1].end, cover.end))
        else:
            joined.append(cover)
    return joined
