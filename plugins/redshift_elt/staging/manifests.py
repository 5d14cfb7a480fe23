"""The files that tell COPY what to read. They are deleted when COPY has read them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from redshift_elt.sql.identifiers import bare

if TYPE_CHECKING:
    from redshift_elt.staging.s3_objects import S3Object
    from redshift_elt.staging.staging_context import StagingContext

# The number of objects in one manifest, and so the number of objects that a task holds in memory at the same time.
MOST_OBJECTS = 10_000


def manifest(objects: Iterable[S3Object], *, columnar: bool = False) -> str:
    """Return a COPY manifest.

    Every entry is mandatory: an object that vanishes fails the COPY instead of being skipped.

    :param columnar: whether the objects are columnar files, whose sizes COPY needs (AWS page "Using a manifest to
        specify data files").
    """
    entries = [
        {"url": item.url, "mandatory": True, **({"meta": {"content_length": item.size}} if columnar else {})}
        for item in objects
    ]
    return json.dumps({"entries": entries})


def manifest_of_urls(urls: Iterable[str]) -> str:
    """Return a COPY manifest of objects that are known by their names only."""
    return json.dumps({"entries": [{"url": url, "mandatory": True} for url in urls]})


class Manifests:
    """Files for COPY that a staging task writes, and deletes at its end."""

    def __init__(self, context: StagingContext) -> None:
        self._context = context
        self._keys: list[str] = []

    def write(self, kind: str, text: str) -> str:
        """Put a file into S3 and return it as ``s3://bucket/key``.

        :param kind: the extension of its name.
        """
        source = self._context.source
        digest = hashlib.sha256(text.encode()).hexdigest()[:12]
        location = source.manifest_location
        key = f"{location.prefix}{self._context.manifest_prefix}{bare(source.table)}-{digest}.{kind}"
        self._context.s3.get_conn().put_object(
            Bucket=location.bucket, Key=key, Body=text.encode(), **location.put_arguments()
        )
        self._keys.append(key)
        return f"s3://{location.bucket}/{key}"

    def delete(self) -> None:
        """Delete the files that were written."""
        if self._keys:
            self._context.s3.delete_objects(self._context.source.manifest_location.bucket, self._keys)
            self._keys.clear()
