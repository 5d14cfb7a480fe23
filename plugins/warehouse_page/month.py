"""A calendar month in UTC."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, order=True)
class Month:
    """A month, such as ``Month(2018, 11)``."""

    year: int
    number: int

    @classmethod
    def of(cls, moment: datetime) -> Month:
        """Return the month that contains a time."""
        return cls(moment.year, moment.month)

    @classmethod
    def parse(cls, text: str) -> Month:
        """Return the month written as ``2018-11``.

        :raises ValueError: the text has another format.
        """
        return cls.of(datetime.strptime(text, "%Y-%m"))

    @property
    def start(self) -> datetime:
        """Its first moment."""
        return datetime(self.year, self.number, 1)

    @property
    def end(self) -> datetime:
        """The first moment of the next month."""
        return datetime(self.year + self.number // 12, self.number % 12 + 1, 1)

    def __str__(self) -> str:
        return f"{self.year:04}-{self.number:02}"


def latest(moments: Iterable[datetime | None]) -> datetime | None:
    """Return the latest of the times that are not None."""
    return max((moment for moment in moments if moment), default=None)


def earliest(moments: Iterable[datetime | None]) -> datetime | None:
    """Return the earliest of the times that are not None."""
    return min((moment for moment in moments if moment), default=None)
