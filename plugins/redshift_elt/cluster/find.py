"""Look up a cluster, and tell temporary states from permanent ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow.providers.common.compat.sdk import AirflowFailException

from redshift_elt.cluster.rendered_values import refuse_invalid
from redshift_elt.cluster.tags import refuse_foreign
from redshift_elt.connection import aws_values

# ClusterStatus (AWS API reference, DescribeClusters): these states require action before the cluster can be used.
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
    """Return the cluster as DescribeClusters describes it, or None if there is none of this name.

    :param redshift: a boto3 client.
    :raises AirflowFailException: the name cannot be that of a cluster.
    """
    refuse_invalid(aws_values.CLUSTER, "cluster_identifier", identifier)
    try:
        return redshift.describe_clusters(ClusterIdentifier=identifier)["Clusters"][0]
    except redshift.exceptions.ClusterNotFoundFault:
        return None


def usable_cluster(redshift: Any, identifier: str, tags: Mapping[str, str] | None) -> dict[str, Any]:
    """Return a cluster that can be used, now or after a temporary state.

    :param redshift: a boto3 client.
    :param tags: the tags that it must have; None: any.
    :raises AirflowFailException: the cluster does not exist, it belongs to somebody else, it is being deleted, or its
        state requires action.
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
        raise AirflowFailException(
            f"The Redshift cluster {identifier!r} is being deleted. Create it again when it is gone."
        )
    if status in BROKEN:
        raise AirflowFailException(
            f"The Redshift cluster {identifier!r} is in the state {status!r}, which requires action. Check it in the "
            "AWS console."
        )
    return cluster


def is_available(cluster: dict[str, Any]) -> bool:
    """Whether a cluster accepts connections and operations. Such a state may have a suffix after a comma."""
    return cluster["ClusterStatus"].partition(",")[0] == "available"
