"""Apply retention: delete old rows of the bookkeeping tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from redshift_elt.maintenance.retention import Retention, delete_old_rows
from redshift_elt.maintenance.vacuum import remove_deleted_rows
from redshift_elt.operators.base import WarehouseOperator
from redshift_elt.operators.days import days_of
from redshift_elt.run.clock import now
from redshift_elt.sql.bookkeeping import bookkeeping_schema

if TYPE_CHECKING:
    from airflow.sdk import Context


class ApplyRetentionOperator(WarehouseOperator):
    """Delete old rows of the bookkeeping tables that grow with each run.

    The ledger is kept, and so is the last load of each window, because loads need them. All limits are numbers of days.

    :param rejects_days: how long to keep the rejected records in ``rejects``, whose text may be personal data. They are
        then removed from the disks too, if the user of the connection may vacuum the table.
    :param drift_days: how long to keep the differences between fields and columns in ``schema_drift``.
    :param checks_days: how long to keep ``check_results``. The results of the last seven days of each DAG stay.
    :param loads_days: how long to keep rows of ``loads`` whose windows have been loaded again since.
    """

    template_fields: Sequence[str] = (
        *WarehouseOperator.template_fields,
        "rejects_days",
        "drift_days",
        "checks_days",
        "loads_days",
    )

    def __init__(
        self,
        *,
        rejects_days: int | str = 30,
        drift_days: int | str = 90,
        checks_days: int | str = 400,
        loads_days: int | str = 400,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.rejects_days = rejects_days
        self.drift_days = drift_days
        self.checks_days = checks_days
        self.loads_days = loads_days

    def execute(self, context: Context) -> dict[str, int]:  # noqa: ARG002
        """Delete the rows, and return how many there were in each table."""
        retention = Retention(
            rejects=days_of("rejects_days", self.rejects_days),
            drift=days_of("drift_days", self.drift_days),
            checks=days_of("checks_days", self.checks_days),
            loads=days_of("loads_days", self.loads_days),
        )
        deleted = self.transaction(lambda session: delete_old_rows(session, retention, now()))
        self.log.info("Deleted old rows: %s.", ", ".join(f"{rows} of {table}" for table, rows in deleted.items()))
        if deleted["rejects"]:
            self.without_transaction(lambda session: remove_deleted_rows(session, f"{bookkeeping_schema()}.rejects"))
        return deleted
