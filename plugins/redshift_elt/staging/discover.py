"""Discover which objects a run has to stage: list S3 and, if the source has a ledger, leave out what is loaded."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import AirflowFailException

from redshift_elt.run.clock import now
from redshift_elt.staging.s3_objects import KeyRange, is_empty, list_dated, list_objects
from redshift_elt.staging.staged_files import Listing

if TYPE_CHECKING:
    from redshift_elt.connection.session import Session
    from redshift_elt.staging.key_pattern import KeyPattern
    from redshift_elt.staging.ledger import Ledger
    from redshift_elt.staging.s3_objects import S3Object
    from redshift_elt.staging.source import Source
    from redshift_elt.staging.staging_context import StagingContext

log = logging.getLogger(__name__)

_LOGGED_OBJECTS = 20


@dataclass(frozen=True)
class Discovered:
    """What a run has to stage.

    :param listing: the listing that the objects come from; None without a ledger, or if the last listing is recent.
    """

    objects: tuple[S3Object, ...] = ()
    listing: Listing | None = None


def discover(session: Session, context: StagingContext) -> Discovered:
    """Return what a run has to stage, and log it.

    :raises AirflowFailException: the bucket or the prefix is wrong, see :func:`list_source`.
    """
    found = (
        _with_ledger(session, context, context.ledger) if context.ledger else Discovered(tuple(list_source(context)))
    )
    _log_objects(context, found.objects)
    return found


def list_source(context: StagingContext) -> list[S3Object]:
    """Return the objects of the source that S3 has now, in the periods that the run reads.

    :raises AirflowFailException: the bucket does not exist, or has no objects where there should be some: a wrong name
        must not pass for a period without events. Or the clocks of the time zone pass the beginning of a period twice.
    """
    # Importing botocore is slow, and the file of a DAG imports this module.
    from botocore.exceptions import ClientError

    source = context.source
    try:
        if source.key_pattern is None:
            listed = list_objects(context.s3, source.bucket, KeyRange(source.root))
            found = [item for item in listed if source.has(item.key)]
        else:
            found = list_dated(context.s3, source.bucket, source.key_pattern, context.window, source.margin_days)
        missing = not found and (
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
        raise AirflowFailException(f"There are no objects at {source}. {_reason(source)} Nothing was changed.")
    return _of_latest_period(found, source.key_pattern) if source.latest_only and source.key_pattern else found


def _reason(source: Source) -> str:
    """Return why it is an error that a source has no object."""
    if source.key_pattern is not None:
        return "A period without events would leave other periods, so the bucket or the beginning of the keys is wrong."
    name = "prefix" if source.key is None else "key"
    return f"A full load would leave nothing, so the bucket or the {name} is wrong, or every object was deleted."


def _of_latest_period(objects: Sequence[S3Object], pattern: KeyPattern) -> list[S3Object]:
    latest = max((period for item in objects if (period := pattern.period(item.key))), default=None)
    return [item for item in objects if pattern.period(item.key) == latest]


def _with_ledger(session: Session, context: StagingContext, ledger: Ledger) -> Discovered:
    """Return the objects that at least one target has not loaded in their current version; all in a full load."""
    source = context.source
    age = _age_of_recent_listing(session, context, ledger)
    if age is not None:
        log.info(
            "%s was listed %s ago and is listed again after %s; a manually triggered run lists at once.",
            source,
            timedelta(seconds=int(age.total_seconds())),
            source.list_every,
        )
        return Discovered(_list_after_last_key(session, context, ledger) if source.start_after else ())
    listing = Listing(source.bucket, source.root, now())
    found = list_source(context)
    if context.window.full:
        return Discovered(tuple(found), listing)
    loaded = ledger.loaded_versions(session, source.bucket)
    new = [item for item in found if (item.key, item.etag) not in loaded]
    log.info("%s of %s objects were loaded before.", f"{len(found) - len(new):,}", f"{len(found):,}")
    _warn_of_changes(context, found, loaded)
    return Discovered(tuple(new), listing)


def _list_after_last_key(session: Session, context: StagingContext, ledger: Ledger) -> tuple[S3Object, ...]:
    """Return the objects whose keys sort after the last key that all targets have loaded."""
    source = context.source
    last = ledger.last_key(session, source.bucket, source.root)
    log.info("Only keys after %s are listed.", last or source.root)
    return tuple(list_objects(context.s3, source.bucket, KeyRange(source.root, after=last or "")))


def _age_of_recent_listing(session: Session, context: StagingContext, ledger: Ledger) -> timedelta | None:
    """Return how old the last listing is that all targets have loaded, or None if the run has to list again."""
    source = context.source
    if source.list_every is None or context.always_list or context.window.full:
        return None
    listed_at = ledger.last_listing(session, source.bucket, source.root)
    if listed_at is None or now() - listed_at >= source.list_every:
        return None
    return now() - listed_at


def _warn_of_changes(context: StagingContext, found: Sequence[S3Object], loaded: Collection[tuple[str, str]]) -> None:
    """Warn of what only a full load can take back, because COPY does not say which object a row comes from."""
    source = context.source
    keys, loaded_keys = {item.key for item in found}, dict.fromkeys(key for key, _ in loaded)
    changed = [item.url for item in found if item.key in loaded_keys and (item.key, item.etag) not in loaded]
    gone = [f"s3://{source.bucket}/{key}" for key in loaded_keys if source.has(key) and key not in keys]
    if changed:
        log.warning(
            "Objects that have changed since they were loaded: %s. Rows that they no longer contain, or share with "
            "other objects, are corrected by the next full load:",
            f"{len(changed):,}",
        )
        _log_lines(logging.WARNING, changed)
    if gone:
        log.warning(
            "Objects that were loaded and are no longer in S3: %s. Their rows stay until a full load with "
            "on_missing='delete':",
            f"{len(gone):,}",
        )
        _log_lines(logging.WARNING, gone)


def _log_objects(context: StagingContext, objects: Sequence[S3Object]) -> None:
    if not objects:
        log.info("There are no objects to stage at %s, which is normal for an empty period.", context.source)
        return
    log.info("Objects to stage at %s: %s.", context.source, f"{len(objects):,}")
    _log_lines(logging.INFO, [f"{item.url} ({item.size:,} bytes)" for item in objects])


def _log_lines(level: int, lines: Sequence[str]) -> None:
    for line in _first(lines):
        log.log(level, "  %s", line)


def _first(lines: Sequence[str]) -> Iterator[str]:
    yield from lines[:_LOGGED_OBJECTS]
    if len(lines) > _LOGGED_OBJECTS:
        yield f"... and {len(lines) - _LOGGED_OBJECTS:,} more."
