"""Remove leftovers: the staging tables and manifests of runs that have ended."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowFailException

from redshift_elt.connection.aws_values import BUCKET
from redshift_elt.loading.load_failure import StagingMissingError, explain_load
from redshift_elt.maintenance.leftover_manifests import delete_old_manifests
from redshift_elt.maintenance.leftover_tables import LeftoverTables, Outcome, leftover_tables
from redshift_elt.operators.base import WarehouseOperator
from redshift_elt.operators.days import days_of
from redshift_elt.staging.manifest_location import ManifestLocation

if TYPE_CHECKING:
    from airflow.sdk import Context

    from redshift_elt.run.names import DagRun

# A run in one of these states still runs its tasks, retries included.
_ACTIVE = ["queued", "running"]


class RemoveLeftoversOperator(WarehouseOperator):
    """Drop the staging tables, and delete the manifests, that runs of any DAG have left because they failed.

    Leftovers are removed if they are old and their run is not queued or running in this Airflow. A run that is cleared
    later stages again. Tables that earlier versions of the package have created do not say which run they belong to,
    and are kept.

    :param bucket: the bucket of the sources.
    :param manifest_url: where the sources write their manifests, as in
        :class:`~redshift_elt.operators.stage_to_redshift.StageToRedshiftOperator`. If they write to several places, use
        a task for each.
    :param days: the age in days from which leftovers are removed. Until then, the tables of a failed run can be
        inspected, and the run can be cleared without staging again.
    """

    template_fields: Sequence[str] = (*WarehouseOperator.template_fields, "bucket", "manifest_url", "days")

    def __init__(self, *, bucket: str, manifest_url: str | None = None, days: int | str = 7, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bucket = bucket
        self.manifest_url = manifest_url
        self.days = days

    def execute(self, context: Context) -> dict[str, int]:
        """Remove the leftovers, and return how many tables and manifests there were.

        :raises AirflowFailException: the rendered bucket or URL cannot be used, or the days are not a number.
        """
        try:
            BUCKET.check("bucket", self.bucket)
            location = ManifestLocation.of(self.manifest_url, None, self.bucket)
        except ValueError as error:
            raise AirflowFailException(f"{error} Nothing was removed.") from error
        before = datetime.now(timezone.utc) - timedelta(days=days_of("days", self.days))

        def is_active(run: DagRun) -> bool:
            return bool(context["ti"].get_dr_count(dag_id=run.dag_id, run_ids=[run.run_id], states=_ACTIVE))

        found: dict[Outcome, list[LeftoverTables]] = defaultdict(list)
        # One transaction each: a table that another session reads delays only itself.
        for tables in self.transaction(leftover_tables):
            found[self._outcome(tables, before, is_active)].append(tables)
        for outcome, kept in found.items():
            self.log.info("Staging tables %s: %s", outcome.value, ", ".join(sorted(each.staging for each in kept)))
        active = {tables.suffix for tables in found[Outcome.ACTIVE]}
        manifests = delete_old_manifests(self.s3, location, before, active)
        self.log.info("Deleted %s manifest files from s3://%s/%s.", manifests, location.bucket, location.prefix)
        return {"tables": len(found[Outcome.DROPPED]), "manifests": manifests}

    def _outcome(self, tables: LeftoverTables, before: datetime, is_active: Callable[[DagRun], bool]) -> Outcome:
        moment = before.replace(tzinfo=None)
        try:
            return self.transaction(
                lambda session: tables.drop_if_orphaned(session, moment, is_active),
                lambda _, error: explain_load(error),
            )
        except StagingMissingError:
            return Outcome.GONE
