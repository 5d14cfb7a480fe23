"""Stage S3 objects: COPY them into a run's own tables, and again when they have changed since.

Two tables hold what a run staged: the rows, and the objects that they came from in the versions that S3 listed. A load
that holds its target's lock asks :meth:`Stage.renew` whether they are still what S3 has. Loads of one target follow
one another, and S3 lists what it holds at that moment (AWS page "Amazon S3 data consistency model"), so that no load
can put an older version of an object in the place of a newer one.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from airflow.sdk.exceptions import AirflowException, AirflowFailException
from botocore.exceptions import ClientError

from redshift_elt.checks.recording import record_results
from redshift_elt.checks.reporting import fail_if_any_failed
from redshift_elt.checks.result import Result
from redshift_elt.checks.run_checks import run_checks
from redshift_elt.run.clock import now
from redshift_elt.run.names import files_table, run_prefix, staging_table
from redshift_elt.sql import identifiers, temporary
from redshift_elt.sql import staging as statements
from redshift_elt.sql.copy_command import KEYWORD_FORMATS, CopyOptions, copy_objects
from redshift_elt.sql.render import numbered, render
from redshift_elt.staging import rejects, s3_content
from redshift_elt.staging.copy_failure import explain_copy
from redshift_elt.staging.date_pattern import DatePattern
from redshift_elt.staging.ledger import Ledger
from redshift_elt.staging.reconcile import check_copy
from redshift_elt.staging.s3_objects import S3Object, is_empty, list_dated, list_objects, manifest
from redshift_elt.staging.staged_files import Listing, json_lines, staged_file_rows

if TYPE_CHECKING:
    from airflow.providers.amazon.aws.hooks.s3 import S3Hook

    from redshift_elt.checks import Aggregate
    from redshift_elt.connection.session import Session
    from redshift_elt.run.names import DagRun
    from redshift_elt.run.window import Window
    from redshift_elt.sql.rejects import Reject

log = logging.getLogger(__name__)

_LOGGED_OBJECTS = 20
_ROWS_PER_INSERT = 1000


@dataclass(frozen=True)
class Source:
    """What is staged, and how COPY reads it; see :class:`redshift_elt.operators.stage_to_redshift`."""

    table: str
    bucket: str
    key_pattern: str | None
    margin_days: int
    window_column: str | None
    prefix: str | None
    ledger_targets: tuple[str, ...]
    list_every: timedelta | None
    json: str
    iam_role: str
    region: str | None
    time_format: str | None
    gzip: bool
    max_rejects: int
    checks: tuple[Aggregate, ...] = ()


@dataclass(frozen=True)
class Staged:
    """How much was staged.

    :param objects: how many objects were read.
    :param size: their size in bytes.
    :param rows: how many rows the staging table holds.
    :param left_out: how many rows were left out, because their object is another day's.
    :param rejected: how many records COPY could not load; they are in ``etl.rejects``.
    :param results: what the checks of the staged rows have found; none where there was nothing to stage.
    """

    objects: int
    size: int
    rows: int
    left_out: int
    rejected: int
    results: tuple[Result, ...] = ()

    @property
    def read(self) -> int:
        """How many records the objects hold."""
        return self.rows + self.left_out + self.rejected


@dataclass
class Stage:
    """The staging of one source for one run.

    :param task_id: whose manifests these are; no two tasks share one.
    :param force_listing: list the source's prefix, however short a time ago that was done.
    :param again: what a load has staged again in its transaction; None: what the staging task has staged is still good.
    :param temporary: the run's own tables are gone, and tables of the load's session are in their place.
    """

    source: Source
    dag_run: DagRun
    task_id: str
    window: Window
    s3: S3Hook
    force_listing: bool = False
    again: Staged | None = field(default=None, init=False)
    temporary: bool = field(default=False, init=False)
    _written: list[str] = field(default_factory=list)
    _rejects: list[Reject] = field(default_factory=list)

    @property
    def table(self) -> str:
        """The run's own staging table."""
        return staging_table(self.source.table, self.dag_run)

    @property
    def _files(self) -> str:
        return files_table(self.source.table, self.dag_run)

    @property
    def ledger(self) -> Ledger | None:
        """The ledger of the source, or None if every run stages all objects that it lists."""
        return Ledger(self.source.ledger_targets, self._files) if self.source.ledger_targets else None

    @property
    def max_rejects(self) -> int:
        """How many records the run may go on without; a template gives the number as text."""
        return int(self.source.max_rejects)

    def make(self, session: Session) -> Staged:
        """Stage what the run needs, in the place of what an earlier try has staged, and check it.

        What the checks find is kept with what was staged; the caller fails, once that is committed, if they do.

        :raises AirflowFailException: a name is wrong, see the message.
        """
        for table, template in self._tables():
            session.execute(statements.drop(table))
            session.execute(statements.create(table, template))
        staged = self._fill(session)
        record_results(session, self.dag_run, self.window, staged.results)
        return staged

    def renew(self, session: Session, target: str) -> None:
        """Stage again what S3 has in another version by now, or the target in a newer one.

        The caller holds the lock of the target. What it has staged for its session alone it has staged since.

        :raises AirflowFailException: what was staged again is not fit to be loaded.
        """
        if self.temporary:
            return
        # The transaction may be done again, after a renewal that was rolled back.
        self.again = None
        if self._is_current(session, target):
            return
        log.info("What was staged in %s has changed in S3 since: it is staged again.", self.table)
        for table, _ in self._tables():
            session.execute(statements.empty(table))
        self._fill_to_load(session)

    def make_temporary(self, session: Session) -> None:
        """Stage what the run needs for this session only; the run's own tables are gone.

        A temporary table hides a permanent one with the same name (AWS page "CREATE TABLE").

        :raises AirflowFailException: what was staged is not fit to be loaded.
        """
        log.info("The staging table %s is gone, as it is when a run has succeeded: it is staged again.", self.table)
        self.temporary = True
        for table, template in self._tables():
            session.execute(statements.create(table, template, temporary=True))
        self._fill_to_load(session)

    def explain(self, session: Session, error: Exception) -> Exception:
        """Return the error to raise for a staging that failed, as :func:`.copy_failure.explain_copy` does."""
        paths = None if self.source.json in KEYWORD_FORMATS else self._options().json
        return explain_copy(session, error, paths=paths, max_rejects=self.max_rejects)

    def discard_manifests(self) -> None:
        """Delete the manifests that were written for COPY."""
        if self._written:
            self.s3.delete_objects(self.source.bucket, self._written)
            self._written = []

    def _tables(self) -> list[tuple[str, str]]:
        return [(self._files, "etl.staged_files"), (self.table, self.source.table)]

    def _is_current(self, session: Session, target: str) -> bool:
        if self.ledger:
            return not (self.ledger.staged(session).objects and self.ledger.has_superseded(session, target))
        staged = set(session.fetch(render("stage/staged_versions.sql", files=self._files)))
        return staged == {(item.key, item.etag, item.modified) for item in self._listed()}

    # What is there to stage.

    def _find(self, session: Session) -> tuple[list[S3Object], Listing | None]:
        """Return the objects to stage, and the entry of the ledger that says when they were listed."""
        source = self.source
        if self.ledger is None:
            return self._listed(), None
        age = self._listing_age(session, self.ledger)
        if age is not None:
            log.info(
                "s3://%s/%s was listed %s ago and is listed again after %s; a run that is triggered by hand lists at "
                "once. Nothing to stage.",
                source.bucket,
                source.prefix,
                timedelta(seconds=int(age.total_seconds())),
                source.list_every,
            )
            return [], None
        listing = Listing(source.bucket, source.prefix, now())
        found = self._listed()
        if self.window.full:
            return found, listing
        loaded = self.ledger.loaded_versions(session, source.bucket)
        new = [item for item in found if loaded.get(item.key) != item.etag]
        log.info("%s of %s objects were loaded before.", f"{len(found) - len(new):,}", f"{len(found):,}")
        self._tell_what_a_full_load_decides(found, loaded)
        return new, listing

    def _tell_what_a_full_load_decides(self, found: Sequence[S3Object], loaded: Mapping[str, str]) -> None:
        """Warn of what cannot be taken back without one: COPY does not tell which rows an object had brought."""
        source = self.source
        keys = {item.key for item in found}
        changed = [item.url for item in found if loaded.get(item.key, item.etag) != item.etag]
        gone = [
            f"s3://{source.bucket}/{key}" for key in loaded if key.startswith(source.prefix or "") and key not in keys
        ]
        for objects, what in (
            (changed, "have changed since they were loaded. What they have no more, or others have too, is put right"),
            (gone, "were loaded and are no longer in S3. Their rows are removed"),
        ):
            if objects:
                log.warning("Of the objects, %s %s by the next full load:", f"{len(objects):,}", what)
                for line in _some(objects):
                    log.warning("  %s", line)

    def _listing_age(self, session: Session, ledger: Ledger) -> timedelta | None:
        """Return how long ago every target had all that was listed, if that was short enough ago to go on with it."""
        source = self.source
        if source.list_every is None or self.force_listing or self.window.full:
            return None
        listed_at = ledger.last_listing(session, source.bucket, source.prefix)
        if listed_at is None or now() - listed_at >= source.list_every:
            return None
        return now() - listed_at

    def _listed(self) -> list[S3Object]:
        """Return the objects that the run may stage.

        :raises AirflowFailException: there is no such bucket, or nothing where there should be something: a wrong name
            must not pass for a period without events.
        """
        source = self.source
        try:
            if source.prefix is not None:
                found, root = list_objects(self.s3, source.bucket, source.prefix), source.prefix
            else:
                found = list_dated(self.s3, source.bucket, source.key_pattern, self.window, source.margin_days)
                root = DatePattern(source.key_pattern).prefix
            lost = not found and (
                self.window.full or (source.prefix is None and is_empty(self.s3, source.bucket, root))
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchBucket":
                raise
            raise AirflowFailException(
                f"There is no bucket {source.bucket!r}: correct its name in the Params or in the Airflow Variable."
            ) from error
        if lost:
            raise AirflowFailException(
                f"There is no object at all below s3://{source.bucket}/{root}: this is no period without events but a "
                "wrong bucket or prefix. Nothing was changed."
            )
        return found

    # How it is staged.

    def _fill_to_load(self, session: Session) -> None:
        """Stage for a load that goes on with it in the same transaction: unfit rows end it, and nothing is kept."""
        self.again = self._fill(session)
        fail_if_any_failed(self.again.results, "Nothing was loaded.")

    def _check(self, session: Session, objects: Sequence[S3Object]) -> tuple[Result, ...]:
        """Check the staged rows; where there was nothing to stage, only what an empty table might not pass."""
        checks = self.source.checks
        if not objects and all(check.passes_without_rows for check in checks):
            return ()
        return tuple(run_checks(session, self.window, checks, {self.source.table: self.table}))

    def _fill(self, session: Session) -> Staged:
        source = self.source
        objects, listing = self._find(session)
        self._tell(objects)
        self._record(session, objects, listing)
        self._rejects = []
        read = kept = 0
        if objects:
            self._check_json_paths()
            if source.window_column is None:
                read = kept = self._copy(session, self.table, objects)
            else:
                read, kept = self._copy_days(session, objects)
        # The ledger keeps a rerun from reading again what it has, rejects and all.
        by_ledger = bool(source.ledger_targets) and not self.window.full
        read_again = {item.key for item in objects} if by_ledger else None
        rejects.keep(session, self.dag_run, source.table, self._rejects, read_again)
        results = self._check(session, objects)
        size = sum(item.size for item in objects)
        return Staged(len(objects), size, kept, read - kept, len(self._rejects), results)

    def _copy_days(self, session: Session, objects: Sequence[S3Object]) -> tuple[int, int]:
        """COPY each day's object by itself and keep its rows of that day; return how many were read and kept.

        COPY does not tell which object a row comes from. Were rows of any day taken from any object, a run would find
        more or fewer of them depending on which objects it happens to read.

        :raises AirflowException: a row was neither kept nor left out.
        """
        source = self.source
        incoming = temporary.name(source.table, "incoming")
        session.execute(statements.create(incoming, source.table, temporary=True))
        columns = session.columns(identifiers.table(source.table)).names
        keep = statements.keep_between(incoming, self.table, columns, source.window_column)
        read = left_out = 0
        for number, item in enumerate(objects):
            if number:
                session.execute(statements.empty(incoming))
            read += self._copy(session, incoming, [item])
            day = DatePattern(source.key_pattern).day(item.key)
            interval = _around(day, source.margin_days)
            session.execute(keep, interval)
            [(outside,)] = session.fetch(statements.count_outside(incoming, source.window_column), interval)
            left_out += outside
            if outside:
                log.warning(
                    "%s: %s rows are left out, for their %s is not within %s days of %s.",
                    item.url,
                    f"{outside:,}",
                    source.window_column,
                    source.margin_days,
                    day,
                )
        [(kept,)] = session.fetch(statements.count(self.table))
        if kept + left_out != read:
            raise AirflowException(
                f"{read} rows were read, but {self.table} holds {kept} and {left_out} were left out. Nothing was kept; "
                "the task can be retried."
            )
        return read, kept

    def _copy(self, session: Session, table: str, objects: Sequence[S3Object]) -> int:
        """COPY objects into a table that is empty, and return how many rows it holds then.

        :raises AirflowException: a record was neither loaded nor rejected.
        """
        source = self._write("manifest", manifest(objects))
        tolerated = self.max_rejects - len(self._rejects)
        session.execute(copy_objects(table, source, self._options(), manifest=True, max_rejects=tolerated))
        copied = check_copy(session, table, objects, self._count_records, tolerant=tolerated > 0)
        self._rejects += rejects.collect(
            copied.errors, objects, self._read, self.dag_run, self.source.table, self.window
        )
        for item in objects:
            if not item.size or (len(objects) == 1 and not (copied.rows or copied.errors)):
                log.warning("%s holds no record.", item.url)
        return copied.rows

    def _read(self, item: S3Object) -> bytes:
        return s3_content.read(self.s3, item, compressed=self.source.gzip)

    def _count_records(self, item: S3Object) -> int:
        return s3_content.count_records(self._read(item))

    def _record(self, session: Session, objects: Sequence[S3Object], listing: Listing | None) -> None:
        """Write what was staged into the run's table of staged files; a long list is copied."""
        rows = staged_file_rows(objects, listing)
        if len(rows) > _ROWS_PER_INSERT:
            options = CopyOptions(iam_role=self.source.iam_role, region=self._region)
            session.execute(copy_objects(self._files, self._write("files", json_lines(rows)), options))
        elif rows:
            session.execute(render("stage/insert_staged_files.sql", files=self._files, rows=len(rows)), numbered(rows))

    def _write(self, kind: str, text: str) -> str:
        """Put a text for COPY into the bucket and return where it is."""
        prefix = f"{run_prefix(self.dag_run)}{self.task_id}/"
        key = f"{prefix}{identifiers.bare(self.source.table)}-{hashlib.sha256(text.encode()).hexdigest()[:12]}.{kind}"
        self.s3.load_string(text, key, self.source.bucket, replace=True)
        self._written.append(key)
        return f"s3://{self.source.bucket}/{key}"

    def _check_json_paths(self) -> None:
        source = self.source
        if source.json not in KEYWORD_FORMATS and not self.s3.check_for_key(source.json, source.bucket):
            raise AirflowFailException(
                f"There is no JSONPaths file s3://{source.bucket}/{source.json}: upload it, or correct its key."
            )

    def _options(self) -> CopyOptions:
        source = self.source
        json = source.json if source.json in KEYWORD_FORMATS else f"s3://{source.bucket}/{source.json}"
        return CopyOptions(json, source.iam_role, self._region, source.time_format, source.gzip)

    @property
    def _region(self) -> str | None:
        return self.source.region or self.s3.region_name

    def _tell(self, objects: Sequence[S3Object]) -> None:
        place = f"s3://{self.source.bucket}/{self.source.prefix or self.source.key_pattern}"
        if not objects:
            log.info("No object to stage at %s, which is normal for an empty period.", place)
            return
        log.info("Objects to stage at %s: %s.", place, f"{len(objects):,}")
        for line in _some([f"{item.url} ({item.size:,} bytes)" for item in objects]):
            log.info("  %s", line)


def _around(day: date, margin_days: int) -> tuple[datetime, datetime]:
    first = datetime.combine(day, datetime.min.time())
    return first - timedelta(days=margin_days), first + timedelta(days=margin_days + 1)


def _some(lines: Sequence[str]) -> Iterator[str]:
    yield from lines[:_LOGGED_OBJECTS]
    if len(lines) > _LOGGED_OBJECTS:
        yield f"... and {len(lines) - _LOGGED_OBJECTS:,} more."
