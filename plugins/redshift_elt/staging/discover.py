"""Discover which objects a run has to stage: list S3 and, if the source has a ledger, leave out what is loaded."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING

from redshift_elt.run.clock import now
from redshift_elt.sql.render import render
from redshift_elt.staging.list_source import list_source
from redshift_elt.staging.s3_objects import KeyRange, list_objects
from redshift_elt.staging.staged_files import Listing, listing_row, object_row, run_row
from redshift_elt.staging.staged_objects import FirstObjects, StagedObjects, staged_files

if TYPE_CHECKING:
    from redshift_elt.staging.file_tables import FileTables
    from redshift_elt.staging.ledger import Ledger
    from redshift_elt.staging.s3_objects import S3Object
    from redshift_elt.staging.staged_files import Row
    from redshift_elt.staging.staging_context import StagingContext

log = logging.getLogger(__name__)

_LOGGED_OBJECTS = 20


def discover(tables: FileTables, began_at: datetime) -> StagedObjects:
    """Write what a run has to stage into its empty table of staged files, log it, and return it.

    :param began_at: see :func:`.staged_files.run_row`.
    :raises AirflowFailException: the bucket or the prefix is wrong, see :func:`.list_source.list_source`.
    """
    run = run_row(tables.context.dag_run, began_at)
    found = _Discovery(tables, run).objects()
    _log_objects(tables.context, found)
    return found


@dataclass(frozen=True)
class _Discovery:
    """Fills the tables of one staging.

    :param run: the row of the run, which is written first, whatever there is to stage.
    """

    tables: FileTables
    run: Row

    def objects(self) -> StagedObjects:
        """Return the objects that the run has to stage."""
        context = self.tables.context
        ledger, source = context.ledger, context.source
        if ledger is None:
            return self._stage([self.run], list_source(context))
        age = self._age_of_recent_listing(ledger)
        if age is not None:
            log.info(
                "%s was listed %s ago and is listed again after %s; a manually triggered run lists at once.",
                source,
                timedelta(seconds=int(age.total_seconds())),
                source.list_every,
            )
            later = self._list_after_last_key(ledger) if source.start_after else ()
            return replace(self._stage([self.run], later), listed=False)
        rows = [self.run, listing_row(Listing(source.bucket, source.root, now()))]
        if context.window.full:
            return self._stage(rows, list_source(context))
        self.tables.write(context.files, rows)
        return self._stage_unloaded(ledger)

    def _stage(self, rows: list[Row], objects: Iterable[S3Object]) -> StagedObjects:
        """Stage all of some objects, and write other rows before them."""
        tables, first = self.tables, FirstObjects()
        tables.write(tables.context.files, chain(rows, self._rows(first.of(objects))))
        return StagedObjects(tables.session, tables.context, first.count, first.kept)

    def _stage_unloaded(self, ledger: Ledger) -> StagedObjects:
        """Stage the objects that at least one target has not loaded in their current version."""
        session, context, listed = self.tables.session, self.tables.context, FirstObjects()
        session.execute(render("table/create_temporary.sql", name=context.listed, like=context.template_of_files))
        self.tables.write(context.listed, self._rows(listed.of(list_source(context))))
        session.execute(render("table/analyze.sql", name=context.listed))
        self._warn_of_changes(ledger)
        count = ledger.stage_unloaded(session, context.source, context.listed)
        log.info("%s of %s objects were loaded before.", f"{listed.count - count:,}", f"{listed.count:,}")
        first = [file.item for file in next(staged_files(session, context), ())] if count else []
        return StagedObjects(session, context, count, first)

    def _rows(self, objects: Iterable[S3Object]) -> Iterable[Row]:
        pattern = self.tables.context.source.key_pattern
        return (object_row(item, pattern) for item in objects)

    def _list_after_last_key(self, ledger: Ledger) -> Iterable[S3Object]:
        """Return the objects whose keys sort after the last key that all targets have loaded."""
        context = self.tables.context
        source = context.source
        last = ledger.last_key(self.tables.session, source.bucket, source.root)
        log.info("Only keys after %s are listed.", last or source.root)
        return list_objects(context.s3, source.bucket, KeyRange(source.root, after=last or ""))

    def _age_of_recent_listing(self, ledger: Ledger) -> timedelta | None:
        """Return how old the last listing is that all targets have loaded, or None if the run has to list again."""
        context = self.tables.context
        source = context.source
        if source.list_every is None or context.always_list or context.window.full:
            return None
        listed_at = ledger.last_listing(self.tables.session, source.bucket, source.root)
        if listed_at is None or now() - listed_at >= source.list_every:
            return None
        return now() - listed_at

    def _warn_of_changes(self, ledger: Ledger) -> None:
        """Warn of what only a full load can take back, because COPY does not say which object a row comes from."""
        context = self.tables.context
        changed, gone = ledger.changed_and_gone(self.tables.session, context.source, context.listed)
        if changed.count:
            log.warning(
                "Objects that have changed since they were loaded: %s. Rows that they no longer contain, or share with "
                "other objects, are corrected by the next full load:",
                f"{changed.count:,}",
            )
            _log_lines(logging.WARNING, changed.urls, changed.count)
        if gone.count:
            log.warning(
                "Loaded objects that are no longer in S3: %s. Their rows stay until a full load with "
                "on_missing='delete':",
                f"{gone.count:,}",
            )
            _log_lines(logging.WARNING, gone.urls, gone.count)


def _log_objects(context: StagingContext, objects: StagedObjects) -> None:
    if not objects.count:
        log.info("There are no objects to stage at %s, which is normal for an empty period.", context.source)
        return
    log.info("Objects to stage at %s: %s.", context.source, f"{objects.count:,}")
    first = objects.first[:_LOGGED_OBJECTS]
    _log_lines(logging.INFO, [f"{item.url} ({item.size:,} bytes)" for item in first], objects.count)


def _log_lines(level: int, first: Sequence[str], count: int) -> None:
    for line in first:
        log.log(level, "  %s", line)
    if count > len(first):
        log.log(level, "  ... and %s more.", f"{count - len(first):,}")
