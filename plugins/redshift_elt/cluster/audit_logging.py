"""Audit logging: Redshift writes who connects, and which users change, to CloudWatch or to a bucket."""

from __future__ import annotations

import logging
from typing import Any

from airflow.providers.common.compat.sdk import AirflowFailException

from redshift_elt.cluster.find import usable_cluster
from redshift_elt.cluster.rendered_values import refuse_invalid
from redshift_elt.cluster.spec import ManagedCluster
from redshift_elt.connection.aws_api import boto3_client
from redshift_elt.connection.aws_values import AUDIT_LOG

log = logging.getLogger(__name__)

CLOUDWATCH = "cloudwatch"
# Without the log of each statement: it contains values, and needs a parameter of the cluster (AWS page "Database audit
# logging"). A bucket gets the same logs, unless somebody sets that parameter.
_LOGS = ["connectionlog", "userlog"]


def ensure_audit_logging(cluster: ManagedCluster, destination: str | None, aws_conn_id: str = "aws_default") -> None:
    """Switch on the audit logging of a cluster, unless it is on already.

    :param destination: ``cloudwatch``, or ``s3://bucket/prefix``; None leaves the logging of the cluster as it is.
    :raises AirflowFailException: the destination cannot be used, or the cluster belongs to somebody else.
    """
    if destination is None:
        log.info("Cluster %s: audit logging is not requested, and is left as it is.", cluster.identifier)
        return
    wanted = logging_arguments(destination)
    redshift = boto3_client("redshift", aws_conn_id)
    usable_cluster(redshift, cluster.identifier, cluster.tags)
    found = redshift.describe_logging_status(ClusterIdentifier=cluster.identifier)
    if found["LoggingEnabled"] and all(_as_compared(found.get(name)) == _as_compared(wanted[name]) for name in wanted):
        log.info("Cluster %s: audit logging to %s is on already.", cluster.identifier, destination)
        return
    faults = redshift.exceptions
    try:
        redshift.enable_logging(ClusterIdentifier=cluster.identifier, **wanted)
    except (
        faults.BucketNotFoundFault,
        faults.InsufficientS3BucketPolicyFault,
        faults.InvalidS3BucketNameFault,
        faults.InvalidS3KeyPrefixFault,
    ) as error:
        raise AirflowFailException(
            f"Redshift cannot write the audit logs to {destination!r}: {error}. The bucket must be in the cluster's "
            "region, and its policy must allow s3:GetBucketAcl and s3:PutObject to the service redshift.amazonaws.com."
        ) from error
    log.info("Cluster %s: audit logging to %s switched on.", cluster.identifier, destination)


def logging_arguments(destination: str) -> dict[str, Any]:
    """Return the arguments of EnableLogging for a destination.

    :raises AirflowFailException: it is not one.
    """
    refuse_invalid(AUDIT_LOG, "audit_log", destination)
    if destination == CLOUDWATCH:
        return {"LogDestinationType": CLOUDWATCH, "LogExports": _LOGS}
    bucket, _, prefix = destination.removeprefix("s3://").partition("/")
    return {"LogDestinationType": "s3", "BucketName": bucket, **({"S3KeyPrefix": prefix} if prefix else {})}


def _as_compared(value: Any) -> Any:
    return sorted(value) if isinstance(value, list) else value
