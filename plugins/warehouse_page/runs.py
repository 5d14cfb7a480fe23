"""The runs of the DAG, read from Airflow's database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, overload

from airflow.models.dagrun import DagRun
from airflow.providers.common.compat.sdk import AirflowFailException
from airflow.utils.session import create_session
from sqlalchemy import Select, and_, func, or_, select

from redshift_elt.run.window import Window, resolve_window
from warehouse_page.hours import RunInterval

# The number of runs that the page lists, and the limit for the runs of a month: 744 hours, and repetitions.
SHOWN_RUNS = 25
MAX_RUNS = 2000

# When a run last started: a cleared run starts again. A run that has not started yet counts as the latest.
_STARTED_OR_DUE = func.coalesce(DagRun.start_date, DagRun.queued_at, DagRun.run_after)


@dataclass(frozen=True)
class Run:
    """A run of the DAG. Times are UTC without a time zone.

    :param kind: scheduled, backfill, manual or asset_triggered.
    :param window: its window; None if its params are invalid.
    :param started_or_due: when it last started; if it has not started, when it was queued or due.
    """

    run_id: str
    kind: str
    state: str
    window: Window | None
    started_or_due: datetime
    started: datetime | None
    ended: datetime | None

    @property
    def seconds(self) -> float | None:
        """Its duration; None until it has ended."""
        return (self.ended - self.started).total_seconds() if self.started and self.ended else None

    def interval(self) -> RunInterval | None:
        """Return the interval that it covers; a full load covers everything up to its start."""
        if self.window is None:
            return None
        start, end = self.window.bounds
        return RunInterval(start, self.started_or_due if self.window.full else end, self.run_id, self.state)


def latest_runs(dag_id: str) -> list[Run]:
    """Return the latest runs, the last started first."""
    return _runs(
        _select().where(DagRun.dag_id == dag_id).order_by(_STARTED_OR_DUE.desc(), DagRun.id.desc()).limit(SHOWN_RUNS)
    )


def runs_within(dag_id: str, start: datetime, end: datetime) -> list[Run]:
    """Return the runs whose windows may overlap an interval, in the order in which they started.

    :param start: UTC without a time zone.
    """
    within = and_(DagRun.data_interval_start < _aware(end), DagRun.data_interval_end > _aware(start))
    # Runs with a window in their params, as ISO strings in any time zone: matched by day.
    by_params = and_(
        DagRun.conf["window_start"].as_string() < f"{end + timedelta(days=2):%Y-%m-%d}",
        DagRun.conf["window_end"].as_string() >= f"{start - timedelta(days=1):%Y-%m-%d}",
    )
    # Runs that use the last complete hour before they were triggered.
    last_hour = and_(
        DagRun.data_interval_start.is_(None),
        DagRun.run_after > _aware(start),
        DagRun.run_after < _aware(end + timedelta(hours=2)),
    )
    # SQLite stores true as 1.
    full = DagRun.conf["full_load"].as_string().in_(("true", "1"))
    query = _select().where(DagRun.dag_id == dag_id, or_(within, last_hour, by_params, full))
    return _runs(query.order_by(_STARTED_OR_DUE.desc(), DagRun.id.desc()).limit(MAX_RUNS))[::-1]


def start_of_first_interval(dag_id: str) -> datetime | None:
    """Return the start of the first data interval of any run; UTC without a time zone."""
    with create_session(scoped=False) as session:
        found = session.scalar(select(func.min(DagRun.data_interval_start)).where(DagRun.dag_id == dag_id))
    return _naive(found)


def _select() -> Select[Any]:
    return select(
        DagRun.run_id,
        DagRun.run_type,
        DagRun.state,
        DagRun.conf,
        DagRun.data_interval_start,
        DagRun.data_interval_end,
        DagRun.run_after,
        DagRun.queued_at,
        DagRun.start_date,
        DagRun.end_date,
    )


def _runs(query: Select[Any]) -> list[Run]:
    with create_session(scoped=False) as session:
        rows: Sequence[Any] = session.execute(query).all()
    return [
        Run(
            run_id=row.run_id,
            kind=row.run_type,
            state=row.state,
            window=_window(row),
            started_or_due=_naive(row.start_date or row.queued_at or row.run_after),
            started=_naive(row.start_date),
            ended=_naive(row.end_date),
        )
        for row in rows
    ]


def _window(row: Any) -> Window | None:
    context = {
        "params": row.conf if isinstance(row.conf, dict) else {},
        "data_interval_start": row.data_interval_start,
        "data_interval_end": row.data_interval_end,
        "dag_run": row,
    }
    try:
        return resolve_window(context)
    except AirflowFailException:
        # The tasks of such a run fail with this message.
        return None


def _aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=timezone.utc)


@overload
def _naive(moment: datetime) -> datetime: ...


@overload
def _naive(moment: datetime | None) -> datetime | None: ...


def _naive(moment: datetime | None) -> datetime | None:
    return moment.astimezone(timezone.utc).replace(tzinfo=None) if moment else None
