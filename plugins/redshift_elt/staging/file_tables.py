"""Write rows into a table like ``staged_files``: a run's own, or that of the objects that S3 has listed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from redshift_elt.sql.render import ROWS_PER_INSERT, numbered, render
from redshift_elt.staging.batches import batched
from redshift_elt.staging.copy_statement import CopyStatement
from redshift_elt.staging.formats.json_format import Json
from redshift_elt.staging.manifests import MOST_OBJECTS, manifest_of_urls
from redshift_elt.staging.staged_files import json_lines

if TYPE_CHECKING:
    from redshift_elt.connection.session import Session
    from redshift_elt.staging.manifests import Manifests
    from redshift_elt.staging.staged_files import Row
    from redshift_elt.staging.staging_context import StagingContext


@dataclass(frozen=True)
class FileTables:
    """Writes the tables of one staging.

    :param manifests: where long lists are written for COPY.
    """

    session: Session
    context: StagingContext
    manifests: Manifests

    def write(self, name: str, rows: Iterable[Row]) -> None:
        """Write rows into a table: a few by INSERT, and more by COPY from files with a part of them each.

        :param name: the table.
        :param rows: are read once, and never held all at the same time.
        """
        batches = batched(rows, MOST_OBJECTS)
        first = next(batches, [])
        if len(first) > ROWS_PER_INSERT:
            self.copy(name, chain([first], batches))
        elif first:
            statement = render("stage/insert_staged_files.sql", name=name, rows=len(first))
            self.session.execute(statement, numbered(first))

    def copy(self, name: str, batches: Iterable[Sequence[Row]]) -> None:
        """Copy rows into a table from JSON lines.

        :param batches: the rows of each file.
        """
        urls = [self.manifests.write("files", json_lines(batch)) for batch in batches]
        copy = CopyStatement(
            name=name,
            url=self.manifests.write("manifest", manifest_of_urls(urls)),
            bucket=self.context.source.bucket,
            format=Json(),
            options=self.context.copy_options,
            manifest=True,
        )
        self.session.execute(str(copy))
