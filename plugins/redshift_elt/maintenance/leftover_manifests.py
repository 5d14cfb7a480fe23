"""The manifests that runs have left in S3."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from redshift_elt.run.names import MANIFESTS, suffix_of_manifest

if TYPE_CHECKING:
    from airflow.providers.amazon.aws.hooks.s3 import S3Hook

    from redshift_elt.staging.manifest_location import ManifestLocation


def delete_old_manifests(s3: S3Hook, location: ManifestLocation, before: datetime, kept: Collection[str]) -> int:
    """Delete old manifests, and return how many there were.

    COPY reads a manifest right after it was written, and each try of a task writes its own. So age decides.

    :param location: where the manifests were written.
    :param before: manifests that were written later are kept; with a zone.
    :param kept: the suffixes of runs whose manifests are kept.
    """
    listed = s3.get_file_metadata(f"{location.prefix}{MANIFESTS}", location.bucket)
    keys = [
        item["Key"]
        for item in listed
        if item["LastModified"] < before and _is_left(item["Key"].removeprefix(location.prefix), kept)
    ]
    if keys:
        s3.delete_objects(location.bucket, keys)
    return len(keys)


def _is_left(key: str, kept: Collection[str]) -> bool:
    run = suffix_of_manifest(key)
    return run is not None and run not in kept
