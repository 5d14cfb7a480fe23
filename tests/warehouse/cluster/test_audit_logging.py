"""Audit logging and enhanced VPC routing of new and of restored clusters."""

from __future__ import annotations

import boto3
import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from redshift_elt.cluster.audit_logging import ensure_audit_logging, logging_arguments
from redshift_elt.cluster.spec import ManagedCluster
from redshift_standin import REGION
from tests.support.account import NAME, run
from tests.support.aws_calls import recorded

CLUSTER = ManagedCluster(NAME, {"project": "sparkify-warehouse"})
BUCKET = "audit-logs"


def status(account):
    found = account.redshift.describe_logging_status(ClusterIdentifier=NAME)
    names = ("LoggingEnabled", "LogDestinationType", "LogExports", "BucketName", "S3KeyPrefix")
    return {name: found[name] for name in names if found.get(name)}


@pytest.fixture
def bucket():
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    yield BUCKET
    s3.delete_bucket(Bucket=BUCKET)


def test_nothing_is_logged_unless_it_is_requested(account):
    account.create()
    with recorded() as calls:
        ensure_audit_logging(CLUSTER, None)
    assert not list(calls)
    assert status(account) == {}


def test_logging_to_cloudwatch_is_switched_on_once(account):
    account.create()
    for expected in ([("redshift", "EnableLogging")], []):
        with recorded() as calls:
            ensure_audit_logging(CLUSTER, "cloudwatch")
        assert [call for call in calls if call.operation == "EnableLogging"] == expected
    logs = ["connectionlog", "userlog"]
    assert status(account) == {"LoggingEnabled": True, "LogDestinationType": "cloudwatch", "LogExports": logs}


def test_logging_to_a_bucket_is_switched_on_once_and_moves(account, bucket):
    account.create()
    ensure_audit_logging(CLUSTER, "cloudwatch")
    for expected in (1, 0):
        with recorded() as calls:
            ensure_audit_logging(CLUSTER, f"s3://{bucket}/redshift/")
        assert list(calls).count(("redshift", "EnableLogging")) == expected
    found = status(account)
    assert (found["LogDestinationType"], found["BucketName"], found["S3KeyPrefix"]) == ("s3", bucket, "redshift/")


def test_missing_bucket_is_not_retried(account):
    account.create()
    with pytest.raises(AirflowFailException, match=r"'s3://no-such-bucket'.*its policy must allow s3:GetBucketAcl"):
        ensure_audit_logging(CLUSTER, "s3://no-such-bucket")
    assert status(account) == {}


def test_cluster_of_others_is_not_touched(account):
    account.create(Tags=[{"Key": "project", "Value": "another one"}])
    with pytest.raises(AirflowFailException, match="not touched"):
        ensure_audit_logging(CLUSTER, "cloudwatch")
    assert status(account) == {}


@pytest.mark.parametrize(
    "destination",
    ["", "s3", "CloudWatch", "bucket/prefix", "s3://", "s3://Bucket", "s3://a", "s3://bucket/with space",
     "s3://bucket/" + "x" * 300, "s3://bucket/a\nb", "s3://*/logs"],
)  # fmt: skip
def test_other_destinations_are_refused(destination):
    with pytest.raises(AirflowFailException, match=r"write 'cloudwatch' or 's3://bucket/prefix'"):
        logging_arguments(destination)


def test_restored_cluster_has_both(account):
    account.create()
    account.redshift.delete_cluster(ClusterIdentifier=NAME, FinalClusterSnapshotIdentifier="kept")
    account.wait_for_status(None)
    run(
        "sparkify_restore_cluster",
        snapshot_identifier="kept",
        bucket="any",
        audit_log="cloudwatch",
        enhanced_vpc_routing=True,
    )
    [cluster] = account.redshift.describe_clusters()["Clusters"]
    assert cluster["EnhancedVpcRouting"]
    assert status(account)["LogDestinationType"] == "cloudwatch"
