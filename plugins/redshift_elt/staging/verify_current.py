"""Verify that what a run has staged is still current.

A load does that after it has taken the lock of its target. Loads of one target run one after another, so no load can
replace an object's rows by those of an older version (docs/adr/0004).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import AirflowException

from redshift_elt.sql.render import render
from redshift_elt.staging.discover import list_source
from redshift_elt.staging.objects_read import ObjectsRead
from redshift_elt.staging.s3_objects import KeyRange, list_objects
from redshift_elt.staging.staged_files import NO_ROWS

if TYPE_CHECKING:
    from redshift_elt.connection.session import Session
    from redshift_elt.staging.s3_objects import S3Object
    from redshift_elt.staging.staging_context import StagingContext


def current_objects(session: Session, context: StagingContext) -> ObjectsRead | None:
    """Return the objects that a run has staged from a source without a ledger; None if S3 has others now.

    Also used for a full load from a source with a ledger: it deletes what it has not staged, so it must not miss an
    object that another run has loaded in the meantime, and the ledger does not show which objects S3 has no longer.
    """
    staged = session.fetch(render("stage/staged_versions.sql", files=context.files))
    # S3 lists what it has at that moment (AWS page "Amazon S3 data consistency model").
    listed = {(item.key, item.etag, item.modified) for item in list_source(context)}
    if {(key, etag, modified) for key, etag, modified, *_ in staged} != listed:
        return None
    without_rows = frozenset(key for key, _, _, size, kind in staged if not size or kind == NO_ROWS)
    return objects_read(context, {key: modified for key, _, modified, *_ in staged}, without_rows)


def refuse_changed(context: StagingContext, objects: Sequence[S3Object]) -> None:
    """Fail if an object has changed since it was listed, because COPY may have read another version.

    :param objects: the objects that were copied, at least one, in the order of their keys.
    :raises AirflowException: an object has changed; the task can be retried.
    """
    source, first, last = context.source, objects[0].key, objects[-1].key
    listed = set(list_objects(context.s3, source.bucket, KeyRange(source.root, after=first[:-1], last=last)))
    if changed := [item.url for item in objects if item not in listed]:
        raise AirflowException(
            f"{changed[0]} has changed while it was staged ({len(changed):,} of the objects). Nothing was loaded; the "
            "task can be retried."
        )


def objects_read(context: StagingContext, objects: Mapping[str, datetime], without_rows: frozenset[str]) -> ObjectsRead:
    """Return what a run has read from a source.

    :param objects: when each object was written, by its key.
    :param without_rows: the keys of objects that have no rows.
    """
    source = context.source
    keys = frozenset(objects) - without_rows
    written_at = max((objects[key] for key in keys), default=None)
    return ObjectsRead(
        location=str(source),
        pattern=source.key_pattern,
        keys=keys,
        keys_without_rows=without_rows,
        written_at=written_at,
        on_missing=source.on_missing,
        margin_days=source.margin_days,
    )
