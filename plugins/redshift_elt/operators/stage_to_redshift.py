"""Stage: COPY objects from S3 into a staging table of the run."""

from __future__ import annotations

import copy
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from airflow.providers.common.compat.sdk import AirflowFailException

from redshift_elt.checks.check_facets import sql_check_results
from redshift_elt.checks.reporting import fail_if_any_failed, log_results
from redshift_elt.connection.missing_privilege import TaskTables
from redshift_elt.operators.arguments import arguments_of, arguments_of_checks
from redshift_elt.operators.base import WarehouseOperator
from redshift_elt.operators.confirmed_delete import require_confirmed_delete
from redshift_elt.operators.new_field_columns import add_columns_for_fields
from redshift_elt.operators.one_table_each import refuse_mapped, refuse_shared_table
from redshift_elt.operators.stage_arguments import aggregates, check_arguments, check_rendered_keys
from redshift_elt.operators.staged_by import appends, check_consumers, is_snapshot, ledger_targets, loads_of
from redshift_elt.run.on_missing import KEEP
from redshift_elt.staging.copy_options import CopyOptions
from redshift_elt.staging.drift.detect import ColumnsToAddError, RefusedFieldsError
from redshift_elt.staging.drift.recorded import record
from redshift_elt.staging.formats.file_format import FileFormat
from redshift_elt.staging.formats.json_format import Json
from redshift_elt.staging.key_pattern import KeyPattern
from redshift_elt.staging.manifest_location import ManifestLocation
from redshift_elt.staging.reject_limit import RejectLimit
from redshift_elt.staging.source import Source
from redshift_elt.staging.stage import SourceStaging
from redshift_elt.staging.stage_by_period import StagingByPeriod
from redshift_elt.staging.staging_context import StagingContext
from redshift_elt.staging.summary import StagingSummary

if TYPE_CHECKING:
    from datetime import timedelta

    from airflow.sdk import DAG, Context

    from redshift_elt.checks import Check
    from redshift_elt.connection.refused_statement import Argument
    from redshift_elt.integrations.lineage import DatasetNamespace, OperatorLineage
    from redshift_elt.run.window import Window
    from redshift_elt.staging.drift.policy import OnNewField
    from redshift_elt.staging.staging_result import Staged


class StageToRedshiftOperator(WarehouseOperator):
    """Load the objects that a run needs into a staging table that only this run uses.

    The objects are listed, named in a manifest, and loaded by COPY. Each try creates the table again and starts from
    the beginning, except with ``window_column`` in a full load or for more than 31 periods: each period is committed by
    itself, and a later try continues with the periods that are left. Give exactly one of ``key_pattern``, ``prefix``
    and ``key``.

    The loads and checks that name this operator in ``staged_by`` run after it.

    :param table: the permanent, empty table that the staging table is created like; the staging table has the same name
        with a suffix for the run, see :func:`redshift_elt.run.names.staging_table`. Without a schema. Each staging task
        of a DAG needs a table of its own, so it cannot be mapped.
    :param bucket: the name of the bucket, without ``s3://``.
    :param key_pattern: the keys of the objects of one period, such as ``orders/%Y/%m/%d/%H/*.json.gz`` for the hours
        of a day: codes of ``strftime`` down to the minute, and globs, see
        :class:`redshift_elt.staging.key_pattern.KeyPattern`. The objects of the periods that the window touches are
        staged, any number for each of them. A full load stages the objects of all periods.
    :param timezone: with ``key_pattern``: the time zone of the times in the keys, such as ``Europe/Berlin``. The times
        in ``window_column`` are UTC.
    :param margin_days: the number of days before and after the window whose periods are staged too, for events in the
        objects of a neighboring period.
    :param window_column: with ``key_pattern``: the column of event time in the table. The objects of each period are
        then loaded by a COPY of their own, and their rows of other periods are left out, except for ``margin_days`` on
        either side. So the rows are the same however the periods are grouped into runs. Needed by loads that overwrite
        their window. None: every row of every object is staged, by one COPY.
    :param prefix: stage everything below this key prefix, which ends with a slash. If all loads that name this operator
        in ``staged_by`` merge rows by key or append them, a ledger is kept: a run stages only the objects that at least
        one of their targets has not loaded yet in their current version (ETag). A full load stages all objects. If one
        of the loads overwrites its window, every run stages all objects, because such a load deletes the rows that it
        does not find. If a load appends, the prefix is listed again after COPY, and the task fails if an object has
        changed meanwhile.
    :param list_every: with ``prefix`` and a ledger: how long a listing of the prefix is good for. S3 lists 1,000 keys
        per request, so listing a large prefix in every hourly run is expensive. Full loads and manually triggered runs
        always list. None: every run lists.
    :param start_after: with ``list_every``, for keys that sort by the time at which they are written: between two
        listings of the whole prefix, a run lists the keys after the last one that all targets have loaded. It does not
        see a new object with an earlier key, nor a change of an object that was loaded. The next listing of the whole
        prefix finds both.
    :param key: stage this one object, such as a file that is replaced every day. A ledger is kept as with ``prefix``.
    :param format: how COPY reads the objects, such as ``Json("paths.json", time_format="epochmillisecs")``,
        ``Csv(header_lines=1)`` or ``Parquet()``; see docs/formats.md. By default JSON whose fields have the names of
        the columns.
    :param iam_role: the role that COPY uses: ``default`` for the cluster's default role, an ARN, or a chain of roles
        ``arn1,arn2``, where each role assumes the next and the last one reads the bucket.
    :param region: the region of the bucket; by default the region of the AWS connection. Columnar files must be in the
        cluster's region.
    :param manifest_url: where the task writes its manifests, such as ``s3://bucket/prefix/``, in the region of the
        source; by default the bucket of the source. With another bucket, Airflow needs to write nothing to that of the
        source. The keys continue with ``manifests/``.
    :param manifest_encryption: how S3 encrypts the manifests: ``AES256``, ``aws:kms`` for the KMS key of the bucket or
        of S3, or the ARN of a KMS key; by default as the bucket does. For buckets that refuse objects without this
        header.
    :param max_rejects: the maximum number of rejected records, over all objects: records that COPY cannot load. Or
        their maximum share of all records, such as ``1%``; COPY itself stops at 100,000 rejected records. They are kept
        in the bookkeeping table ``rejects``; those of an earlier try of the run are replaced. With 0,
        COPY stops at the first one, so the log usually lists only that one. Columnar files are loaded as a whole or not
        at all. If no record of a COPY can be loaded, the task fails whatever the maximum is.
    :param max_left_out: with ``window_column``: the share, from 0 to 1, of the rows of a period's objects that may be
        left out because they are of other periods. More fail the task: the unit of the times is probably wrong.
    :param on_missing: what loads do with rows that they have loaded, but whose objects this run does not find in S3:
        ``keep`` the rows and warn, ``fail``, or ``delete`` the rows. With ``key_pattern``, those are the rows of the
        periods that lack an object; with ``margin_days``, the rows within the margin of such a period are kept too,
        unless it is ``delete``. With ``prefix`` or ``key``, those are the hours of the window of which no row was
        staged. In a full load from a ``prefix`` or ``key`` with a ledger, ``keep`` deletes no rows while objects of the
        ledger are missing; without a ledger, ``keep`` fails if an hour would lose all of its rows, and deletes no rows
        of tables that are merged by key. A full load of a table that is appended to cannot keep some of its rows, so
        ``keep`` fails. If rows are loaded and their object has none any more, ``keep`` fails too.
    :param checks: checks of all staged rows, inside and outside of the window. They run in one scan in the same
        transaction, and their results are kept in the bookkeeping table ``check_results``. Only aggregates of
        ``table`` are possible, not references, queries and counts. A load that stages again because an object has
        changed runs them again. Up to ten rows that break a rule are shown, see
        :class:`redshift_elt.operators.data_quality.DataQualityOperator`.
    :param on_new_field: what to do about a field of a new object that COPY would ignore, because ``table`` or the
        JSONPaths file does not have it: ``warn`` logs it; ``fail`` fails the task before COPY; ``add`` adds a column to
        ``table`` and to the targets of all loads that name this operator in ``staged_by``, with a type that
        :func:`redshift_elt.staging.drift.new_columns.column_type` derives from the values, and then loads the field.
        In the targets the column is NULL until their SELECTs yield it. ``add`` needs a table and targets that the user
        of the connection owns, and ``Json("auto")`` or ``Json("auto ignorecase")``. The field is recorded in
        the bookkeeping table ``schema_drift``. So are fields that are missing, and fields whose values do not fit their
        columns. A text file that begins with a record instead of its header always fails the task. So do fields of
        a CSV, delimited or Parquet file that are not in the order of the columns, because COPY loads them by position.
        Only the first records of the latest objects are compared, see docs/guarantees.md.
    :raises AirflowFailException: there are more rejected records, and the message names file, line and reason; or a
        check with severity ``error`` has failed, so that nothing of the run is loaded.
    """

    template_fields: Sequence[str] = (
        *WarehouseOperator.template_fields,
        "table",
        "bucket",
        "key_pattern",
        "prefix",
        "key",
        "format",
        "iam_role",
        "region",
        "manifest_url",
        "manifest_encryption",
        "max_rejects",
        "on_missing",
    )

    def __init__(
        self,
        *,
        table: str,
        bucket: str,
        key_pattern: str | None = None,
        timezone: str = "UTC",
        margin_days: int = 0,
        window_column: str | None = None,
        prefix: str | None = None,
        list_every: timedelta | None = None,
        start_after: bool = False,
        key: str | None = None,
        format: FileFormat | None = None,  # noqa: A002 the word of COPY
        iam_role: str = "default",
        region: str | None = None,
        manifest_url: str | None = None,
        manifest_encryption: str | None = None,
        max_rejects: int | str = 0,
        max_left_out: float = 0.5,
        on_missing: str = KEEP,
        checks: Sequence[Check] = (),
        on_new_field: OnNewField = "warn",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.table = table
        if self.get_dag() is not None:
            refuse_shared_table(self)
        self.bucket = bucket
        self.key_pattern = key_pattern
        self.timezone = timezone
        self.margin_days = margin_days
        self.window_column = window_column
        self.prefix = prefix
        self.list_every = list_every
        self.start_after = start_after
        self.key = key
        self.format = Json() if format is None else format
        self.iam_role = iam_role
        self.region = region
        self.manifest_url = manifest_url
        self.manifest_encryption = manifest_encryption
        self.max_rejects = max_rejects
        self.max_left_out = max_left_out
        self.on_missing = on_missing
        self.on_new_field = on_new_field
        check_arguments(self)
        self.checks = aggregates(checks, table)
        # Read by the OpenLineage listener, as check_results is.
        self.staged: Staged | None = None

    @classmethod
    def partial(cls, *, task_id: str, **_: Any) -> NoReturn:
        """Refuse to be mapped.

        :raises ValueError: always.
        """
        refuse_mapped(task_id)

    @property
    def dag(self) -> DAG:
        """The DAG of the task, which must have no other staging task of its table."""
        return super().dag

    @dag.setter
    def dag(self, dag: DAG | None) -> None:
        self._dag = dag
        # The DAG of a "with" block is assigned before the table.
        if dag is not None and hasattr(self, "table"):
            refuse_shared_table(self)

    @property
    def task_tables(self) -> TaskTables:
        """The template of the staging table, and the targets if columns may be added to them."""
        targets = [load.ledger_target for load in loads_of(self)] if self.on_new_field == "add" else []
        return TaskTables(targets=targets, templates=[self.table])

    @property
    def written(self) -> Sequence[Argument]:
        """The arguments with names of tables and columns, and the checks."""
        names = arguments_of(table=self.table, window_column=self.window_column, format=self.format)
        return [*names, *arguments_of_checks(self.checks)]

    def staging_for(self, task: WarehouseOperator, context: Context, window: Window) -> SourceStaging:
        """Return the staging of this source for a run.

        :param task: the task that stages; a load does so itself if an object has changed.
        :raises AirflowFailException: a template has rendered to a value that cannot be used, or the form asks to delete
            rows and does not confirm it.
        """
        run = context["dag_run"]
        require_confirmed_delete(context.get("params") or {}, task.conn_id)
        try:
            # A mapped load is known completely only when it runs.
            check_consumers(self, [] if task is self else [task])
            source = self.rendered(context)._source(ledger_targets(self, context))
        except ValueError as error:
            # A template renders to the same value in every try.
            raise AirflowFailException(f"An argument of {self.task_id} cannot be used. {error}") from error
        return SourceStaging(
            StagingContext(source, run, task.task_id, window, task.s3, always_list=run.run_type == "manual")
        )

    @property
    def manifests(self) -> ManifestLocation:
        """Where the manifests are written, if the templates are rendered.

        :raises ValueError: an argument cannot be used.
        """
        return ManifestLocation.of(self.manifest_url, self.manifest_encryption, self.bucket)

    def rendered(self, context: Context) -> StageToRedshiftOperator:
        """Return the operator with its template fields rendered for a run, also if another task asks for it."""
        rendered = copy.copy(self)
        rendered.render_template_fields(context, self.dag.get_template_env())
        return rendered

    def render_template(self, content: Any, context: Context, *arguments: Any, **named: Any) -> Any:
        """Render a template, or the templates in a format."""
        render = super().render_template
        if isinstance(content, FileFormat):
            return content.rendered(lambda text: render(text, context, *arguments, **named))
        return render(content, context, *arguments, **named)

    def lineage(self, namespace: DatasetNamespace) -> OperatorLineage[Any, Any]:
        """Return the prefix or key pattern as the input, and the template of the staging table as the output."""
        from redshift_elt.integrations.lineage import OperatorLineage, output_dataset, s3_dataset

        rows = self.staged.rows if self.staged else None
        return OperatorLineage(
            inputs=[s3_dataset(self.bucket, self.prefix or self.key_pattern or self.key or "", self.staged)],
            outputs=[output_dataset(namespace, self.table, rows)],
        )

    def execute(self, context: Context) -> dict[str, Any]:
        """Stage the objects of the run and check the staged rows.

        :return: a :class:`redshift_elt.staging.summary.StagingSummary`, for XCom.
        """
        started = time.monotonic()
        window = self.window(context)
        # Of all sources: if another one cannot be listed, nothing of the run is staged.
        for operator in (task for task in self.dag.tasks if isinstance(task, StageToRedshiftOperator)):
            check_rendered_keys(operator, context, window)
        staging = self.staging_for(self, context, window)
        staged = self._stage(staging, context)
        staging.delete_manifests()
        seconds = time.monotonic() - started
        self.log.info(
            "%s: %s rows staged, %s left out, %s records rejected, in %.1f s.",
            staging.table,
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
            staged.results, f"Nothing was loaded; {staging.table} is kept. Correct the file, then clear the run."
        )
        return StagingSummary.of(staging.table, staged, seconds).as_xcom()

    def _stage(self, staging: SourceStaging, context: Context) -> Staged:
        """Stage; add columns for new fields, or record those that make it fail, in a transaction of their own.

        :raises RefusedFieldsError: objects must not be loaded, because of their fields.
        """
        try:
            if by_period := StagingByPeriod.of(staging, self.transaction):
                return by_period.stage()
            return self.transaction(staging.stage, staging.explain)
        except RefusedFieldsError as found:
            compared = found.compared
            self.transaction(lambda session: record(session, staging.context, compared))
            raise
        except ColumnsToAddError as found:
            targets = {self.render_template(load.ledger_target, context) for load in loads_of(self)}
            add_columns_for_fields(self, staging.context, found, sorted(targets))
        # What was found is recorded now, so each repetition needs other new objects.
        return self._stage(staging, context)

    def _source(self, targets: tuple[str, ...]) -> Source:
        """Return the source; the operator is rendered.

        :param targets: the targets whose ledger decides which objects are staged.
        """
        return Source(
            table=self.table,
            bucket=self.bucket,
            key_pattern=None if self.key_pattern is None else KeyPattern(self.key_pattern, self.timezone),
            prefix=self.prefix,
            key=self.key,
            margin_days=self.margin_days,
            window_column=self.window_column,
            ledger_targets=targets,
            exact_versions=appends(self),
            list_every=self.list_every,
            start_after=self.start_after,
            format=self.format,
            options=CopyOptions(iam_role=self.iam_role, region=self.region),
            max_rejects=RejectLimit.of(self.max_rejects),
            max_left_out=self.max_left_out,
            on_missing=self.on_missing,
            checks=self.checks,
            on_new_field=self.on_new_field,
            latest_only=is_snapshot(self),
            manifests=self.manifests,
        )
