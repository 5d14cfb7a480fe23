"""Checks of the arguments of a staging task: when the DAG is parsed and, as far as they are templates, when it runs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import AirflowFailException

from redshift_elt.checks import Aggregate, validate_checks
from redshift_elt.connection.aws_values import BUCKET
from redshift_elt.operators.templates import is_template, unless_template
from redshift_elt.run.on_missing import check_on_missing
from redshift_elt.run.period import Calendar
from redshift_elt.run.share import check_share
from redshift_elt.run.window import MOST_LOOKBACK_DAYS
from redshift_elt.sql import identifiers
from redshift_elt.staging.copy_options import CopyOptions
from redshift_elt.staging.drift.policy import check_policy
from redshift_elt.staging.formats.file_format import FileFormat
from redshift_elt.staging.key_pattern import KeyPattern, refuse_dates_of_run
from redshift_elt.staging.reject_limit import RejectLimit
from redshift_elt.staging.source import check_columnar, check_key, check_paths_outside, check_prefix, check_template

if TYPE_CHECKING:
    from airflow.sdk import Context

    from redshift_elt.checks import Check
    from redshift_elt.operators.stage_to_redshift import StageToRedshiftOperator
    from redshift_elt.run.window import Window


def aggregates(checks: Sequence[Check], table: str) -> tuple[Aggregate, ...]:
    """Return checks after making sure that one scan of the staged rows can compute them.

    :param table: the table that is staged.
    :raises ValueError: see the message.
    """
    validate_checks(checks)
    of_table = tuple(check for check in checks if isinstance(check, Aggregate) and check.table == table)
    for check in checks:
        if check not in of_table:
            raise ValueError(
                f"The check {check.check_name!r} of {check.table} cannot run while {table} is staged: give checks of "
                "that table that need no query of their own. The others belong in a DataQualityOperator."
            )
    return of_table


def check_arguments(task: StageToRedshiftOperator) -> None:
    """Refuse arguments that cannot be used, or not together; :class:`.Source` checks rendered templates.

    :raises ValueError: see the message.
    """
    _check_objects(task)
    _check_listing(task)
    _check_periods(task)
    _check_options(task)


def check_rendered_keys(task: StageToRedshiftOperator, context: Context, window: Window) -> None:
    """Refuse keys that cannot be listed, and a window with too many periods, without any request.

    :raises AirflowFailException: see the message. A template renders to the same value in every try.
    """
    keys = [task.render_template(text, context) for text in (task.key_pattern, task.prefix, task.key)]
    key_pattern, prefix, key = keys
    try:
        if prefix is not None:
            check_prefix(prefix)
        if key is not None:
            check_key(key)
        if key_pattern is not None:
            calendar = KeyPattern(key_pattern, task.timezone).calendar
            if not window.full:
                window.periods(calendar, task.margin_days)
    except ValueError as error:
        raise AirflowFailException(f"An argument of {task.task_id} cannot be used. {error}") from error


def _check_objects(task: StageToRedshiftOperator) -> None:
    """Refuse arguments that do not say which objects are staged, and as what."""
    unless_template(check_template, task.table)
    if [task.key_pattern, task.prefix, task.key].count(None) != 2:
        raise ValueError(
            "Give exactly one of key_pattern (objects of periods), prefix (every object below it) and key (one object)."
        )
    unless_template(partial(BUCKET.check, "bucket"), task.bucket)
    if task.prefix is not None:
        unless_template(check_prefix, task.prefix)
    if task.key is not None:
        unless_template(check_key, task.key)


def _check_listing(task: StageToRedshiftOperator) -> None:
    """Refuse arguments that do not say how often a prefix is listed."""
    if task.list_every is not None and task.prefix is None:
        raise ValueError("list_every needs prefix: the window decides which objects of a key_pattern are read.")
    if task.list_every is not None and not (isinstance(task.list_every, timedelta) and task.list_every >= timedelta(0)):
        raise ValueError(f"list_every is {task.list_every!r}: write a time such as timedelta(days=1).")
    if task.start_after and task.list_every is None:
        raise ValueError("start_after needs list_every: how often the whole prefix is listed, to find earlier keys.")


def _check_periods(task: StageToRedshiftOperator) -> None:
    """Refuse arguments that do not fit the periods of the source, or that need periods."""
    dated = task.key_pattern is not None
    if not 0 <= task.margin_days <= MOST_LOOKBACK_DAYS or (task.margin_days and not dated):
        raise ValueError(
            f"margin_days is {task.margin_days}: write 0 or more days, at most {MOST_LOOKBACK_DAYS}, and only with "
            "key_pattern."
        )
    if task.window_column is not None:
        identifiers.identifier(task.window_column)
        if not dated:
            raise ValueError("window_column needs key_pattern: without it, objects have no period.")
    if task.key_pattern is not None:
        refuse_dates_of_run(task.key_pattern)
        unless_template(partial(KeyPattern, timezone=task.timezone), task.key_pattern)
    Calendar("day", task.timezone)
    if task.timezone != "UTC" and not dated:
        raise ValueError("timezone needs key_pattern: it is the zone of the times in the keys.")


def _check_options(task: StageToRedshiftOperator) -> None:
    """Refuse options that COPY cannot use."""
    if not isinstance(task.format, FileFormat):
        raise ValueError(f"format is {task.format!r}: write a format such as Json(), Csv() or Parquet().")
    check_policy(task.on_new_field, task.format)
    if not is_template(task.max_rejects):
        RejectLimit.of(task.max_rejects)
        check_columnar(task.format, task.max_rejects)
    if task.region is not None:
        check_columnar(task.format, region=task.region)
    if not is_template(task.prefix):
        check_paths_outside(task.format, task.prefix)
    check_share("max_left_out", task.max_left_out)
    unless_template(check_on_missing, task.on_missing)
    if not any(map(is_template, (task.manifest_url, task.manifest_encryption))):
        _ = task.manifests
    unless_template(lambda role: CopyOptions(iam_role=role), task.iam_role)
