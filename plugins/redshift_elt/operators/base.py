"""The base class of the operators: the connection to the warehouse, the run's window, and one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from airflow.providers.common.compat.sdk import (
    AirflowException,
    AirflowFailException,
    AirflowOptionalProviderFeatureException,
)
from airflow.providers.common.sql.operators.sql import BaseSQLOperator

from redshift_elt.connection.missing_privilege import TaskTables, explain_missing_privilege
from redshift_elt.connection.refused_statement import explain_refused_statement
from redshift_elt.connection.session_limits import LOCK_TIMEOUT, SessionLimits
from redshift_elt.connection.transaction import in_transaction, without_transaction
from redshift_elt.operators.template_files import refuse_files_not_found, sql_files
from redshift_elt.operators.template_names import refuse_undefined_names
from redshift_elt.operators.templates import is_template
from redshift_elt.run.params import QUERY_GROUP, STATEMENT_TIMEOUT
from redshift_elt.run.window import Window, resolve_window
from redshift_elt.triggers.deferrable_operator import DeferrableOperator

if TYPE_CHECKING:
    from airflow.providers.amazon.aws.hooks.s3 import S3Hook
    from airflow.providers.common.sql.hooks.sql import DbApiHook
    from airflow.sdk import Context

    from redshift_elt.cluster.step import Step
    from redshift_elt.connection.refused_statement import Argument
    from redshift_elt.connection.session import Session
    from redshift_elt.integrations.lineage import DatasetNamespace, OperatorLineage

Result = TypeVar("Result")

# A cluster resumes within minutes, unless AWS has no capacity for it at the moment.
_POLL_INTERVAL = timedelta(seconds=30)
_MAX_WAIT = timedelta(hours=1)
_GRACE = timedelta(minutes=10)


class WarehouseOperator(DeferrableOperator, BaseSQLOperator):
    """An operator that works in the warehouse, in one transaction, for the window of its run.

    :param conn_id: an Airflow connection of type ``redshift`` or ``postgres``.
    :param aws_conn_id: the AWS connection, used for S3 and to look up the cluster.
    :param resume_cluster: resume the cluster if it is paused, and start again when it is available. Meanwhile the task
        is deferred and occupies no worker. While the cluster is not paused, this adds no requests.
    :param lock_timeout: how many seconds a statement may take while it waits for another session, such as another load
        of the same target. Then the task fails with the name of that session, and can be retried.
    :param statement_timeout: how many seconds any statement may take. Then the warehouse cancels it; the task fails,
        and can be retried. Keep it longer than ``lock_timeout``.
    :param query_group: the label of the task's statements in the query logs of the warehouse, by which workload
        management can choose a queue; empty for none.
    """

    conn_id: str
    template_fields: Sequence[str] = (
        "conn_id",
        "aws_conn_id",
        "resume_cluster",
        "statement_timeout",
        "query_group",
    )
    template_ext: Sequence[str] = (".sql",)
    ui_color = "#eaf2fb"

    # The .sql file in each template field that names one, see resolve_template_files().
    sql_files: Mapping[str, str] = MappingProxyType({})

    def __init__(
        self,
        *,
        conn_id: str = "redshift_default",
        aws_conn_id: str = "aws_default",
        resume_cluster: bool | str = False,
        lock_timeout: float = LOCK_TIMEOUT,
        statement_timeout: float | str = STATEMENT_TIMEOUT,
        query_group: str = QUERY_GROUP,
        **kwargs: Any,
    ) -> None:
        super().__init__(conn_id=conn_id, **kwargs)
        self.aws_conn_id = aws_conn_id
        self.resume_cluster = resume_cluster
        self.lock_timeout = lock_timeout
        self.statement_timeout = statement_timeout
        self.query_group = query_group
        if not any(map(is_template, (statement_timeout, query_group))):
            self._limits()

    @cached_property
    def _hook(self) -> DbApiHook:
        from redshift_elt.connection.hook import warehouse_hook

        return warehouse_hook(self.conn_id, self.aws_conn_id)

    @cached_property
    def s3(self) -> S3Hook:
        """The client for the bucket."""
        from redshift_elt.connection.aws_api import s3_hook

        return s3_hook(self.aws_conn_id)

    @property
    def task_tables(self) -> TaskTables:
        """The tables that the task changes or creates others like, for messages about missing privileges."""
        return TaskTables()

    @property
    def written(self) -> Sequence[Argument]:
        """What the user has written and the task sends, for messages about statements that the warehouse refuses."""
        return ()

    def resolve_template_files(self) -> None:
        """Read the SQL files, and remember their names for messages; Airflow calls this after parsing.

        :raises ValueError: a file does not exist, or a template needs what the DAG does not define.
        """
        named = sql_files(self)
        super().resolve_template_files()
        refuse_files_not_found(self)
        refuse_undefined_names(self)
        self.sql_files = {**self.sql_files, **{field: files[0] for field, files in named.items()}}

    def window(self, context: Mapping[str, Any]) -> Window:
        """Return the run's window, and log it."""
        window = resolve_window(context)
        self.log.info("Window: %s (%s).", window, window.origin)
        return window

    def transaction(
        self,
        work: Callable[[Session], Result],
        explain: Callable[[Session, Exception], Exception] | None = None,
        *,
        read_only: bool = False,
    ) -> Result:
        """Run work in one transaction; see :func:`redshift_elt.connection.transaction.in_transaction`.

        :raises TaskDeferred: the cluster is paused and is resumed first.
        :raises AirflowFailException: the user of the connection lacks a privilege, or a statement is refused for
            another reason that a retry does not cure.
        """

        def explain_all(session: Session, error: Exception) -> Exception:
            return self._explain(session, explain(session, error) if explain else error)

        return self._resuming(
            lambda: in_transaction(
                self.get_db_hook(), work, explain_all, read_only=read_only, limits=self._rendered_limits()
            )
        )

    def without_transaction(self, work: Callable[[Session], Result]) -> Result:
        """Run work whose statements commit each by itself; see :func:`.transaction.without_transaction`.

        :raises TaskDeferred: the cluster is paused and is resumed first.
        :raises AirflowFailException: as for :meth:`transaction`.
        """
        return self._resuming(
            lambda: without_transaction(self.get_db_hook(), work, self._explain, limits=self._rendered_limits())
        )

    def _explain(self, session: Session, error: Exception) -> Exception:
        """Return the error to raise for one that no other function has explained."""
        explained = explain_missing_privilege(session, error, self.task_tables)
        return explain_refused_statement(session, explained, self.task_id, self.written)

    def _resuming(self, attempt: Callable[[], Result]) -> Result:
        from redshift_elt.connection.endpoints import ClusterPausedError

        try:
            return attempt()
        except ClusterPausedError as paused:
            # A rendered template is a string.
            if str(self.resume_cluster) != "True":
                raise
            self.log.info("%s", paused)
            deadline = datetime.now(timezone.utc) + _MAX_WAIT
            self._resume(paused.identifier, deadline)

    def _limits(self) -> SessionLimits:
        """Return the limits of the task's sessions.

        :raises ValueError: see the message.
        """
        return SessionLimits.rendered(self.lock_timeout, self.statement_timeout, self.query_group)

    def _rendered_limits(self) -> SessionLimits:
        """Return the limits of the task's sessions, after the templates have been rendered.

        :raises AirflowFailException: see the message. A template renders to the same value in every try.
        """
        try:
            return self._limits()
        except ValueError as error:
            raise AirflowFailException(f"An argument of {self.task_id} cannot be used. {error}") from error

    def lineage(self, namespace: DatasetNamespace) -> OperatorLineage[Any, Any] | None:  # noqa: ARG002
        """Return the datasets that the task reads and writes, with statistics once it has run; None: no lineage.

        Called only where the OpenLineage provider is installed.

        :param namespace: the namespace of the tables' datasets.
        """
        return None

    def get_openlineage_facets_on_start(self) -> OperatorLineage[Any, Any] | None:
        """Return the task's lineage; the provider calls this. None if OpenLineage is not installed."""
        try:
            from redshift_elt.integrations.lineage import DatasetNamespace, OperatorLineage
        except ImportError as error:
            self.log.debug("No lineage, because OpenLineage is not installed: %s", error)
            return None
        return self.lineage(DatasetNamespace.of(self.get_db_hook())) or OperatorLineage()

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> OperatorLineage[Any, Any] | None:  # noqa: ARG002
        """Return the task's lineage with statistics and check results; the provider calls this when the task ends.

        The parent's method would query the warehouse for more.
        """
        lineage = self.get_openlineage_facets_on_start()
        # Without them, the provider is older than the results of checks in lineage.
        if lineage is None or not getattr(self, "check_results", None):
            return lineage
        try:
            # The provider has no public method that attaches results without queries.
            with_results: OperatorLineage[Any, Any] = self._attach_check_facets(lineage)
        except AirflowOptionalProviderFeatureException as error:
            self.log.debug("The lineage does not include the check results: %s", error)
            return lineage
        return with_results

    def when_resumed(self, context: Context, identifier: str, deadline: str, event: Any = None) -> Any:  # noqa: ARG002
        """Execute the task if the cluster is available, and otherwise wait again.

        :param identifier: the cluster identifier.
        :param deadline: when to stop waiting, in ISO format with a time zone.
        :raises TaskDeferred: the cluster is not available yet.
        :raises AirflowException: the deadline has passed.
        """
        from redshift_elt.cluster.pause import ensure_available

        step = ensure_available(identifier, aws_conn_id=self.aws_conn_id)
        if step:
            return self.execute(context)
        return self._wait(identifier, datetime.fromisoformat(deadline), step)

    def _resume(self, identifier: str, deadline: datetime) -> NoReturn:
        from redshift_elt.cluster.pause import ensure_available

        self._wait(identifier, deadline, ensure_available(identifier, aws_conn_id=self.aws_conn_id))

    def _wait(self, identifier: str, deadline: datetime, step: Step) -> NoReturn:
        from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger

        if datetime.now(timezone.utc) > deadline:
            raise AirflowException(
                f"The Redshift cluster {identifier!r} is not available {_MAX_WAIT} after the task began to "
                f"resume it. Last state: {step.found} Check it in the AWS console. The retry waits again."
            )
        self.defer(
            trigger=TimeDeltaTrigger(_POLL_INTERVAL),
            method_name="when_resumed",
            kwargs={"identifier": identifier, "deadline": deadline.isoformat()},
            # For a triggerer that has died.
            timeout=_POLL_INTERVAL + _GRACE,
        )
