"""The tables of a staging that commits each period by itself, until all periods are copied.

Their names differ from those of a finished staging, so no load can read them. Every transaction first locks the table
of the periods, and goes on only if its try of the task was the last one to claim the staging. So two tries never write
at the same time, and a try that Airflow has given up, but whose process is still alive, stops.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import AirflowException

from redshift_elt.connection.server_error import ServerError
from redshift_elt.run.names import UNFINISHED, files_table, staging_table
from redshift_elt.sql.bookkeeping import bookkeeping_schema
from redshift_elt.sql.render import render

if TYPE_CHECKING:
    from redshift_elt.connection.session import Session
    from redshift_elt.run.names import UnfinishedTables
    from redshift_elt.run.period import Period
    from redshift_elt.staging.run_copy import CopiedSource
    from redshift_elt.staging.staging_context import StagingContext

_MISSING_RELATION = "42P01"


class StagingTakenOverError(AirflowException):
    """Another try of the task works on the staging, or has finished it."""


@dataclass(frozen=True)
class CopiedPeriod:
    """A period that has been copied.

    :param rows: the number of rows in the staging table.
    :param left_out: the number of rows that were left out, because they are of other periods.
    """

    rows: int
    left_out: int

    def is_above(self, max_left_out: float) -> bool:
        """Return whether more rows were left out than a limit allows.

        :param max_left_out: the share of the rows, from 0 to 1.
        """
        return self.left_out > max_left_out * (self.rows + self.left_out)


@dataclass(frozen=True)
class Checkpoints:
    """The tables of an unfinished staging, for one try of its task.

    :param context: the context of the unfinished staging.
    :param claim: identifies the try.
    """

    context: StagingContext
    claim: str

    @property
    def tables(self) -> UnfinishedTables:
        """The names of the tables."""
        return self.context.unfinished_tables

    def create(self, session: Session) -> None:
        """Create the tables, without any rows."""
        tables = self.tables
        templates = {
            tables.files: self.context.template_of_files,
            tables.staging: self.context.source.table,
            tables.rejects: f"{bookkeeping_schema()}.rejects",
        }
        for name, template in templates.items():
            session.execute(render("stage/create_table.sql", name=name, like=template))
        session.execute(render("stage/create_periods.sql", periods=tables.periods))

    def drop(self, session: Session) -> None:
        """Drop the tables."""
        session.execute(render("stage/drop_tables.sql", tables=self.tables.all))

    def begin(self, session: Session, definition: Mapping[str, str]) -> None:
        """Note how the source is defined, and claim the staging for this try."""
        values = {"definition": json.dumps(definition), "claimed_by": self.claim}
        session.execute(render("stage/insert_claim.sql", periods=self.tables.periods), values)

    def lock(self, session: Session) -> None:
        """Wait for the transaction of another try, and keep others waiting until this one ends.

        This must be the first statement of the transaction.
        """
        session.execute(render("stage/lock_periods.sql", periods=self.tables.periods))

    def take_over(self, session: Session) -> None:
        """Claim the staging for this try; the caller holds the lock."""
        session.execute(render("stage/update_claim.sql", periods=self.tables.periods), {"claimed_by": self.claim})

    def lock_own(self, session: Session) -> None:
        """Lock a staging that this try has claimed.

        :raises StagingTakenOverError: another try has claimed it since.
        """
        self.lock(session)
        [(_, claimed_by)] = session.fetch(render("stage/claim.sql", periods=self.tables.periods))
        if claimed_by != self.claim:
            raise StagingTakenOverError(
                f"Another try of this task has continued to fill {self.tables.staging}. This try ends, and what it has "
                "copied is kept."
            )

    def definition(self, session: Session) -> dict[str, str]:
        """Return how the source was defined when the staging began."""
        [(text, _)] = session.fetch(render("stage/claim.sql", periods=self.tables.periods))
        found: dict[str, str] = json.loads(text)
        return found

    def copied(self, session: Session) -> dict[datetime, CopiedPeriod]:
        """Return the periods that have been copied, by their beginning; UTC, without a zone."""
        rows = session.fetch(render("stage/copied_periods.sql", periods=self.tables.periods))
        return {start: CopiedPeriod(kept, left_out) for start, kept, left_out in rows}

    def record(self, session: Session, period: Period, copied: CopiedSource) -> None:
        """Note that a period has been copied, in the transaction that has copied it."""
        values = {"period_start": period.start, "rows_kept": copied.rows, "rows_left_out": copied.left_out}
        session.execute(render("stage/insert_period.sql", periods=self.tables.periods), values)

    def forget(self, session: Session, period: Period) -> None:
        """Forget that a period has been copied."""
        values = {"period_start": period.start}
        session.execute(render("stage/delete_period.sql", periods=self.tables.periods), values)

    def count_rejects(self, session: Session) -> int:
        """Return how many records COPY could not load."""
        [(count,)] = session.fetch(render("stage/count_rows.sql", name=self.tables.rejects))
        return int(count)

    def finish(self, session: Session) -> None:
        """Give the staging table, and that of the staged files, the names that loads read, and drop the others.

        Tables of these names, of an earlier staging of the run, are dropped.
        """
        tables, source, run = self.tables, self.context.source, self.context.dag_run
        finished = {tables.files: files_table(source.table, run), tables.staging: staging_table(source.table, run)}
        dropped = [*finished.values(), tables.periods, tables.rejects]
        session.execute(render("stage/drop_tables.sql", tables=dropped))
        for name, to in finished.items():
            session.execute(render("table/rename.sql", name=name, to=to))


def explain_missing(error: Exception) -> Exception:
    """Return the error to raise if the tables are gone; an error that has another cause is returned as it is."""
    refused = ServerError.of(error)
    if refused and refused.state == _MISSING_RELATION and UNFINISHED in refused.message:
        return StagingTakenOverError(
            "The tables of the unfinished staging no longer exist. Another try of this task has finished or restarted "
            "the staging, or they were removed as leftovers. The task can be retried. The warehouse says: "
            f"{refused.message}"
        )
    return error
