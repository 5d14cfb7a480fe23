"""An AWS account, and runs of the cluster DAGs in it, task by task without Airflow's processes."""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import boto3
from airflow.providers.common.compat.sdk import AirflowSkipException
from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk.bases.sensor import BaseSensorOperator

from local.settings import ROOT
from standin_support.service_parts import RecordingEndpoints
from standin_support.waiting import HANGS_AFTER_SECONDS, wait_until
from tests.support.airflow_versions import DagBag
from tests.support.aws_contents import contents
from tests.support.faults import AwsFaults
from tests.support.variables import VARIABLES

NAME = "life"
TAGS = [{"Key": "project", "Value": "sparkify-warehouse"}]
TRUST = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "redshift.amazonaws.com"},'
    ' "Action": "sts:AssumeRole", "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}}}]}'
)
POLICY = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}'
DAGS = DagBag(ROOT / "dags", bundle_path=ROOT / "dags").dags


class HeldEndpoints(RecordingEndpoints):
    """Clusters without databases, whose state changes can be blocked."""

    def __init__(self) -> None:
        super().__init__()
        self.going = threading.Event()
        self.going.set()

    def create(self, *args: Any, **kwargs: Any) -> None:
        self._wait()
        super().create(*args, **kwargs)

    def pause(self, *args: Any) -> None:
        self._wait()
        super().pause(*args)

    def resume(self, *args: Any) -> None:
        self._wait()
        super().resume(*args)

    def delete(self, *args: Any) -> None:
        self._wait()
        super().delete(*args)

    def save_snapshot(self, *args: Any) -> None:
        self._wait()
        super().save_snapshot(*args)

    def _wait(self) -> None:
        assert self.going.wait(HANGS_AFTER_SECONDS), "a change was held up for too long"


class Account:
    """The resources of the account, and the faults of the stand-in.

    :param address: the address of the stand-in.
    """

    def __init__(self, address: str, endpoints: HeldEndpoints) -> None:
        self._endpoints = endpoints
        self.faults = AwsFaults(address)
        self._clients = {name: boto3.client(name) for name in ("redshift", "iam", "ec2", "secretsmanager")}
        self.redshift, self.iam, self.ec2 = (self._clients[name] for name in ("redshift", "iam", "ec2"))

    def create(self, *, wait: bool = True, **changed: Any) -> None:
        """Create a cluster and its resources without the functions of the product."""
        role = self.create_role()
        group = self.create_security_group()
        self.redshift.create_cluster_parameter_group(
            ParameterGroupName=f"{NAME}-tls", ParameterGroupFamily="redshift-2.0", Description="tests", Tags=TAGS
        )
        request = {
            "ClusterIdentifier": NAME,
            "ClusterType": "single-node",
            "NodeType": "ra3.large",
            "MasterUsername": "awsuser",
            "ManageMasterPassword": True,
            "IamRoles": [role],
            "DefaultIamRoleArn": role,
            "VpcSecurityGroupIds": [group],
            "ClusterParameterGroupName": f"{NAME}-tls",
            "Tags": TAGS,
        }
        self.redshift.create_cluster(**{**request, **changed})
        if wait:
            self.wait_for_status("available")

    def create_role(self, tags: list[dict[str, str]] = TAGS) -> str:
        """Create the role that COPY uses and return its ARN."""
        role = self.iam.create_role(RoleName=f"{NAME}-copy", AssumeRolePolicyDocument=TRUST, Tags=tags)["Role"]
        self.iam.put_role_policy(RoleName=f"{NAME}-copy", PolicyName="read", PolicyDocument=POLICY)
        return role["Arn"]

    def create_security_group(self, tags: list[dict[str, str]] = TAGS, vpc: str | None = None) -> str:
        """Create a security group in a VPC, by default the default VPC, and return its id."""
        vpc = vpc or self.ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
        return self.ec2.create_security_group(
            GroupName=f"{NAME}-access",
            Description="tests",
            VpcId=vpc,
            TagSpecifications=[{"ResourceType": "security-group", "Tags": tags}],
        )["GroupId"]

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep every cluster and snapshot in its transitional state."""
        self._endpoints.going.clear()
        try:
            yield
        finally:
            self._endpoints.going.set()

    def status(self) -> str | None:
        """Return the cluster's state, or None if it does not exist."""
        found = [one["ClusterStatus"] for one in self.redshift.describe_clusters()["Clusters"]]
        return found[0] if found else None

    def wait_for_status(self, status: str | None) -> None:
        """Wait until the cluster is in a state; None waits until it has been deleted."""
        wait_until(lambda: self.status() == status, f"the cluster is {status}")

    def contents(self) -> dict[str, list[str]]:
        """Return the names of all resources by kind, except those that every account has."""
        return contents(self._clients.__getitem__)

    def snapshots(self) -> list[dict[str, Any]]:
        """Return the description of each snapshot."""
        return self.redshift.describe_cluster_snapshots()["Snapshots"]

    def delete_roles(self) -> None:
        """Delete every role."""
        for role in self.iam.list_roles()["Roles"]:
            name = role["RoleName"]
            for policy in self.iam.list_role_policies(RoleName=name)["PolicyNames"]:
                self.iam.delete_role_policy(RoleName=name, PolicyName=policy)
            for policy in self.iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
                self.iam.detach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])
            self.iam.delete_role(RoleName=name)

    def empty(self) -> None:
        """Delete all resources."""
        wait_until(lambda: self.status() in ("available", "paused", None), "the cluster settles")
        if self.status():
            self.redshift.delete_cluster(ClusterIdentifier=NAME, SkipFinalClusterSnapshot=True)
            self.wait_for_status(None)
        for snapshot in self.snapshots():
            self.redshift.delete_cluster_snapshot(SnapshotIdentifier=snapshot["SnapshotIdentifier"])
        found = self.contents()
        for name in found.get("parameter groups", ()):
            self.redshift.delete_cluster_parameter_group(ParameterGroupName=name)
        self.delete_roles()
        for group in self.ec2.describe_security_groups()["SecurityGroups"]:
            if group["GroupName"] != "default":
                self.ec2.delete_security_group(GroupId=group["GroupId"])
        assert self.contents() == {}


class Asked(Exception):  # noqa: N818 - it is no error
    """A run waits for an approval."""


def run(dag_id: str, **params: Any) -> dict[str, Any]:
    """Run each task of a DAG once, sensors until they succeed, and return the results of the tasks."""
    dag = DAGS[dag_id]
    returned: dict[str, Any] = {}
    context = {
        "dag": dag,
        "params": {**dag.params.dump(), "cluster_identifier": NAME, **params},
        "ti": SimpleNamespace(xcom_pull=lambda task_ids, **_: returned[task_ids]),
        "run_id": "test",
        "var": VARIABLES,
    }
    for original in dag.topological_sort():
        task = copy.copy(original)
        task.render_template_fields(context, dag.get_template_env())
        try:
            if task._pre_execute_hook:
                task._pre_execute_hook(context)
            if isinstance(task, HITLOperator):
                raise Asked(task.subject, task.body)
            if isinstance(task, BaseSensorOperator):
                # Airflow handles the wait between two pokes of a sensor.
                wait_until(lambda task=task: task.poke(context), task.task_id)
            else:
                returned[task.task_id] = task.execute(context)
        except AirflowSkipException:
            continue
    return returned
