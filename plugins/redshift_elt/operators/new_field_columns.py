"""Add columns for the new fields of a source, in a transaction of its own."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from redshift_elt.loading.lock import LockTableMissingError, create_lock_table, explain_lock, lock_targets
from redshift_elt.staging.drift.new_columns import add_columns
from redshift_elt.staging.drift.recorded import record

if TYPE_CHECKING:
    from redshift_elt.connection.session import Session
    from redshift_elt.operators.base import WarehouseOperator
    from redshift_elt.staging.drift.detect import ColumnsToAddError
    from redshift_elt.staging.staging_context import StagingContext


def add_columns_for_fields(
    task: WarehouseOperator, context: StagingContext, found: ColumnsToAddError, targets: Sequence[str]
) -> None:
    """Add columns to the permanent table of a source and to the targets of its loads, and record the fields.

    It holds the locks of the targets, so that ALTER TABLE, for which readers wait, does not wait for a load itself.

    :param task: the staging task, whose connection is used.
    :param targets: the targets of the loads that use the source.
    """

    def work(session: Session) -> None:
        if targets:
            lock_targets(session, targets)
        add_columns(session, [context.source.table, *targets], found.columns)
        record(session, context, found.compared)

    try:
        task.transaction(work, lambda _, error: explain_lock(error))
    except LockTableMissingError:
        # There was no load yet.
        for target in targets:
            task.transaction(partial(create_lock_table, target=target))
        task.transaction(work)
