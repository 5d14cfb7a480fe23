"""The fields that the forms of several DAGs of a cluster's life share."""

from __future__ import annotations

from collections.abc import Sequence

from airflow.sdk import Param


def cluster_identifier(default: str) -> Param:
    """Return the field of the cluster's name (AWS API reference, CreateCluster: ClusterIdentifier)."""
    return Param(
        default,
        type="string",
        pattern="^[a-z](-?[a-z0-9])*$",
        maxLength=63,
        title="Cluster",
        description="The name by which the connection redshift_default finds it.",
    )


def surroundings(*, bucket_variable: str, prefixes: Sequence[str]) -> dict[str, Param]:
    """Return the fields of what a new cluster may read and who may connect to it.

    :param bucket_variable: the Airflow Variable with the bucket, for a form that names none.
    :param prefixes: key prefixes or whole keys that COPY may read by default.
    """
    return {
        "bucket": Param(
            None,
            type=["null", "string"],
            title="Bucket",
            description=f"The bucket that COPY may read; none: the Airflow Variable {bucket_variable}.",
        ),
        "prefixes": Param(
            list(prefixes),
            type="array",
            items={"type": "string", "minLength": 1},
            title="Prefixes",
            description="What COPY may read in the bucket.",
        ),
        "cidrs": Param(
            [],
            type="array",
            items={"type": "string", "minLength": 1},
            title="Networks that may connect",
            description="Such as 203.0.113.7/32, where the workers are; none: members of the security group itself.",
        ),
        "subnet_group": Param(
            None,
            type=["null", "string"],
            title="Subnet group",
            description="None: the default one.",
        ),
    }


def labels(*, owner: str, purpose: str) -> dict[str, Param]:
    """Return the fields of the tags by which people know what a cluster is.

    :param owner: the default of the field ``owner``.
    :param purpose: that of the field ``purpose``.
    """
    return {
        "owner": Param(
            owner,
            type="string",
            minLength=1,
            maxLength=256,
            title="Owner",
            description="Who is asked about the cluster and its cost: a tag of all that is made.",
        ),
        "purpose": Param(
            purpose,
            type="string",
            minLength=1,
            maxLength=256,
            title="Purpose",
            description="What the cluster is for: a tag as well.",
        ),
    }
