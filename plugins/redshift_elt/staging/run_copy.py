"""Copy the objects of a source into the run's staging table, and account for every record."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException

from redshift_elt.run.counted import counted
from redshift_elt.sql.identifiers import bare
from redshift_elt.sql.render import ROWS_PER_INSERT, numbered, render
from redshift_elt.staging.batches import batched
from redshift_elt.staging.copy_errors import advice, errors_of_copy
from redshift_elt.staging.copy_statement import CopyStatement
from redshift_elt.staging.manifests import Manifests, manifest
from redshift_elt.staging.reconcile import Copied, ReadObjects, reconcile
from redshift_elt.staging.rejects import FoundRejects

if TYPE_CHECKING:
    from redshift_elt.connection.session import Session
    from redshift_elt.run.period import Period
    from redshift_elt.staging.s3_objects import S3Object
    from redshift_elt.staging.staged_objects import StagedObjects
    from redshift_elt.staging.staging_context import StagingContext

log = logging.getLogger(__name__)

_LOGGED = 20


@dataclass(frozen=True)
class CopiedSource:
    """What was copied.

    :param first: the first object, as ``s3://bucket/key``; empty if there is none.
    :param objects: the number of objects.
    :param size: their size in bytes.
    :param rows: the number of rows in the staging table.
    :param left_out: the number of rows that were left out because their objects are another period's.
    :param rejected: the number of records that COPY could not load.
    """

    first: str = ""
    objects: int = 0
    size: int = 0
    rows: int = 0
    left_out: int = 0
    rejected: int = 0

    def __add__(self, other: CopiedSource) -> CopiedSource:
        return CopiedSource(
            self.first or other.first,
            self.objects + other.objects,
            self.size + other.size,
            self.rows + other.rows,
            self.left_out + other.left_out,
            self.rejected + other.rejected,
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

    def copy(self, objects: StagedObjects) -> CopiedSource:
        """Copy objects into the staging table, with one COPY for each manifest.

        :raises AirflowException: a record was neither loaded nor rejected, or an object not copied.
        :raises AirflowFailException: the JSONPaths file does not exist, the objects of a COPY have different
            compressions, too many records are rejected, no record could be loaded, or too many rows are of other
            periods.
        """
        source = self.context.source
        if not objects.count:
            return CopiedSource()
        self.check_paths_file()
        if source.window_column is None or source.key_pattern is None:
            copied = self._copy_into(self.context.table, objects.manifests(), source.max_rejects.most)
        else:
            copied = self.copy_periods(objects, objects.periods(source.key_pattern))
        if copied.objects != objects.count:
            raise AirflowException(
                f"{copied.objects:,} of {objects.count:,} objects of {source} were copied. Nothing was kept; the task "
                "can be retried."
            )
        self.check_share(copied)
        return copied

    def copy_periods(self, objects: StagedObjects, periods: Iterable[Period], rejected: int = 0) -> CopiedSource:
        """Copy the objects of each period together, and keep their rows of that period.

        COPY does not say which object a row comes from. If rows of any day were taken from any object, the rows of a
        window would depend on which other objects its run happens to read.

        :param objects: objects of these periods, and perhaps of others.
        :param rejected: how many records of other periods were rejected.
        """
        total = CopiedSource()
        incoming = ""
        for period in periods:
            if incoming:
                # Not emptied by DELETE, which leaves its rows in the table for all later statements to read.
                self.session.execute(render("stage/drop_tables.sql", tables=[incoming]))
            incoming = self.session.numbered(f"{bare(self.context.source.table)}__incoming")
            total += self.copy_period(incoming, period, objects, rejected + total.rejected)
        return total

    def copy_period(self, incoming: str, period: Period, objects: StagedObjects, rejected: int) -> CopiedSource:
        """Copy the objects of one period into a new temporary table, and keep their rows of that period.

        :param incoming: the name of the temporary table.
        :param objects: objects of this period, and perhaps of others.
        :param rejected: how many records of other periods were rejected.
        :raises AirflowFailException: too many rows are of other periods.
        """
        source = self.context.source
        # Not like the permanent table, to which another run may have added columns since.
        self.session.execute(render("table/create_temporary.sql", name=incoming, like=self.context.table))
        copied = self._copy_into(incoming, objects.manifests(period), source.max_rejects.most - rejected)
        keep = render(
            "stage/keep_interval.sql", staging=self.context.table, incoming=incoming, column=source.window_column
        )
        outside = copied.rows - self.session.execute(keep, self.context.interval(period))
        self._check_left_out(period, outside, copied)
        return replace(copied, rows=copied.rows - outside, left_out=outside)

    def check_kept(self, total: CopiedSource) -> None:
        """Make sure that the staging table has the rows that were kept of all periods.

        :raises AirflowException: it has another number of rows.
        """
        [(kept,)] = self.session.fetch(render("stage/count_rows.sql", name=self.context.table))
        if kept != total.rows:
            raise AirflowException(
                f"{total.rows + total.left_out} rows were read, but {self.context.table} has {kept} and "
                f"{total.left_out} were left out. Nothing was kept; the task can be retried."
            )

    def _copy_into(self, name: str, manifests: Iterable[Sequence[S3Object]], max_rejects: int) -> CopiedSource:
        """Copy the objects of some manifests into an empty table.

        :param max_rejects: the maximum number of records that may be rejected.
        """
        total = CopiedSource()
        for objects in manifests:
            total += self._copy_manifest(name, objects, total.rows, max_rejects - total.rejected)
        return total

    def _copy_manifest(
        self, name: str, objects: Sequence[S3Object], rows_before: int, max_rejects: int
    ) -> CopiedSource:
        """Copy the objects of one manifest into a table.

        :param rows_before: the number of rows that the table has.
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
            options=self.context.copy_options,
            compression=compression,
            manifest=True,
            max_rejects=max_rejects,
        )
        self.session.execute(str(statement))
        read = self._read_objects(objects)
        copied = reconcile(self.session, name, read, rows_before=rows_before, tolerant=max_rejects > 0)
        if copied.query is not None and copied.rejected:
            self._add_rejects(objects, copied, copied.query)
        self._mark_without_rows([item for item in objects if not (copied.rows and item.size)])
        return CopiedSource(objects[0].url, len(objects), read.size, copied.rows, rejected=copied.rejected)

    def _mark_without_rows(self, objects: Sequence[S3Object]) -> None:
        for item in objects[:_LOGGED]:
            log.warning("%s contains no records.", item.url)
        if len(objects) > _LOGGED:
            log.warning("%s more objects contain no records.", f"{len(objects) - _LOGGED:,}")
        for some in batched(objects, ROWS_PER_INSERT):
            statement = render("stage/mark_without_rows.sql", files=self.context.files, keys=len(some))
            self.session.execute(statement, numbered({"object_key": item.key} for item in some))

    def _check_left_out(self, period: Period, outside: int, copied: CopiedSource) -> None:
        """Log how many rows of a period's objects are left out.

        :param outside: their number.
        :param copied: what was copied for the period.
        :raises AirflowFailException: there are too many.
        """
        source = self.context.source
        objects = _some(copied.first, copied.objects)
        place = f"within {counted(source.margin_days, 'day')} of" if source.margin_days else "in"
        if outside > source.max_left_out * copied.rows:
            raise AirflowFailException(
                f"{objects}: the {source.window_column} of {outside:,} of {copied.rows:,} rows is not {place} "
                f"{period}, and at most {source.max_left_out:.0%} may be left out. "
                "Nothing was changed. Correct the object or its time format, or raise max_left_out, then clear it."
            )
        if outside:
            log.warning(
                "%s: %s left out, with a %s that is not %s %s.",
                objects,
                counted(outside, "row"),
                source.window_column,
                place,
                period,
            )

    def _add_rejects(self, objects: Sequence[S3Object], copied: Copied, query: int) -> None:
        if not copied.rows:
            first = next(errors_of_copy(self.session, query))
            raise AirflowFailException(
                f"No record of {_some(objects[0].url, len(objects))} could be loaded, and {copied.rejected:,} were "
                f"rejected. Nothing was changed. The first reason: {first.reason}{advice(first, first.text)}. Correct "
                "the object, the format or the table, then clear the task."
            )
        self.rejects.add(objects, errors_of_copy(self.session, query))

    def _read_objects(self, objects: Sequence[S3Object]) -> ReadObjects:
        source_format = self.context.source.format
        countable = all(map(self.context.can_read, objects))
        return ReadObjects(objects, self._count_records if countable else None, source_format.skipped_lines)

    def _count_records(self, item: S3Object) -> int:
        with self.context.text(item, "replace") as text:
            return self.context.source.format.count_records(text)

    def check_share(self, copied: CopiedSource) -> None:
        """Make sure that no more records were rejected than the source allows.

        :raises AirflowFailException: there are more.
        """
        limit, rejected = self.context.source.max_rejects, copied.rejected
        read = copied.rows + copied.left_out + rejected
        if not limit.allows(rejected, read):
            raise AirflowFailException(
                f"{rejected:,} of {read:,} records were rejected, more than the {limit} that max_rejects allows; "
                "nothing was loaded. The log lists the first of them. Correct the files, then clear this task."
            )

    def check_paths_file(self) -> None:
        """Make sure that the JSONPaths file exists, if COPY reads one.

        :raises AirflowFailException: it does not.
        """
        source = self.context.source
        key = source.format.paths_key()
        if key is not None and not self.context.s3.check_for_key(key, source.bucket):
            raise AirflowFailException(
                f"The JSONPaths file {source.paths_file} does not exist: upload it, or correct its key."
            )


def _some(first: str, count: int) -> str:
    return first if count == 1 else f"{first} and {counted(count - 1, 'other object')}"
