"""The window: the event time that a run is responsible for. Only this module resolves it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import Any

from airflow.providers.common.compat.sdk import AirflowFailException

from redshift_elt.run import full_load
from redshift_elt.run.asset_events import event_extras
from redshift_elt.run.intervals import Interval, joined
from redshift_elt.run.period import Calendar, Period

# Ten years. A full load has no limit.
LONGEST_WINDOW = timedelta(days=3653)
MOST_LOOKBACK_DAYS = 366
# About two years of hours, or two weeks of minutes: a run copies each period that has objects by itself.
MOST_PERIODS = 20_000


@dataclass(frozen=True)
class Window:
    """The half-open interval ``[start, end)`` of event time, in UTC.

    :param full: whether the run rebuilds everything; the interval is then all of time.
    :param origin: a few words for the log on where the interval comes from.
    :param lookback_days: the number of days before the window whose periods the run also reads, for late events.
    """

    start: datetime
    end: datetime
    full: bool = False
    origin: str = "given"
    lookback_days: int = 0

    def __post_init__(self) -> None:
        if not self.start < self.end:
            raise ValueError(f"The window {self} is empty: its end must be later than its start.")

    @property
    def bounds(self) -> Interval:
        """Start and end as in a TIMESTAMP column: UTC, without a zone."""
        return self.start.replace(tzinfo=None), self.end.replace(tzinfo=None)

    def periods(self, calendar: Calendar, margin_days: int = 0) -> list[Period]:
        """Return the periods of a source that the run reads, in order; not for a full load.

        :param margin_days: the margin of the periods, so that neighboring periods are also read.
        :raises ValueError: there are more than :data:`MOST_PERIODS`, or the clocks of the time zone pass the beginning
            of a period twice.
        """
        span = self.end - self.start + timedelta(days=self.lookback_days + 2 * margin_days)
        if calendar.number_in(span) > MOST_PERIODS:
            raise ValueError(
                f"The window {self}, with {self.lookback_days} lookback days, has more than {MOST_PERIODS:,} periods "
                f"of one {calendar.unit}: load it in parts, or load everything with full_load."
            )
        return calendar.periods(*self.bounds, self.lookback_days, margin_days)

    def reach(self, calendars: Iterable[Calendar]) -> Interval:
        """Return start and end of the time that the run has read completely from some sources; UTC, without a zone.

        It contains the window.
        """
        read = [self.periods(calendar) for calendar in calendars]
        return max(periods[0].start for periods in read), min(periods[-1].end for periods in read)

    def with_others(self, others: Iterable[Interval], reach: Interval) -> list[Interval]:
        """Return the window together with the parts of other windows in its reach, as disjoint intervals in order.

        :param others: start and end of windows, UTC without a zone.
        """
        first, last = reach
        inside = [(max(start, first), min(end, last)) for start, end in others]
        return joined([self.bounds, *(part for part in inside if part[0] < part[1])])

    def __str__(self) -> str:
        if self.full:
            return "everything"
        return f"{self.start:%Y-%m-%d %H:%M} to {self.end:%Y-%m-%d %H:%M} UTC"


FULL_LOAD = Window(full_load.START, full_load.END, full=True, origin="full load")


def resolve_window(context: Mapping[str, Any]) -> Window:
    """Return the window of a task's run.

    In this order: everything, if the Param ``full_load`` is set; the Params ``window_start`` and ``window_end``; the
    windows in the extras of the Asset events that triggered the run; the data interval of the run; the last complete
    hour before the run was due. A run that is triggered by hand without a logical date has no data interval (Airflow
    issue 46197). The Param ``lookback_days`` adds the days before the window that are also read.

    Several events give the smallest window that contains all of theirs. If one of them is that of a full load, the run
    is a full load.

    :param context: the task's context.
    :raises AirflowFailException: only one of the two Params is given, ``full_load`` is set and a window is given, one
        is not a date and time, the window is empty, longer than :data:`LONGEST_WINDOW`, before 1970 or beyond the
        calendar, ``lookback_days`` is not a number from 0 to :data:`MOST_LOOKBACK_DAYS`, an event has no window, or a
        DAG that is scheduled on Assets has neither events nor Params.
    """
    window = _resolved(context)
    if not window.full:
        _refuse_absurd(window)
    return window


def _refuse_absurd(window: Window) -> None:
    """Refuse a window that no run could load.

    :raises AirflowFailException: see the message.
    """
    if window.end - window.start > LONGEST_WINDOW:
        raise AirflowFailException(
            f"The window {window} is longer than {LONGEST_WINDOW.days:,} days: load it in parts, or load everything "
            "with full_load."
        )
    if window.start - full_load.START < timedelta(days=window.lookback_days):
        raise AirflowFailException(
            f"The window {window}, with {window.lookback_days} lookback days, begins before 1970: correct its year."
        )


def _resolved(context: Mapping[str, Any]) -> Window:
    """Return the window of a task's run, of any length."""
    params = context.get("params") or {}
    start, end = params.get("window_start"), params.get("window_end")
    lookback = _lookback_days(params.get("lookback_days"))
    if bool(start) != bool(end):
        raise AirflowFailException("Give both window_start and window_end, or neither of them.")
    if params.get("full_load"):
        if start:
            raise AirflowFailException("Give either full_load or a window: a full load has no window.")
        return FULL_LOAD
    origin = "params"
    if not start and (extras := event_extras(context)):
        return _hull(extras, lookback)
    if not start:
        start, end = context.get("data_interval_start"), context.get("data_interval_end")
        origin = "data interval"
    try:
        if start and end:
            return Window(_utc(start), _utc(end), False, origin, lookback)
        hour = _utc(context["dag_run"].run_after).replace(minute=0, second=0, microsecond=0)
        return Window(hour - timedelta(hours=1), hour, False, "last complete hour", lookback)
    except ValueError as error:
        raise AirflowFailException(str(error)) from error
    except OverflowError as error:
        # Converted to UTC, the first or last hours of the calendar can be outside of it.
        raise AirflowFailException(f"The window from {start} to {end} is beyond the calendar.") from error


def _lookback_days(value: Any) -> int:
    """Return the Param ``lookback_days``; 0 if there is none.

    :raises AirflowFailException: it is not a number of days that a run can read.
    """
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_LOOKBACK_DAYS:
        raise AirflowFailException(
            f"lookback_days is {value!r}: write a whole number from 0 to {MOST_LOOKBACK_DAYS}, or load a window."
        )
    return value


def _hull(extras: Sequence[Mapping[str, Any]], lookback: int) -> Window:
    """Return the smallest window that contains those of all events."""
    if any(extra.get("full_load") for extra in extras):
        return replace(FULL_LOAD, origin="full load that triggered the run")
    try:
        windows = [Window(_utc(extra["window_start"]), _utc(extra["window_end"])) for extra in extras]
    except (ValueError, OverflowError) as error:
        raise AirflowFailException(f"The window in the extra of an Asset event cannot be used: {error}") from error
    start, end = min(window.start for window in windows), max(window.end for window in windows)
    return Window(start, end, False, f"Asset events: {len(windows)}", lookback)


def _utc(moment: datetime | str) -> datetime:
    if isinstance(moment, str):
        try:
            # Python 3.10 does not read the "Z" that the UI's date picker writes.
            moment = datetime.fromisoformat(moment.replace("Z", "+00:00"))
        except ValueError:
            raise ValueError(f"{moment!r} is not a date and time: write it like 2018-11-15T16:00:00Z.") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    moment = moment.astimezone(timezone.utc)
    return datetime(*moment.timetuple()[:6], moment.microsecond, tzinfo=timezone.utc)
