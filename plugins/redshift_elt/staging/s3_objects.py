"""List S3 objects: below a prefix, or those of some periods."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow.providers.amazon.aws.hooks.s3 import S3Hook

    from redshift_elt.run.period import Period
    from redshift_elt.run.window import Window
    from redshift_elt.staging.key_pattern import KeyPattern

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True)
class KeyRange:
    """The keys that are listed together.

    :param prefix: what all of them begin with.
    :param after: a key before the first of them; none if empty.
    :param last: what the last of them begins with; None if the keys below the prefix are listed to the end.
    """

    prefix: str
    after: str = ""
    last: str | None = None

    def ends_before(self, key: str) -> bool:
        """Return whether a key, and so all keys that follow it, are beyond the range."""
        return self.last is not None and key > self.last and not key.startswith(self.last)


def list_objects(s3: S3Hook, bucket: str, keys: KeyRange) -> Iterator[S3Object]:
    """Yield the objects in a range as S3 lists them, without folder markers; only one page of them is in memory.

    S3 lists keys in the order of their UTF-8 bytes, up to 1,000 per request (AWS API reference, "ListObjectsV2"). The
    last request may return keys beyond the end of the range.
    """
    arguments = {"Bucket": bucket, "Prefix": keys.prefix, **({"StartAfter": keys.after} if keys.after else {})}
    for page in s3.get_conn().get_paginator("list_objects_v2").paginate(**arguments):
        entries = page.get("Contents", ())
        for entry in entries:
            key, size = entry["Key"], entry["Size"]
            if key.endswith("/"):
                log.info("s3://%s/%s is a folder marker and is not read (%s bytes).", bucket, key, size)
            else:
                yield S3Object(bucket, key, entry["ETag"].strip('"'), size, _utc(entry["LastModified"]))
        if entries and keys.ends_before(entries[-1]["Key"]):
            return


def is_empty(s3: S3Hook, bucket: str, prefix: str) -> bool:
    """Return whether there are no objects below a prefix."""
    return not s3.get_conn().list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1)["KeyCount"]


def list_dated(
    s3: S3Hook, bucket: str, pattern: KeyPattern, window: Window, margin_days: int = 0
) -> Iterator[S3Object]:
    """Yield the objects of the periods that a window reads, in the order of their keys; a period may have none.

    A full load reads the objects of all periods.

    :param margin_days: the number of days before and after the window whose periods are read too.
    :raises ValueError: a period is not an interval, see :meth:`redshift_elt.run.period.Calendar.period_of`.
    """
    if window.full:
        yield from (item for item in list_objects(s3, bucket, KeyRange(pattern.root)) if pattern.period(item.key))
        return
    periods = window.periods(pattern.calendar, margin_days)
    wanted, last = set(periods), ""
    for keys in sorted(key_ranges(pattern, periods), key=lambda keys: keys.after or keys.prefix):
        # If a number without leading zeros follows another one, the range of 2018-1 contains that of 2018-11.
        seen = last
        for item in list_objects(s3, bucket, keys):
            if item.key > seen and pattern.period(item.key) in wanted:
                yield item
                last = item.key


def key_ranges(pattern: KeyPattern, periods: Iterable[Period]) -> list[KeyRange]:
    """Return the ranges to list for some periods.

    A period is listed together with the others of the same day, month or year, from the first to the last of them. That
    needs no more requests than listing each of them, if the periods follow one another. No range is longer than that: a
    window over New Year does not list everything that has a year in its key.
    """
    prefixes: dict[str, set[str]] = {}
    for period in periods:
        prefixes.setdefault(pattern.common_prefix(period), set()).add(pattern.prefix(period))
    return [_key_range(common, min(own), max(own)) for common, own in prefixes.items()]


def _key_range(common: str, first: str, last: str) -> KeyRange:
    # What begins with a text follows that text without its last character.
    return KeyRange(first) if first == last else KeyRange(common, after=first[:-1], last=last)


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(timezone.utc).replace(tzinfo=None)
