"""The policies of Airflow's two identities allow exactly the AWS requests of the DAGs, which are run and recorded.

One identity loads. The other one creates, shows, pauses, resumes, restores and deletes the cluster. Each has an access
key of its own, which its requests are signed with.
"""

from __future__ import annotations

import ast
import importlib
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timezone
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

import boto3
import botocore.session
import pytest
from airflow.providers.common.compat.sdk import AirflowException
from botocore import xform_name

import sparkify_defaults
from local.datagen import Options, generate
from local.settings import ROOT
from local.stack.copy_role_boundary import ensure_boundary
from local.stack.environment import CLUSTER
from redshift_elt.cluster.copy_policy import read_policy
from redshift_elt.cluster.pause import ensure_available
from redshift_elt.cluster.spec import Access
from redshift_elt.connection.hook import warehouse_hook
from redshift_standin import ACCESS_KEY, REGION
from sparkify_warehouse import PAGE
from standin_support.waiting import wait_until
from tests.support.aws_calls import Request, recorded_with_arguments
from tests.support.golden import listed_as_modified
from tests.support.new_warehouse import VISIBLE
from tests.support.task_by_task import dag_ids, run_dag
from tests.support.warehouse import BUCKET, WarehouseUnderTest
from warehouse_page.report import Report
from warehouse_page.snapshot import SnapshotReader

pytestmark = pytest.mark.long("the requests of every DAG, compared with the policies")

PLUGINS = ROOT / "plugins"
LOADING, CLUSTER_LIFE = (ROOT / "docs" / f"airflow-{name}-policy.json" for name in ("loading", "cluster"))
BOUNDARY = ROOT / "docs" / "copy-role-boundary.json"
ETL, REPORT, THE_PAGE = "sparkify_etl", "sparkify_report", "the page"
# What an operator does with the option resume_cluster.
RESUMED = "a load that resumes the cluster"
MAINTENANCE = "sparkify_maintenance"

# Operations whose action has another name (Service Authorization Reference, Amazon S3).
ACTIONS = {
    ("s3", "ListObjectsV2"): "s3:ListBucket",
    ("s3", "HeadObject"): "s3:GetObject",
    ("s3", "DeleteObjects"): "s3:DeleteObject",
}
# This call needs no permission (AWS API reference, GetCallerIdentity).
FREE = ("sts", "GetCallerIdentity")
_TAGS = {"redshift:CreateTags"}
# AWS page "Managing Amazon Redshift admin passwords using AWS Secrets Manager": permissions required.
_MANAGED_PASSWORD = {
    f"secretsmanager:{name}"
    for name in (
        "CreateSecret",
        "DeleteSecret",
        "DescribeSecret",
        "GetRandomPassword",
        "RotateSecret",
        "TagResource",
        "UpdateSecret",
    )
}
# Additional permissions that AWS requires if an operation has these arguments (Service Authorization Reference,
# dependent actions). They are not visible in requests.
IMPLIED = {
    ("redshift", "CreateCluster", "IamRoles"): {"iam:PassRole"},
    ("redshift", "CreateCluster", "Tags"): _TAGS,
    ("redshift", "CreateCluster", "ManageMasterPassword"): _MANAGED_PASSWORD,
    ("redshift", "CreateClusterParameterGroup", "Tags"): _TAGS,
    ("redshift", "RestoreFromClusterSnapshot", "IamRoles"): {"iam:PassRole"},
    ("redshift", "RestoreFromClusterSnapshot", "ManageMasterPassword"): _MANAGED_PASSWORD,
    ("redshift-data", "BatchExecuteStatement", "SecretArn"): {"secretsmanager:GetSecretValue"},
    ("redshift", "ModifyClusterIamRoles", "AddIamRoles"): {"iam:PassRole"},
    ("iam", "CreateRole", "Tags"): {"iam:TagRole"},
    ("ec2", "CreateSecurityGroup", "TagSpecifications"): {"ec2:CreateTags"},
    ("ec2", "AuthorizeSecurityGroupIngress", "TagSpecifications"): {"ec2:CreateTags"},
}

OLD_MANIFEST = "manifests/sparkify_etl/0123456789ab/stage_events/staging_events.manifest"
LONG_AGO = datetime(2018, 11, 1, tzinfo=timezone.utc)

# In this order, each DAG finds the resources that it needs.
CREATE, RESTORE, TEARDOWN = "sparkify_create_cluster", "sparkify_restore_cluster", "sparkify_teardown_cluster"
ROLE = f"{CLUSTER}-copy"
ACCESS = Access(BUCKET, ["log_data/"])
PAUSE = "sparkify_pause_cluster"
READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
RUNS = (
    (CREATE, {"bucket": BUCKET, "subnet_group": "policy"}),
    (REPORT, {"bucket": BUCKET}),
    (CREATE, {"bucket": BUCKET, "cidrs": ["203.0.113.7/32"], "audit_log": "cloudwatch"}),
    (MAINTENANCE, {"bucket": BUCKET}),
    (CREATE, {"bucket": BUCKET, "reset": True, "confirm_reset": CLUSTER}),
    (PAUSE, {}),
    (PAUSE, {}),
    ("sparkify_resume_cluster", {}),
    ("sparkify_cluster_status", {}),
    (TEARDOWN, {"approved": True, "final_snapshot": True}),
    (RESTORE, {"bucket": BUCKET}),
    (TEARDOWN, {"approved": True, "final_snapshot": False, "confirm_data_loss": CLUSTER}),
)


@pytest.fixture(scope="module")
def calls(own_standin, tmp_path_factory) -> dict[str, list[Request]]:
    """The requests of each DAG, and of the hook for each other login method."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in own_standin.airflow_environment().items():
            if name.startswith(VISIBLE):
                patch.setenv(name, value)
        patch.setenv("AIRFLOW__SPARKIFY__CLUSTER_AWS_CONN_ID", "aws_cluster")
        patch.setenv("AIRFLOW_CONN_AWS_CLUSTER", second_identity())
        importlib.reload(sparkify_defaults)
        s3, redshift, iam = (boto3.client(name) for name in ("s3", "redshift", "iam"))
        ensure_boundary(iam, f"{CLUSTER}-copy-boundary", BUCKET)
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        subnets = [each["SubnetId"] for each in boto3.client("ec2").describe_subnets()["Subnets"]]
        redshift.create_cluster_subnet_group(ClusterSubnetGroupName="policy", Description="tests", SubnetIds=subnets)
        found: dict[str, list[Request]] = {}
        roles: list[dict] = []
        known = dag_ids()
        for dag_id, fixed in RUNS:
            params = dict(fixed)
            if dag_id in known:
                if dag_id == RESTORE:
                    [snapshot] = redshift.describe_cluster_snapshots()["Snapshots"]
                    params["snapshot_identifier"] = snapshot["SnapshotIdentifier"]
                    # A role of an earlier version.
                    trust = roles[-1]["AssumeRolePolicyDocument"]
                    iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=json.dumps(trust), Tags=roles[-1]["Tags"])
                if dag_id == TEARDOWN:
                    # The role has additional policies.
                    iam.attach_role_policy(RoleName=ROLE, PolicyArn=READ_ONLY)
                if dag_id not in (REPORT, MAINTENANCE):
                    params["cluster_identifier"] = CLUSTER
                if dag_id == MAINTENANCE:
                    # Older than a week, as S3 lists it.
                    s3.put_object(Bucket=BUCKET, Key=OLD_MANIFEST, Body=b"{}")
                with recorded_with_arguments() as called, listed_as_modified({OLD_MANIFEST: LONG_AGO}):
                    run_dag(dag_id, **params)
                found.setdefault(dag_id, []).extend(called)
                if dag_id == CREATE:
                    roles.append(iam.get_role(RoleName=ROLE)["Role"])
            if dag_id == PAUSE and RESUMED not in found:
                with recorded_with_arguments() as found[RESUMED]:
                    wait_until(lambda: ensure_available(CLUSTER), "the cluster is resumed")
            if dag_id == REPORT:
                patch.setenv("AIRFLOW_VAR_SPARKIFY_BUCKET", BUCKET)
                found[THE_PAGE] = list(page_requests())
            if dag_id == CREATE and ETL not in found:
                found[ETL] = list(loading(WarehouseUnderTest(s3), tmp_path_factory.mktemp("data")))
                found["the hook"] = list(other_logins(patch))
    importlib.reload(sparkify_defaults)
    return found


def second_identity() -> str:
    """Return an Airflow connection with the access key of a new user."""
    iam = boto3.client("iam")
    iam.create_user(UserName="cluster")
    key = iam.create_access_key(UserName="cluster")["AccessKey"]
    extra = {"region_name": REGION, "endpoint_url": os.environ["AWS_ENDPOINT_URL"]}
    return json.dumps(
        {"conn_type": "aws", "login": key["AccessKeyId"], "password": key["SecretAccessKey"], "extra": extra}
    )


def loading(warehouse: WarehouseUnderTest, directory: Path) -> list[Request]:
    """Load a day with one invalid line, and record the AWS calls."""
    generate(directory, Options(days=1, users=3, songs=5))
    warehouse.upload(directory)
    [log] = directory.rglob("*-events.json")
    warehouse.put(str(log.relative_to(directory)), log.read_bytes() + b'{"ts": "no time"}\n')
    with recorded_with_arguments() as called:
        warehouse.run(full_load=True, max_rejects=5).complete()
    return called


def page_requests() -> list[Request]:
    """Read the warehouse and the report like the page in Airflow's UI."""
    with recorded_with_arguments() as called:
        SnapshotReader(PAGE).snapshot(None, datetime(2018, 11, 1)).result()
        report = Report(PAGE)
        report.published_at()
        report.file("index.html")
    return called


def other_logins(patch: pytest.MonkeyPatch) -> list[Request]:
    """Use each of the other login methods; other tests verify whether they succeed."""
    ways = (
        {"iam": True, "cluster_identifier": CLUSTER},
        {"secret_arn": "managed", "cluster_identifier": CLUSTER},
        {"secret_arn": "warehouse/loader", "serverless_work_group": "sparkify"},
    )
    with recorded_with_arguments() as called:
        for extra in ways:
            patch.setenv("AIRFLOW_CONN_OTHER", json.dumps({"conn_type": "redshift", "schema": "dev", "extra": extra}))
            with suppress(AirflowException):
                warehouse_hook("other").get_conn()
        serverless = {"iam": True, "serverless_work_group": "sparkify"}
        for host in (None, "localhost"):
            fields = {"conn_type": "redshift", "schema": "dev", "host": host, "extra": serverless}
            patch.setenv("AIRFLOW_CONN_OTHER", json.dumps(fields))
            with suppress(AirflowException):
                warehouse_hook("other").get_conn()
    return called


def needed(called: list[Request]) -> set[str]:
    """Return the actions that the requests need."""
    actions = set()
    for service, operation, arguments, _ in called:
        if (service, operation) == FREE:
            continue
        actions.add(ACTIONS.get((service, operation), f"{service}:{operation}"))
        for argument in arguments:
            actions |= IMPLIED.get((service, operation, argument), set())
    return actions


def statements(policy: Path, *prefixes: str) -> Iterator[dict]:
    for statement in json.loads(policy.read_text())["Statement"]:
        if statement["Sid"].startswith(prefixes or ""):
            yield statement


def allowed(policy: Path, *prefixes: str) -> set[str]:
    return {action for statement in statements(policy, *prefixes) for action in statement["Action"]}


def test_every_dag_is_covered_by_this_test():
    assert dag_ids() <= {ETL, *(dag_id for dag_id, _ in RUNS)}


def test_every_aws_operation_in_the_source_is_covered_by_this_test(calls):
    called = {(service, operation) for each in calls.values() for service, operation, *_ in each}
    in_source = {operation for file in PLUGINS.rglob("*.py") for operation in operations_in(file)}
    assert in_source
    assert {operation for _, operation in in_source} - {operation for _, operation in called} == set()


def operations_in(file: Path) -> Iterator[tuple[str, str]]:
    """Yield the AWS operations whose methods a file calls."""
    nodes = list(ast.walk(ast.parse(file.read_text("utf-8"))))
    # Some functions of modules have the names of operations.
    modules = {name.asname or name.name for node in nodes if isinstance(node, ast.ImportFrom) for name in node.names}
    for node in nodes:
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        receiver, method = node.func.value, node.func.attr
        if method in methods() and not (isinstance(receiver, ast.Name) and receiver.id in modules):
            yield methods()[method]


@cache
def methods() -> dict[str, tuple[str, str]]:
    session = botocore.session.get_session()
    services = ("ec2", "iam", "redshift", "redshift-data", "redshift-serverless", "secretsmanager")
    return {
        xform_name(operation): (service, operation)
        for service in services
        for operation in session.get_service_model(service).operation_names
    }


def test_each_policy_has_exactly_the_actions_that_its_identity_needs(calls):
    called = [call for each in calls.values() for call in each]
    loads = [call for call in called if call.access_key == ACCESS_KEY]
    assert sorted(allowed(LOADING)) == sorted(needed(loads))
    life = [call for call in called if call.access_key != ACCESS_KEY]
    assert sorted(allowed(CLUSTER_LIFE)) == sorted(needed(life))


def test_cluster_dags_use_the_other_identity_except_to_read_the_size_of_the_tables(calls):
    for dag_id in {dag_id for dag_id, _ in RUNS} - {REPORT, MAINTENANCE}:
        as_loader = [call for call in calls[dag_id] if call.access_key == ACCESS_KEY]
        assert needed(as_loader) <= {"redshift:DescribeClusters", "redshift:GetClusterCredentials"}, dag_id


def test_whatever_can_widen_the_role_of_copy_needs_its_boundary():
    widening = {"iam:AttachRolePolicy", "iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"}
    # These have no condition on the boundary (Service Authorization Reference, AWS Identity and Access Management), or
    # remove it.
    assert not allowed(CLUSTER_LIFE) & {"iam:UpdateAssumeRolePolicy", "iam:DeleteRolePermissionsBoundary"}
    boundary = {"iam:PermissionsBoundary": "arn:aws:iam::ACCOUNT:policy/CLUSTER-copy-boundary"}
    for statement in statements(CLUSTER_LIFE):
        if widening.intersection(statement["Action"]):
            assert statement["Condition"] == {"StringEquals": boundary}
    assert not [action for action in allowed(LOADING) if action.startswith(("iam:", "*"))]


def test_boundary_allows_what_copy_needs_and_no_more(calls):
    needed_by_copy = {action for statement in read_policy(ACCESS)["Statement"] for action in [statement["Action"]]}
    # For objects that are encrypted with a key of the account.
    assert allowed(BOUNDARY) == {*needed_by_copy, "kms:Decrypt"}


@pytest.mark.parametrize("policy", [LOADING, CLUSTER_LIFE], ids=["loading", "cluster"])
def test_secrets_of_clusters_whose_names_begin_alike_are_out_of_reach(policy):
    # The ARN of a secret ends with six random characters (AWS page "What's in a Secrets Manager secret?").
    arn = "arn:aws:secretsmanager:REGION:ACCOUNT:secret:redshift!{}-{}"
    names = ["CLUSTER-ADMINISTRATOR"]
    others = ["CLUSTER-dev-ADMINISTRATOR", "CLUSTER-2-awsuser", "CLUSTER-ADMINISTRATOR-dev", "CLUSTER2-ADMINISTRATOR"]
    patterns = [
        resource
        for statement in statements(policy)
        for resource in statement["Resource"]
        if ":secretsmanager:" in resource
    ]
    assert patterns
    for pattern in patterns:
        assert all(fnmatchcase(arn.format(name, "a1B2c3"), pattern) for name in names)
        assert not any(fnmatchcase(arn.format(name, "a1B2c3"), pattern) for name in others)


def test_loading_needs_only_the_first_part(calls):
    assert sorted(allowed(LOADING, "Etl")) == sorted(needed(calls[ETL]))


def test_report_needs_to_connect_and_its_own_part(calls):
    assert needed(calls[REPORT]) == {
        "redshift:DescribeClusters",
        "redshift:GetClusterCredentials",
        *allowed(LOADING, "Report"),
    }


def test_maintenance_needs_no_more_than_loading(calls):
    assert needed(calls[MAINTENANCE]) < allowed(LOADING, "Etl")
    assert "s3:DeleteObject" in needed(calls[MAINTENANCE])


def test_page_needs_to_connect_and_its_own_part(calls):
    assert needed(calls[THE_PAGE]) == {
        "redshift:DescribeClusters",
        "redshift:GetClusterCredentials",
        *allowed(LOADING, "Page"),
    }


def test_files_are_read_and_written_only_where_the_policy_allows_it(calls):
    for part, (service, operation, arguments, _) in [
        *(("Etl", call) for call in calls[ETL]),
        *(("Etl", call) for call in calls[MAINTENANCE]),
        *(("Report", call) for call in calls[REPORT]),
        *(("Page", call) for call in calls[THE_PAGE]),
    ]:
        if service != "s3":
            continue
        action = ACTIONS.get((service, operation), f"{service}:{operation}")
        [statement] = [each for each in statements(LOADING, part) if action in each["Action"]]
        if action == "s3:ListBucket":
            wanted, patterns = [arguments["Prefix"]], statement["Condition"]["StringLike"]["s3:prefix"]
        else:
            deleted = [each["Key"] for each in arguments.get("Delete", {}).get("Objects", ())]
            wanted = deleted or [arguments["Key"]]
            patterns = [resource.removeprefix("arn:aws:s3:::BUCKET/") for resource in statement["Resource"]]
        for key in wanted:
            assert any(fnmatchcase(key, pattern) for pattern in patterns), (operation, key)


def test_other_login_methods_need_only_their_own_part(calls):
    assert needed(calls["the hook"]) - allowed(LOADING, "Etl") == allowed(LOADING, "Login")
