"""The window of a full load: all of time. Without Airflow, which the analysts' notebook does without."""

from __future__ import annotations

from datetime import datetime, timezone

START = datetime(1970, 1, 1, tzinfo=timezone.utc)
END = datetime(9999, 1, 1, tzinfo=timezone.utc)


def is_full_load(window_end: datetime) -> bool:
    """Return whether a window is that of a full load.

    :param window_end: its end as in a TIMESTAMP column: UTC, without a zone.
    """
    return window_end == END.replace(tzinfo=None)
