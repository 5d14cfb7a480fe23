"""The schema ``etl``: locks, the record of loads, the ledger of loaded objects, and check results."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from datetime import datetime

from redshift_elt.statements.names import bare, columns, literal, table

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
    started_at: datetime
    loaded_at: datetime


@dataclass(frozen=True)
class CheckResult:
    """One row of ``etl.check_results``. Times are UTC without a zone."""

    dag_id: str
    run_id: str
    window_start: datetime
    window_end: datetime
    target: str
    check_name: str
    severity: str
    expected: str
    actual: str
    passed: bool
    checked_at: datetime


def insert_load() -> str:
    """Return the statement that records a load; its values are those of a :class:`Load`."""
    return _insert("loads", [field.name for field in fields(Load)], rows=1)


def insert_check_results(rows: int) -> str:
    """Return the statement that records the results of a number of checks; its values are theirs, one after another."""
    return _insert("check_results", [field.name for field in fields(CheckResult)], rows)


def values(rows: Sequence[Load | CheckResult]) -> tuple[object, ...]:
    """Return the values of rows, one after another."""
    return tuple(value for row in rows for value in astuple(row))


def loaded_objects(targets: Sequence[str]) -> str:
    """Return the query for the objects that all of some targets have in the same version; its value is the bucket."""
    names = ", ".join(literal(bare(target)) for target in targets)
    return (
        "select\n    object_key,\n    etag\n"
        f"from {table(f'{SCHEMA}.loaded_files')}\n"
        f"where bucket = %s\n  and target in ({names})\n"
        f"group by\n    object_key,\n    etag\n"
        f"having count(*) = {len(set(targets))}"
    )


def count_recorded(target: str, files: str) -> str:
    """Return the query for how many objects a run staged, and how many of them the target's ledger has already."""
    ledger = table(f"{SCHEMA}.loaded_files")
    return (
        f"select\n    count(*),\n    count({ledger}.object_key)\n"
        f"from {table(files)}\n"
        f"left join {ledger}\n"
        f"  on {_same_object(target, files)}"
    )


def forget_files(target: str, files: str) -> str:
    """Return the statement that removes from the ledger what a load is about to record again with a new ETag."""
    return f"delete from {table(f'{SCHEMA}.loaded_files')}\nusing {table(files)}\nwhere {_same_object(target, files)}"


def forget_all_files(target: str) -> str:
    """Return the statement that empties a target's ledger, for a rebuild of the whole table."""
    return f"delete from {table(f'{SCHEMA}.loaded_files')}\nwhere target = {literal(bare(target))}"


def record_files(target: str, files: str) -> str:
    """Return the statement that records in the ledger which objects a target has taken over."""
    return (
        f"insert into {table(f'{SCHEMA}.loaded_files')} (\n"
        f"    {columns(['target', 'bucket', 'object_key', 'etag', 'size_bytes', 'loaded_at'])}\n)\n"
        f"select\n    {literal(bare(target))},\n    bucket,\n    object_key,\n    etag,\n    size_bytes,\n    sysdate\n"
        f"from {table(files)}"
    )


def _same_object(target: str, files: str) -> str:
    ledger = table(f"{SCHEMA}.loaded_files")
    return (
        f"{ledger}.target = {literal(bare(target))}\n"
        f"  and {ledger}.bucket = {table(files)}.bucket\n"
        f"  and {ledger}.object_key = {table(files)}.object_key"
    )


def _insert(name: str, names: Sequence[str], rows: int) -> str:
    row = "(" + ", ".join(["%s"] * len(names)) + ")"
    return f"insert into {table(f'{SCHEMA}.{name}')} (\n    {columns(names)}\n)\nvalues\n" + ",\n".join([row] * rows)
