"""Make the Redshift cluster of a snapshot."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, Param, task

from redshift_elt.cluster.fields import access_fields, cluster_identifier, label_fields
from redshift_elt.cluster.spec import Access, ManagedCluster
from sparkify_defaults import BUCKET, BUCKET_VARIABLE, CLUSTER, CLUSTER_DAG, PREFIXES, TAGS

DOCS = """\
### Make Sparkify's cluster of a snapshot

Such as the one that `sparkify_teardown_cluster` has taken: its name is in that run's log. Tables, rows, users and nodes
are the snapshot's. The role that COPY uses, the security group, the parameter group, the password and the encryption
are as `sparkify_create_cluster` makes them; run that afterwards where there are new tables since. It can be run again
at any time; a cluster of this name that was not made of this snapshot is left alone.

**It costs money from the moment the cluster is there.** `sparkify_teardown_cluster` removes it.
"""


def managed_cluster(params: dict) -> ManagedCluster:
    """Return the cluster that the run's params describe."""
    labels = {"owner": params["owner"], "purpose": params["purpose"]}
    return ManagedCluster(params["cluster_identifier"], TAGS, labels, params["subnet_group"])


with DAG(
    dag_id="sparkify_restore_cluster",
    description="Make the Redshift cluster of a snapshot",
    doc_md=DOCS,
    **CLUSTER_DAG,
    params={
        "snapshot_identifier": Param(
            type="string",
            minLength=1,
            maxLength=255,
            title="Snapshot",
        ),
        "cluster_identifier": cluster_identifier(CLUSTER),
        **access_fields(
            bucket_variable=BUCKET_VARIABLE,
            prefixes=PREFIXES,
        ),
        **label_fields(owner="sparkify", purpose="analytics of song plays"),
    },
) as dag:

    @task
    def prepare(bucket: str, params: dict | None = None) -> dict[str, str]:
        """Create the missing resources of the cluster."""
        from redshift_elt.cluster.resources import ensure_resources

        return ensure_resources(managed_cluster(params), Access(bucket, params["prefixes"], params["cidrs"]))

    @task.sensor(mode="reschedule", poke_interval=10, timeout=timedelta(hours=2).total_seconds())
    def restore_cluster(resources: dict[str, str], params: dict | None = None) -> bool:
        """Restore the cluster and wait until it is available."""
        from redshift_elt.cluster.restore import restore_cluster

        return restore_cluster(managed_cluster(params), params["snapshot_identifier"], resources)

    restore_cluster(prepare(BUCKET))
