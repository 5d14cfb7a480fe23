"""What belongs to one cluster alone, and is made and deleted with it: named after it, so that it is found again."""

from __future__ import annotations

from collections.abc import Sequence

from redshift_elt.cluster.cidrs import Network
from redshift_elt.cluster.copy_role import ensure_copy_role
from redshift_elt.cluster.network import ensure_security_group
from redshift_elt.cluster.parameter_group import ensure_parameter_group


def copy_role_of(identifier: str) -> str:
    """Return the name of the role that the cluster's COPY uses."""
    return f"{identifier}-copy"


def security_group_of(identifier: str) -> str:
    """Return the name of the security group that says who may connect."""
    return f"{identifier}-access"


def parameter_group_of(identifier: str) -> str:
    """Return the name of the parameter group that requires TLS."""
    return f"{identifier}-tls"


def ensure_belongings(
    identifier: str,
    *,
    bucket: str,
    prefixes: Sequence[str],
    networks: Sequence[Network],
    subnet_group: str | None,
    tags: dict[str, str],
    labels: dict[str, str] | None = None,
    aws_conn_id: str = "aws_default",
) -> dict[str, str]:
    """Make what is missing of the role, the security group and the parameter group, and say so for each.

    :param bucket: the bucket that COPY may read, below the prefixes only.
    :param networks: those that may connect, see :func:`redshift_elt.cluster.cidrs.read_cidrs`; none: members of the
        security group.
    :param tags: the tags by which the project knows what is its own.
    :param labels: further tags of what is made.
    :return: ``role_arn``, ``security_group`` (its id) and ``parameter_group`` (its name).
    :raises AirflowFailException: something of these names is somebody else's.
    """
    return {
        "role_arn": ensure_copy_role(copy_role_of(identifier), bucket, prefixes, tags, labels, aws_conn_id),
        "security_group": ensure_security_group(
            security_group_of(identifier),
            networks,
            subnet_group=subnet_group,
            tags=tags,
            labels=labels,
            aws_conn_id=aws_conn_id,
        ),
        "parameter_group": ensure_parameter_group(parameter_group_of(identifier), tags, labels, aws_conn_id),
    }
