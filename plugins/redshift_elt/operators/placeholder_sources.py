"""Which loads of a DAG insert placeholders into the dimensions of which others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from redshift_elt.loading.placeholders import Placeholder
from redshift_elt.operators.templates import is_template
from redshift_elt.sql.identifiers import target_name


def check_placeholders(tasks: Iterable[Any]) -> None:
    """Refuse placeholders for a dimension of the same DAG whose load could prefer them to rows of its source.

    :param tasks: the tasks of the DAG.
    :raises ValueError: see the message.
    """
    tasks = list(tasks)
    for task in tasks:
        for placeholder in getattr(task, "placeholders", ()):
            for load in _loads_of(placeholder.dimension, tasks):
                _check(placeholder, load)


def latest_by_of(dimension: str, tasks: Iterable[Any]) -> str | None:
    """Return the column by which a load of the DAG finds the latest row of a dimension; None without such a load."""
    return next((load.strategy.latest_by for load in _loads_of(dimension, tasks)), None)


def has_placeholders(table: str, tasks: Iterable[Any]) -> bool:
    """Return whether a load of the DAG inserts placeholders into a table."""
    dimensions = {target_name(one.dimension) for task in tasks for one in getattr(task, "placeholders", ())}
    return target_name(table) in dimensions


def _loads_of(dimension: str, tasks: Iterable[Any]) -> Iterator[Any]:
    """Yield the loads of a dimension; one whose table is a template is not recognized."""
    for task in tasks:
        table = getattr(task, "ledger_target", None)
        if isinstance(table, str) and not is_template(table) and target_name(table) == target_name(dimension):
            yield task


def _check(placeholder: Placeholder, load: Any) -> None:
    if getattr(load.strategy, "latest_by", None) is None:
        raise ValueError(
            f"{placeholder.dimension} cannot have placeholders, because {load.task_id} has no rule by which any row of "
            "its source wins over them: write strategy=MergeRows(latest_by='updated_at') there, with a nullable column."
        )
    if sorted(placeholder.key) != sorted(load.key):
        raise ValueError(
            f"The placeholder for {placeholder.dimension} has the key {', '.join(placeholder.key)}, but the key of "
            f"{load.task_id} is {', '.join(load.key)}: name each of its columns in columns."
        )
