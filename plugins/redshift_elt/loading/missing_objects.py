"""What a load does with rows whose objects its run has not read: it keeps them, fails, or deletes them."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import AirflowFailException

from redshift_elt.run.counted import counted
from redshift_elt.run.intervals import joined
from redshift_elt.run.on_missing import DELETE, FAIL
from redshift_elt.run.period import Period

if TYPE_CHECKING:
    from redshift_elt.loading.row_scope import RowScope
    from redshift_elt.loading.scoped_table import ScopedTable
    from redshift_elt.loading.target_load import TargetLoad
    from redshift_elt.run.intervals import Interval
    from redshift_elt.run.period import Calendar
    from redshift_elt.staging.named_objects import NamedObjects
    from redshift_elt.staging.objects_read import ObjectsRead

log = logging.getLogger(__name__)

_NAMED_OBJECTS = 20
_DELETE_THEM = "To delete them, run the load again with on_missing='delete'."


def kept_intervals(load: TargetLoad, table: str, scope: RowScope) -> tuple[Interval, ...]:
    """Return the time of the rows of a table whose objects the run has not read, or may not have read.

    With a margin, the rows of a period can be in the objects of other periods: those that have none may be gone.

    :param table: the target, or the table of its records.
    :param scope: the rows that the load overwrites.
    :raises AirflowFailException: there are such periods and a source has ``on_missing="fail"``, or objects that were
        read have no rows.
    """
    kept: list[Period] = []
    for source in load.sources:
        if source.on_missing == DELETE:
            continue
        if load.window.full or source.unread(load.window.periods(source.calendar, source.margin_days)):
            held = _held(load, table, scope, source.calendar)
            periods = source.unread(held)
            for period in periods:
                _refuse(table, source, period, held[period])
            if periods:
                _warn(table, source, periods, sum(held[period] for period in periods))
            kept += periods
            if source.margin_days:
                kept += _kept_by_margin(table, source, held)
    return tuple(_time_of(kept))


def keep_lost_hours(table: ScopedTable, window_column: str) -> ScopedTable:
    """Return a table whose scope keeps the hours that would lose all of their rows, if no key shows why; warn of them.

    :param table: the target, or the table of its records; the fresh rows are there.
    :raises AirflowFailException: there are such hours, and a source has ``on_missing="fail"`` or it is a full load.
    """
    load = table.load
    undated = [source for source in load.sources if source.pattern is None and source.on_missing != DELETE]
    if not undated:
        return table
    lost = [hour for (hour,) in table.fetch("lost_hours.sql", window_column=window_column)]
    if not lost:
        return table
    locations = ", ".join(source.location for source in undated)
    of_hours = f"all rows of {counted(len(lost), 'hour')}, the first at {lost[0]:%Y-%m-%d %H:%M} UTC"
    if load.window.full or any(source.on_missing == FAIL for source in undated):
        raise AirflowFailException(
            f"{table.table} would lose {of_hours}, because {locations} has no rows of them. Nothing was changed. Let "
            f"the load read all objects that were loaded before. {_DELETE_THEM}"
        )
    log.warning("%s keeps %s, because %s has no rows of them. %s", table.table, of_hours, locations, _DELETE_THEM)
    hours = joined((hour, hour + timedelta(hours=1)) for hour in lost)
    return replace(table, scope=replace(table.scope, kept=(*table.scope.kept, *hours)))


def _kept_by_margin(table: str, source: ObjectsRead, held: Iterable[Period]) -> list[Period]:
    """Return the time of the rows that can be in missing objects of other periods; log it.

    It does not fail: the latest periods have no objects after them yet, so such a period is normal.
    """
    nearby = source.unread_nearby(_time_of(held))
    if nearby:
        log.info(
            "%s keeps all rows within %s of periods whose objects are not in S3, which may have had them: %s%s.",
            table,
            counted(source.margin_days, "day"),
            ", ".join(url for period in nearby[:_NAMED_OBJECTS] for url in source.urls(period)[:1]),
            f" and {len(nearby) - _NAMED_OBJECTS:,} more" if len(nearby) > _NAMED_OBJECTS else "",
        )
    return [source.of_rows(period) for period in nearby]


def refuse_or_warn(table: str, missing: NamedObjects, on_missing: Iterable[str]) -> bool:
    """Return whether the rows of missing objects are kept in a full load of a target with a ledger; warn of them.

    :param missing: the objects.
    :param on_missing: the rules of the sources.
    :raises AirflowFailException: objects are missing, and a source has ``on_missing="fail"``.
    """
    rules = set(on_missing)
    if not missing.count or rules == {DELETE}:
        return False
    message = f"S3 no longer has {missing.count:,} of the objects loaded into {table}: {', '.join(missing.urls)}"
    if FAIL in rules:
        raise AirflowFailException(f"{message}. Nothing was changed. {_DELETE_THEM}")
    log.warning("%s. This full load deletes no rows of the table. %s", message, _DELETE_THEM)
    return True


def _held(load: TargetLoad, table: str, scope: RowScope, calendar: Calendar) -> dict[Period, int]:
    """Return the periods of a table's rows in a scope, and how many rows each of them has."""
    query = load.render("held_periods.sql", table=table, scope=scope, calendar=calendar)
    held = load.session.fetch(query, scope.values)
    return {calendar.period_of(beginning): rows for beginning, rows in held}


def keeps_without_ledger(table: str, sources: Iterable[ObjectsRead]) -> bool:
    """Return whether a full load of a target keeps rows that are not staged, because a source has no ledger; warn.

    Without a ledger, objects that were loaded and are missing now are not known.

    :param sources: the sources without a ledger.
    """
    kept = [source.location for source in sources if source.on_missing != DELETE]
    if kept:
        log.warning(
            "This full load deletes no rows of %s: %s has no ledger that shows whether all objects are still there. %s",
            table,
            kept[0],
            _DELETE_THEM,
        )
    return bool(kept)


def _refuse(table: str, source: ObjectsRead, period: Period, rows: int) -> None:
    urls = ", ".join(source.urls(period)[:_NAMED_OBJECTS])
    if source.is_without_rows(period):
        raise AirflowFailException(
            f"{urls} has no rows, but {table} has {counted(rows, 'row')} of {period}. Nothing was changed. "
            f"Correct the object, then clear the task. {_DELETE_THEM}"
        )
    if source.on_missing == FAIL:
        raise AirflowFailException(
            f"{urls} is not in S3, but {table} has {counted(rows, 'row')} of {period}. Nothing was changed. "
            f"Restore the object, then clear the task. {_DELETE_THEM}"
        )


def _warn(table: str, source: ObjectsRead, periods: Sequence[Period], rows: int) -> None:
    urls = list(islice(dict.fromkeys(url for period in periods for url in source.urls(period)), _NAMED_OBJECTS))
    count = source.count_urls(periods)
    more = f" and {count - _NAMED_OBJECTS:,} more" if count > _NAMED_OBJECTS else ""
    log.warning(
        "%s keeps %s of periods that lack objects in S3, because rows do not show which object they are from: %s%s. "
        "To delete those that no object has, run the load again with on_missing='delete'.",
        table,
        counted(rows, "row"),
        ", ".join(urls),
        more,
    )


def _time_of(periods: Iterable[Period]) -> list[Interval]:
    return joined((period.start, period.end) for period in periods)
