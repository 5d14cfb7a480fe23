"""Delete old rows of the bookkeeping tables that grow with each run and that no load needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from redshift_elt.sql.render import render

if TYPE_CHECKING:
    from redshift_elt.connection.session import Session


@dataclass(frozen=True)
class Retention:
    """For how many days rows are kept.

    :param rejects: rejected records, which have the text of the source.
    :param drift: differences between the fields of objects and the columns of tables.
    :param checks: results of checks.
    :param loads: loads of windows that have been loaded again.
    """

    rejects: int
    drift: int
    checks: int
    loads: int

    def days_of_tables(self) -> Mapping[str, int]:
        """Return the days by bookkeeping table."""
        return {
            "rejects": self.rejects,
            "schema_drift": self.drift,
            "check_results": self.checks,
            "loads": self.loads,
        }


_STATEMENTS = {
    "rejects": "maintenance/delete_rejects.sql",
    "schema_drift": "maintenance/delete_drift.sql",
    "check_results": "maintenance/delete_check_results.sql",
    "loads": "maintenance/delete_loads.sql",
}


def delete_old_rows(session: Session, retention: Retention, now: datetime) -> dict[str, int]:
    """Delete the rows that are too old, and return how many there were in each table.

    The ledger (``loaded_files``, ``loaded_periods``, ``listings``, ``snapshots``) is kept as a whole: without an entry,
    a load would load its object, or compare its period, again.

    :param now: UTC, without a zone.
    """
    return {
        table: session.execute(render(_STATEMENTS[table]), {"before": now - timedelta(days=days)})
        for table, days in retention.days_of_tables().items()
    }
