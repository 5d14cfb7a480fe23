"""List the objects of a source that S3 has now."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import AirflowFailException

from redshift_elt.staging.s3_objects import KeyRange, is_empty, list_dated, list_objects

if TYPE_CHECKING:
    from redshift_elt.staging.s3_objects import S3Object
    from redshift_elt.staging.source import Source
    from redshift_elt.staging.staging_context import StagingContext


def list_source(context: StagingContext) -> Iterator[S3Object]:
    """Yield the objects of the source that S3 has now, in the periods that the run reads, in the order of their keys.

    :raises AirflowFailException: the bucket does not exist, or has no objects where there should be some: a wrong name
        must not pass for a period without events. Or the clocks of the time zone pass the beginning of a period twice.
    """
    # Importing botocore is slow, and the file of a DAG imports this module.
    from botocore.exceptions import ClientError

    source = context.source
    missing = True
    try:
        for item in _of_latest_period(context) if source.latest_only else _listed(context):
            missing = False
            yield item
        missing = missing and (
            context.window.full or (source.key_pattern is not None and is_empty(context.s3, source.bucket, source.root))
        )
    except ValueError as error:
        raise AirflowFailException(f"The objects of {source} cannot be listed. {error}") from error
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchBucket":
            raise
        raise AirflowFailException(
            f"The bucket {source.bucket!r} does not exist: correct its name in the Params or in the Airflow Variable."
        ) from error
    if missing:
        raise AirflowFailException(f"No objects were found at {source}. {_reason(source)} Nothing was changed.")


def _listed(context: StagingContext) -> Iterator[S3Object]:
    source, s3 = context.source, context.s3
    if source.key_pattern is not None:
        return list_dated(s3, source.bucket, source.key_pattern, context.window, source.margin_days)
    return (item for item in list_objects(s3, source.bucket, KeyRange(source.root)) if source.has(item.key))


def _of_latest_period(context: StagingContext) -> Iterator[S3Object]:
    """Yield the objects of the last period that has some. The periods are known only at the end, so S3 lists twice."""
    pattern = context.source.key_pattern
    if pattern is None:
        yield from _listed(context)
        return
    latest = max((period for item in _listed(context) if (period := pattern.period(item.key))), default=None)
    if latest is not None:
        yield from (item for item in _listed(context) if pattern.period(item.key) == latest)


def _reason(source: Source) -> str:
    """Return why it is an error that a source has no object."""
    if source.key_pattern is not None:
        return "A period without events would leave other periods, so the bucket or the beginning of the keys is wrong."
    name = "prefix" if source.key is None else "key"
    return f"A full load would leave nothing, so the bucket or the {name} is wrong, or every object was deleted."
