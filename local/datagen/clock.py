"""Times in UTC, in milliseconds since the epoch as in the logs."""

from __future__ import annotations

from datetime import date, datetime, timezone

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS


def midnight_ms(day: date) -> int:
    """Return the start of a day."""
    return int(datetime(day.year, day.month, day.day, tzinfo=timezone.utc).timestamp()) * 1000
