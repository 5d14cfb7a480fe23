"""The expected counts of the generated days, from their files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timezone

from local.stack.dataset import Dataset


def log_key(day: datetime) -> str:
    """Return the key of a day's file in the bucket, which is also its path in the data directory."""
    return f"log_data/{day:%Y/%m/%Y-%m-%d}-events.json"


def plays_between(dataset: Dataset, start: datetime, end: datetime) -> int:
    """Count the plays in a day's file with a time in ``[start, end)``, in UTC without a time zone."""
    return sum(start <= moment < end for moment in _plays(dataset, start))


def plays_in(dataset: Dataset, day: datetime) -> int:
    """Count the plays in a day's file."""
    return sum(1 for _ in _plays(dataset, day))


def _plays(dataset: Dataset, day: datetime) -> Iterator[datetime]:
    for line in (dataset.directory / log_key(day)).read_text("utf-8").splitlines():
        event = json.loads(line)
        if event["page"] == "NextSong":
            yield datetime.fromtimestamp(event["ts"] / 1000, timezone.utc).replace(tzinfo=None)
