"""A run's table of staged files: the objects that the run staged, and the prefixes that it listed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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


def staged_file_rows(objects: Iterable[S3Object], listing: Listing | None) -> list[dict[str, Any]]:
    """Return the rows of a table like ``staged_files``, as values by column."""
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
