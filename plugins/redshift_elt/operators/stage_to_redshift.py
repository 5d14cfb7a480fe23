"""Stage: COPY JSON objects from S3 into a staging table of the run's own."""

from __future__ import annotations

import copy
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowFailException

from redshift_elt.checks import Aggregate, validate_checks
from redshift_elt.checks.lineage import sql_check_results
from redshift_elt.checks.reporting import fail_if_any_failed, log_results
from redshift_elt.operators.base import WarehouseOperator
from redshift_elt.sql import identifiers
from redshift_elt.sql.copy_command import MOST_REJECTS, CopyOptions
from redshift_elt.staging.date_pattern import DatePattern

if TYPE_CHECKING:
    from redshift_elt.checks import Check
    from redshift_elt.integrations.lineage import OperatorLineage, Place
    from redshift_elt.run.window import Window
    from redshift_elt.staging.stage import Stage, Staged


class StageToRedshiftOperator(WarehouseOperator):
    """Load the objects that a run needs into a staging table that only this run uses.

    The objects are listed, named in a manifest, and loaded by COPY. The table is made anew each time, so a retry
    begins from nothing. Give exactly one of ``key_pattern`` and ``prefix``.

    :param table: the permanent, empty table that the staging table is made like; the staging table's name is this
        name and a suffix for the run, see :func:`redshift_elt.run.names.staging_table`.
    :param bucket: the bucket's name, without ``s3://``.
    :param key_pattern: the key of one UTC day's object, such as ``orders/%Y/%m/%Y-%m-%d.json``; the days of
        the run's window are staged, those that exist. A full load stages every key that fits.
    :param margin_days: how many days before and after the window's to stage too, for events in a neighbour's file.
    :param window_column: with ``key_pattern``: the table's column of event time. Each day's object is then loaded by
        itself, and its rows of other days are left out, ``margin_days`` on either side excepted; so it is the same
        rows however the days are grouped into runs. None: every row of every object is staged.
    :param prefix: stage everything below this key prefix, which ends with a slash. If all loads that name this operator
        in ``staged_by`` merge rows by key, a ledger is kept: a run stages only the objects that at least one of their
        targets has not loaded yet in their current version (ETag). A full load stages all objects. If one of the loads
        overwrites its window, every run stages all objects, because such a load deletes the rows that it does not find.
    :param list_every: with ``prefix`` and a ledger: how long a listing of the prefix is good for. S3 lists 1,000 keys
        per request, so listing a large prefix in every hourly run is expensive. Full loads and manually triggered runs
        always list. None: every run lists.
    :param json: ``auto``, ``auto ignorecase``, or the key of a JSONPaths file in the same bucket.
    :param iam_role: the role that COPY uses: ``default`` for the cluster's default role, or an ARN.
    :param region: the bucket's region; the AWS connection's if none is given.
    :param time_format: COPY's TIMEFORMAT, such as ``epochmillisecs``.
    :param gzip: whether the objects are compressed with gzip.
    :param max_rejects: how many records of all objects together the run may go on without because COPY cannot load
        them; they are kept in ``etl.rejects``, and those of an earlier try of the run are replaced.
    :param checks: checks of the staged rows, all of them, whichever window they are in; made in one scan in the same
        transaction, kept in ``etl.check_results`` together with what was staged. Only such that are aggregates of
        ``table``: not references, queries and counts. A load that stages again, for an object has changed, makes them
        again. Up to ten rows that break a rule are shown, see
        :class:`redshift_elt.operators.data_quality.DataQualityOperator`.
    :raises AirflowFailException: there are more such records, and the message names file, line and reason; or a check
        with severity ``error`` has failed, so that nothing of the run is loaded.
    """

    template_fields: Sequence[str] = (
        *WarehouseOperator.template_fields,
        "table",
        "bucket",
        "key_pattern",
        "prefix",
        "json",
        "iam_role",
        "region",
        "time_format",
        "max_rejects",
    )

    def __init__(
        self,
        *,
        table: str,
        bucket: str,
        key_pattern: str | None = None,
        margin_days: int = 0,
        window_column: str | None = None,
        prefix: str | None = None,
        list_every: timedelta | None = None,
        json: str = "auto",
        iam_role: str = "default",
        region: str | None = None,
        time_format: str | None = None,
        gzip: bool = False,
        max_rejects: int | str = 0,
        checks: Sequence[Check] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if (key_pattern is None) == (prefix is None):
            raise ValueError("Give exactly one of key_pattern (an object a day) and prefix (every object below it).")
        if "{{" not in bucket and "/" in bucket:
            raise ValueError(f"bucket {bucket!r} is no bucket's name: write it without s3:// and without a key.")
        if prefix is not None and "{{" not in prefix and not prefix.endswith("/"):
            raise ValueError(f"prefix {prefix!r} must end with a slash, or it would match its namesakes: {prefix}/")
        if key_pattern is not None and "{{" not in key_pattern:
            pattern = DatePattern(key_pattern)
            if window_column is not None and not pattern.is_whole_date:
                raise ValueError(f"window_column needs a key_pattern with the whole date, not {key_pattern!r}.")
        if margin_days < 0 or (margin_days and prefix is not None):
            raise ValueError(f"margin_days is {margin_days}: write 0 or more days, and only with key_pattern.")
        if window_column is not None:
            identifiers.identifier(window_column)
            if prefix is not None:
                raise ValueError("window_column goes with key_pattern: the objects below a prefix are no single days'.")
        if list_every is not None and prefix is None:
            raise ValueError("list_every needs prefix: the window decides which objects of a key_pattern are read.")
        if "://" in json:
            raise ValueError(f"json {json!r} is no key: write the key of a JSONPaths file in the same bucket.")
        if "{{" not in str(max_rejects) and not 0 <= int(max_rejects) <= MOST_REJECTS:
            raise ValueError(f"max_rejects is {max_rejects}: write 0 to {MOST_REJECTS:,}, which is what COPY allows.")
        if "{{" not in iam_role:
            CopyOptions(iam_role=iam_role)
        identifiers.check_table(table)
        validate_checks(checks)
        for check in checks:
            if not isinstance(check, Aggregate) or check.table != table:
                raise ValueError(
                    f"The check {check.check_name!r} of {check.table} cannot run while {table} is staged: "
                    "give checks of that table that need no query of their own. The others belong in a "
                    "DataQualityOperator."
                )
        self.table = table
        self.bucket = bucket
        self.key_pattern = key_pattern
        self.margin_days = margin_days
        self.window_column = window_column
        self.prefix = prefix
        self.list_every = list_every
        self.json = json
        self.iam_role = iam_role
        self.region = region
        self.time_format = time_format
        self.gzip = gzip
        self.max_rejects = max_rejects
        self.checks = tuple(checks)
        # Read by the OpenLineage listener, as check_results is.
        self.staged: Staged | None = None

    def stage_for(self, task: WarehouseOperator, context: Mapping[str, Any], window: Window) -> Stage:
        """Return the staging of this source for a run, as a task of the run needs it."""
        from redshift_elt.staging.stage import Source, Stage

        rendered = copy.copy(self)
        rendered.render_template_fields(context, task.dag.get_template_env())
        targets = self._ledger_targets(context)
        names = [name for name in Source.__dataclass_fields__ if name != "ledger_targets"]
        source = Source(ledger_targets=targets, **{name: getattr(rendered, name) for name in names})
        by_hand = context["dag_run"].run_type == "manual"
        return Stage(source, context["dag_run"], task.task_id, window, task.s3, force_listing=by_hand)

    def _ledger_targets(self, context: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the targets of the loads that use this operator, or nothing if a run has to stage all objects.

        :raises AirflowFailException: ``list_every`` is given, but no ledger is kept.
        """
        users = self._users() if self.prefix is not None else []
        # The table of a mapped operator is not known before it runs.
        if any(getattr(user, "needs_all_objects", True) for user in users):
            users = []
        targets = [user.ledger_target for user in users if user.ledger_target]
        if self.list_every is not None and not targets:
            raise AirflowFailException(
                f"list_every of {self.task_id} has no effect: without a ledger, every run stages all objects that it "
                "lists. Remove list_every, or name the operator only in the staged_by of loads that merge by key."
            )
        return tuple(self.render_template(target, context) for target in targets)

    def _users(self) -> list[Any]:
        """Return the tasks of the DAG that name this operator in ``staged_by``."""
        return [task for task in self.dag.tasks if self.task_id in {one.task_id for one in _staged_by(task)}]

    def lineage(self, place: Place) -> OperatorLineage:
        """Return the objects' prefix or key pattern as what is read, and the staging table's template as written."""
        from redshift_elt.integrations.lineage import OperatorLineage, objects, written

        rows = self.staged.rows if self.staged else None
        return OperatorLineage(
            inputs=[objects(self.bucket, self.prefix or self.key_pattern, self.staged)],
            outputs=[written(place, self.table, rows)],
        )

    def execute(self, context: Mapping[str, Any]) -> dict[str, Any]:
        """Stage the run's objects and check what was staged.

        :return: the staging table's name, how many objects and bytes were read, how many rows the table has, how many
            were left out because their object is another day's, how many records were rejected, how many there were in
            all, and how many seconds it took to list, copy and check.
        """
        started = time.monotonic()
        stage = self.stage_for(self, context, self.window(context))
        staged = self.transaction(stage.make, stage.explain)
        stage.discard_manifests()
        seconds = time.monotonic() - started
        self.log.info(
            "%s: %s rows staged, %s left out, %s records rejected, in %.1f s.",
            stage.table,
            f"{staged.rows:,}",
            f"{staged.left_out:,}",
            f"{staged.rejected:,}",
            seconds,
        )
        # Read by the OpenLineage listener, also when the task fails.
        self.staged = staged
        self.check_results = sql_check_results(staged.results)
        log_results(staged.results)
        fail_if_any_failed(
            staged.results, f"Nothing was loaded; {stage.table} is kept. Correct the file, then clear the run."
        )
        return {
            "table": stage.table,
            "objects": staged.objects,
            "bytes": staged.size,
            "rows": staged.rows,
            "left_out": staged.left_out,
            "rejected": staged.rejected,
            "read": staged.read,
            "seconds": round(seconds, 3),
        }


def _staged_by(task: Any) -> Sequence[StageToRedshiftOperator]:
    """Return the staging operators that a task names, a mapped one included."""
    return getattr(task, "staged_by", ()) or getattr(task, "partial_kwargs", {}).get("staged_by", ())
