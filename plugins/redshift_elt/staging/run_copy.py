"""Copy the objects of a source into the run's staging table, and account for every record."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException

from redshift_elt.sql.identifiers import bare
from redshift_elt.sql.render import ROWS_PER_INSERT, numbered, render
from redshift_elt.staging.copy_errors import errors_of_copy
from redshift_elt.staging.copy_options import CopyOptions
from redshift_elt.staging.copy_statement import CopyStatement
from redshift_elt.staging.formats.json_format import Json
from redshift_elt.staging.manifests import Manifests, manifest
from redshift_elt.staging.reconcile import Copied, ReadObjects, reconcile
from redshift_elt.staging.rejects import FoundRejects
from redshift_elt.staging.staged_files import json_lines, run_row, staged_file_rows

if TYPE_CHECKING:
    from datetime import datetime

    from redshift_elt.connection.session import Session
    from redshift_elt.run.period import Period
    from redshift_elt.staging.discover import Discovered
    from redshift_elt.staging.key_pattern import KeyPattern
    from redshift_elt.staging.s3_objects import S3Object
    from redshift_elt.staging.staging_context import StagingContext

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CopiedSource:
    """What was copied.

    :param rows: the number of rows in the staging table.
    :param left_out: the number of rows that were left out because their objects are another period's.
    :param rejected: the number of records that COPY could not load.
    :param keys_without_rows: the keys of the objects whose COPY has loaded no rows.
    """

    rows: int = 0
    left_out: int = 0
    rejected: int = 0
    keys_without_rows: frozenset[str] = frozenset()

    def __add__(self, other: CopiedSource) -> CopiedSource:
        return CopiedSource(
            self.rows + other.rows,
            self.left_out + other.left_out,
            self.rejected + other.rejected,
            self.keys_without_rows | other.keys_without_rows,
        )


@dataclass(frozen=True)
class SourceCopy:
    """Copies a source in one session, into the empty tables of its run.

    :param rejects: where the records go that COPY cannot load.
    """

    session: Session
    context: StagingContext
    manifests: Manifests
    rejects: FoundRejects

    def record_files(self, discovered: Discovered, began_at: datetime) -> None:
        """Write what is staged into the run's table of staged files; a long list is copied.

        :param began_at: see :func:`.staged_files.run_row`.
        """
        run = run_row(self.context.dag_run, began_at)
        rows = [run, *staged_file_rows(discovered.objects, discovered.listing)]
        if len(rows) > ROWS_PER_INSERT:
            source = self.context.source
            url = self.manifests.write("files", json_lines(rows))
            files = CopyStatement(
                name=self.context.files, url=url, bucket=source.bucket, format=Json(), options=self._options
            )
            self.session.execute(str(files))
        else:
            statement = render("stage/insert_staged_files.sql", files=self.context.files, rows=len(rows))
            self.session.execute(statement, numbered(rows))

    def copy(self, objects: Sequence[S3Object]) -> CopiedSource:
        """Copy objects into the staging table.

        :raises AirflowException: a record was neither loaded nor rejected, or a row neither kept nor left out.
        :raises AirflowFailException: the JSONPaths file does not exist, the objects have different compressions, too
            many records are rejected, no record could be loaded, or too many rows are of other periods.
        """
        source = self.context.source
        if not objects:
            return CopiedSource()
        self._check_paths_file()
        if source.window_column is None or source.key_pattern is None:
            copied = self._copy_into(self.context.table, objects, source.max_rejects.most)
        else:
            copied = self._copy_by_period(objects, source.key_pattern, source.window_column)
        self._check_share(copied)
        self._mark_without_rows(sorted(copied.keys_without_rows))
        return copied

    def _mark_without_rows(self, keys: Sequence[str]) -> None:
        for number in range(0, len(keys), ROWS_PER_INSERT):
            some = [{"object_key": key} for key in keys[number : number + ROWS_PER_INSERT]]
            statement = render("stage/mark_without_rows.sql", files=self.context.files, keys=len(some))
            self.session.execute(statement, numbered(some))

    def _copy_by_period(self, objects: Sequence[S3Object], pattern: KeyPattern, column: str) -> CopiedSource:
        """Copy the objects of each period together, and keep their rows of that period.

        COPY does not say which object a row comes from. If rows of any day were taken from any object, the rows of a
        window would depend on which other objects its run happens to read.
        """
        source = self.context.source
        total = CopiedSource()
        incoming = ""
        for number, (period, items) in enumerate(_by_period(objects, pattern).items(), 1):
            if incoming:
                # Not emptied by DELETE, which leaves its rows in the table for all later statements to read. The next
                # table has another name, because the driver prepares statements for a table once.
                self.session.execute(render("stage/drop_tables.sql", tables=[incoming]))
            incoming = f"{bare(source.table)}__incoming_{number}"
            # Not like the permanent table, to which another run may have added columns since.
            self.session.execute(render("table/create_temporary.sql", name=incoming, like=self.context.table))
            copied = self._copy_into(incoming, items, source.max_rejects.most - total.rejected)
            of_rows = pattern.calendar.with_margin(period, source.margin_days)
            interval = {"interval_start": of_rows.start, "interval_end": of_rows.end}
            keep = render("stage/keep_interval.sql", staging=self.context.table, incoming=incoming, column=column)
            outside = copied.rows - self.session.execute(keep, interval)
            if outside > source.max_left_out * copied.rows:
                raise AirflowFailException(
                    f"{_some(items)}: the {column} of {outside:,} of {copied.rows:,} rows is not within "
                    f"{source.margin_days} days of {period}, and at most {source.max_left_out:.0%} may be left out. "
                    "Nothing was changed. Correct the object or its time format, or raise max_left_out, then clear it."
                )
            if outside:
                log.warning(
                    "%s: %s rows are left out, because their %s is not within %s days of %s.",
                    _some(items),
                    f"{outside:,}",
                    column,
                    source.margin_days,
                    period,
                )
            total += replace(copied, rows=copied.rows - outside, left_out=outside)
        [(kept,)] = self.session.fetch(render("stage/count_rows.sql", name=self.context.table))
        if kept != total.rows:
            raise AirflowException(
                f"{total.rows + total.left_out} rows were read, but {self.context.table} has {kept} and "
                f"{total.left_out} were left out. Nothing was kept; the task can be retried."
            )
        return total

    def _copy_into(self, name: str, objects: Sequence[S3Object], max_rejects: int) -> CopiedSource:
        """Copy objects into an empty table.

        :param max_rejects: the maximum number of records that may be rejected.
        """
        source = self.context.source
        try:
            compression = source.format.compression_of(item.key for item in objects)
        except ValueError as error:
            raise AirflowFailException(f"{source} cannot be staged. {error}") from error
        statement = CopyStatement(
            name=name,
            url=self.manifests.write("manifest", manifest(objects, columnar=source.format.columnar)),
            bucket=source.bucket,
            format=source.format,
            options=self._options,
            compression=compression,
            manifest=True,
            max_rejects=max_rejects,
        )
        self.session.execute(str(statement))
        copied = reconcile(self.session, name, self._read_objects(objects), tolerant=max_rejects > 0)
        if copied.query is not None and copied.rejected:
            self._add_rejects(objects, copied, copied.query)
        empty = [item for item in objects if not (copied.rows and item.size)]
        for item in empty:
            log.warning("%s contains no records.", item.url)
        without_rows = frozenset(item.key for item in empty)
        return CopiedSource(rows=copied.rows, rejected=copied.rejected, keys_without_rows=without_rows)

    def _add_rejects(self, objects: Sequence[S3Object], copied: Copied, query: int) -> None:
        if not copied.rows:
            first = next(errors_of_copy(self.session, query))
            raise AirflowFailException(
                f"No record of {_some(objects)} could be loaded, and {copied.rejected:,} were rejected. Nothing was "
                f"changed. The first reason: {first.reason} Correct the object or the format, then clear the task."
            )
        self.rejects.add(objects, errors_of_copy(self.session, query))

    @property
    def _options(self) -> CopyOptions:
        options = self.context.source.options
        return options if options.region else replace(options, region=self.context.s3.region_name)

    def _read_objects(self, objects: Sequence[S3Object]) -> ReadObjects:
        source_format = self.context.source.format
        countable = all(map(self.context.can_read, objects))
        return ReadObjects(objects, self._count_records if countable else None, source_format.skipped_lines)

    def _count_records(self, item: S3Object) -> int:
        with self.context.text(item, "replace") as text:
            return self.context.source.format.count_records(text)

    def _check_share(self, copied: CopiedSource) -> None:
        limit, rejected = self.context.source.max_rejects, copied.rejected
        read = copied.rows + copied.left_out + rejected
        if not limit.allows(rejected, read):
            raise AirflowFailException(
                f"{rejected:,} of {read:,} records were rejected, more than the {limit} that max_rejects allows; "
                "nothing was loaded. The log lists the first of them. Correct the files, then clear this task."
            )

    def _check_paths_file(self) -> None:
        source = self.context.source
        key = source.format.paths_key()
        if key is not None and not self.context.s3.check_for_key(key, source.bucket):
            raise AirflowFailException(
                f"The JSONPaths file {source.paths_file} does not exist: upload it, or correct its key."
            )


def _some(objects: Sequence[S3Object]) -> str:
    return objects[0].url if len(objects) == 1 else f"{objects[0].url} and {len(objects) - 1:,} other objects"


def _by_period(objects: Sequence[S3Object], pattern: KeyPattern) -> dict[Period, list[S3Object]]:
    """Return the objects of each period, in the order of time."""
    periods: dict[Period, list[S3Object]] = {}
    for item in objects:
        if period := pattern.period(item.key):
            periods.setdefault(period, []).append(item)
    return dict(sorted(periods.items()))
