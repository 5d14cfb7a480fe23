"""What the operators have in common: the warehouse's connection, the run's window, and one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from airflow.providers.common.compat.sdk import AirflowOptionalProviderFeatureException
from airflow.providers.common.sql.operators.sql import BaseSQLOperator

from redshift_elt.run.window import Window, resolve_window

if TYPE_CHECKING:
    from airflow.providers.amazon.aws.hooks.s3 import S3Hook
    from airflow.providers.common.sql.hooks.sql import DbApiHook
    from airflow.sdk import Context

    from redshift_elt.connection.session import Session
    from redshift_elt.integrations.lineage import OperatorLineage, Place

Result = TypeVar("Result")

# A cluster is resumed within some minutes; where AWS has no nodes for it, it takes until somebody gives nodes back.
_LOOK_AGAIN = timedelta(seconds=30)
_RESUMED_WITHIN = timedelta(hours=1)


class WarehouseOperator(BaseSQLOperator):
    """An operator that works in the warehouse, in one transaction, for its run's window.

    :param conn_id: an Airflow connection of type ``redshift`` or ``postgres``.
    :param aws_conn_id: the connection for S3, and for finding a cluster by its name.
    :param resume_cluster: resume the cluster if it is found paused, and begin anew when it is available. Meanwhile the
        task is deferred: it holds no worker. A cluster that is not paused costs nothing more.
    """

    template_fields: Sequence[str] = ("conn_id", "aws_conn_id", "resume_cluster")
    template_ext: Sequence[str] = (".sql",)
    conn_id: str
    ui_color = "#eaf2fb"

    def __init__(
        self,
        *,
        conn_id: str = "redshift_default",
        aws_conn_id: str = "aws_default",
        resume_cluster: bool | str = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(conn_id=conn_id, **kwargs)
        self.aws_conn_id = aws_conn_id
        self.resume_cluster = resume_cluster

    @cached_property
    def _hook(self) -> DbApiHook:
        from redshift_elt.connection.hook import warehouse_hook

        return warehouse_hook(self.conn_id, self.aws_conn_id)

    @cached_property
    def s3(self) -> S3Hook:
        """The client for the bucket."""
        from airflow.providers.amazon.aws.hooks.s3 import S3Hook

        return S3Hook(aws_conn_id=self.aws_conn_id)

    def window(self, context: Mapping[str, Any]) -> Window:
        """Return the run's window, and tell the log."""
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
        """Do a piece of work in one transaction; see :func:`redshift_elt.connection.transaction.in_transaction`.

        :raises TaskDeferred: the cluster is paused, and is to be resumed first.
        """
        from redshift_elt.connection.endpoints import ClusterPausedError
        from redshift_elt.connection.transaction import in_transaction

        try:
            return in_transaction(self.get_db_hook(), work, explain, read_only=read_only)
        except ClusterPausedError as paused:
            # A template yields a text.
            if str(self.resume_cluster) != "True":
                raise
            self.log.info("%s", paused)
            give_up = datetime.now(timezone.utc) + _RESUMED_WITHIN
            self._resume(paused.identifier, give_up)

    def lineage(self, place: Place) -> OperatorLineage[Any, Any] | None:  # noqa: ARG002
        """Return what the task reads and writes, and how much if it has done so already; None: nothing to tell.

        Called only where the OpenLineage provider is installed.

        :param place: where the tables are.
        """
        return None

    def get_openlineage_facets_on_start(self) -> OperatorLineage[Any, Any] | None:
        """Return the task's lineage, or None where the OpenLineage provider is missing; the provider calls this."""
        try:
            from redshift_elt.integrations.lineage import OperatorLineage, Place
        except ImportError as error:
            self.log.debug("No lineage, for OpenLineage is not installed: %s", error)
            return None
        return self.lineage(Place.of(self.get_db_hook())) or OperatorLineage()

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> OperatorLineage[Any, Any] | None:  # noqa: ARG002
        """Return the task's lineage with numbers and results of checks; the provider calls this at the task's end.

        The parent would ask the warehouse for more.
        """
        lineage = self.get_openlineage_facets_on_start()
        if lineage is None or not self.check_results:
            return lineage
        try:
            with_results: OperatorLineage[Any, Any] = self._attach_check_facets(lineage)
        except AirflowOptionalProviderFeatureException as error:
            self.log.debug("The results of the checks are left out of the lineage: %s", error)
            return lineage
        return with_results

    def when_resumed(self, context: Context, identifier: str, give_up: str, event: Any = None) -> Any:  # noqa: ARG002
        """Begin anew if the cluster is available by now, and wait further if it is not.

        :param identifier: the cluster's name.
        :param give_up: when to wait no longer, in ISO form with its zone.
        :raises TaskDeferred: it is not available yet.
        :raises AirflowException: it was waited for long enough.
        """
        from redshift_elt.cluster.pause import ensure_available

        if ensure_available(identifier, aws_conn_id=self.aws_conn_id):
            return self.execute(context)
        return self._wait(identifier, datetime.fromisoformat(give_up))

    def _resume(self, identifier: str, give_up: datetime) -> NoReturn:
        from redshift_elt.cluster.pause import ensure_available

        ensure_available(identifier, aws_conn_id=self.aws_conn_id)
        self._wait(identifier, give_up)

    def _wait(self, identifier: str, give_up: datetime) -> NoReturn:
        from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger
        from airflow.sdk.exceptions import AirflowException

        if datetime.now(timezone.utc) > give_up:
            raise AirflowException(
                f"The Redshift cluster {identifier!r} is not available {_RESUMED_WITHIN} after it was to be resumed. "
                "Look at it in the AWS console."
            )
        self.defer(
            trigger=TimeDeltaTrigger(_LOOK_AGAIN),
            method_name="when_resumed",
            kwargs={"identifier": identifier, "give_up": give_up.isoformat()},
        )
