"""Upload the new and changed objects of a dataset to the local bucket."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol

from redshift_standin import REGION

THREADS = 8
BATCH = 500
# The limit of S3 per request.
DELETED_AT_ONCE = 1000
# Written by the DAGs: failed runs leave their manifests.
WRITTEN_BY_DAGS = ("manifests/", "reports/")


class Dataset(Protocol):
    """Files that become objects."""

    def objects(self) -> Iterator[tuple[str, bytes]]:
        """Yield every object: its key and its content."""


@dataclass(frozen=True)
class Upload:
    """The result of an upload.

    :param objects: how many objects the dataset has.
    :param sent: how many of them were new or had changed.
    :param foreign: the keys of other objects in the bucket.
    """

    objects: int
    sent: int
    foreign: tuple[str, ...]


def upload(dataset: Dataset, s3: Any, bucket: str, show: Callable[[str], None]) -> Upload:
    """Upload what the bucket does not have yet, compared by the MD5 that S3 keeps as the ETag.

    :param s3: a boto3 client.
    :param show: called with the progress, as text.
    """
    _ensure_bucket(s3, bucket)
    present = _etags(s3, bucket)
    seen = sent = 0
    objects = dataset.objects()
    with ThreadPoolExecutor(THREADS) as pool:
        while batch := list(islice(objects, BATCH)):
            changed = [(key, body) for key, body in batch if present.pop(key, None) != _etag(body)]
            list(pool.map(lambda item: s3.put_object(Bucket=bucket, Key=item[0], Body=item[1]), changed))
            seen += len(batch)
            sent += len(changed)
            show(f"{seen:,} objects, {sent:,} new or changed")
    return Upload(seen, sent, tuple(key for key in present if not key.startswith(WRITTEN_BY_DAGS)))


def delete(s3: Any, bucket: str, keys: Sequence[str]) -> None:
    """Delete objects.

    :param s3: a boto3 client.
    """
    for begin in range(0, len(keys), DELETED_AT_ONCE):
        batch = [{"Key": key} for key in keys[begin : begin + DELETED_AT_ONCE]]
        s3.delete_objects(Bucket=bucket, Delete={"Objects": batch, "Quiet": True})


def _ensure_bucket(s3: Any, bucket: str) -> None:
    try:
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    except (s3.exceptions.BucketAlreadyOwnedByYou, s3.exceptions.BucketAlreadyExists):
        return


def _etags(s3: Any, bucket: str) -> dict[str, str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return {item["Key"]: item["ETag"] for page in pages for item in page.get("Contents", [])}


def _etag(body: bytes) -> str:
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
