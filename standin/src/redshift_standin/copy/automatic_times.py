"""Reads dates and timestamps in the formats that COPY recognizes without a pattern.

Covers the numeric formats of the AWS page "Using automatic recognition with DATEFORMAT and TIMEFORMAT".
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone

_DAY = r"(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})"
_LENIENT_DAY = (
    rf"(?:{_DAY}|(?P<y2>\d{{4}})(?P<m2>\d{{2}})(?P<d2>\d{{2}})|(?P<y3>\d{{4}})[/.](?P<m3>\d{{1,2}})[/.](?P<d3>\d{{1,2}})"
    r"|(?P<m4>\d{1,2})/(?P<d4>\d{1,2})/(?P<y4>\d{4}))"
)
_CLOCK = r"(?P<H>\d{1,2}):(?P<M>\d{2})(?::(?P<S>\d{2})(?:\.(?P<f>\d{1,6})\d*)?)?"
_ZONE = r"(?P<zone>Z|[+-]\d{2}(?::?\d{2})?)"

_STRICT = re.compile(rf"{_DAY}(?: {_CLOCK} ?{_ZONE}?)?", re.ASCII)
_LENIENT = re.compile(rf"{_LENIENT_DAY}(?:[ T]{_CLOCK} ?{_ZONE}?)?", re.ASCII)


def parse_date(text: str, *, lenient: bool) -> date | None:
    """Return the date in a text, or None if it is not valid. A time after the date is ignored."""
    match = (_LENIENT if lenient else _STRICT).fullmatch(text)
    moment = _moment(match) if match else None
    return moment.date() if moment else None


def parse_timestamp(text: str, *, lenient: bool, with_zone: bool) -> datetime | None:
    """Return the timestamp in a text, or None if it is not valid. The time defaults to midnight.

    :param with_zone: whether the result has a time zone. If not, the text can only specify UTC.
    """
    match = (_LENIENT if lenient else _STRICT).fullmatch(text)
    moment = _moment(match) if match else None
    if match is None or moment is None:
        return None
    zone = match["zone"]
    offset = _offset(zone)
    if offset is None or (not with_zone and (offset or (zone and not lenient))):
        return None
    return moment.replace(tzinfo=timezone(offset)) if with_zone else moment


def _moment(match: re.Match[str]) -> datetime | None:
    groups = match.groupdict()
    year, month, day = next(
        (groups[f"y{form}"], groups[f"m{form}"], groups[f"d{form}"])
        for form in ("", "2", "3", "4")
        if groups.get(f"y{form}")
    )
    try:
        return datetime(
            int(year),
            int(month),
            int(day),
            int(match["H"] or 0),
            int(match["M"] or 0),
            int(match["S"] or 0),
            int((match["f"] or "0").ljust(6, "0")),
        )
    except ValueError:
        return None


def _offset(zone: str | None) -> timedelta | None:
    if zone in (None, "Z"):
        return timedelta()
    hours, minutes = int(zone[1:3]), int(zone[3:].lstrip(":") or 0)
    if hours > 15 or minutes > 59:
        return None
    offset = timedelta(hours=hours, minutes=minutes)
    return -offset if zone[0] == "-" else offset
