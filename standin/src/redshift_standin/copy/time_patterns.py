"""The patterns of DATEFORMAT and TIMEFORMAT.

AWS page "DATEFORMAT and TIMEFORMAT strings".
"""

from __future__ import annotations

import re
from datetime import datetime

from redshift_standin import sqlstate
from redshift_standin.copy.statement import unsupported
from redshift_standin.errors import WarehouseError

_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_ABBREVIATION = 3

# Longer parts first: HH24 begins with HH.
_PARTS = {
    "YYYY": r"(?P<year>\d{4})",
    "YY": r"(?P<short_year>\d{2})",
    "MON": rf"(?P<month_name>{'|'.join((*_MONTHS, *(name[:_ABBREVIATION] for name in _MONTHS)))})",
    "MM": r"(?P<month>\d{1,2})",
    "DD": r"(?P<day>\d{1,2})",
    "HH24": r"(?P<hour>\d{1,2})",
    "HH12": r"(?P<half_hour>\d{1,2})",
    "HH": r"(?P<hour>\d{1,2})",
    "MI": r"(?P<minute>\d{1,2})",
    "SS": r"(?P<second>\d{1,2})(?:\.(?P<fraction>\d{1,6})\d*)?",
    "AM": r"(?P<half>am|pm)",
    "PM": r"(?P<half>am|pm)",
}
_TIMES = ("HH24", "HH12", "HH", "MI", "SS", "AM", "PM")
_PIECE = re.compile(rf"(?P<part>{'|'.join(_PARTS)})|(?P<zone>TZ|OF)|(?P<separator>[^A-Z0-9])", re.IGNORECASE)
# If two numbers are adjacent, the first must have exactly as many digits as in the pattern.
_FLEXIBLE, _FIXED = r"\d{1,2}", r"\d{2}"
_TURN_OF_CENTURY = 70
_TIME_FOLLOWS = re.compile(r"[ T]\d")


class Pattern:
    """A compiled pattern that reads dates and times.

    :param text: the pattern, such as ``MM/DD/YYYY HH:MI:SS``.
    :raises WarehouseError: the pattern is invalid (42601), or the stand-in does not support a part of it (0A000).
    """

    def __init__(self, text: str) -> None:
        pieces = _pieces(text)
        parts = set(pieces) & _PARTS.keys()
        if "DD" not in parts or not parts & {"MM", "MON"} or not parts & {"YYYY", "YY"}:
            raise _invalid(text)
        end = _end_of_day(pieces)
        day, clock = _expression(pieces[:end]), _expression(pieces[end:])
        try:
            self._moment = re.compile(rf"{day}(?:{clock})?", re.IGNORECASE | re.ASCII)
            self._day = re.compile(day, re.IGNORECASE | re.ASCII)
        except re.error as error:
            # The pattern contains a part twice.
            raise _invalid(text) from error

    def read(self, text: str) -> datetime | None:
        """Return the timestamp in a text, or None if it does not match the pattern. The time defaults to midnight."""
        return _moment(self._moment.fullmatch(text))

    def read_day(self, text: str) -> datetime | None:
        """Return the timestamp in a text as :meth:`read` does, but ignore a time that the pattern does not have."""
        match = self._day.match(text)
        if match and _TIME_FOLLOWS.match(text, match.end()):
            return _moment(match)
        return self.read(text)


def _pieces(text: str) -> list[str]:
    pieces = []
    position = 0
    while position < len(text):
        match = _PIECE.match(text, position)
        if match is None:
            raise unsupported(f"{text[position]} in the format {text!r}")
        if match["zone"]:
            raise _invalid(text)
        pieces.append(match.group().upper())
        position = match.end()
    return pieces


def _end_of_day(pieces: list[str]) -> int:
    """Return the index of the first piece of the time. A value may omit the time, which then is midnight."""
    end = len(pieces)
    while end > 0 and (pieces[end - 1] in _TIMES or pieces[end - 1] not in _PARTS):
        end -= 1
    return end


def _invalid(text: str) -> WarehouseError:
    return WarehouseError(f"Invalid date or time format: {text}", sqlstate=sqlstate.SYNTAX_ERROR)


def _expression(pieces: list[str]) -> str:
    expression = ""
    for piece, following in zip(pieces, [*pieces[1:], ""], strict=False):
        part = _PARTS.get(piece, re.escape(piece))
        expression += part.replace(_FLEXIBLE, _FIXED) if following in _PARTS else part
    return expression


def _moment(match: re.Match[str] | None) -> datetime | None:
    if match is None:
        return None
    found = {name: value for name, value in match.groupdict().items() if value is not None}
    try:
        return datetime(
            _year(found),
            _month(found),
            int(found["day"]),
            _hour(found),
            int(found.get("minute", 0)),
            int(found.get("second", 0)),
            int(found.get("fraction", "0").ljust(6, "0")),
        )
    except ValueError:
        return None


def _year(found: dict[str, str]) -> int:
    if "year" in found:
        return int(found["year"])
    short = int(found["short_year"])
    return short + (2000 if short < _TURN_OF_CENTURY else 1900)


def _month(found: dict[str, str]) -> int:
    if "month" in found:
        return int(found["month"])
    name = found["month_name"].lower()[:_ABBREVIATION]
    return next(number for number, month in enumerate(_MONTHS, 1) if month.startswith(name))


def _hour(found: dict[str, str]) -> int:
    if "half_hour" not in found:
        hour = int(found.get("hour", 0))
        return hour + 12 if found.get("half", "").lower() == "pm" and hour < 12 else hour
    hour = int(found["half_hour"])
    if not 1 <= hour <= 12:
        raise ValueError("no hour of a half day")
    return hour % 12 + (12 if found.get("half", "").lower() == "pm" else 0)
