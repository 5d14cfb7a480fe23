"""The options of the generator."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from local.errors import StackError


@dataclass(frozen=True)
class Options:
    """The size of the data, and the seed that determines everything else.

    With at least 2 days, 8 users and 100 songs, the data has every peculiarity of the real data.

    :param days: days of events, one file each.
    :param users: users in the logs.
    :param songs: files of the catalogue.
    :param seed: the random seed.
    :param start: the first day, in UTC.
    """

    days: int = 7
    users: int = 80
    songs: int = 500
    seed: int = 1
    start: date = date(2018, 11, 1)

    def __post_init__(self) -> None:
        for name in ("days", "users", "songs"):
            if getattr(self, name) < 1:
                raise StackError(f"--{name} is {getattr(self, name)}: generated data needs at least 1.")
