"""The tasks that name a staging task in ``staged_by``, and what they require of it.

They decide whether a ledger of the source is kept and for which targets, and they restrict what can be staged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowFailException

from redshift_elt.operators.templates import is_template
from redshift_elt.sql import identifiers
from redshift_elt.staging.reject_limit import RejectLimit

if TYPE_CHECKING:
    from airflow.sdk import Context

    from redshift_elt.operators.stage_to_redshift import StageToRedshiftOperator


def consumers_of(source: StageToRedshiftOperator) -> list[Any]:
    """Return the tasks of the DAG so far that name a staging task in ``staged_by``: loads, checks and a clean-up.

    A mapped one is among them, but its strategy and its table are not known before it runs.
    """
    dag = source.get_dag()
    tasks = dag.tasks if dag else ()
    return [task for task in tasks if source.task_id in {named.task_id for named in _staged_by(task)}]


def loads_of(source: StageToRedshiftOperator) -> list[Any]:
    """Return the loads of the DAG so far that name a staging task in ``staged_by``, without mapped ones."""
    return [task for task in consumers_of(source) if getattr(task, "ledger_target", None)]


def appends(source: StageToRedshiftOperator) -> bool:
    """Return whether a load appends what is staged, so that it counts on the versions of the objects."""
    return any(_appends(task) for task in consumers_of(source))


def is_snapshot(source: StageToRedshiftOperator) -> bool:
    """Return whether all loads of a source need one snapshot."""
    # A check has no ledger; whether a mapped operator has one is not known before it runs.
    loads = [task for task in consumers_of(source) if getattr(task, "ledger_target", "mapped") is not None]
    return bool(loads) and all(getattr(load, "reads_snapshot", False) for load in loads)


def ledger_targets(source: StageToRedshiftOperator, context: Context) -> tuple[str, ...]:
    """Return the targets whose ledger decides which objects are staged; none if a run has to stage all of them.

    :raises AirflowFailException: ``list_every`` is given, but no ledger is kept.
    :raises ValueError: a target has rendered to a value that cannot be a table.
    """
    consumers = consumers_of(source) if source.key_pattern is None else []
    if any(map(_needs_all_objects, consumers)):
        consumers = []
    targets = [task.ledger_target for task in consumers if task.ledger_target]
    if source.list_every is not None and not targets:
        raise AirflowFailException(
            f"list_every of {source.task_id} has no effect: without a ledger, every run stages all objects that it "
            "lists. Remove list_every, or name the operator only in the staged_by of loads that merge by key or "
            "append."
        )
    return tuple(identifiers.target_name(source.render_template(target, context)) for target in targets)


def check_consumers(source: StageToRedshiftOperator, others: Sequence[Any] = ()) -> None:
    """Refuse loads that cannot use what a source stages.

    :param others: tasks that name the source in ``staged_by``, besides those that the DAG has already.
    :raises ValueError: see the message.
    """
    consumers = {task.task_id: task for task in [*consumers_of(source), *others]}
    _refuse_rows_of_any_period(source, consumers)
    _refuse_useless_listing(source, consumers)
    _refuse_without_ledger(source, consumers)


def refuse_incomplete_snapshot(source: StageToRedshiftOperator, load: str) -> None:
    """Refuse arguments of a source that leave out rows of a snapshot.

    A template is not checked: the load itself fails if records were rejected.

    :param load: the task that loads the snapshot.
    :raises ValueError: see the message.
    """
    reason = f"{load} loads a snapshot, and treats rows that are not staged as gone from the source"
    if source.window_column is not None:
        raise ValueError(
            f"{reason}, but window_column of {source.task_id} leaves out rows of other periods: remove window_column."
        )
    if not is_template(source.max_rejects) and RejectLimit.of(source.max_rejects).most:
        raise ValueError(
            f"{reason}, but {source.task_id} has max_rejects={source.max_rejects!r}: remove max_rejects, so that a "
            "record that COPY cannot load fails the run."
        )


def _refuse_rows_of_any_period(source: StageToRedshiftOperator, consumers: Mapping[str, Any]) -> None:
    """Refuse a load that overwrites periods if the rows of a period can be in the objects of any other."""
    overwriting = [name for name, task in consumers.items() if getattr(task, "overwrites_window", False)]
    if overwriting and source.key_pattern is not None and source.window_column is None:
        raise ValueError(
            f"{overwriting[0]} overwrites the periods that {source.task_id} reads, so it would delete rows that are "
            f"in the objects of other periods: write window_column='...' in {source.task_id}, the column of event "
            f"time in {source.table}, so that each object is staged with the rows of its period only. If the table "
            "has no such column, load with MergeRows(latest_by='updated_at')."
        )


def _refuse_useless_listing(source: StageToRedshiftOperator, consumers: Mapping[str, Any]) -> None:
    """Refuse ``list_every`` beside a load because of which no ledger is kept."""
    others = [name for name, task in consumers.items() if _needs_all_objects(task)]
    if others and source.list_every is not None:
        raise ValueError(
            f"list_every of {source.task_id} has no effect: {others[0]} needs every object in every run, "
            "so no ledger is kept. Remove list_every and start_after, or name the operator only in the "
            "staged_by of loads that merge by key or append."
        )


def _refuse_without_ledger(source: StageToRedshiftOperator, consumers: Mapping[str, Any]) -> None:
    """Refuse a load that needs a ledger if none can be kept."""
    appending = [name for name, task in consumers.items() if _appends(task)]
    if not appending:
        return
    if source.prefix is None:
        instead = "key_pattern" if source.key is None else "key"
        raise ValueError(
            f"{appending[0]} uses Append(), so it needs a ledger of the objects that it has loaded, which "
            f"{source.task_id} does not have: stage with prefix='orders/' instead of {instead}, or write "
            "strategy=OverwriteWindow('start_time')."
        )
    others = [name for name, task in consumers.items() if _needs_all_objects(task)]
    if others:
        raise ValueError(
            f"{appending[0]} uses Append(), so it needs a ledger of the objects that it has loaded, but "
            f"{others[0]} needs every object of {source.task_id} in every run: give each of them a staging operator "
            "of its own, with a table of its own."
        )


def _appends(task: Any) -> bool:
    return getattr(task, "appends", False)


def _needs_all_objects(task: Any) -> bool:
    # The strategy of a mapped operator is not known before it runs.
    return getattr(task, "needs_all_objects", True)


def _staged_by(task: Any) -> Sequence[StageToRedshiftOperator]:
    """Return the staging operators that a task names, a mapped one included."""
    return getattr(task, "staged_by", ()) or getattr(task, "partial_kwargs", {}).get("staged_by", ())
