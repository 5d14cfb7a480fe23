"""Intervals of time: start and end, UTC without a zone; the end is not included."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

Interval = tuple[datetime, datetime]


def joined(intervals: Iterable[Interval]) -> list[Interval]:
    """Return the same time as disjoint intervals in order: neighboring and overlapping ones are one interval."""
    result: list[Interval] = []
    for start, end in sorted(intervals):
        if result and start <= result[-1][1]:
            result[-1] = result[-1][0], max(end, result[-1][1])
        else:
            result.append((start, end))
    return result


def without(intervals: Iterable[Interval], others: Iterable[Interval]) -> list[Interval]:
    """Return the parts of intervals that are in none of some other intervals."""
    parts = list(intervals)
    for start, end in others:
        kept = ((first, min(last, start)) for first, last in parts), ((max(first, end), last) for first, last in parts)
        parts = [(first, last) for side in kept for first, last in side if first < last]
    return parts
