"""One option of a COPY statement."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Clause:
    """A keyword of COPY and its argument.

    :param value: None if the keyword has no argument.
    """

    keyword: str
    value: str | int | None = None


def present(values: Iterable[tuple[str, str | int | bool | None]]) -> list[Clause]:
    """Return the clauses of the options that are set.

    :param values: a keyword and its value; True is a keyword without an argument, None and False are not set.
    """
    return [
        Clause(keyword, None if value is True else value)
        for keyword, value in values
        if value is not None and value is not False
    ]
