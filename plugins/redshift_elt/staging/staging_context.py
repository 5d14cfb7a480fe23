"""What staging a source depends on: the source, the run and its window, the task, and access to S3."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import TextIOWrapper
from typing import TYPE_CHECKING, TextIO

from redshift_elt.run.names import UnfinishedTables, files_table, run_prefix, staging_table, suffix
from redshift_elt.sql.bookkeeping import bookkeeping_schema
from redshift_elt.sql.identifiers import bare
from redshift_elt.staging import s3_content
from redshift_elt.staging.ledger import Ledger

if TYPE_CHECKING:
    from datetime import datetime

    from airflow.providers.amazon.aws.hooks.s3 import S3Hook

    from redshift_elt.run.names import DagRun
    from redshift_elt.run.period import Period
    from redshift_elt.run.window import Window
    from redshift_elt.staging.copy_options import CopyOptions
    from redshift_elt.staging.s3_objects import S3Object
    from redshift_elt.staging.source import Source


@dataclass(frozen=True)
class StagingContext:
    """The source that a task stages, and the run that it stages it for.

    :param task_id: the task that stages; its id is part of the keys of its manifests, so that no two tasks share one.
    :param always_list: list the prefix of the source, even if the last listing is recent.
    :param staged_before: whether the session may have staged the source before. Its temporary tables have other names
        then, because the driver prepares the statements for a table once.
    :param unfinished: whether the tables are those of a staging that is not finished.
    """

    source: Source
    dag_run: DagRun
    task_id: str
    window: Window
    s3: S3Hook
    always_list: bool = False
    staged_before: bool = False
    unfinished: bool = False

    @property
    def table(self) -> str:
        """The run's staging table."""
        return self.unfinished_tables.staging if self.unfinished else staging_table(self.source.table, self.dag_run)

    @property
    def files(self) -> str:
        """The run's table of staged files."""
        return self.unfinished_tables.files if self.unfinished else files_table(self.source.table, self.dag_run)

    @property
    def unfinished_tables(self) -> UnfinishedTables:
        """The tables of the run while its staging is not finished."""
        return UnfinishedTables.of_suffix(self.source.table, suffix(self.dag_run))

    @property
    def template_of_files(self) -> str:
        """The permanent, empty table that the tables of objects are created like."""
        return f"{bookkeeping_schema()}.staged_files"

    @property
    def listed(self) -> str:
        """The temporary table of the objects that S3 has listed, if the ledger decides which of them are staged."""
        return f"{bare(self.source.table)}__listed{'_again' if self.staged_before else ''}"

    @property
    def copy_options(self) -> CopyOptions:
        """The options of COPY, with the region of the AWS connection if the source has none."""
        options = self.source.options
        return options if options.region else replace(options, region=self.s3.region_name)

    @property
    def manifest_prefix(self) -> str:
        """The prefix of the manifests that the task writes, with a slash at its end."""
        return f"{run_prefix(self.dag_run)}{self.task_id}/"

    @property
    def ledger(self) -> Ledger | None:
        """The ledger of the source, or None if every run stages all objects that it lists."""
        return Ledger(self.source.ledger_targets, self.files) if self.source.ledger_targets else None

    def interval(self, period: Period) -> dict[str, datetime]:
        """Return the event time of the rows that are kept of a period, as ``keep_interval.sql`` binds it.

        :param period: a period of a source with a key pattern.
        """
        pattern, margin_days = self.source.key_pattern, self.source.margin_days
        kept = pattern.calendar.with_margin(period, margin_days) if pattern else period
        return {"interval_start": kept.start, "interval_end": kept.end}

    def can_read(self, item: S3Object) -> bool:
        """Return whether :meth:`text` can read an object: it is a text, and Python knows its compression."""
        source_format = self.source.format
        return source_format.has_lines and s3_content.can_decompress(source_format.compression_of([item.key]))

    @contextmanager
    def text(self, item: S3Object, errors: str) -> Iterator[TextIO]:
        """Open the text of an object, in the version that was listed, without its compression.

        :param errors: what becomes of bytes that are not in its encoding, as for :func:`open`.
        """
        source_format = self.source.format
        with s3_content.opened(self.s3, item, source_format.compression_of([item.key])) as content:
            yield TextIOWrapper(content, source_format.python_encoding, errors, newline="\n")
