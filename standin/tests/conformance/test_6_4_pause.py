"""Section 6.4: clusters that are paused, rebooted, resized and modified."""

from __future__ import annotations

import psycopg
import pytest

from standin_support.facts import Here, fact
from standin_support.held import API, ROLE, SHARED, refused

pytestmark = pytest.mark.long("the conformance of a cluster's later life")


@fact(
    "6.4/19",
    "PauseCluster requires an available cluster, ResumeCluster a paused one.",
    Here.SUPPORTED,
    "rs-mgmt-pause-resume-cluster",
)
def test_states_of_pause_and_resume(service, redshift):
    with refused("InvalidClusterState"):
        redshift.resume_cluster(ClusterIdentifier=SHARED)
    service.create("resting")
    redshift.pause_cluster(ClusterIdentifier="resting")
    service.wait_for_status("resting", "paused")
    with refused("InvalidClusterState"):
        redshift.pause_cluster(ClusterIdentifier="resting")


@fact(
    "6.4/19a",
    "A paused cluster has no sessions and accepts none. Its data is available again after ResumeCluster.",
    Here.SUPPORTED,
    "rs-mgmt-pause-resume-cluster",
)
def test_sessions_of_a_paused_cluster(service, redshift):
    service.create("resting")
    connection = service.connect("resting")
    connection.execute("create table t as select 5 as n")
    redshift.pause_cluster(ClusterIdentifier="resting")
    service.wait_for_status("resting", "paused")
    with pytest.raises(psycopg.OperationalError):
        connection.execute("select n from t")
    with pytest.raises(psycopg.OperationalError):
        service.connect("resting")
    redshift.resume_cluster(ClusterIdentifier="resting")
    service.available("resting")
    with service.connect("resting") as connection:
        assert connection.execute("select n from t").fetchone() == (5,)


@fact(
    "6.4/19b",
    "A paused cluster cannot be modified, rebooted or resized, and no snapshot of it can be taken.",
    Here.SUPPORTED,
    "rs-mgmt-pause-resume-cluster",
)
def test_paused_cluster_cannot_be_changed(service, redshift):
    service.create("resting")
    redshift.pause_cluster(ClusterIdentifier="resting")
    service.wait_for_status("resting", "paused")
    name = {"ClusterIdentifier": "resting"}
    for change in (
        lambda: redshift.modify_cluster(**name, PubliclyAccessible=True),
        lambda: redshift.modify_cluster_iam_roles(**name, AddIamRoles=[ROLE]),
        lambda: redshift.reboot_cluster(**name),
        lambda: redshift.resize_cluster(**name, NumberOfNodes=2),
        lambda: redshift.create_cluster_snapshot(**name, SnapshotIdentifier="never"),
    ):
        with refused("InvalidClusterState"):
            change()


@fact(
    "6.4/19c",
    "ResumeCluster can fail with InsufficientClusterCapacity. In the stand-in, a test can inject the error.",
    Here.DIFFERS,
    API + "ResumeCluster",
)
def test_no_capacity_to_resume(service, redshift):
    service.create("resting")
    redshift.pause_cluster(ClusterIdentifier="resting")
    service.wait_for_status("resting", "paused")
    service.fault(place="redshift", operation="ResumeCluster", code="InsufficientClusterCapacity", times=1)
    with pytest.raises(redshift.exceptions.InsufficientClusterCapacityFault):
        redshift.resume_cluster(ClusterIdentifier="resting")
    redshift.resume_cluster(ClusterIdentifier="resting")
    service.available("resting")


@fact(
    "6.4/19d",
    "RebootCluster ends the sessions and rolls back their open transactions.",
    Here.SUPPORTED,
    API + "RebootCluster",
)
def test_reboot(service, redshift):
    service.create("rebooted")
    committed, uncommitted = service.connect("rebooted"), service.connect("rebooted", autocommit=False)
    committed.execute("create table t as select 5 as n")
    uncommitted.execute("insert into t values (6)")
    redshift.reboot_cluster(ClusterIdentifier="rebooted")
    service.available("rebooted")
    for connection in (committed, uncommitted):
        with pytest.raises(psycopg.OperationalError):
            connection.execute("select n from t")
    with service.connect("rebooted") as connection:
        assert connection.execute("select n from t").fetchall() == [(5,)]


@fact(
    "6.4/19e",
    "ModifyCluster and ResizeCluster change the nodes. Until the change is complete, PendingModifiedValues "
    "has the new values.",
    Here.SUPPORTED,
    API + "ResizeCluster",
)
def test_resize(service, redshift):
    service.create("resized")
    with service.connect("resized") as connection:
        connection.execute("create table t as select 5 as n")
    asked = redshift.resize_cluster(ClusterIdentifier="resized", NodeType="rg.4xlarge", NumberOfNodes=2)["Cluster"]
    assert asked["PendingModifiedValues"] == {"NodeType": "rg.4xlarge", "NumberOfNodes": 2}
    done = service.available("resized")
    assert (done["NodeType"], done["NumberOfNodes"]) == ("rg.4xlarge", 2)
    assert done.get("PendingModifiedValues", {}) == {}
    with refused("InvalidParameterCombination", match="not available with node type rg.4xlarge"):
        redshift.resize_cluster(ClusterIdentifier="resized", ClusterType="single-node")
    with refused("InvalidParameterCombination", match="Both NodeType and NumberOfNodes"):
        redshift.modify_cluster(ClusterIdentifier="resized", NumberOfNodes=4)
    with service.connect("resized") as connection:
        assert connection.execute("select n from t").fetchall() == [(5,)]


@fact(
    "6.4/19f",
    "Queries can be held or dropped while a cluster is resized. In the stand-in its sessions end.",
    Here.DIFFERS,
    "managing-cluster-operations",
)
def test_sessions_of_a_cluster_that_is_resized(service, redshift):
    service.create("resized")
    connection = service.connect("resized")
    redshift.resize_cluster(ClusterIdentifier="resized", NumberOfNodes=2)
    service.available("resized")
    with pytest.raises(psycopg.OperationalError):
        connection.execute("select 1")


@fact(
    "6.4/19g",
    "ModifyCluster changes the master password asynchronously. PendingModifiedValues does not show it.",
    Here.SUPPORTED,
    API + "ModifyCluster",
)
def test_new_password(service, redshift):
    service.create("modified")
    asked = redshift.modify_cluster(ClusterIdentifier="modified", MasterUserPassword="Another-43")["Cluster"]
    assert asked["PendingModifiedValues"] == {"MasterUserPassword": "****"}
    service.available("modified")
    service.connect("modified", password="Another-43").close()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        service.connect("modified")
    with refused("InvalidParameterValue", match="not a valid password"):
        redshift.modify_cluster(ClusterIdentifier="modified", MasterUserPassword="weak")


@fact(
    "6.4/19h",
    "ModifyCluster changes PubliclyAccessible, EnhancedVpcRouting and the retention of snapshots.",
    Here.SUPPORTED,
    API + "ModifyCluster",
)
def test_settings(service, redshift):
    service.create("modified")
    redshift.modify_cluster(
        ClusterIdentifier="modified",
        PubliclyAccessible=True,
        EnhancedVpcRouting=True,
        AutomatedSnapshotRetentionPeriod=7,
    )
    done = service.available("modified")
    assert (done["PubliclyAccessible"], done["EnhancedVpcRouting"]) == (True, True)
    assert done["AutomatedSnapshotRetentionPeriod"] == 7
    with refused("InvalidParameterValue", match="between 1 and 35"):
        redshift.modify_cluster(ClusterIdentifier="modified", AutomatedSnapshotRetentionPeriod=0)


@fact(
    "6.4/19i",
    "ModifyCluster can also change the encryption, the port, the parameter group and the management of the password.",
    Here.REFUSED,
    API + "ModifyCluster",
)
@pytest.mark.parametrize(
    "asked",
    [
        {"Encrypted": False},
        {"Port": 5450},
        {"ClusterParameterGroupName": "default.redshift-1.0"},
        {"ManageMasterPassword": True},
        {"MultiAZ": True},
    ],
)
def test_settings_that_cannot_be_changed(redshift, asked):
    with refused("UnsupportedOperation", match="not supported by the stand-in"):
        redshift.modify_cluster(ClusterIdentifier=SHARED, **asked)
