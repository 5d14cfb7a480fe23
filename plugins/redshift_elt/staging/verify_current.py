"""Verify that what a run has staged is still current.

A load does that after it has taken the lock of its target. Loads of one target run one after another, so no load can
replace an object's rows by those of an older version (docs/adr/0004).
"""

from __future__ import annotations

from itertools import chain, zip_longest
from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import AirflowException

from redshift_elt.staging.list_source import list_source
from redshift_elt.staging.objects_read import ObjectsRead, ReadSoFar
from redshift_elt.staging.s3_objects import KeyRange, list_objects
from redshift_elt.staging.staged_objects import staged_files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from redshift_elt.connection.session import Session
    from redshift_elt.staging.staged_objects import StagedFile, StagedObjects
    from redshift_elt.staging.staging_context import StagingContext


def current_objects(session: Session, context: StagingContext) -> ObjectsRead | None:
    """Return the objects that a run has staged from a source without a ledger; None if S3 has others now.

    Also used for a full load from a source with a ledger: it deletes what it has not staged, so it must not miss an
    object that another run has loaded in the meantime, and the ledger does not show which objects S3 has no longer.
    """
    read = ReadSoFar(context.source)
    # S3 lists what it has at that moment (AWS page "Amazon S3 data consistency model"), in the order of the keys.
    for listed, staged in zip_longest(list_source(context), _all_staged(session, context)):
        if staged is None or staged.item != listed:
            return None
        read.add(staged)
    return read.result()


def objects_read(session: Session, context: StagingContext) -> ObjectsRead:
    """Return the objects that a run has staged from a source without a ledger."""
    read = ReadSoFar(context.source)
    for staged in _all_staged(session, context):
        read.add(staged)
    return read.result()


def refuse_changed(context: StagingContext, objects: StagedObjects) -> None:
    """Fail if an object has changed since it was listed, because COPY may have read another version.

    :param objects: the objects that were copied.
    :raises AirflowException: an object has changed; the task can be retried.
    """
    source = context.source
    for copied in objects.manifests():
        keys = KeyRange(source.root, after=copied[0].key[:-1], last=copied[-1].key)
        if changed := set(copied).difference(list_objects(context.s3, source.bucket, keys)):
            first = min(item.url for item in changed)
            raise AirflowException(
                f"{first} has changed while it was staged ({len(changed):,} of the objects). Nothing was loaded; the "
                "task can be retried."
            )


def _all_staged(session: Session, context: StagingContext) -> Iterator[StagedFile]:
    return chain.from_iterable(staged_files(session, context))
