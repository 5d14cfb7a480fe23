"""Section 6.4: snapshots, and clusters that are restored from them."""

from __future__ import annotations

import json

import pytest

from standin_support.facts import Here, fact
from standin_support.held import API, ROLE, SHARED, USER, refused
from standin_support.waiting import WAITER_CONFIG

pytestmark = pytest.mark.long("the conformance of a cluster's later life")


@fact(
    "6.4/20",
    "RestoreFromClusterSnapshot creates a cluster with the snapshot's data, database, master user, password and nodes.",
    Here.SUPPORTED,
    API + "RestoreFromClusterSnapshot",
)
def test_restore(service, redshift):
    service.create("source", DBName="songs", NodeType="ra3.xlplus", ClusterType=None, NumberOfNodes=2)
    with service.connect("source", dbname="songs") as connection:
        connection.execute("create table t as select 9 as n")
        service.snapshot("source", "kept")
        connection.execute("insert into t values (10)")
    restored = redshift.restore_from_cluster_snapshot(ClusterIdentifier="target", SnapshotIdentifier="KEPT")["Cluster"]
    assert restored["ClusterStatus"] == "creating"
    target = service.available("target")
    assert (target["DBName"], target["MasterUsername"]) == ("songs", USER)
    assert (target["NodeType"], target["NumberOfNodes"]) == ("ra3.xlplus", 2)
    with service.connect("target", dbname="songs") as connection:
        assert connection.execute("select n from t").fetchall() == [(9,)]


@fact(
    "6.4/20a",
    "The restored cluster has the default parameter group, is not public, and has only the roles of the request.",
    Here.SUPPORTED,
    API + "RestoreFromClusterSnapshot",
)
def test_settings_of_a_restored_cluster(service, redshift):
    redshift.create_cluster_parameter_group(
        ParameterGroupName="own", ParameterGroupFamily="redshift-2.0", Description="own"
    )
    service.create("source", PubliclyAccessible=True, ClusterParameterGroupName="own", IamRoles=[f"{ROLE}-old"])
    snapshot = service.snapshot("source", "kept")
    redshift.restore_from_cluster_snapshot(
        ClusterIdentifier="target",
        SnapshotArn=snapshot["SnapshotArn"],
        IamRoles=[ROLE],
        DefaultIamRoleArn=ROLE,
    )
    target = service.available("target")
    assert [group["ParameterGroupName"] for group in target["ClusterParameterGroups"]] == ["default.redshift-2.0"]
    assert not target["PubliclyAccessible"]
    assert [role["IamRoleArn"] for role in target["IamRoles"]] == [ROLE]
    assert target["DefaultIamRoleArn"] == ROLE


@fact(
    "6.4/20b",
    "A cluster can be restored with other nodes, and with a managed password.",
    Here.SUPPORTED,
    API + "RestoreFromClusterSnapshot",
)
def test_restore_with_other_nodes_and_a_managed_password(service, redshift):
    service.snapshot(SHARED, "kept")
    redshift.restore_from_cluster_snapshot(
        ClusterIdentifier="target",
        SnapshotIdentifier="kept",
        NodeType="ra3.4xlarge",
        NumberOfNodes=2,
        ManageMasterPassword=True,
    )
    target = service.available("target")
    assert (target["NodeType"], target["NumberOfNodes"]) == ("ra3.4xlarge", 2)
    secret = service.client("secretsmanager").get_secret_value(SecretId=target["MasterPasswordSecretArn"])
    service.connect("target", password=json.loads(secret["SecretString"])["password"]).close()
    with refused("InvalidParameterCombination", match="Single-node clusters are not available"):
        redshift.restore_from_cluster_snapshot(
            ClusterIdentifier="small", SnapshotIdentifier="kept", NodeType="ra3.4xlarge"
        )


@fact(
    "6.4/20c",
    "RestoreStatus is restoring, then completed. The waiter cluster_restored waits for this.",
    Here.SUPPORTED,
    API + "RestoreStatus",
)
def test_restore_status(service, redshift):
    service.snapshot(SHARED, "kept")
    assert "RestoreStatus" not in service.describe(SHARED)
    with service.held("create"):
        redshift.restore_from_cluster_snapshot(ClusterIdentifier="target", SnapshotIdentifier="kept")
        assert service.describe("target")["RestoreStatus"]["Status"] == "restoring"
        with refused("InvalidClusterSnapshotState"):
            redshift.delete_cluster_snapshot(SnapshotIdentifier="kept")
    redshift.get_waiter("cluster_restored").wait(ClusterIdentifier="target", WaiterConfig=WAITER_CONFIG)
    assert service.status("target") == "available"


@pytest.mark.parametrize(
    ("asked", "code", "status"),
    [
        pytest.param(
            {"ClusterIdentifier": "target", "SnapshotIdentifier": "nothing"},
            "ClusterSnapshotNotFound",
            404,
            marks=fact(
                "6.4/20d",
                "Restoring a missing snapshot fails with ClusterSnapshotNotFound (404).",
                Here.SUPPORTED,
                API + "RestoreFromClusterSnapshot",
            ),
        ),
        pytest.param(
            {"ClusterIdentifier": SHARED, "SnapshotIdentifier": "kept"},
            "ClusterAlreadyExists",
            400,
            marks=fact(
                "6.4/20e",
                "Restoring to an existing cluster fails with ClusterAlreadyExists (400).",
                Here.SUPPORTED,
                API + "RestoreFromClusterSnapshot",
            ),
        ),
        pytest.param(
            {"ClusterIdentifier": "target", "SnapshotIdentifier": "kept", "SnapshotArn": "arn"},
            "InvalidParameterCombination",
            400,
            marks=fact(
                "6.4/20f",
                "A request identifies a snapshot by its name or by its ARN, not by both.",
                Here.SUPPORTED,
                API + "RestoreFromClusterSnapshot",
            ),
        ),
        pytest.param(
            {"ClusterIdentifier": "target", "SnapshotIdentifier": "kept", "ReservedNodeId": "reserved"},
            "UnsupportedOperation",
            400,
            marks=fact(
                "6.4/20g",
                "A snapshot can be restored on reserved nodes.",
                Here.REFUSED,
                API + "RestoreFromClusterSnapshot",
            ),
        ),
    ],
)
def test_restores_that_are_refused(service, redshift, asked, code, status):
    service.snapshot(SHARED, "kept")
    with refused(code, status):
        redshift.restore_from_cluster_snapshot(**asked)


@fact(
    "6.4/20h",
    "The status of a snapshot is creating, then available. Before that, it cannot be restored or deleted.",
    Here.SUPPORTED,
    API + "Snapshot",
)
def test_snapshot_that_is_being_taken(service, redshift):
    service.create("source")
    with service.held("save_snapshot"):
        taken = redshift.create_cluster_snapshot(ClusterIdentifier="source", SnapshotIdentifier="slow")["Snapshot"]
        assert taken["Status"] == "creating"
        with refused("InvalidClusterSnapshotState"):
            redshift.restore_from_cluster_snapshot(ClusterIdentifier="target", SnapshotIdentifier="slow")
        with refused("InvalidClusterSnapshotState"):
            redshift.delete_cluster_snapshot(SnapshotIdentifier="slow")
    redshift.get_waiter("snapshot_available").wait(SnapshotIdentifier="slow", WaiterConfig=WAITER_CONFIG)


@fact(
    "6.4/20i",
    "DeleteClusterSnapshot returns the status deleted. After that, the snapshot does not exist.",
    Here.SUPPORTED,
    API + "DeleteClusterSnapshot",
)
def test_delete_of_a_snapshot(service, redshift):
    service.snapshot(SHARED, "kept")
    folders = service.settings.state / "aws" / "snapshots"
    assert len(list(folders.iterdir())) == 1
    assert redshift.delete_cluster_snapshot(SnapshotIdentifier="kept")["Snapshot"]["Status"] == "deleted"
    assert list(folders.iterdir()) == []
    with refused("ClusterSnapshotNotFound", 404):
        redshift.describe_cluster_snapshots(SnapshotIdentifier="kept")
    with refused("ClusterSnapshotNotFound", 404):
        redshift.delete_cluster_snapshot(SnapshotIdentifier="kept")


@fact(
    "6.4/20j",
    "Snapshots can be found by their cluster, name, ARN, type, time and tags, and by whether the cluster exists.",
    Here.SUPPORTED,
    API + "DescribeClusterSnapshots",
)
def test_filters(service, redshift):
    service.create("gone")
    service.snapshot("gone", "orphan", Tags=[{"Key": "project", "Value": "shop"}])
    redshift.delete_cluster(ClusterIdentifier="gone", SkipFinalClusterSnapshot=True)
    service.wait_until_deleted("gone")
    kept = service.snapshot(SHARED, "kept")

    def found(**asked) -> list[str]:
        snapshots = redshift.describe_cluster_snapshots(**asked)["Snapshots"]
        return sorted(snapshot["SnapshotIdentifier"] for snapshot in snapshots)

    assert found() == ["kept", "orphan"]
    assert found(ClusterIdentifier="gone") == ["orphan"]
    assert found(SnapshotArn=kept["SnapshotArn"]) == ["kept"]
    assert found(SnapshotType="manual") == ["kept", "orphan"]
    assert found(TagKeys=["project"]) == found(TagValues=["shop"]) == ["orphan"]
    assert found(StartTime=kept["SnapshotCreateTime"]) == ["kept"]
    assert found(EndTime="2020-01-01T00:00:00Z") == []
    assert found(ClusterExists=True, ClusterIdentifier=SHARED) == ["kept"]
    assert found(ClusterExists=False) == found(ClusterExists=False, ClusterIdentifier="gone") == ["orphan"]
    assert found(ClusterExists=False, ClusterIdentifier=SHARED) == []
    with refused("InvalidParameterCombination"):
        found(ClusterExists=True)
    with refused("ClusterNotFound", 404):
        found(ClusterIdentifier="nobody")
    with refused("UnsupportedOperation"):
        found(SortingEntities=[{"Attribute": "CREATE_TIME"}])


@fact(
    "6.4/20k",
    "Snapshots can be copied to other regions, kept longer, and created on schedules.",
    Here.REFUSED,
    "managing-snapshots-console",
)
def test_other_operations_on_snapshots(service, redshift):
    service.snapshot(SHARED, "kept")
    for call in (
        lambda: redshift.copy_cluster_snapshot(SourceSnapshotIdentifier="kept", TargetSnapshotIdentifier="copy"),
        lambda: redshift.modify_cluster_snapshot(SnapshotIdentifier="kept", ManualSnapshotRetentionPeriod=9),
        lambda: redshift.enable_snapshot_copy(ClusterIdentifier=SHARED, DestinationRegion="us-east-1"),
        lambda: redshift.create_snapshot_schedule(ScheduleIdentifier="daily"),
    ):
        with refused("UnsupportedOperation", 501, "not supported by the stand-in"):
            call()
