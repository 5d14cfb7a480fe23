"""What Airflow itself knows of the DAG's runs, read from its own database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, overload

from airflow.models.dagrun import DagRun
from airflow.sdk.exceptions import AirflowFailException
from airflow.utils.session import create_session
from sqlalchemy import Select, and_, func, or_, select

from redshift_elt.run.window import Window, resolve_window
from warehouse_page.hours import RunCover

# What the page shows of the past, and the most that it looks at to paint a month: 744 hours, and repetitions.
SHOWN_RUNS = 25
MOST_RUNS = 2000

# When a run was begun last: a run that is cleared begins anew. One that has not begun yet is the latest.
_BEGUN = func.coalesce(DagRun.start_date, DagRun.queued_at, DagRun.run_after)


@dataclass(frozen=True)
class Run:
    """A run of the DAG. Times are UTC without a zone.

    :param kind: scheduled, backfill, manual or asset_triggered.
    :param window: what it is responsible for, or None where its Params say nothing that makes sense.
    :param begun: when it began last, or was queued.
    """

    run_id: str
    kind: str
    state: str
    window: Window | None
    begun: datetime
    started: datetime | None
    ended: datetime | None

    @property
    def seconds(self) -> float | None:
        """How long it took; None while it has not ended."""
        return (self.ended - self.started).total_seconds() if self.started and self.ended else None

    def cover(self) -> RunCover | None:
        """Return the interval that it is responsible for; a full load takes what is there when it begins."""
        if self.window is None:
            return None
        start, end = self.window.bounds
        return RunCover(start, self.begun if self.window.full else end, self.run_id, self.state)


def latest_runs(dag_id: str) -> list[Run]:
    """Return the runs that began last, the latest one first."""
    return _runs(_select().where(DagRun.dag_id == dag_id).order_by(_BEGUN.desc(), DagRun.id.desc()).limit(SHOWN_RUNS))


def runs_within(dag_id: str, start: datetime, end: datetime) -> list[Run]:
    """Return the runs that may be responsible for a part of an interval, in the order in which they began.

    :param start: UTC without a zone.
    """
    within = and_(DagRun.data_interval_start < _aware(end), DagRun.data_interval_end > _aware(start))
    # These say in their form what they are responsible for, as ISO texts in any time zone: found by their days.
    asked = and_(
        DagRun.conf["window_start"].as_string() < f"{end + timedelta(days=2):%Y-%m-%d}",
        DagRun.conf["window_end"].as_string() >= f"{start - timedelta(days=1):%Y-%m-%d}",
    )
    # These take the last complete hour before they were triggered.
    by_hand = and_(
        DagRun.data_interval_start.is_(None),
        DagRun.run_after > _aware(start),
        DagRun.run_after < _aware(end + timedelta(hours=2)),
    )
    # SQLite has 1 for true.
    full = DagRun.conf["full_load"].as_string().in_(("true", "1"))
    query = _select().where(DagRun.dag_id == dag_id, or_(within, by_hand, asked, full))
    return _runs(query.order_by(_BEGUN.desc(), DagRun.id.desc()).limit(MOST_RUNS))[::-1]


def first_interval(dag_id: str) -> datetime | None:
    """Return the start of the first data interval that the DAG had a run for; UTC without a zone."""
    with create_session(scoped=False) as session:
        found = session.scalar(select(func.min(DagRun.data_interval_start)).where(DagRun.dag_id == dag_id))
    return _naive(found)


def _select() -> Select[Any]:
    return select(
        DagRun.run_id,
        DagRun.run_type,
        DagRun._state.label("state"),
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
            begun=_naive(row.start_date or row.queued_at or row.run_after),
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
        # Its tasks have failed with these words.
        return None


def _aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=timezone.utc)


@overload
def _naive(moment: datetime) -> datetime: ...


@overload
def _naive(moment: datetime | None) -> datetime | None: ...


def _naive(moment: datetime | None) -> datetime | None:
    return moment.astimezone(timezone.utc).replace(tzinfo=None) if moment else None
