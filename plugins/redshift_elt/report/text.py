"""Values as the page and the CSV files show them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Any

from redshift_elt.report.question import is_number

# C0 and C1, surrogates and noncharacters of Unicode: HTML and XML cannot contain them, not even escaped
# (HTML Standard, "Preprocessing the input stream"; XML 1.0, production Char).
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
# Letters that change the direction of the text after them, which could be that of the page.
_TURNING = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")

# What spreadsheets evaluate, also as full-width characters (OWASP page "CSV Injection").
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)


def shown(value: Any) -> str:
    """Return a value as the page shows it: digits in groups of three, and a mark for what cannot be shown."""
    if value is None:
        return "\N{EN DASH}"
    if is_number(value):
        return f"{value:,}"
    return _TURNING.sub("", _UNPRINTABLE.sub("\ufffd", str(value)))


def shortened(text: str, length: int) -> str:
    """Return a text of at most ``length`` characters; an ellipsis marks what is cut off."""
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}…"


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return a table as CSV (RFC 4180) with a header; null is empty.

    Values are as the warehouse returned them, except that an apostrophe precedes texts that a spreadsheet would
    evaluate as a formula.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(map(_as_text, columns))
    writer.writerows(map(_as_text, row) for row in rows)
    return text.getvalue()


def _as_text(value: Any) -> Any:
    """Return a value so that a spreadsheet shows it instead of evaluating it."""
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS) and not _NUMBER.fullmatch(value):
        return f"'{value}"
    return value
