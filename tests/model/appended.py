"""The expected rows of a table that only grows, in plain Python, without SQL and runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

Row = tuple[str, int]
# The key of an object and its rows, which identify the version: S3 derives the ETag from the content.
Version = tuple[str, tuple[Row, ...]]


def appended_rows(versions: Iterable[Version]) -> Counter[Row]:
    """Return the rows of each version once, however often it was read, and how often each row occurs."""
    return Counter(row for _, rows in set(versions) for row in rows)
