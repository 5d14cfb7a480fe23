"""The JSON responses for the page: strings, numbers, and times in UTC."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from redshift_elt.run.full_load import is_full_load
from warehouse_page.hours import Coverage, Hour, hour_states
from warehouse_page.month import Month, earliest, latest
from warehouse_page.runs import Run
from warehouse_page.snapshot import Row, Snapshot

# A window that ends when a month begins has no part of that month.
_MOMENT = timedelta(microseconds=1)


def run_response(run: Run) -> dict[str, Any]:
    """Return a run of the DAG."""
    return {
        "run_id": run.run_id,
        "kind": run.kind,
        "state": run.state,
        "full_load": bool(run.window and run.window.full),
        "window": _interval(*run.window.bounds) if run.window and not run.window.full else None,
        "started_at": moment_text(run.started),
        "seconds": run.seconds,
    }


def overview_response(snapshot: Snapshot, run_ids: Collection[str]) -> dict[str, Any]:
    """Return everything that does not depend on the month.

    :param run_ids: the runs that are shown; loads of other runs are left out.
    """
    return {
        "read_at": moment_text(snapshot.read_at),
        "tables": [
            {
                "name": table.name,
                "rows": table.rows,
                "loaded_at": moment_text(table.loaded_at),
                "reaches": moment_text(table.reaches),
                "rebuilt_at": moment_text(table.rebuilt_at),
                "newest": moment_text(table.newest),
            }
            for table in snapshot.tables
        ],
        "loads": _dicts(
            (row for row in snapshot.loads if row[0] in run_ids),
            "run_id target task_id rows_staged inserted updated deleted unchanged late objects rows_read "
            "rejected staging_seconds waiting_seconds preparing_seconds writing_seconds started_at loaded_at",
        ),
        "checks_now": _dicts(
            snapshot.checks_now, "outcome target check expected actual window_start window_end checked_at"
        ),
        "checks_not_passed": _dicts(
            ((*row, is_full_load(row[6])) for row in snapshot.checks_not_passed),
            "target check expected actual outcome window_start window_end checked_at run_id full_load",
        ),
        "drift": _dicts(snapshot.drift, "staging kind field column details bucket object_key found_at run_id"),
    }


def rejects_response(snapshot: Snapshot, *, with_lines: bool) -> dict[str, Any]:
    """Return the latest rejected records.

    :param with_lines: whether the user may see the rejected lines; otherwise each is None.
    """
    rejects = _dicts(snapshot.rejects, "bucket object_key line_number column reason line rejected_at run_id")
    return {
        "rejects": rejects if with_lines else [{**reject, "line": None} for reject in rejects],
        "rejects_count": snapshot.rejects_count,
        "rejects_with_lines": with_lines,
    }


def month_response(
    snapshot: Snapshot, runs: Sequence[Run], first_interval: datetime | None, now: datetime
) -> dict[str, Any]:
    """Return the hours of a month, its checks by day, and the range of months.

    :param runs: the runs whose windows may overlap the month, in the order in which they started.
    :param first_interval: the start of the first data interval of any run.
    """
    coverage = Coverage(
        runs=[interval for interval in (run.interval() for run in runs) if interval],
        loads=snapshot.covered,
        rows=snapshot.rows_by_hour,
        start=earliest([snapshot.data_start, first_interval]),
        now=now,
    )
    first = Month.of(coverage.start) if coverage.start else snapshot.month
    last = latest([now, snapshot.data_end and snapshot.data_end - _MOMENT]) or now
    return {
        "month": str(snapshot.month),
        "first_month": str(min(first, snapshot.month)),
        "last_month": str(max(Month.of(last), snapshot.month)),
        "hours": [_hour(hour) for hour in hour_states(snapshot.month.start, snapshot.month.end, coverage)],
        "checks_by_day": _by_day(snapshot),
    }


def _by_day(snapshot: Snapshot) -> list[dict[str, Any]]:
    """Return the results of each check by day; a window of several days counts on each of them."""
    days: dict[tuple[str, str, datetime], list[int]] = {}
    for target, check, first, last, *counts in snapshot.checks_by_day:
        day = max(first, snapshot.month.start)
        while day <= min(last, snapshot.month.end - _MOMENT):
            sums = days.setdefault((target, check, day), [0, 0, 0])
            sums[:] = map(sum, zip(sums, counts, strict=True))
            day += timedelta(days=1)
    return _dicts(((*key, *sums) for key, sums in days.items()), "target check day windows warned failed")


def _hour(hour: Hour) -> dict[str, Any]:
    return {"start": moment_text(hour.start), "state": hour.state.value, "rows": hour.rows, "run_id": hour.run_id}


def _interval(start: datetime, end: datetime) -> list[str | None]:
    return [moment_text(start), moment_text(end)]


def _dicts(rows: Iterable[Row], names: str) -> list[dict[str, Any]]:
    keys = names.split()
    return [dict(zip(keys, map(_value, row), strict=True)) for row in rows]


def _value(value: Any) -> Any:
    return moment_text(value) if isinstance(value, datetime) else value


def moment_text(moment: datetime | None) -> str | None:
    """Return a time, UTC without a time zone, in ISO format; None for None."""
    return f"{moment.isoformat()}Z" if moment else None
