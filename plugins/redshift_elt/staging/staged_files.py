"""A run's table of staged files: the objects that the run staged, and the prefixes that it listed.

The row of an object has the beginning of its period, if its key shows one. One more row, of the kind ``run``, says
which run the table belongs to: ``object_key`` has both ids of the run, and ``modified_at`` the time at which it began
to list its source, by the clock of the worker like the times of loads. The names of the run's tables have only a hash
of the ids.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from redshift_elt.run.names import run_text

if TYPE_CHECKING:
    from redshift_elt.run.names import DagRun
    from redshift_elt.staging.key_pattern import KeyPattern
    from redshift_elt.staging.s3_objects import S3Object

# The values of one row, by column.
Row = dict[str, Any]

# The kind of an object that has no rows; see the migrations of the table.
NO_ROWS = "no rows"


@dataclass(frozen=True)
class Listing:
    """A listing of everything below a prefix.

    :param listed_at: when S3 was asked, in UTC without a zone.
    """

    bucket: str
    prefix: str
    listed_at: datetime


def run_row(dag_run: DagRun, began_at: datetime) -> Row:
    """Return the row that says which run the table belongs to.

    :param began_at: when the run began to list its source, in UTC without a zone.
    """
    return _row("run", key=run_text(dag_run), modified=began_at)


def listing_row(listing: Listing) -> Row:
    """Return the row of a listing."""
    return _row("listing", listing.bucket, listing.prefix, listing.listed_at)


def object_row(item: S3Object, pattern: KeyPattern | None) -> Row:
    """Return the row of an object.

    :param pattern: the key pattern of the source, if it has one.
    """
    period = pattern.period(item.key) if pattern else None
    version = {"etag": item.etag, "size_bytes": item.size, "period_start": period.start if period else None}
    return {**_row("object", item.bucket, item.key, item.modified), **version}


def json_lines(rows: Iterable[Row]) -> str:
    """Return rows as JSON lines for COPY, in UTF-8."""
    return "\n".join(json.dumps(row, default=_timestamp, ensure_ascii=False) for row in rows)


def _timestamp(moment: datetime) -> str:
    return moment.isoformat(sep=" ")


def _row(kind: str, bucket: str = "", key: str = "", modified: datetime | None = None) -> Row:
    return {
        "bucket": bucket,
        "object_key": key,
        "etag": "",
        "size_bytes": 0,
        "modified_at": modified,
        "kind": kind,
        "period_start": None,
    }
