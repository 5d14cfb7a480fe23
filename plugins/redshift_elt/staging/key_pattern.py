"""Keys that contain a date and a time, such as ``orders/%Y/%m/%d/%H/*.json.gz``."""

from __future__ import annotations

import calendar
import fnmatch
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import takewhile

from redshift_elt.run.period import Calendar, Period, Unit

_TOKEN = re.compile(
    r"%(?P<code>-?.?) | (?P<glob>\*+|\?|\[!?\]?[^\]/]*\]) | (?P<text>[^%*?\[]+|\[)", re.DOTALL | re.VERBOSE
)


@dataclass(frozen=True)
class _Code:
    """A code of ``strftime``: the texts that it stands for, and what they say."""

    texts: str
    fields: tuple[str, ...]


def _any(names: Iterable[str]) -> str:
    return "|".join(re.escape(name) for name in names if name)


_CODES = {
    "Y": _Code(r"\d{4}", ("year",)),
    "y": _Code(r"\d{2}", ("year",)),
    "m": _Code(r"\d{2}", ("month",)),
    "b": _Code(_any(calendar.month_abbr), ("month",)),
    "B": _Code(_any(calendar.month_name), ("month",)),
    "d": _Code(r"\d{2}", ("day",)),
    "j": _Code(r"\d{3}", ("month", "day")),
    "G": _Code(r"\d{4}", ("ISO year",)),
    "V": _Code(r"\d{2}", ("ISO week",)),
    "u": _Code(r"[1-7]", ("weekday",)),
    "a": _Code(_any(calendar.day_abbr), ("weekday",)),
    "A": _Code(_any(calendar.day_name), ("weekday",)),
    "H": _Code(r"\d{2}", ("hour",)),
    "I": _Code(r"\d{2}", ("half day's hour",)),
    "p": _Code("AM|PM", ("half day",)),
    "M": _Code(r"\d{2}", ("minute",)),
}
_NUMBERS = "mdjHIM"
_DATES: dict[frozenset[str], Unit] = {
    frozenset({"year"}): "year",
    frozenset({"year", "month"}): "month",
    frozenset({"year", "month", "day"}): "day",
    frozenset({"year", "month", "day", "weekday"}): "day",
    frozenset({"ISO year", "ISO week"}): "week",
    frozenset({"ISO year", "ISO week", "weekday"}): "day",
}
_TIMES: dict[frozenset[str], Unit] = {
    frozenset({"hour"}): "hour",
    frozenset({"half day's hour", "half day"}): "hour",
    frozenset({"hour", "minute"}): "minute",
    frozenset({"half day's hour", "half day", "minute"}): "minute",
}

# Airflow's variables with a time of the run, and the codes for the same text.
_DATES_OF_RUN = {
    "ds": "%Y-%m-%d",
    "ds_nodash": "%Y%m%d",
    "ts_nodash": "%Y%m%dT%H%M",
    **dict.fromkeys(("ts", "ts_nodash_with_tz", "logical_date", "data_interval_start", "data_interval_end", "macros")),
}


@dataclass(frozen=True)
class _Part:
    """A part of a pattern: a code of ``strftime``, a glob, or text that stands for itself."""

    code: str = ""
    glob: str = ""
    text: str = ""

    @property
    def expression(self) -> str:
        """The regular expression of what the part stands for."""
        if self.code.startswith("-"):
            return r"(0|[1-9]\d*)"
        if self.code:
            return f"({_CODES[self.code].texts})"
        if not self.glob:
            return re.escape(self.text)
        if self.glob.startswith("["):
            # The translation ends with what matches the end of the string.
            return f"(?!/){fnmatch.translate(self.glob)[:-2]}"
        return "[^/]*" if self.glob == "*" else "[^/]"

    def filled(self, local: datetime) -> str:
        """Return the text of a key at a local time; a glob stays a glob."""
        if not self.code:
            return self.glob or self.text
        text = local.strftime(f"%{self.code[-1]}")
        return str(int(text)) if self.code.startswith("-") else text


class KeyPattern:
    """The keys of the objects of one period: any number of objects, whose keys say which period they belong to.

    A period is as long as what the codes say: ``%Y/%m`` is a month, ``%Y/%m/%d/%H`` an hour, ``%G-W%V`` a week.

    - Dates: ``%Y`` or ``%y``, ``%m``, ``%b`` or ``%B``, ``%d``; ``%j``; ``%G`` and ``%V``, with ``%u`` for a day;
      ``%a`` or ``%A`` in addition; ``%F``. Times: ``%H``, or ``%I`` and ``%p``; ``%M``. ``%%`` is a percent sign.
    - ``%-m``, ``%-d``, ``%-H`` and the like are numbers without leading zeros, as in ``month=1/day=9``.
    - ``*``, ``?``, ``[abc]`` and ``[!abc]`` as in :mod:`fnmatch`, but they do not match a slash.

    :param pattern: the pattern of the keys.
    :param timezone: the zone of the times in the keys, see :class:`redshift_elt.run.period.Calendar`.
    :raises ValueError: the codes do not say which period a key belongs to, or the zone cannot be used.
    """

    def __init__(self, pattern: str, timezone: str = "UTC") -> None:
        self._pattern = pattern
        self._parts = tuple(self._parsed(pattern.replace("%F", "%Y-%m-%d")))
        self._codes = [part for part in self._parts if part.code]
        self.calendar = Calendar(self._unit(), timezone)
        self._expression = re.compile("".join(part.expression for part in self._parts))

    def __str__(self) -> str:
        return self._pattern

    def __repr__(self) -> str:
        return f"KeyPattern({self._pattern!r}, {self.calendar.timezone!r})"

    @property
    def root(self) -> str:
        """What the keys of all periods begin with."""
        return "".join(part.text for part in takewhile(lambda part: part.text, self._parts))

    @property
    def has_globs(self) -> bool:
        """Whether a period can have several objects."""
        return any(part.glob for part in self._parts)

    def period(self, key: str) -> Period | None:
        """Return the period that a key belongs to, or None if the key does not fit the pattern.

        :raises ValueError: see :meth:`redshift_elt.run.period.Calendar.period_of`.
        """
        match = self._expression.fullmatch(key)
        beginning = self._beginning(match.groups()) if match else None
        try:
            return None if beginning is None else self.calendar.period_of(beginning)
        except OverflowError:
            return None

    def keys(self, period: Period) -> str:
        """Return the pattern of the keys of one period, which has no codes any more."""
        local = self.calendar.local(period.start)
        return "".join(part.filled(local) for part in self._parts)

    def prefix(self, period: Period) -> str:
        """Return what all keys of a period begin with, up to the first glob."""
        local = self.calendar.local(period.start)
        return "".join(part.filled(local) for part in self._head)

    def common_prefix(self, period: Period) -> str:
        """Return the prefix for listing a period together with its neighbors, such as the hours of its day.

        It is the period's own prefix if the date is followed by a folder, whose siblings would be listed too.
        """
        last = max((number for number, part in enumerate(self._head) if part.code), default=len(self._head))
        rest = "".join(part.text for part in self._head[last + 1 :])
        if "/" in rest.lstrip("/"):
            return self.prefix(period)
        local = self.calendar.local(period.start)
        return "".join(part.filled(local) for part in self._head[:last])

    @cached_property
    def _head(self) -> list[_Part]:
        return list(takewhile(lambda part: not part.glob, self._parts))

    def _parsed(self, pattern: str) -> Iterator[_Part]:
        for match in _TOKEN.finditer(pattern):
            code, glob, text = match["code"], match["glob"], match["text"]
            if code == "%":
                yield _Part(text="%")
            elif code is not None:
                yield self._code(code)
            elif glob and set(glob) == {"*"} and len(glob) > 1:
                raise ValueError(
                    f"{pattern!r} is not a key pattern: {glob} does not match several folders. Write one * for each of "
                    "them, or use prefix."
                )
            else:
                yield _Part(glob=glob or "", text=text or "")

    def _code(self, code: str) -> _Part:
        if code in _CODES or (code[:1] == "-" and code[1:] in _NUMBERS and len(code) == 2):
            return _Part(code=code)
        raise ValueError(
            f"{self._pattern!r} is not a key pattern: %{code} is not a code that it can have. Write the date with %Y, "
            "%m and %d, the time with %H and %M, a week as %G-W%V, and a percent sign as %%."
        )

    def _unit(self) -> Unit:
        """Return the unit of the periods that the codes distinguish."""
        fields = {field for part in self._codes for field in _CODES[part.code[-1]].fields}
        times = {field for names in _TIMES for field in names}
        date, time = frozenset(fields - times), frozenset(fields & times)
        if date in _DATES and not time:
            return _DATES[date]
        if _DATES.get(date) == "day" and time in _TIMES:
            return _TIMES[time]
        raise ValueError(
            f"{self._pattern!r} is not a key pattern: its codes must say which period a key belongs to. Write the date "
            "with %Y, %m and %d, the time with %H and %M, such as 'orders/%Y/%m/%d/%H/*.json'; use key for one object, "
            "and prefix for objects without a date."
        )

    def _beginning(self, texts: Sequence[str]) -> datetime | None:
        """Return the local time at which the period of a key begins, or None if its codes contradict each other.

        :param texts: what the codes of the pattern stand for in the key.
        """
        codes = [part.code[-1] for part in self._codes]
        if self.calendar.unit == "week":
            texts, codes = (*texts, "1"), [*codes, "u"]
        known = dict(zip(codes, texts, strict=True))
        try:
            local = datetime.strptime(" ".join(known.values()), " ".join(f"%{code}" for code in known))
        except ValueError:
            return None
        filled = (part.filled(local) for part in self._codes)
        return local if all(text == expected for text, expected in zip(texts, filled, strict=False)) else None


def refuse_dates_of_run(pattern: str) -> None:
    """Refuse a template with a date of the run: the codes of a pattern stand for the dates.

    :param pattern: a key pattern that is not rendered yet.
    :raises ValueError: see the message.
    """
    from jinja2 import Environment, TemplateSyntaxError, meta

    try:
        named = meta.find_undeclared_variables(Environment(autoescape=True).parse(pattern))
    except TemplateSyntaxError as error:
        raise ValueError(f"key_pattern {pattern!r} is not a template: {error.message}.") from error
    if dates := [name for name in _DATES_OF_RUN if name in named]:
        instead = _DATES_OF_RUN[dates[0]] or "%Y, %m, %d and %H"
        raise ValueError(
            f"key_pattern {pattern!r} has {dates[0]}, a time of the run, but a run reads the objects of all periods of "
            f"its window: write {instead} instead, as in 'orders/%Y-%m-%d.json'."
        )
