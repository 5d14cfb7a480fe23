"""Create a cluster with its resources: the request is checked first, then each part is created."""

from __future__ import annotations

import logging

from redshift_elt.cluster import price
from redshift_elt.cluster.cluster import check_existing, ensure_cluster
from redshift_elt.cluster.nodes import check_nodes
from redshift_elt.cluster.resources import ensure_resources
from redshift_elt.cluster.spec import Access, ClusterSpec, ManagedCluster
from redshift_elt.connection.aws_api import boto3_client

log = logging.getLogger(__name__)


def create_cluster(cluster: ManagedCluster, spec: ClusterSpec, access: Access, aws_conn_id: str = "aws_default") -> str:
    """Create what is missing of a cluster and its resources, and return the ARN of the role that COPY uses.

    Each step can be repeated, and logs whether it created anything. The cluster is requested, not waited for.

    :raises AirflowFailException: the request is invalid, or the cluster or a resource exists but belongs to somebody
        else or has other properties. The cluster is checked before anything is created.
    """
    check_nodes(spec.node_type, spec.nodes)
    check_existing(cluster, spec.properties(), aws_conn_id)
    region = boto3_client("redshift", aws_conn_id).meta.region_name
    log.info(price.describe(spec.node_type, spec.nodes, region))
    resources = ensure_resources(cluster, access, aws_conn_id)
    ensure_cluster(cluster, spec, resources, aws_conn_id)
    return resources["role_arn"]
