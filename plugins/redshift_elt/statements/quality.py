"""The queries of data-quality checks."""

from __future__ import annotations

from collections.abc import Sequence

from redshift_elt.statements.names import identifier, table

CREATE_RUN_WINDOW = """\
create temporary table run_window (
    window_start timestamp,
    window_end timestamp,
    dag_id varchar(256),
    run_id varchar(256)
)"""

FILL_RUN_WINDOW = """\
insert into run_window (
    window_start,
    window_end,
    dag_id,
    run_id
)
values (%s, %s, %s, %s)"""


def measure(target: str, expressions: Sequence[str], window_column: str | None) -> str:
    """Return the query that computes aggregates of a table in one scan.

    :param expressions: SQL aggregates.
    :param window_column: the column by which only the window is measured, whose bounds are then the query's values.
    """
    query = "select\n    " + ",\n    ".join(expressions) + f"\nfrom {table(target)}"
    if window_column:
        query += f"\nwhere {identifier(window_column)} >= %s\n  and {identifier(window_column)} < %s"
    return query
