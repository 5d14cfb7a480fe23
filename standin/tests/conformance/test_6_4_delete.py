"""Section 6.4: DeleteCluster and its final snapshot."""

from __future__ import annotations

import pytest

from standin_support.facts import Here, fact
from standin_support.held import API, SHARED, refused, request
from standin_support.waiting import WAITER_CONFIG

pytestmark = pytest.mark.long("the conformance of a cluster's later life")


@fact(
    "6.4/14",
    "DeleteCluster requires either a final snapshot or SkipFinalClusterSnapshot.",
    Here.SUPPORTED,
    API + "DeleteCluster",
)
@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({}, "FinalClusterSnapshotIdentifier is required"),
        ({"SkipFinalClusterSnapshot": True, "FinalClusterSnapshotIdentifier": "last"}, "cannot be specified"),
    ],
)
def test_final_snapshot_or_skip_is_required(service, redshift, asked, reason):
    with refused("InvalidParameterCombination", match=reason):
        redshift.delete_cluster(ClusterIdentifier=SHARED, **asked)
    assert service.status(SHARED) == "available"


@fact(
    "6.4/14a",
    "The name of a snapshot has 1 to 255 letters, digits and single hyphens, and begins with a letter.",
    Here.SUPPORTED,
    API + "CreateClusterSnapshot",
)
@pytest.mark.parametrize("name", ["1st", "a--b", "a-", "a_b", "a" * 256])
def test_names_of_snapshots(service, redshift, name):
    with refused("InvalidParameterValue", match="not a valid identifier"):
        redshift.delete_cluster(ClusterIdentifier=SHARED, FinalClusterSnapshotIdentifier=name)
    with refused("InvalidParameterValue", match="not a valid identifier"):
        redshift.create_cluster_snapshot(ClusterIdentifier=SHARED, SnapshotIdentifier=name)
    assert service.status(SHARED) == "available"


@fact(
    "6.4/14b",
    "The final snapshot has the last data, is kept indefinitely, and outlives the cluster.",
    Here.SUPPORTED,
    API + "DeleteCluster",
)
def test_final_snapshot(service, redshift):
    service.create("ended")
    with service.connect("ended") as connection:
        connection.execute("create table t as select 7 as n")
    redshift.delete_cluster(ClusterIdentifier="ended", FinalClusterSnapshotIdentifier="last")
    service.wait_until_deleted("ended")
    [snapshot] = redshift.describe_cluster_snapshots(SnapshotIdentifier="last")["Snapshots"]
    assert (snapshot["Status"], snapshot["SnapshotType"], snapshot["ClusterIdentifier"]) == (
        "available",
        "manual",
        "ended",
    )
    assert snapshot["ManualSnapshotRetentionPeriod"] == -1
    redshift.restore_from_cluster_snapshot(ClusterIdentifier="ended", SnapshotIdentifier="last")
    service.available("ended")
    with service.connect("ended") as connection:
        assert connection.execute("select n from t").fetchone() == (7,)


@fact(
    "6.4/14c",
    "Automated snapshots are deleted with their cluster. The stand-in does not create any.",
    Here.DIFFERS,
    API + "DeleteCluster",
)
def test_automated_snapshots(redshift):
    assert redshift.describe_cluster_snapshots(SnapshotType="automated")["Snapshots"] == []


@pytest.mark.parametrize(
    ("asked", "code", "status"),
    [
        pytest.param(
            {"ClusterIdentifier": "nobody", "SkipFinalClusterSnapshot": True},
            "ClusterNotFound",
            404,
            marks=fact(
                "6.4/15",
                "DeleteCluster of a missing cluster fails with ClusterNotFound (404).",
                Here.SUPPORTED,
                API + "DeleteCluster",
            ),
        ),
        pytest.param(
            {"ClusterIdentifier": SHARED, "FinalClusterSnapshotIdentifier": "taken"},
            "ClusterSnapshotAlreadyExists",
            400,
            marks=fact(
                "6.4/15a",
                "A final snapshot whose name exists already fails with ClusterSnapshotAlreadyExists (400).",
                Here.SUPPORTED,
                API + "DeleteCluster",
            ),
        ),
        pytest.param(
            {
                "ClusterIdentifier": SHARED,
                "FinalClusterSnapshotIdentifier": "last",
                "FinalClusterSnapshotRetentionPeriod": 0,
            },
            "InvalidRetentionPeriodFault",
            400,
            marks=fact(
                "6.4/15b",
                "A retention of zero days for the final snapshot fails with InvalidRetentionPeriodFault (400).",
                Here.SUPPORTED,
                API + "DeleteCluster",
            ),
        ),
    ],
)
def test_errors_of_delete_cluster(service, redshift, asked, code, status):
    service.snapshot(SHARED, "taken")
    with refused(code, status):
        redshift.delete_cluster(**asked)
    assert service.status(SHARED) == "available"


@fact(
    "6.4/16",
    "DeleteCluster during another operation fails with InvalidClusterState: There is an operation running on "
    "the Cluster.",
    Here.SUPPORTED,
    "hashicorp/terraform-provider-aws#43270",
)
def test_delete_of_a_cluster_that_is_busy(service, redshift):
    with service.held("create"):
        redshift.create_cluster(**request("busy"))
        with refused("InvalidClusterState", match="There is an operation running on the Cluster"):
            redshift.delete_cluster(ClusterIdentifier="busy", SkipFinalClusterSnapshot=True)
    service.available("busy")


@fact(
    "6.4/16a",
    "A snapshot that is being created counts as such an operation.",
    Here.SUPPORTED,
    "follows from hashicorp/terraform-provider-aws#43270",
)
def test_delete_of_a_cluster_whose_snapshot_is_taken(service, redshift):
    service.create("busy")
    with service.held("save_snapshot"):
        redshift.create_cluster_snapshot(ClusterIdentifier="busy", SnapshotIdentifier="slow")
        with refused("InvalidClusterState", match="There is an operation running on the Cluster"):
            redshift.delete_cluster(ClusterIdentifier="busy", SkipFinalClusterSnapshot=True)
        with refused("InvalidClusterState", match="There is an operation running on the Cluster"):
            redshift.pause_cluster(ClusterIdentifier="busy")
        assert service.status("busy") == "available"
    redshift.get_waiter("snapshot_available").wait(SnapshotIdentifier="slow", WaiterConfig=WAITER_CONFIG)


@fact(
    "6.4/16b",
    "So does the first automated snapshot, some minutes after the cluster becomes available. In the "
    "stand-in, a test can inject the error.",
    Here.DIFFERS,
    "hashicorp/terraform-provider-aws#43270",
)
def test_delete_of_a_new_cluster(service, redshift):
    service.create("young")
    service.fault(place="redshift", operation="DeleteCluster", code="InvalidClusterState", times=1)
    with pytest.raises(redshift.exceptions.InvalidClusterStateFault):
        redshift.delete_cluster(ClusterIdentifier="young", SkipFinalClusterSnapshot=True)
    redshift.delete_cluster(ClusterIdentifier="young", SkipFinalClusterSnapshot=True)
    service.wait_until_deleted("young")


@fact(
    "6.4/17",
    "Sources disagree on whether a paused cluster can be deleted. In the stand-in it can.",
    Here.UNKNOWN,
    "apache/airflow#68922, apache/airflow#69574",
)
def test_delete_of_a_paused_cluster(service, redshift):
    service.create("resting")
    with service.connect("resting") as connection:
        connection.execute("create table t as select 3 as n")
    redshift.pause_cluster(ClusterIdentifier="resting")
    service.wait_for_status("resting", "paused")
    redshift.delete_cluster(ClusterIdentifier="resting", FinalClusterSnapshotIdentifier="last")
    service.wait_until_deleted("resting")
    redshift.restore_from_cluster_snapshot(ClusterIdentifier="awake", SnapshotIdentifier="last")
    service.available("awake")
    with service.connect("awake") as connection:
        assert connection.execute("select n from t").fetchone() == (3,)


@fact(
    "6.4/17a",
    "A parameter group that a cluster uses cannot be deleted: InvalidClusterParameterGroupState (400).",
    Here.SUPPORTED,
    API + "DeleteClusterParameterGroup",
)
def test_delete_of_a_parameter_group_in_use(service, redshift):
    redshift.create_cluster_parameter_group(
        ParameterGroupName="used", ParameterGroupFamily="redshift-2.0", Description="used"
    )
    service.create("user", ClusterParameterGroupName="used")
    with refused("InvalidClusterParameterGroupState", 400, match="is used by a cluster"):
        redshift.delete_cluster_parameter_group(ParameterGroupName="used")
    redshift.delete_cluster(ClusterIdentifier="user", SkipFinalClusterSnapshot=True)
    service.wait_until_deleted("user")
    redshift.delete_cluster_parameter_group(ParameterGroupName="used")


@fact(
    "6.4/17b",
    "A security group that a cluster uses cannot be deleted: DependencyViolation (400).",
    Here.SUPPORTED,
    "EC2 " + API + "DeleteSecurityGroup",
)
def test_delete_of_a_security_group_in_use(service, redshift):
    ec2 = service.client("ec2")
    group = ec2.create_security_group(GroupName="used", Description="used")["GroupId"]
    service.create("user", VpcSecurityGroupIds=[group])
    for name in ({"GroupId": group}, {"GroupName": "used"}):
        with refused("DependencyViolation", 400, match="has a dependent object"):
            ec2.delete_security_group(**name)
    redshift.delete_cluster(ClusterIdentifier="user", SkipFinalClusterSnapshot=True)
    service.wait_until_deleted("user")
    ec2.delete_security_group(GroupId=group)
    assert group not in [one["GroupId"] for one in ec2.describe_security_groups()["SecurityGroups"]]
