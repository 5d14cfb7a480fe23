"""Everything that makes a cluster: checked before anything is touched, then made one after the other."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook

from redshift_elt.cluster import price
from redshift_elt.cluster.belongings import ensure_belongings
from redshift_elt.cluster.cidrs import read_cidrs
from redshift_elt.cluster.cluster import check_existing, ensure_cluster, plain_properties
from redshift_elt.cluster.nodes import check_nodes

log = logging.getLogger(__name__)


def create(
    identifier: str,
    *,
    node_type: str,
    nodes: int,
    bucket: str,
    prefixes: Sequence[str],
    cidrs: Sequence[str],
    subnet_group: str | None,
    database: str,
    tags: dict[str, str],
    labels: dict[str, str],
    master_user: str = "awsuser",
    aws_conn_id: str = "aws_default",
) -> str:
    """Make what is missing of a cluster and of what belongs to it, and return the ARN of the role that COPY uses.

    What belongs to it is named after it, see :mod:`redshift_elt.cluster.belongings`. Each step can be repeated, and
    says whether it made something. The cluster is asked for, not waited for.

    :param bucket: the bucket that COPY may read, below the prefixes only.
    :param cidrs: the networks that may connect; none: members of the cluster's security group.
    :param tags: the tags by which the project knows what is its own.
    :param labels: further tags of what is made.
    :raises AirflowFailException: the request is refused, or something of this name is there and is somebody else's or
        different; the cluster is looked at before anything is made.
    """
    check_nodes(node_type, nodes)
    networks = read_cidrs(cidrs)
    check_existing(identifier, plain_properties(node_type, nodes, database, master_user), tags, aws_conn_id)
    region = AwsBaseHook(aws_conn_id=aws_conn_id, client_type="redshift").conn.meta.region_name
    log.info(price.describe(node_type, nodes, region))
    belongings = ensure_belongings(
        identifier,
        bucket=bucket,
        prefixes=prefixes,
        networks=networks,
        subnet_group=subnet_group,
        tags=tags,
        labels=labels,
        aws_conn_id=aws_conn_id,
    )
    ensure_cluster(
        identifier,
        node_type=node_type,
        nodes=nodes,
        role_arn=belongings["role_arn"],
        tags=tags,
        labels=labels,
        security_groups=[belongings["security_group"]],
        parameter_group=belongings["parameter_group"],
        subnet_group=subnet_group,
        database=database,
        master_user=master_user,
        aws_conn_id=aws_conn_id,
    )
    return belongings["role_arn"]
