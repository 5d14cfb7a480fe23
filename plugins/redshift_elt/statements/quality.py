"""The queries of data-quality checks."""

from __future__ import annotations

from collections.abc import Sequence

from redshift_elt.statements.bookkeeping import SCHEMA
from redshift_elt.statements.names import identifier, table

CREATE_THIS_RUN = """\
create temporary table this_run (
    dag_id varchar(256),
    run_id varchar(256)
)"""

FILL_THIS_RUN = """\
insert into this_run (
    dag_id,
    run_id
)
values (%s, %s)"""

# Its values: the window's start and end.
CHANGED_BY_THIS_RUN = f"""\
select
    target,
    sum(inserted + updated + deleted + late)
from {SCHEMA}.loads
join this_run
  on this_run.dag_id = loads.dag_id
  and this_run.run_id = loads.run_id
where window_start >= %s
  and window_end = %s
group by target"""


def measure(target: str, expressions: Sequence[str], window_column: str | None) -> str:
    """Return the query that computes aggregates of a table in one scan.

    :param expressions: SQL aggregates.
    :param window_column: the column by which only the window is measured, whose bounds are then the query's values.
    """
    query = "select\n    " + ",\n    ".join(expressions) + f"\nfrom {table(target)}"
    if window_column:
        query += f"\nwhere {identifier(window_column)} >= %s\n  and {identifier(window_column)} < %s"
    return query
