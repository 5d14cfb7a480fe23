"""The commands for AWS in the documentation: the AWS CLI against the stand-in, and what they upload and create."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from filecmp import dircmp
from pathlib import Path

import pytest

from local import mwaa
from local.settings import ROOT
from local.stack.aws_client import aws_client
from local.stack.cluster_login import require_login
from local.stack.environment import BUCKET, client_variables
from local.stack.stack import Stack
from tests.support.environments import new_environment
from tests.support.local_cluster import local_cluster
from tests.support.shell import run_in_shell
from tests.support.snippets import block

pytestmark = pytest.mark.long("the AWS CLI in an environment of its own")

PAGE = "docs/aws.md"


@pytest.fixture(scope="module")
def account(own_standin: Stack) -> Stack:
    """The stand-in as an AWS account with an empty bucket."""
    aws_client(own_standin.settings, "s3").create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
    )
    return own_standin


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which commands find what is in the repository, and write what they make."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("dags", "deploy", "include", "plugins", "docs"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("Makefile", "local", "requirements.txt"):
        (folder / name).symlink_to(ROOT / name)
    return folder


@pytest.fixture(scope="module")
def run(account: Stack, project: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """Runs commands in that folder, with the AWS CLI of an environment of its own, in the account."""
    programs = new_environment(tmp_path_factory.mktemp("aws") / "environment", "tests/requirements/awscli.txt")
    variables = {**client_variables(account.settings), "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    return lambda text, folder=".": run_in_shell(text, variables, folder=project / folder)


def test_boundary_of_the_role_can_be_created(run, account, project):
    create = (
        "aws iam create-policy --policy-name sparkify-copy-boundary --policy-document file://copy-role-boundary.json"
    )
    file = project / "docs" / "copy-role-boundary.json"
    completed = file.read_text("utf-8").replace("BUCKET", BUCKET)
    completed = completed.replace("KMS_KEY_ARN", "arn:aws:kms:us-west-2:123456789012:key/mine")
    file.write_text(completed, "utf-8")
    created = json.loads(run(block(PAGE, create).text, "docs"))["Policy"]
    assert created["PolicyName"] == "sparkify-copy-boundary"
    version = aws_client(account.settings, "iam").get_policy_version(
        PolicyArn=created["Arn"], VersionId=created["DefaultVersionId"]
    )
    assert version["PolicyVersion"]["Document"] == json.loads(completed)


def test_role_of_the_pods_on_eks_can_be_created(run, account, project):
    files = ("deploy/helm/trust-policy.json", "docs/airflow-loading-policy.json", "deploy/helm/logs-policy.json")
    for name in files:
        text = (project / name).read_text("utf-8").replace("OIDC_ISSUER", "oidc.eks.us-west-2.amazonaws.com/id/1A2B")
        (project / name).write_text(text.replace("ACCOUNT", "123456789012").replace("BUCKET", BUCKET), "utf-8")
    create = (
        "aws iam create-role --role-name sparkify-airflow"
        " --assume-role-policy-document file://deploy/helm/trust-policy.json"
    )
    run(block("docs/deployment.md", create).text)
    iam = aws_client(account.settings, "iam")
    role = "sparkify-airflow"
    created = [
        iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"],
        *(iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in ("loading", "logs")),
    ]
    assert created == [json.loads((project / name).read_text("utf-8")) for name in files]


def test_bucket_of_mwaa_has_what_the_command_builds(run, account, tmp_path):
    build, *_ = (text := block(PAGE, "make mwaa VERSION=3.2.1")).commands
    run(text.text.replace("ENVIRONMENT", BUCKET))
    mwaa.build(tmp_path, build.partition("=")[2])
    s3 = aws_client(account.settings, "s3")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
    uploaded = {
        each["Key"]: s3.get_object(Bucket=BUCKET, Key=each["Key"])["Body"].read()
        for page in pages
        for each in page["Contents"]
    }
    assert uploaded == {
        str(file.relative_to(tmp_path)): file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()
    }
    assert {"plugins.zip", "requirements.txt"} < set(uploaded)


def test_project_of_astronomer_has_the_folders_side_by_side(run, project, tmp_path):
    """tests/unit/dags/test_layout.py loads the DAGs from such a project."""
    text = block("docs/deployment.md", "cp -r dags include plugins requirements.txt PROJECT/").text
    run(text.replace("PROJECT", str(tmp_path)))
    for name in ("dags", "include", "plugins"):
        assert differences(dircmp(project / name, tmp_path / name)) == []
    assert (tmp_path / "plugins" / ".airflowignore").exists()
    assert (tmp_path / "requirements.txt").read_bytes() == (project / "requirements.txt").read_bytes()


def differences(compared: dircmp[str]) -> list[str]:
    found = [*compared.left_only, *compared.right_only, *compared.diff_files]
    return found + [name for each in compared.subdirs.values() for name in differences(each)]


def test_subnet_group_has_the_subnets(run, account):
    ec2 = aws_client(account.settings, "ec2")
    subnets = [subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"]][:2]
    text = block(PAGE, "aws redshift create-cluster-subnet-group --cluster-subnet-group-name sparkify \\").text
    for name, subnet in zip(("SUBNET_A", "SUBNET_B"), subnets, strict=True):
        text = text.replace(name, subnet)
    run(text)
    redshift = aws_client(account.settings, "redshift")
    [group] = redshift.describe_cluster_subnet_groups(ClusterSubnetGroupName="sparkify")["ClusterSubnetGroups"]
    assert {subnet["SubnetIdentifier"] for subnet in group["Subnets"]} == set(subnets)


@pytest.fixture(scope="module")
def cluster(account: Stack) -> Iterator[str]:
    """A cluster of the reader's own, with the name that the local commands look for."""
    with local_cluster(account.settings) as identifier:
        yield identifier


def test_final_snapshot_can_be_deleted(run, account, cluster):
    redshift = aws_client(account.settings, "redshift")
    redshift.create_cluster_snapshot(SnapshotIdentifier="final", ClusterIdentifier=cluster)
    redshift.get_waiter("snapshot_available").wait(SnapshotIdentifier="final", WaiterConfig={"Delay": 1})
    [text] = block(PAGE, "aws redshift delete-cluster-snapshot --snapshot-identifier SNAPSHOT").commands
    run(text.replace("SNAPSHOT", "final"))
    assert redshift.describe_cluster_snapshots(ClusterIdentifier=cluster)["Snapshots"] == []


def test_bookkeeping_schemas_of_two_environments_can_be_created(account, cluster):
    login = require_login(account.settings)
    connection = {"conn_type": "redshift", "login": login.user, "schema": login.database}
    variables = {
        **client_variables(account.settings),
        "AIRFLOW_CONN_REDSHIFT_ADMIN": json.dumps(
            {**connection, "host": login.host, "port": login.port, "password": login.password}
        ),
        "PYTHONPATH": os.pathsep.join([str(ROOT / "plugins"), os.environ.get("PYTHONPATH", "")]),
    }
    create = block(PAGE, "python -m redshift_elt.ddl.migrate_schema redshift_admin").text
    run_in_shell(create, variables)
    run_in_shell(block(PAGE, "export AIRFLOW__REDSHIFT_ELT__BOOKKEEPING_SCHEMA=etl_dev").text + create, variables)
    with login.connect() as warehouse:
        tables = warehouse.execute("select schemaname from pg_tables where tablename = 'loads' order by 1").fetchall()
    assert tables == [("etl",), ("etl_dev",)]
