"""The objects that were staged before, kept aside while S3 is listed again, so that only what has changed is copied."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from redshift_elt.sql.identifiers import bare
from redshift_elt.sql.render import render

if TYPE_CHECKING:
    from redshift_elt.connection.session import Session
    from redshift_elt.run.period import Period
    from redshift_elt.staging.staging_context import StagingContext


@dataclass(frozen=True)
class EarlierFiles:
    """The earlier list of a source without a margin, so that the rows of a period are known by their time.

    :param session: has the list in a temporary table.
    """

    session: Session
    context: StagingContext

    @property
    def _name(self) -> str:
        return f"{bare(self.context.source.table)}__earlier"

    def set_aside(self) -> None:
        """Move the list of the staged files into the temporary table, so that the objects can be listed again."""
        self.session.execute(render("stage/set_files_aside.sql", earlier=self._name, files=self.context.files))
        self.session.execute(render("table/empty.sql", name=self.context.files))

    def changed_periods(self) -> set[datetime]:
        """Return the beginnings of the periods whose objects differ from those that were set aside."""
        query = render("stage/changed_periods.sql", earlier=self._name, files=self.context.files)
        return {start for (start,) in self.session.fetch(query)}

    def delete_rows(self, period: Period) -> None:
        """Delete the staged rows of a period."""
        statement = render(
            "stage/delete_interval.sql", staging=self.context.table, column=self.context.source.window_column
        )
        self.session.execute(statement, self.context.interval(period))

    def delete_rejects(self, period: Period, rejects: str) -> int:
        """Delete the rejects of the objects that a period had, and return their number.

        :param rejects: the table of the rejects.
        """
        statement = render("stage/delete_rejects_of_period.sql", rejects=rejects, earlier=self._name)
        return self.session.execute(statement, {"period_start": period.start})

    def keep_without_rows(self) -> None:
        """Note again which objects have no rows, of those that have not changed."""
        self.session.execute(render("stage/keep_without_rows.sql", files=self.context.files, earlier=self._name))
