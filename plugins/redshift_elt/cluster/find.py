"""Look a cluster up, and tell which of its states pass by themselves."""

from __future__ import annotations

from typing import Any

from airflow.sdk.exceptions import AirflowFailException

from redshift_elt.cluster.tags import refuse_foreign

# DescribeClusters (AWS API reference), ClusterStatus: somebody must do something before the cluster can be used again.
BROKEN = (
    "hardware-failure",
    "incompatible-hsm",
    "incompatible-network",
    "incompatible-parameters",
    "incompatible-restore",
    "storage-full",
)
ENDING = ("deleting", "final-snapshot")


def find_cluster(redshift: Any, identifier: str) -> dict[str, Any] | None:
    """Return what AWS knows of a cluster, or None if there is none of this name.

    :param redshift: a boto3 client.
    """
    try:
        return redshift.describe_clusters(ClusterIdentifier=identifier)["Clusters"][0]
    except redshift.exceptions.ClusterNotFoundFault:
        return None


def usable_cluster(redshift: Any, identifier: str, tags: dict[str, str] | None) -> dict[str, Any]:
    """Return what AWS knows of a cluster that is there to stay.

    :param redshift: a boto3 client.
    :param tags: those that it must have; None looks at none.
    :raises AirflowFailException: there is no such cluster, it is somebody else's, it is being deleted, or it is in a
        state that does not pass by itself.
    """
    cluster = find_cluster(redshift, identifier)
    if cluster is None:
        raise AirflowFailException(
            f"There is no Redshift cluster {identifier!r} in this account and region. Create it, or correct its name."
        )
    if tags:
        refuse_foreign(f"cluster {identifier!r}", cluster.get("Tags", ()), tags)
    status = cluster["ClusterStatus"]
    if status in ENDING:
        raise AirflowFailException(f"The Redshift cluster {identifier!r} is being deleted. Create it, when it is gone.")
    if status in BROKEN:
        raise AirflowFailException(
            f"The Redshift cluster {identifier!r} is in the state {status!r}, which does not pass by itself. "
            "Look at it in the AWS console."
        )
    return cluster


def is_available(cluster: dict[str, Any]) -> bool:
    """Whether a cluster takes connections, and operations on it; some such states have an addition after a comma."""
    return cluster["ClusterStatus"].partition(",")[0] == "available"
