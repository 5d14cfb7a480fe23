"""Periods: the division of time into minutes, hours, days, weeks, months or years of a time zone."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cached_property
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

# The words of Redshift's DATE_TRUNC; a week begins on Monday there too.
Unit = Literal["minute", "hour", "day", "week", "month", "year"]

_DAY = timedelta(days=1)
_INSTANT = timedelta(microseconds=1)
# At least as long as the longest period of a unit, and shorter than two of the shortest.
_LENGTHS: dict[Unit, timedelta] = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": _DAY,
    "week": 7 * _DAY,
    "month": 31 * _DAY,
    "year": 366 * _DAY,
}


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


_BEGINNINGS: dict[Unit, Callable[[datetime], datetime]] = {
    "minute": lambda moment: moment.replace(second=0, microsecond=0),
    "hour": lambda moment: moment.replace(minute=0, second=0, microsecond=0),
    "day": _midnight,
    "week": lambda moment: _midnight(moment) - moment.weekday() * _DAY,
    "month": lambda moment: _midnight(moment.replace(day=1)),
    "year": lambda moment: _midnight(moment.replace(month=1, day=1)),
}


@dataclass(frozen=True, order=True)
class Period:
    """The half-open interval ``[start, end)`` of one period; UTC, without a zone."""

    start: datetime
    end: datetime

    def __str__(self) -> str:
        if self.end - self.start == _DAY and self.start == _midnight(self.start):
            return f"{self.start:%Y-%m-%d}"
        return f"{self.start:%Y-%m-%d %H:%M} to {self.end:%Y-%m-%d %H:%M} UTC"


@dataclass(frozen=True)
class Calendar:
    """Divides time into periods of one unit, so that every instant is in exactly one of them.

    Where the clocks change, a day has 23 or 25 hours, an hour that occurs twice is one period, and a period that the
    clocks skip is empty.

    :param timezone: the zone whose clocks begin the periods, as in the IANA database, such as ``Europe/Berlin``.
    :raises ValueError: the zone does not exist, or the unit is a minute of another zone than UTC: such a minute can
        occur twice, an hour apart.
    """

    unit: Unit
    timezone: str = "UTC"

    def __post_init__(self) -> None:
        try:
            ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(
                f"timezone is {self.timezone!r}: write a name of the IANA database, such as 'Europe/Berlin'."
            ) from None
        if self.unit == "minute" and self.timezone != "UTC":
            raise ValueError(
                f"Periods of a minute need timezone='UTC', not {self.timezone!r}: when clocks are set back, a local "
                "minute occurs twice, an hour apart. Use periods of an hour, or write the keys in UTC."
            )

    @cached_property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def local(self, instant: datetime) -> datetime:
        """Return what the clocks of the zone show at an instant.

        :param instant: UTC, without a zone.
        """
        return instant.replace(tzinfo=timezone.utc).astimezone(self._zone).replace(tzinfo=None)

    def period_of(self, local: datetime) -> Period:
        """Return the period that a local time is in.

        :raises ValueError: local time passes the beginning or the end of the period twice.
        :raises OverflowError: the period is at the end of the calendar.
        """
        beginning = self._beginning(local)
        return Period(self._boundary(beginning), self._boundary(self._next(beginning)))

    def period_at(self, instant: datetime) -> Period:
        """Return the period that an instant is in.

        :param instant: UTC, without a zone.
        :raises ValueError: local time passes the beginning or the end of the period twice.
        """
        return self.period_of(self.local(instant))

    def periods(self, start: datetime, end: datetime, lookback_days: int = 0, margin_days: int = 0) -> list[Period]:
        """Return the periods that an interval touches, and those whose margin touches one of these, in order.

        :param start: UTC, without a zone; ``end`` is not included.
        :param lookback_days: the number of days, by the clocks of the zone, by which the interval begins earlier.
        :param margin_days: the margin of each period, see :meth:`with_margin`.
        :raises ValueError: local time passes the beginning or the end of a period twice.
        """
        first = self._beginning(self.local(start) - lookback_days * _DAY)
        last = self._beginning(self.local(end - _INSTANT))
        if margin_days:
            first = self._beginning(first - margin_days * _DAY)
            last = self._beginning(self._next(last) + margin_days * _DAY - _INSTANT)
        periods = map(self.period_of, self._beginnings(first, last))
        # The clocks skip a period that begins when the next one does.
        return [period for period in periods if period.start < period.end]

    def number_in(self, span: timedelta) -> float:
        """Return about how many periods a span of time has, without computing them."""
        return span / _LENGTHS[self.unit]

    def with_margin(self, period: Period, days: int) -> Period:
        """Return a period together with the days before and after it: the same times of day by the clocks of the zone.

        :param period: a period of this calendar.
        """
        beginning = self._beginning(self.local(period.start))
        end = self._next(beginning)
        return Period(self._first_instant(beginning - days * _DAY), self._first_instant(end + days * _DAY))

    def _beginnings(self, first: datetime, last: datetime) -> Iterator[datetime]:
        while first <= last:
            yield first
            first = self._next(first)

    def _beginning(self, local: datetime) -> datetime:
        return _BEGINNINGS[self.unit](local.replace(fold=0))

    def _next(self, beginning: datetime) -> datetime:
        return self._beginning(beginning + _LENGTHS[self.unit])

    def _boundary(self, local: datetime) -> datetime:
        """Return the instant at which a period begins or ends."""
        if all(len(set(self._instants(moment))) == 2 for moment in (local - _INSTANT, local)):
            first, _ = self._instants(local)
            if self.local(first) == local:
                raise ValueError(
                    f"The clocks of {self.timezone} pass {local:%Y-%m-%d %H:%M} twice, so the periods before and after "
                    f"it are not intervals of time. Write the keys of that day in UTC, or with longer periods."
                )
        return self._first_instant(local)

    def _first_instant(self, local: datetime) -> datetime:
        """Return the first instant at which the clocks show a local time or a later one."""
        first, second = self._instants(local)
        if self.local(first) == local:
            return first
        # The clocks skip this time. Before they are set forward, all instants are too early, and after that none is.
        seconds = range(int((second - first).total_seconds()) + 1)
        skipped = bisect_left(seconds, True, key=lambda number: self.local(first + timedelta(seconds=number)) >= local)
        return first + timedelta(seconds=skipped)

    def _instants(self, local: datetime) -> tuple[datetime, datetime]:
        """Return the two instants, in order, that a local time can mean; they are equal if the clocks do not change."""
        zoned = (local.replace(tzinfo=self._zone, fold=fold) for fold in (0, 1))
        first, second = sorted(moment.astimezone(timezone.utc).replace(tzinfo=None) for moment in zoned)
        return first, second
