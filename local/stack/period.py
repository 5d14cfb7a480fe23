"""The days that a backfill covers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone

from local.errors import StackError

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Period:
    """Whole days in UTC.

    :param start: the first day.
    :param end: the day after the last one.
    """

    start: date
    end: date

    @classmethod
    def parse(cls, start: str, end: str) -> Period:
        """Parse the two days as the user entered them.

        :raises StackError: one is not a date, or they are in the wrong order or in the future.
        """
        period = cls(_day("FROM", start), _day("TO", end))
        if period.start >= period.end:
            raise StackError(f"FROM={start} TO={end} is an empty period: TO is the day after the last one.")
        if period.last_hour + HOUR > datetime.now(timezone.utc):
            raise StackError(f"TO={end} is in the future: those hours are not over yet.")
        return period

    @property
    def last_day(self) -> date:
        """The last day."""
        return self.end - timedelta(days=1)

    @property
    def first_hour(self) -> datetime:
        """The start of the first hour."""
        return datetime.combine(self.start, time(), timezone.utc)

    @property
    def last_hour(self) -> datetime:
        """The start of the last hour."""
        return datetime.combine(self.end, time(), timezone.utc) - HOUR

    @property
    def days(self) -> int:
        """How many days there are."""
        return (self.end - self.start).days

    def __str__(self) -> str:
        return f"{self.start} to {self.end}"


def _day(name: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise StackError(f"{name}={text} is not a date: write it as 2018-11-01.") from None
