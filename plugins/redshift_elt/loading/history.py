"""The history of loads, the bookkeeping table ``loads``: a row for each load, written in the load's own transaction."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from redshift_elt.loading.phases import PREPARING, WAITING, WRITING
from redshift_elt.loading.row_counts import RowCounts
from redshift_elt.run.clock import now
from redshift_elt.sql.identifiers import target_name
from redshift_elt.sql.render import render

if TYPE_CHECKING:
    from redshift_elt.connection.session import Session
    from redshift_elt.loading.input_counts import InputCounts
    from redshift_elt.loading.target_load import TargetLoad
    from redshift_elt.run.window import Window


@dataclass(frozen=True)
class LoadRecord:
    """One row of ``loads``: what a load did to its target. Times are UTC without a zone."""

    dag_id: str
    run_id: str
    task_id: str
    try_number: int
    target: str
    window_start: datetime
    window_end: datetime
    full_load: bool
    rows_staged: int
    inserted: int
    updated: int
    deleted: int
    unchanged: int
    late: int
    deleted_by_source: int | None
    objects: int | None
    rows_read: int | None
    rejected: int | None
    staging_seconds: float | None
    waiting_seconds: float
    preparing_seconds: float
    writing_seconds: float
    started_at: datetime
    loaded_at: datetime

    @classmethod
    def of(cls, instance: Any, load: TargetLoad, counts: RowCounts, staged: InputCounts) -> LoadRecord:
        """Return the row of a load that is about to be committed.

        :param instance: the task instance.
        :param staged: what the run staged for the load.
        """
        return cls(
            dag_id=instance.dag_id,
            run_id=instance.run_id,
            task_id=instance.task_id,
            try_number=instance.try_number,
            target=target_name(load.target.table),
            window_start=load.window.bounds[0],
            window_end=load.window.bounds[1],
            full_load=load.window.full,
            rows_staged=counts.staged,
            inserted=counts.inserted,
            updated=counts.updated,
            deleted=counts.deleted,
            unchanged=counts.unchanged,
            late=counts.late,
            deleted_by_source=counts.deleted_by_source,
            objects=staged.objects,
            rows_read=staged.read,
            rejected=staged.rejected,
            staging_seconds=staged.seconds,
            waiting_seconds=load.phases.seconds(WAITING),
            preparing_seconds=load.phases.seconds(PREPARING),
            writing_seconds=load.phases.seconds(WRITING),
            started_at=load.phases.started_at,
            loaded_at=now(),
        )


def record(session: Session, load: LoadRecord) -> None:
    """Write a load into the history, in the transaction of the load itself."""
    session.execute(render("load/insert_load.sql"), asdict(load))


def record_placeholders(session: Session, load: LoadRecord, dimension: str, rows: int) -> None:
    """Write into the history how many placeholders the load of a fact has inserted into a dimension.

    The window of this row is empty: nothing of the dimension's source was loaded.
    """
    counts = dict.fromkeys(("updated", "deleted", "unchanged", "late"), 0) | {"rows_staged": rows, "inserted": rows}
    not_read = dict.fromkeys(("objects", "rows_read", "rejected", "staging_seconds", "deleted_by_source"))
    window = {"window_start": load.window_end, "full_load": False}
    values = asdict(load) | {"target": target_name(dimension)} | counts | not_read | window
    session.execute(render("load/insert_load.sql"), values)


def earlier_try(session: Session, instance: Any, window: Window) -> RowCounts | None:
    """Return the counts of the last try of this task that wrote rows, or None if there is no such try.

    :param instance: the task instance.
    """
    if instance.try_number == 1:
        return None
    values = {
        "dag_id": instance.dag_id,
        "run_id": instance.run_id,
        "task_id": instance.task_id,
        "window_end": window.bounds[1],
    }
    found = session.fetch(render("load/last_load_that_wrote.sql"), values)
    return RowCounts(*found[0]) if found else None
