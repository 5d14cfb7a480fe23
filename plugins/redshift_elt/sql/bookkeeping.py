"""The schema ``etl``: locks, the record of loads, and the ledger of loaded objects."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from datetime import datetime

from redshift_elt.sql.identifiers import bare, columns, table

SCHEMA = "etl"


def lock(targets: Iterable[str]) -> str:
    """Return the statement that begins a load: it queues behind every other load of these targets.

    The lock is on a tiny table of the target's own, so readers of the target go on (AWS page "LOCK"). Names are
    sorted, so two loads of several targets cannot wait for each other.
    """
    names = sorted({table(f"{SCHEMA}.lock_{bare(target)}") for target in targets})
    return "lock table " + ", ".join(names)


@dataclass(frozen=True)
class Load:
    """One row of ``etl.loads``: what a load did to its target. Times are UTC without a zone."""

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
    objects: int | None
    rows_read: int | None
    rejected: int | None
    staging_seconds: float | None
    waiting_seconds: float
    preparing_seconds: float
    writing_seconds: float
    started_at: datetime
    loaded_at: datetime


def insert_load() -> str:
    """Return the statement that records a load; its values are those of a :class:`Load`."""
    return _insert(f"{SCHEMA}.loads", [field.name for field in fields(Load)], rows=1)


def values(rows: Sequence[Load]) -> tuple[object, ...]:
    """Return the values of rows, one after another."""
    return tuple(value for row in rows for value in astuple(row))


def last_load_that_wrote() -> str:
    """Return the query for the counts of a task's last load that wrote rows; its values: DAG, run, task, window end."""
    counts = ["rows_staged", "inserted", "updated", "deleted", "unchanged", "late"]
    return (
        f"select\n    {columns(counts)}\nfrom {table(f'{SCHEMA}.loads')}\n"
        "where dag_id = %s\n  and run_id = %s\n  and task_id = %s\n  and window_end = %s\n"
        "  and inserted + updated + deleted + late > 0\n"
        "order by loaded_at desc\nlimit 1"
    )


def loaded_windows() -> str:
    """Return the query for the windows that a target has been loaded for.

    Its values are the target, and the end and the start of the interval of time that is asked for.
    """
    return (
        f"select distinct\n    window_start,\n    window_end\nfrom {table(f'{SCHEMA}.loads')}\n"
        "where target = %s\n  and window_start < %s\n  and window_end > %s"
    )


def _insert(into: str, names: Sequence[str], rows: int) -> str:
    row = "(" + ", ".join(["%s"] * len(names)) + ")"
    return f"insert into {table(into)} (\n    {columns(names)}\n)\nvalues\n" + ",\n".join([row] * rows)
