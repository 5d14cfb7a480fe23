"""Restore the Redshift cluster from a snapshot."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, Param, PokeReturnValue

from redshift_elt.cluster.fields import cluster_identifier
from redshift_elt.compatibility import task
from redshift_elt.connection.aws_values import NEW_CLUSTER
from redshift_elt.sensors.cluster_step import cluster_step
from sparkify_defaults import (
    CLUSTER,
    CLUSTER_AWS_CONN_ID,
    CLUSTER_DAG,
    CLUSTER_SETTINGS,
    new_access,
    new_cluster,
    new_cluster_fields,
)

DOCS = """\
### Restore Sparkify's cluster from a snapshot

For example from the final snapshot of `sparkify_teardown_cluster`: its name is in the log of that run. Tables, rows,
users and nodes are those of the snapshot. The role that COPY uses, the security group, the parameter group, the
password, the encryption, the routing and the audit log are as `sparkify_create_cluster` sets them up. If tables have
been added since the snapshot, run `sparkify_create_cluster` afterwards. The DAG can be run again at any time. An
existing cluster of this name that was not restored from this snapshot is not touched.

**The cluster is billed from the moment it is created.** `sparkify_teardown_cluster` deletes it.
"""


with DAG(
    dag_id="sparkify_restore_cluster",
    description="Restore the Redshift cluster from a snapshot",
    doc_md=DOCS,
    **CLUSTER_DAG,
    params={
        "snapshot_identifier": Param(
            type="string",
            minLength=1,
            maxLength=255,
            title="Snapshot",
        ),
        "cluster_identifier": cluster_identifier(CLUSTER, NEW_CLUSTER),
        **new_cluster_fields(),
    },
) as dag:

    @task
    def prepare(settings: dict[str, str], params: dict | None = None) -> dict[str, str]:
        """Create the missing resources of the cluster."""
        from redshift_elt.cluster.resources import ensure_resources
        from redshift_elt.cluster.restore import check_snapshot

        check_snapshot(params["snapshot_identifier"])
        return ensure_resources(new_cluster(params), new_access(settings, params), CLUSTER_AWS_CONN_ID)

    @cluster_step(until="the restored cluster is available", poke_interval=10, timeout=timedelta(hours=2))
    def restore_cluster(resources: dict[str, str], params: dict | None = None) -> PokeReturnValue:
        """Restore the cluster and wait until it is available."""
        from redshift_elt.cluster.restore import restore_cluster

        return restore_cluster(new_cluster(params), params["snapshot_identifier"], resources, CLUSTER_AWS_CONN_ID)

    @task
    def enable_audit_logging(params: dict | None = None) -> None:
        """Switch on the audit log, if one is requested."""
        from redshift_elt.cluster.audit_logging import ensure_audit_logging

        ensure_audit_logging(new_cluster(params), params["audit_log"], CLUSTER_AWS_CONN_ID)

    restore_cluster(prepare(CLUSTER_SETTINGS)) >> enable_audit_logging()
