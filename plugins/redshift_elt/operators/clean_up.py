"""Clean up: drop the staging tables of a run and delete its manifests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from redshift_elt.operators.uses_staging import UsesStagingOperator
from redshift_elt.run.counted import counted
from redshift_elt.run.names import files_table, run_prefix, staging_table
from redshift_elt.sql.render import render

if TYPE_CHECKING:
    from airflow.sdk import Context

    from redshift_elt.connection.session import Session


class CleanUpOperator(UsesStagingOperator):
    """Drop the run's staging tables and delete its manifests, as far as they exist.

    Make it the last task of the DAG. After a failure the tables should stay for inspection: the retry replaces them.

    :param staged_by: the operators whose staging tables are dropped.
    :raises ValueError: ``staged_by`` is empty.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not self.staged_by:
            raise ValueError("staged_by is empty: name the staging operators whose tables are to be dropped.")

    def execute(self, context: Context) -> None:
        """Drop the tables and delete the manifests."""
        run = context["dag_run"]
        sources = [operator.rendered(context) for operator in self.staged_by]
        tables = [name(source.table, run) for source in sources for name in (staging_table, files_table)]

        def drop(session: Session) -> None:
            session.execute(render("stage/drop_tables.sql", tables=tables))

        self.without_transaction(drop)
        places = {(source.manifests.bucket, f"{source.manifests.prefix}{run_prefix(run)}") for source in sources}
        deleted = sum(self._delete_manifests(bucket, prefix) for bucket, prefix in sorted(places))
        self.log.info("Dropped the run's staging tables.")
        if deleted:
            self.log.info("Deleted %s that its staging had left.", counted(deleted, "manifest file"))

    def _delete_manifests(self, bucket: str, prefix: str) -> int:
        keys = self.s3.list_keys(bucket, prefix=prefix) or []
        if keys:
            self.s3.delete_objects(bucket, keys)
        return len(keys)
