"""Which S3 objects a run stages, and the manifest that names them for COPY."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from redshift_elt.run.window import Window
from redshift_elt.staging.date_pattern import DatePattern

if TYPE_CHECKING:
    from airflow.providers.amazon.aws.hooks.s3 import S3Hook

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
    """Return the objects under a prefix in key order, without the markers that stand for folders."""
    pages = s3.get_conn().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    found = [
        S3Object(bucket, entry["Key"], entry["ETag"].strip('"'), entry["Size"], _utc(entry["LastModified"]))
        for page in pages
        for entry in page.get("Contents", ())
    ]
    for item in found:
        if item.key.endswith("/"):
            log.info("%s stands for a folder and is not read (%s bytes).", item.url, item.size)
    return sorted((item for item in found if not item.key.endswith("/")), key=lambda item: item.key)


def is_empty(s3: S3Hook, bucket: str, prefix: str) -> bool:
    """Return whether a prefix has no object at all."""
    return s3.get_conn().list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1)["KeyCount"] == 0


def list_dated(s3: S3Hook, bucket: str, pattern: str, window: Window, margin_days: int = 0) -> list[S3Object]:
    """Return the objects of the UTC days in the window's reach that exist. A day without an object is normal.

    :param pattern: the key of a day's object, see :class:`redshift_elt.staging.date_pattern.DatePattern`.
    :param margin_days: how many days before and after those are looked at too.
    """
    dated = DatePattern(pattern)
    if window.full:
        return [item for item in list_objects(s3, bucket, dated.prefix) if dated.matches(item.key)]
    expected = {dated.key(day) for day in window.days(margin_days)}
    return [item for item in list_objects(s3, bucket, _common_prefix(expected)) if item.key in expected]


def manifest(objects: Iterable[S3Object]) -> str:
    """Return a COPY manifest.

    Every entry is mandatory: an object that vanishes fails the COPY instead of being skipped.
    """
    return json.dumps({"entries": [{"url": item.url, "mandatory": True} for item in objects]})


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(timezone.utc).replace(tzinfo=None)


def _common_prefix(keys: set[str]) -> str:
    first, last = min(keys), max(keys)
    shared = (index for index, (one, other) in enumerate(zip(first, last, strict=False)) if one != other)
    return first[: next(shared, min(len(first), len(last)))]
