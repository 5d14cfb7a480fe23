"""The table ``etl.rejects``: the records that a run went on without."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from datetime import datetime

from redshift_elt.sql.bookkeeping import SCHEMA
from redshift_elt.sql.identifiers import columns, table

ROWS_PER_INSERT = 1000

_TABLE = f"{SCHEMA}.rejects"
_OF_RUN = "where dag_id = %s\n  and run_id = %s\n  and staging = %s"


@dataclass(frozen=True)
class Reject:
    """One row of ``etl.rejects``. Times are UTC without a zone.

    :param staging: the permanent template of the staging table that the record was meant for.
    :param etag: the version of the object.
    :param line_number: the record's line; its last one where it has several.
    :param column_name: None where the line as a whole is wrong.
    :param line: the text of that line, as far as there is room for it.
    """

    dag_id: str
    run_id: str
    staging: str
    window_start: datetime
    window_end: datetime
    bucket: str
    object_key: str
    etag: str
    line_number: int
    column_name: str | None
    column_type: str | None
    error_code: int
    reason: str
    line: str
    rejected_at: datetime


_NAMES = [field.name for field in fields(Reject)]


def of_run() -> str:
    """Return the query for a run's rejects; its values are DAG id, run id and staging template."""
    return f"select\n    {columns(_NAMES)}\nfrom {table(_TABLE)}\n{_OF_RUN}"


def count_of_run() -> str:
    """Return the query for how many rejects a run has; its values are those of :func:`of_run`."""
    return f"select count(*)\nfrom {table(_TABLE)}\n{_OF_RUN}"


def delete_of_run() -> str:
    """Return the statement that deletes a run's rejects; its values are those of :func:`of_run`."""
    return f"delete from {table(_TABLE)}\n{_OF_RUN}"


def insert(rows: Sequence[Reject]) -> tuple[str, list[object]]:
    """Return the statement that stores rejects, at most :data:`ROWS_PER_INSERT` of them, and its values."""
    row = "(" + ", ".join(["%s"] * len(_NAMES)) + ")"
    statement = f"insert into {table(_TABLE)} (\n    {columns(_NAMES)}\n)\nvalues\n" + ",\n".join([row] * len(rows))
    return statement, [value for reject in rows for value in astuple(reject)]
