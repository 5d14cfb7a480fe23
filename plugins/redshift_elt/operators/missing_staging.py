"""Explain why a staging table does not exist: no task stages it, or one that its reader does not name."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import AirflowFailException

from redshift_elt.operators.stage_to_redshift import StageToRedshiftOperator
from redshift_elt.operators.templates import is_template
from redshift_elt.run.names import template_of_run_table

if TYPE_CHECKING:
    from redshift_elt.loading.load_failure import StagingMissingError
    from redshift_elt.operators.uses_staging import UsesStagingOperator


def explain_missing_staging(task: UsesStagingOperator, missing: StagingMissingError) -> Exception:
    """Return the error to raise for a missing table of the run: the same one if a clean-up may have dropped it.

    :param task: the task whose SQL reads the table.
    """
    dag = task.get_dag()
    tasks = [*task.staged_by, *(dag.tasks if dag else ())]
    staged = {each.table: each.task_id for each in tasks if isinstance(each, StageToRedshiftOperator)}
    template = template_of_run_table(missing.table)
    named = {operator.table for operator in task.staged_by}
    # Which table a template stands for is known only when it is rendered.
    if template in named or not staged or any(map(is_template, staged)):
        return missing
    if template in staged:
        return AirflowFailException(
            f"{task.task_id} reads the staging table of {staged[template]}, which does not exist. Nothing was loaded. "
            f"Add {staged[template]} to staged_by of {task.task_id}, so that it runs after it. If the run has "
            "succeeded, clear both tasks."
        )
    return AirflowFailException(
        f"{task.task_id} reads staging_table({template!r}, dag_run), but no task of the DAG stages a table {template}. "
        f"{_known(template, staged)} Nothing was loaded. Correct the name, or add a StageToRedshiftOperator for it."
    )


def _known(template: str, staged: Mapping[str, str]) -> str:
    similar = get_close_matches(template, staged, n=1)
    meant = f"Did you mean {similar[0]}? " if similar else ""
    return f"{meant}Staged are {', '.join(f'{table} (by {task})' for table, task in staged.items())}."
