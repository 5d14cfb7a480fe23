"""The staging tables that runs have left, and which of them can be dropped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING

from redshift_elt.run.names import DagRun, UnfinishedTables, files_table_parts, run_of_text, suffix
from redshift_elt.sql.render import render

if TYPE_CHECKING:
    from redshift_elt.connection.session import Session


class Outcome(Enum):
    """What became of the tables of a run, as the log says it."""

    DROPPED = "dropped"
    ACTIVE = "kept, because their run has not ended"
    RECENT = "kept, because they are recent"
    OF_OTHERS = "kept, because they belong to another environment"
    GONE = "dropped by their run meanwhile"
    UNKNOWN = "kept, because they do not say which run they belong to; an earlier version has created them"


@dataclass(frozen=True)
class LeftoverTables:
    """The tables of one run for one template: two, and others if the staging is not finished.

    :param files: the table of staged files, which says which run it is.
    :param staging: the staging table.
    :param suffix: the suffix of their names, which identifies the run.
    """

    files: str
    staging: str
    suffix: str

    def drop_if_orphaned(self, session: Session, before: datetime, is_active: Callable[[DagRun], bool]) -> Outcome:
        """Drop the tables, unless their run has staged recently, has not ended, or is of another environment.

        A run that stages again meanwhile waits for this transaction, because it has read one of the tables.

        :param before: tables that were staged later are kept; UTC, without a zone.
        :param is_active: returns whether Airflow knows the run and it has not ended.
        """
        rows = session.fetch(render("maintenance/run_of_table.sql", files=self.files))
        if not rows:
            return Outcome.UNKNOWN
        [(text, staged_at)] = rows
        run = run_of_text(text)
        if suffix(run) != self.suffix:
            return Outcome.OF_OTHERS
        if staged_at >= before:
            return Outcome.RECENT
        if is_active(run):
            return Outcome.ACTIVE
        session.execute(render("stage/drop_tables.sql", tables=self._tables))
        return Outcome.DROPPED

    @property
    def _tables(self) -> list[str]:
        unfinished = UnfinishedTables.of_staging(self.staging)
        return unfinished.all if unfinished else [self.files, self.staging]


def leftover_tables(session: Session) -> list[LeftoverTables]:
    """Return the tables of all runs, including those of runs that have not ended."""
    names = [name for (name,) in session.fetch(render("maintenance/files_tables.sql"))]
    parts = [(name, found) for name in names if (found := files_table_parts(name))]
    return [LeftoverTables(name, f"{template}__{digest}", digest) for name, (template, digest) in parts]
