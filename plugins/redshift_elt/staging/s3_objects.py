"""List S3 objects: below a prefix, or those of some days."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow.providers.amazon.aws.hooks.s3 import S3Hook

    from redshift_elt.run.window import Window
    from redshift_elt.staging.date_pattern import DatePattern

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class S3Object:
    """One object as S3 lists it; ``size`` is in bytes, ``modified`` in UTC without a zone."""

    bucket: str
    key: str
    etag: str
    size: int
    modified: datetime

    @property
    def url(self) -> str:
        """The object as ``s3://bucket/key``."""
        return f"s3://{self.bucket}/{self.key}"


def list_objects(s3: S3Hook, bucket: str, prefix: str) -> list[S3Object]:
    """Return the objects below a prefix in the order of their keys, without folder markers."""
    pages = s3.get_conn().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    found = [
        S3Object(bucket, entry["Key"], entry["ETag"].strip('"'), entry["Size"], _utc(entry["LastModified"]))
        for page in pages
        for entry in page.get("Contents", ())
    ]
    for item in found:
        if item.key.endswith("/"):
            log.info("%s is a folder marker and is not read (%s bytes).", item.url, item.size)
    return sorted((item for item in found if not item.key.endswith("/")), key=lambda item: item.key)


def is_empty(s3: S3Hook, bucket: str, prefix: str) -> bool:
    """Return whether there are no objects below a prefix."""
    return not s3.get_conn().list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1)["KeyCount"]


def list_dated(s3: S3Hook, bucket: str, pattern: DatePattern, window: Window, margin_days: int = 0) -> list[S3Object]:
    """Return the objects of the UTC days that a window reads; a day without an object is normal.

    A full load reads the objects of all days.

    :param margin_days: the number of days before and after those of the window whose objects are read too.
    """
    if window.full:
        return [item for item in list_objects(s3, bucket, pattern.prefix) if pattern.matches(item.key)]
    expected = {pattern.key(day) for day in window.days(margin_days)}
    return [item for item in list_objects(s3, bucket, _common_prefix(expected)) if item.key in expected]


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(timezone.utc).replace(tzinfo=None)


def _common_prefix(keys: set[str]) -> str:
    first, last = min(keys), max(keys)
    shared = (index for index, (one, other) in enumerate(zip(first, last, strict=False)) if one != other)
    return first[: next(shared, min(len(first), len(last)))]
