"""A run's table of staged files: the objects that the run staged, and the prefixes that it listed.

One more row, of the kind ``run``, says which run the table belongs to: ``object_key`` has both ids of the run, and
``modified_at`` the time at which it began to list its source, by the clock of the worker like the times of loads. The
names of the run's tables have only a hash of the ids.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from redshift_elt.run.names import run_text

if TYPE_CHECKING:
    from redshift_elt.run.names import DagRun
    from redshift_elt.staging.s3_objects import S3Object

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


def run_row(dag_run: DagRun, began_at: datetime) -> dict[str, Any]:
    """Return the row that says which run the table belongs to.

    :param began_at: when the run began to list its source, in UTC without a zone.
    """
    return _row("run", "", run_text(dag_run), began_at)


def staged_file_rows(objects: Iterable[S3Object], listing: Listing | None) -> list[dict[str, Any]]:
    """Return the rows of the objects and of the listing, as values by column."""
    rows = [_row("object", item.bucket, item.key, item.modified, (item.etag, item.size)) for item in objects]
    if listing is not None:
        rows.append(_row("listing", listing.bucket, listing.prefix, listing.listed_at))
    return rows


def json_lines(rows: Sequence[dict[str, Any]]) -> str:
    """Return rows as JSON lines for COPY."""
    return "\n".join(json.dumps({**row, "modified_at": row["modified_at"].isoformat(sep=" ")}) for row in rows)


def _row(kind: str, bucket: str, key: str, modified: datetime, version: tuple[str, int] = ("", 0)) -> dict[str, Any]:
    etag, size = version
    return {
        "bucket": bucket,
        "object_key": key,
        "etag": etag,
        "size_bytes": size,
        "modified_at": modified,
        "kind": kind,
    }
