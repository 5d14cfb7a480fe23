"""The stand-in alone: S3 and a Redshift cluster for any client, without Airflow."""

from __future__ import annotations

from local.settings import Settings
from local.stack.env_file import env_file
from local.stack.environment import BUCKET, CLUSTER_ALONE, DATABASE, MASTER_USER
from local.stack.interrupt import Interrupted
from local.stack.progress import Progress
from local.stack.stack import Stack
from redshift_standin import Aws, Cluster, Names, as_text, provision

_NAMES = Names(CLUSTER_ALONE, DATABASE, MASTER_USER, BUCKET, role="local-copy")


def serve_alone(stack: Stack, progress: Progress) -> None:
    """Start PostgreSQL and the stand-in, create a bucket, a role and a cluster, and print how to reach them.

    Whatever exists already is not changed.
    """
    stack.up_without_airflow()
    try:
        with progress.step(f"Creating the cluster {CLUSTER_ALONE}") as step:
            cluster = provision(Aws.of(stack.settings), _NAMES)
            step.done = f"The cluster {CLUSTER_ALONE} is available"
    except Interrupted:
        stack.undo()
        raise
    _print_addresses(cluster, stack.settings, progress)


def _print_addresses(cluster: Cluster, settings: Settings, progress: Progress) -> None:
    lines = [
        *cluster.lines(),
        ("Your shell", f"source {env_file(settings)}   (configures boto3, psql and redshift_connector)"),
        ("Query", 'make sql Q="select version()"'),
        ("Stop", "make down"),
    ]
    progress.console.print(f"\n{as_text(lines)}", markup=False)
