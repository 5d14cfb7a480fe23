"""The record of loads: what each did to its target, written in the load's own transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from redshift_elt.loading.phases import PREPARING, WAITING, WRITING
from redshift_elt.run.clock import now
from redshift_elt.sql import bookkeeping, identifiers

if TYPE_CHECKING:
    from redshift_elt.connection.session import Session
    from redshift_elt.loading.inputs import LoadInputs
    from redshift_elt.loading.phases import Phases
    from redshift_elt.loading.row_counts import RowCounts
    from redshift_elt.run.window import Window


def loaded_windows(session: Session, target: str, window: Window) -> list[tuple[datetime, datetime]]:
    """Return the windows that a target has been loaded for and that touch a window's reach; UTC, without a zone."""
    first, last = window.reach
    return [
        (start, end)
        for start, end in session.fetch(bookkeeping.loaded_windows(), (identifiers.bare(target), last, first))
    ]


def earlier_try(session: Session, context: Mapping[str, Any], window: Window) -> RowCounts | None:
    """Return what an earlier try of this task has done to its target, or None if it has written no row."""
    from redshift_elt.loading.row_counts import RowCounts

    instance = context["ti"]
    if instance.try_number == 1:
        return None
    values = (instance.dag_id, instance.run_id, instance.task_id, window.bounds[1])
    found = session.fetch(bookkeeping.last_load_that_wrote(), values)
    return RowCounts(*found[0]) if found else None


def record(
    session: Session,
    context: Mapping[str, Any],
    target: str,
    window: Window,
    counts: RowCounts,
    staged: LoadInputs,
    phases: Phases,
    started: datetime,
) -> None:
    """Write a load into ``etl.loads``, in the transaction of the load itself."""
    instance = context["ti"]
    load = bookkeeping.Load(
        dag_id=instance.dag_id,
        run_id=instance.run_id,
        task_id=instance.task_id,
        try_number=instance.try_number,
        target=identifiers.bare(target),
        window_start=window.bounds[0],
        window_end=window.bounds[1],
        full_load=window.full,
        rows_staged=counts.staged,
        inserted=counts.inserted,
        updated=counts.updated,
        deleted=counts.deleted,
        unchanged=counts.unchanged,
        late=counts.late,
        objects=staged.objects,
        rows_read=staged.read,
        rejected=staged.rejected,
        staging_seconds=staged.seconds,
        waiting_seconds=phases.seconds(WAITING),
        preparing_seconds=phases.seconds(PREPARING),
        writing_seconds=phases.seconds(WRITING),
        started_at=started,
        loaded_at=now(),
    )
    session.execute(bookkeeping.insert_load(), bookkeeping.values([load]))
