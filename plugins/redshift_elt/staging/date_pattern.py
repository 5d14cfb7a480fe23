"""Keys that contain a date, such as ``orders/%Y/%m/%Y-%m-%d.json``."""

from __future__ import annotations

import re
from datetime import date, timedelta

_DIGITS = {"Y": r"\d{4}", "m": r"\d{2}", "d": r"\d{2}", "j": r"\d{3}"}
_CODE = re.compile(r"%(.?)", re.DOTALL)


class DatePattern:
    """The key of the object of one UTC day, with the codes ``%Y``, ``%m``, ``%d`` and ``%j`` of ``strftime``.

    :raises ValueError: the pattern has other codes, or none, so that it would not distinguish days.
    """

    def __init__(self, pattern: str) -> None:
        codes = set(_CODE.findall(pattern))
        if not codes or not codes <= set(_DIGITS):
            raise ValueError(
                f"{pattern!r} is not a key pattern: write the date with %Y, %m, %d or %j and no other codes, "
                "such as 'orders/%Y/%m/%Y-%m-%d.json'."
            )
        self._pattern = pattern
        self._expression = re.compile(self._as_expression())

    def __str__(self) -> str:
        return self._pattern

    @property
    def is_whole_date(self) -> bool:
        """Whether a key names a single day, not a month or a year."""
        codes = set(_CODE.findall(self._pattern))
        return codes >= {"Y", "m", "d"} or codes >= {"Y", "j"}

    @property
    def prefix(self) -> str:
        """What all keys begin with, up to the first code."""
        return self._pattern.partition("%")[0]

    def key(self, day: date) -> str:
        """Return the key of the object of a day."""
        return day.strftime(self._pattern)

    def matches(self, key: str) -> bool:
        """Return whether a key fits the pattern; a code that occurs twice must have one value."""
        return self._expression.fullmatch(key) is not None

    def day(self, key: str) -> date:
        """Return the UTC day that a key names.

        :raises ValueError: the key does not fit the pattern.
        """
        match = self._expression.fullmatch(key)
        if match is None:
            raise ValueError(f"{key!r} does not fit {self._pattern!r}.")
        found = {code: int(digits) for code, digits in match.groupdict().items()}
        if "j" in found:
            return date(found["Y"], 1, 1) + timedelta(days=found["j"] - 1)
        return date(found["Y"], found["m"], found["d"])

    def _as_expression(self) -> str:
        seen: set[str] = set()
        parts = []
        for index, part in enumerate(_CODE.split(self._pattern)):
            if index % 2 == 0:
                parts.append(re.escape(part))
            elif part in seen:
                parts.append(f"(?P={part})")
            else:
                seen.add(part)
                parts.append(f"(?P<{part}>{_DIGITS[part]})")
        return "".join(parts)
