"""The current time in the form that the bookkeeping tables store."""

from __future__ import annotations

from datetime import datetime, timezone


def now() -> datetime:
    """Return the current time: UTC, without a zone."""
    return datetime.now(timezone.utc).replace(tzinfo=None)
