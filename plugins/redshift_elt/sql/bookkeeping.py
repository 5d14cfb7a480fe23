"""The schema ``etl``: locks, the record of loads, the ledger of loaded objects, and check results."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from datetime import datetime

from redshift_elt.sql.identifiers import bare, columns, literal, table

SCHEMA = "etl"

# The version of the entry that says when a prefix was listed, in a run's list of the objects that it staged.
LISTED = "listed"

_FILE_COLUMNS = ("bucket", "object_key", "etag", "size_bytes", "modified_at")


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


@dataclass(frozen=True)
class CheckResult:
    """One row of ``etl.check_results``. Times are UTC without a zone.

    :param outcome: ``passed``, ``warned`` or ``failed``.
    :param duration_seconds: how long the check's statement took; the checks of one scan share theirs.
    """

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
    outcome: str
    duration_seconds: float
    checked_at: datetime


def insert_load() -> str:
    """Return the statement that records a load; its values are those of a :class:`Load`."""
    return _insert(f"{SCHEMA}.loads", [field.name for field in fields(Load)], rows=1)


def insert_check_results(rows: int) -> str:
    """Return the statement that records the results of a number of checks; its values are theirs, one after another."""
    return _insert(f"{SCHEMA}.check_results", [field.name for field in fields(CheckResult)], rows)


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


def count_files(files: str) -> str:
    """Return the query for how many entries a run's list of objects has, and how many of them are objects."""
    return f"select\n    count(*),\n    sum(case when etag = {literal(LISTED)} then 0 else 1 end)\nfrom {table(files)}"


def count_changed(target: str, files: str) -> str:
    """Return the query for how many of the staged objects a target has taken over in another version before."""
    ledger = table(f"{SCHEMA}.loaded_files")
    return (
        f"select count(*)\nfrom {table(files)}\n"
        f"join {ledger}\n  on {_same_object(target, files)}\n"
        f"where {ledger}.etag <> {table(files)}.etag"
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
        f"    {columns(['target', *_FILE_COLUMNS, 'loaded_at'])}\n)\n"
        f"select\n    {literal(bare(target))},\n    {columns(_FILE_COLUMNS)},\n    sysdate\n"
        f"from {table(files)}\nwhere etag <> {literal(LISTED)}"
    )


def insert_staged_files(files: str, rows: int) -> str:
    """Return the statement that keeps which objects are staged: bucket, key, ETag, bytes and time of each."""
    return _insert(files, _FILE_COLUMNS, rows)


def staged_versions(files: str) -> str:
    """Return the query for key, ETag and time of the objects that are staged."""
    return f"select\n    object_key,\n    etag,\n    modified_at\nfrom {table(files)}"


def count_superseded(target: str, files: str) -> str:
    """Return the query for how many of the staged objects a target has in another version that is not older."""
    modified_at = f"{table(f'{SCHEMA}.loaded_files')}.modified_at"
    return f"{count_changed(target, files)}\n  and {modified_at} >= {table(files)}.modified_at"


def last_listed(targets: Sequence[str]) -> str:
    """Return the query for how many targets have a prefix, and since when all of them; its values: bucket, prefix."""
    names = ", ".join(literal(bare(target)) for target in targets)
    return (
        "select\n    count(*),\n    min(listed_at)\n"
        f"from {table(f'{SCHEMA}.listings')}\n"
        f"where bucket = %s\n  and prefix = %s\n  and target in ({names})"
    )


def forget_listing(target: str, files: str) -> str:
    """Return the statement that removes when a target's prefixes were listed last, where a run has listed them anew."""
    listings = table(f"{SCHEMA}.listings")
    return (
        f"delete from {listings}\nusing {table(files)}\n"
        f"where {listings}.target = {literal(bare(target))}\n"
        f"  and {listings}.bucket = {table(files)}.bucket\n"
        f"  and {listings}.prefix = {table(files)}.object_key\n"
        f"  and {table(files)}.etag = {literal(LISTED)}"
    )


def record_listing(target: str, files: str) -> str:
    """Return the statement that records when a target's prefixes were listed."""
    return (
        f"insert into {table(f'{SCHEMA}.listings')} (\n    {columns(['target', 'bucket', 'prefix', 'listed_at'])}\n)\n"
        f"select\n    {literal(bare(target))},\n    bucket,\n    object_key,\n    modified_at\n"
        f"from {table(files)}\nwhere etag = {literal(LISTED)}"
    )


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


def _same_object(target: str, files: str) -> str:
    ledger = table(f"{SCHEMA}.loaded_files")
    return (
        f"{ledger}.target = {literal(bare(target))}\n"
        f"  and {ledger}.bucket = {table(files)}.bucket\n"
        f"  and {ledger}.object_key = {table(files)}.object_key"
    )


def _insert(into: str, names: Sequence[str], rows: int) -> str:
    row = "(" + ", ".join(["%s"] * len(names)) + ")"
    return f"insert into {table(into)} (\n    {columns(names)}\n)\nvalues\n" + ",\n".join([row] * rows)
