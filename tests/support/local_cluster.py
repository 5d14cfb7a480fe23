"""The cluster that the local commands look for, without the DAG that creates it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from local.settings import Settings
from local.stack.aws_client import aws_client
from local.stack.environment import CLUSTER


@contextmanager
def local_cluster(settings: Settings) -> Iterator[str]:
    """Create the cluster, yield its identifier, and delete it."""
    redshift = aws_client(settings, "redshift")
    redshift.create_cluster(
        ClusterIdentifier=CLUSTER,
        ClusterType="single-node",
        NodeType="ra3.large",
        DBName="dev",
        MasterUsername="awsuser",
        ManageMasterPassword=True,
    )
    redshift.get_waiter("cluster_available").wait(ClusterIdentifier=CLUSTER, WaiterConfig={"Delay": 1})
    yield CLUSTER
    redshift.delete_cluster(ClusterIdentifier=CLUSTER, SkipFinalClusterSnapshot=True)
