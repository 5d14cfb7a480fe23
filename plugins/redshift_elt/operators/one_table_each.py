"""Each staging task of a DAG needs a table of its own, because the run's staging table is named after it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from redshift_elt.operators.stage_to_redshift import StageToRedshiftOperator

_INSTEAD = (
    "Write one staging task whose key_pattern or prefix covers all objects, or create a table for each task, and "
    "combine them by UNION ALL in the SELECT."
)


def refuse_mapped(task_id: str) -> NoReturn:
    """Refuse a staging task that is mapped.

    :raises ValueError: see the message.
    """
    raise ValueError(
        f"The staging task {task_id} is mapped, but all of its instances would fill the same staging table: only the "
        f"rows of the last one would be left. {_INSTEAD}"
    )


def refuse_shared_table(task: StageToRedshiftOperator) -> None:
    """Refuse a staging task whose DAG has another one for its table, or which is in a mapped task group.

    :raises ValueError: see the message.
    """
    if task.get_closest_mapped_task_group() is not None:
        refuse_mapped(task.task_id)
    for other in task.dag.tasks:
        if other is not task and isinstance(other, type(task)) and getattr(other, "table", None) == task.table:
            raise ValueError(
                f"The staging tasks {other.task_id} and {task.task_id} of the DAG {task.dag.dag_id} have the same "
                f"table {task.table}, so one would replace what the other has staged. {_INSTEAD}"
            )


def refuse_repeated_tables(task_id: str, sources: Iterable[StageToRedshiftOperator]) -> None:
    """Refuse a task that names two staging tasks of one table.

    :param sources: the staging operators.
    :raises ValueError: see the message.
    """
    names: dict[str, str] = {}
    for source in sources:
        if source.table in names:
            raise ValueError(
                f"{task_id} names {names[source.table]} and {source.task_id} in staged_by, which have the same table "
                f"{source.table}: it would read only what the last of them has staged. {_INSTEAD}"
            )
        names[source.table] = source.task_id
