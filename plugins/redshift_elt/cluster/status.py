"""The state, size, age and cost of a cluster, as a table in the log."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from redshift_elt.cluster import price
from redshift_elt.cluster.find import find_cluster, is_available
from redshift_elt.connection.aws_api import boto3_client
from redshift_elt.connection.hook import warehouse_hook
from redshift_elt.connection.server_error import ServerError
from redshift_elt.connection.transaction import in_transaction
from redshift_elt.sql.render import render

log = logging.getLogger(__name__)


def cluster_status(
    identifier: str, conn_id: str = "redshift_default", aws_conn_id: str = "aws_default"
) -> dict[str, str]:
    """Log the status of a cluster as a table, and return its lines by name.

    A cluster that does not exist is not an error.

    :param conn_id: the connection to the cluster, used to read the size of its tables while it is available. It logs in
        through ``aws_default``, as loads do.
    :param aws_conn_id: the AWS connection that describes the cluster.
    """
    redshift = boto3_client("redshift", aws_conn_id)
    cluster = find_cluster(redshift, identifier)
    if cluster is None:
        status = {"cluster": identifier, "state": "does not exist"}
    else:
        size = _size(identifier, conn_id) if is_available(cluster) else "unknown while it does not accept connections"
        status = describe(cluster, redshift.meta.region_name, datetime.now(timezone.utc), size)
    log.info("Cluster %s:\n%s", identifier, as_table(status))
    return status


def describe(cluster: Mapping[str, Any], region: str, now: datetime, size: str) -> dict[str, str]:
    """Return the lines of the table.

    :param cluster: a cluster in the response of DescribeClusters.
    :param size: the size of the tables, as text.
    """
    endpoint = cluster.get("Endpoint") or {}
    node_type, nodes = cluster["NodeType"], cluster["NumberOfNodes"]
    created = cluster.get("ClusterCreateTime")
    roles = [f"{role['IamRoleArn']} ({role['ApplyStatus']})" for role in cluster.get("IamRoles", ())]
    return {
        "cluster": cluster["ClusterIdentifier"],
        "state": cluster["ClusterStatus"],
        "endpoint": f"{endpoint['Address']}:{endpoint['Port']}" if endpoint.get("Address") else "none",
        "nodes": f"{nodes} x {node_type}",
        "roles": ", ".join(roles) or "none",
        "tables": size,
        "age": _duration(now - created) if created else "unknown",
        "cost so far": _cost(price.per_hour(node_type, nodes, region), now - created if created else None),
    }


def as_table(lines: Mapping[str, str]) -> str:
    """Return names and values as a table of two columns."""
    width = max(map(len, lines))
    return "\n".join(f"{name:<{width}}  {value}" for name, value in lines.items())


def _size(identifier: str, conn_id: str) -> str:
    hook = warehouse_hook(conn_id)
    named = hook.get_connection(conn_id).extra_dejson.get("cluster_identifier")
    if named != identifier:
        return f"unknown: the connection {conn_id} names another cluster"
    try:
        [(megabytes,)] = in_transaction(hook, lambda session: session.fetch(render("access/size.sql")))
    except Exception as error:
        server_error = ServerError.of(error)
        if server_error is None or not server_error.is_not_allowed:
            raise
        return f"unknown: the user of the connection {conn_id} may not read svv_table_info"
    return f"{megabytes or 0:,} MB"


def _duration(age: timedelta) -> str:
    hours, minutes = divmod(int(age.total_seconds()) // 60, 60)
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h {minutes} min"


def _cost(per_hour: Decimal | None, age: timedelta | None) -> str:
    if per_hour is None or age is None:
        return "unknown: the price of these nodes in this region is unknown"
    cost = per_hour * Decimal(age.total_seconds()) / 3600
    return (
        f"{cost:,.2f} USD if it was never paused; on-demand nodes only, at the price of {price.AS_OF}, without "
        "storage, snapshots and the cost before it was restored"
    )
