"""The hours that a backfill covers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from typing import Any

from local.errors import StackError

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Period:
    """Whole hours in UTC.

    :param start: the start of the first hour.
    :param end: the end of the last one.
    """

    start: datetime
    end: datetime

    @classmethod
    def parse(cls, start: str, end: str) -> Period:
        """Parse the two days or hours as the user entered them.

        :raises StackError: one is neither a date nor an hour, or they are in the wrong order or in the future.
        """
        period = cls(_hour("FROM", start), _hour("TO", end))
        if period.start >= period.end:
            raise StackError(f"FROM={start} TO={end} is an empty period: TO is the day or hour after the last one.")
        if period.end > datetime.now(timezone.utc):
            raise StackError(f"TO={end} is in the future: those hours are not over yet.")
        return period

    @property
    def last_hour(self) -> datetime:
        """The start of the last hour."""
        return self.end - HOUR

    @property
    def first_day(self) -> date:
        """The day of the first hour."""
        return self.start.date()

    @property
    def last_day(self) -> date:
        """The day of the last hour."""
        return self.last_hour.date()

    @property
    def days(self) -> int:
        """How many days have one of the hours."""
        return (self.last_day - self.first_day).days + 1

    @property
    def has_whole_days(self) -> bool:
        """Whether the period begins and ends at midnight."""
        return self.start.time() == self.end.time() == time()

    @property
    def single_run(self) -> str:
        """What the run that loads all hours at once is called."""
        return "full load" if self.has_whole_days else "run of these hours"

    @property
    def conf(self) -> dict[str, Any]:
        """The parameters of that run."""
        if self.has_whole_days:
            return {"full_load": True}
        return {"window_start": self.start.isoformat(), "window_end": self.end.isoformat()}

    def __str__(self) -> str:
        if self.has_whole_days:
            return f"{self.start.date()} to {self.end.date()}"
        return f"{self.start:%Y-%m-%dT%H:%M} to {self.end:%Y-%m-%dT%H:%M}"


def _hour(name: str, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo or moment.time() != time(moment.hour):
        raise StackError(f"{name}={text} is neither a date nor an hour: write it as 2018-11-01 or 2018-11-01T17:00.")
    return moment.replace(tzinfo=timezone.utc)
