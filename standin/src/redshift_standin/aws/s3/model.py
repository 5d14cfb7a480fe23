"""The buckets: moto's, with a journal of changes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, ClassVar, cast

from moto.s3.models import FakeBucket, FakeDeleteMarker, FakeKey, S3Backend, s3_backends
from moto.s3.utils import _VersionedKeyStore

from redshift_standin.settings import ACCOUNT

PARTITION = "aws"


class Journal:
    """The objects that were written or deleted since the journal was last read."""

    def __init__(self) -> None:
        self._changed: dict[tuple[str, str], None] = {}

    def add(self, bucket: str, key: str) -> None:
        """Record that an object changed."""
        self._changed[bucket, key] = None

    def take(self) -> list[tuple[str, str]]:
        """Return what changed, and clear the journal."""
        changed = []
        while self._changed:
            changed.append(self._changed.popitem()[0])
        return changed


class RecordingKeyStore(_VersionedKeyStore):
    """The objects of one bucket; every change goes into the journal."""

    def __init__(self, bucket: str) -> None:
        super().__init__()
        self._bucket = bucket

    def __setitem__(self, key: str, value: Any) -> None:
        super().__setitem__(key, value)
        StandInS3.journal.add(self._bucket, key)

    def setlist(self, key: Any, list_: Any) -> None:
        """Replace all versions of an object."""
        super().setlist(key, list_)
        StandInS3.journal.add(self._bucket, key)

    def pop(self, key: str) -> None:  # type: ignore[override]
        """Remove all versions of an object."""
        super().pop(key)
        StandInS3.journal.add(self._bucket, key)


class StandInS3(S3Backend):
    """All buckets of the account."""

    journal: ClassVar[Journal] = Journal()
    # Held while objects change and until the change is saved: requests and UNLOAD run on different threads.
    changes: ClassVar[threading.Lock] = threading.Lock()
    # Saves the changes; set while the service runs.
    save: ClassVar[Callable[[], None]]

    def create_bucket(self, bucket_name: str, region_name: str, bucket_namespace: str | None = None) -> FakeBucket:
        """Create a bucket whose changes are recorded."""
        bucket = super().create_bucket(bucket_name, region_name, bucket_namespace)
        bucket.keys = RecordingKeyStore(bucket_name)
        return bucket

    def put_object_tagging(self, key: FakeKey, tags: dict[str, str] | None) -> FakeKey:
        """Store the tags of an object. For one without tags, moto would store an empty record."""
        tagged = super().put_object_tagging(key, tags)
        if not tags:
            self.tagger.delete_all_tags_for_resource(key.arn)
        return tagged

    def visible_keys(self, bucket: FakeBucket, prefix: str) -> list[str]:
        """Return the names of the objects that a listing shows, in order."""
        return sorted(
            name
            for name, versions in dict(bucket.keys).items()
            if name.startswith(prefix) and versions and not isinstance(versions[-1], FakeDeleteMarker)
        )


def s3_backend() -> StandInS3:
    """Return the one backend of S3."""
    return cast("StandInS3", s3_backends[ACCOUNT][PARTITION])


def buckets() -> dict[str, FakeBucket]:
    """Return every bucket by its name."""
    return s3_backend().buckets
