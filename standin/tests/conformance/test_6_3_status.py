"""Section 6.3: the status of a cluster."""

from __future__ import annotations

import pytest
from botocore.exceptions import WaiterError

from standin_support.facts import Here, fact
from standin_support.held import API, ROLE, SHARED, refused, request
from standin_support.waiting import WAITER_CONFIG, wait_until


@fact(
    "6.3/9",
    "The states of a cluster are creating, available, modifying, pausing, paused, resuming, "
    "rebooting, resizing, final-snapshot and deleting.",
    Here.SUPPORTED,
    API + "Cluster",
)
def test_statuses(service, redshift):
    name = {"ClusterIdentifier": "stately"}
    with service.held("create"):
        assert redshift.create_cluster(**request("stately"))["Cluster"]["ClusterStatus"] == "creating"
        assert service.status("stately") == "creating"
    assert service.available("stately")["ClusterStatus"] == "available"
    modified = redshift.modify_cluster(**name, AllowVersionUpgrade=False)["Cluster"]
    assert modified["ClusterStatus"] == "modifying"
    service.available("stately")
    with service.held("pause"):
        assert redshift.pause_cluster(**name)["Cluster"]["ClusterStatus"] == "pausing"
        assert service.status("stately") == "pausing"
    service.wait_for_status("stately", "paused")
    with service.held("resume"):
        assert redshift.resume_cluster(**name)["Cluster"]["ClusterStatus"] == "resuming"
        assert service.status("stately") == "resuming"
    service.available("stately")
    with service.held("resume"):
        assert redshift.reboot_cluster(**name)["Cluster"]["ClusterStatus"] == "rebooting"
        assert service.status("stately") == "rebooting"
    service.available("stately")
    with service.held("resume"):
        resized = redshift.modify_cluster(**name, NodeType="ra3.large", NumberOfNodes=2)["Cluster"]
        assert resized["ClusterStatus"] == "resizing"
        assert service.status("stately") == "resizing"
    service.available("stately")
    with service.held("delete"):
        with service.held("save_snapshot"):
            deleted = redshift.delete_cluster(**name, FinalClusterSnapshotIdentifier="last")["Cluster"]
            assert deleted["ClusterStatus"] == "final-snapshot"
            assert service.status("stately") == "final-snapshot"
        service.wait_for_status("stately", "deleting")
    service.wait_until_deleted("stately")


@fact(
    "6.3/9a",
    "A cluster whose identifier is being changed has the status renaming.",
    Here.REFUSED,
    API + "ModifyCluster",
)
def test_renaming(redshift):
    with refused("UnsupportedOperation", match="NewClusterIdentifier is not supported by the stand-in"):
        redshift.modify_cluster(ClusterIdentifier=SHARED, NewClusterIdentifier="other")


@fact(
    "6.3/10",
    "ClusterAvailabilityStatus says whether a cluster can be queried.",
    Here.SUPPORTED,
    API + "Cluster",
)
def test_availability(service, redshift):
    assert service.describe(SHARED)["ClusterAvailabilityStatus"] == "Available"
    with service.held("create"):
        created = redshift.create_cluster(**request("unavailable"))["Cluster"]
        assert created["ClusterAvailabilityStatus"] == "Unavailable"
    service.available("unavailable")


@fact("6.3/11", "A cluster that is being created has no Endpoint.", Here.SUPPORTED, "no source")
def test_endpoint(service, redshift):
    with service.held("create"):
        redshift.create_cluster(**request("new"))
        assert "Endpoint" not in service.describe("new")
    assert service.available("new")["Endpoint"]["Address"] == "localhost"


@fact(
    "6.3/11a",
    "The status of a new role is adding, then in-sync. A removed role has the status removing until it disappears.",
    Here.SUPPORTED,
    "copy-unload-iam-role-associating-with-clusters",
)
def test_roles(service, redshift):
    service.create("roles")

    def change(**asked):
        return redshift.modify_cluster_iam_roles(ClusterIdentifier="roles", **asked)["Cluster"]

    def wait_for_status(roles):
        wait_until(lambda: service.describe("roles")["IamRoles"] == roles, f"the roles are {roles}")

    added = change(AddIamRoles=[ROLE], DefaultIamRoleArn=ROLE)
    assert added["IamRoles"] == [{"IamRoleArn": ROLE, "ApplyStatus": "adding"}]
    assert added["DefaultIamRoleArn"] == ROLE
    wait_for_status([{"IamRoleArn": ROLE, "ApplyStatus": "in-sync"}])
    removed = change(RemoveIamRoles=[ROLE])
    assert removed["IamRoles"] == [{"IamRoleArn": ROLE, "ApplyStatus": "removing"}]
    assert "DefaultIamRoleArn" not in removed
    wait_for_status([])


@fact(
    "6.3/12",
    "The waiter cluster_available waits for a cluster that does not exist yet, and fails if the cluster is "
    "being deleted.",
    Here.SUPPORTED,
    "boto3 waiters",
)
def test_cluster_available_waiter_of_a_cluster_that_is_being_deleted(service, redshift):
    service.create("doomed")
    waiter = redshift.get_waiter("cluster_available")
    with service.held("delete"):
        redshift.delete_cluster(ClusterIdentifier="doomed", SkipFinalClusterSnapshot=True)
        with pytest.raises(WaiterError, match="terminal failure"):
            waiter.wait(ClusterIdentifier="doomed", WaiterConfig=WAITER_CONFIG)
    service.wait_until_deleted("doomed")
    with pytest.raises(WaiterError, match="Max attempts exceeded"):
        waiter.wait(ClusterIdentifier="doomed", WaiterConfig={"Delay": 0, "MaxAttempts": 2})


@fact("6.3/12a", "The waiter cluster_deleted fails if the cluster is being created.", Here.SUPPORTED, "boto3 waiters")
def test_cluster_deleted_waiter_of_a_cluster_that_is_being_created(service, redshift):
    with service.held("create"):
        redshift.create_cluster(**request("begun"))
        with pytest.raises(WaiterError, match="terminal failure"):
            service.wait_until_deleted("begun")
