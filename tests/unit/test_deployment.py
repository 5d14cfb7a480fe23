"""The files of docs/deployment.md agree with the project and with each other."""

from __future__ import annotations

import configparser
import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from airflow.api_fastapi.core_api.datamodels.dag_run import TriggerDAGRunPostBody
from airflow.providers.amazon.aws.log.s3_task_handler import S3RemoteLogIO
from airflow.sdk.module_loading import import_string
from botocore.stub import Stubber

import redshift_elt
from local.settings import ROOT
from redshift_elt.cluster.cidrs import parse_cidrs
from redshift_elt.cluster.copy_policy import read_policy
from redshift_elt.cluster.spec import Access
from tests.support.airflow_versions import DagBag
from tests.support.aws_calls import recorded_with_arguments
from tests.support.commands import is_airflow_option
from tests.support.new_warehouse import PREFIXES
from tests.support.s3_in_process import s3_in_process
from tests.support.snippets import block

HELM = ROOT / "deploy" / "helm"
TERRAFORM = ROOT / "deploy" / "terraform"
# The values of another account than that of the examples.
PLACE = {
    "account": "123456789012",
    "region": "eu-west-1",
    "bucket": "mine",
    "workgroup_id": "a1b2c3d4-0000-4000-8000-000000000000",
    "connection_secret_arn": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:airflow-a1b2c3",
}
MWAA_REQUEST = (
    "aws mwaa invoke-rest-api --name ENVIRONMENT --method POST --path /dags/sparkify_create_cluster/dagRuns \\"
)
NEEDS_TERRAFORM = pytest.mark.skipif(shutil.which("terraform") is None, reason="Terraform is not installed")


def helm(file: str) -> dict[str, Any]:
    return yaml.safe_load((HELM / file).read_text("utf-8"))


def test_chart_starts_the_version_of_airflow_that_is_tested():
    [version] = re.findall(r"^apache-airflow==([\d.]+)$", (ROOT / "requirements.txt").read_text("utf-8"), re.MULTILINE)
    assert helm("values.yaml")["airflowVersion"] == version


def test_options_of_the_chart_are_those_of_airflow():
    options = [(section, option) for section, each in helm("values.yaml")["config"].items() for option in each]
    assert len(options) > 3
    assert [option for option in options if not is_airflow_option(*option)] == []


def test_image_is_tagged_with_the_version_of_the_package():
    files = ("docs/deployment.md", "deploy/helm/pod_template.yaml", ".github/workflows/ci.yml")
    for file in files:
        tags = re.findall(r"\bsparkify-warehouse:([\w.]+)", (ROOT / file).read_text("utf-8"))
        assert tags, file
        assert set(tags) == {redshift_elt.__version__}, file
    assert helm("values.yaml")["images"]["airflow"]["tag"] == redshift_elt.__version__


def test_pod_of_a_task_is_that_of_the_chart():
    values, pod = helm("values.yaml"), helm("pod_template.yaml")
    [container] = pod["spec"]["containers"]
    image = values["images"]["airflow"]
    assert container["image"] == f"{image['repository']}:{image['tag']}"
    assert container["resources"] == values["workers"]["resources"]
    secrets = {
        entry["name"]: (entry["valueFrom"]["secretKeyRef"]["name"], entry["valueFrom"]["secretKeyRef"]["key"])
        for entry in container["env"]
        if "valueFrom" in entry
    }
    assert secrets == {entry["envName"]: (entry["secretName"], entry["secretKey"]) for entry in values["secret"]}
    plain = {entry["name"]: entry["value"] for entry in container["env"] if "value" in entry}
    settings = {
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": "http://API_SERVER:8080/execution/",  # the chart knows it
        **{
            f"AIRFLOW__{section}__{option}".upper(): str(value)
            for section, options in values["config"].items()
            for option, value in options.items()
        },
    }
    assert plain == {**settings, **{entry["name"]: entry["value"] for entry in values["env"]}}


def test_image_that_is_pushed_is_that_of_the_pods():
    page = (ROOT / "docs" / "deployment.md").read_text("utf-8")
    image = helm("values.yaml")["images"]["airflow"]
    assert re.findall(r"^docker push (\S+)$", page, re.MULTILINE) == [f"{image['repository']}:{image['tag']}"]


def test_role_trusts_the_service_accounts_in_the_namespace_of_the_commands():
    page = (ROOT / "docs" / "deployment.md").read_text("utf-8")
    [namespace] = re.findall(r"^kubectl create namespace (\S+)$", page, re.MULTILINE)
    [statement] = json.loads((HELM / "trust-policy.json").read_text("utf-8"))["Statement"]
    subjects = statement["Condition"]["StringEquals"]["OIDC_ISSUER:sub"]
    assert {subject.rpartition(":")[0] for subject in subjects} == {f"system:serviceaccount:{namespace}"}
    account = helm("pod_template.yaml")["spec"]["serviceAccountName"]
    assert f"system:serviceaccount:{namespace}:{account}" in subjects


def test_role_may_do_what_airflow_does_with_the_logs_of_tasks(tmp_path):
    """Writes a log, appends to it, as after a deferral, and reads it."""
    folder = helm("values.yaml")["config"]["logging"]["remote_base_log_folder"].replace("BUCKET", PLACE["bucket"])
    logs = S3RemoteLogIO(remote_base=folder, base_log_folder=tmp_path, delete_local_copy=False)
    with s3_in_process(PLACE["bucket"]), recorded_with_arguments() as requests:
        for line in ("first", "second"):
            (tmp_path / "attempt=1.log").write_text(f"{line}\n", "utf-8")
            logs.upload("attempt=1.log", None)
        _, found = logs.read("attempt=1.log", None)
    # Earlier versions write an empty line between the two.
    assert "".join(found).split() == ["first", "second"]
    bucket = f"arn:aws:s3:::{PLACE['bucket']}"
    needed = {
        ("s3:ListBucket", bucket, "null")
        if operation == "ListObjectsV2"
        else (f"s3:{operation.replace('Head', 'Get')}", f"{bucket}/airflow-logs/*", "null")
        for service, operation, *_ in requests
        if service == "s3"
    }
    policy = (HELM / "logs-policy.json").read_text("utf-8").replace("BUCKET", PLACE["bucket"])
    assert allowed(json.loads(policy)) == needed


def test_secrets_backend_asks_only_for_the_connection():
    """The role of Terraform may read no other secret. Airflow asks the backend before any other place."""
    options = configparser.ConfigParser()
    options.read_string(block("docs/aws.md", "[secrets]").text)
    backend = import_string(options["secrets"]["backend"])(**json.loads(options["secrets"]["backend_kwargs"]))
    [name] = re.findall(
        r'resource "aws_secretsmanager_secret" "connection" \{\n +name += "(.*)"',
        (TERRAFORM / "main.tf").read_text("utf-8"),
    )
    # It refuses all other requests.
    with Stubber(backend.client) as secrets:
        secrets.add_response("get_secret_value", {"SecretString": "redshift://"}, {"SecretId": name})
        assert backend.get_conn_value("redshift_default") == "redshift://"
        assert backend.get_conn_value("aws_default") is None
        assert backend.get_variable("sparkify_bucket") is None
        secrets.assert_no_pending_responses()


def test_request_to_mwaa_is_one_that_airflow_accepts():
    [command] = block("docs/aws.md", MWAA_REQUEST).commands
    words = shlex.split(command)
    body = TriggerDAGRunPostBody.model_validate_json(words[words.index("--body") + 1])
    folder, dag_id, runs = words[words.index("--path") + 1].strip("/").split("/")
    assert (folder, runs) == ("dags", "dagRuns")
    params = DagBag(ROOT / "dags" / f"{dag_id}.py", bundle_path=ROOT / "dags").dags[dag_id].params
    assert set(body.conf) <= set(params)
    for field, value in body.conf.items():
        params[field] = value
    assert {field: params[field] for field in body.conf} == body.conf
    assert parse_cidrs(params["cidrs"])


def test_chart_is_the_same_one_everywhere():
    files = ("docs/deployment.md", "deploy/helm/values.yaml", ".github/workflows/ci.yml")
    named = re.compile(r"(?:apache-airflow/airflow|--repo https://airflow\.apache\.org)(?: --version)? (\d[\d.]*\d)")
    versions = [set(named.findall((ROOT / file).read_text("utf-8"))) for file in files]
    assert len(versions[0]) == 1
    assert versions == [versions[0]] * len(files)


def test_connections_are_those_of_the_dags():
    names = {entry["envName"].removeprefix("AIRFLOW_CONN_").lower() for entry in helm("values.yaml")["secret"]}
    assert names == {"aws_default", "redshift_default"}
    page = (ROOT / "docs" / "deployment.md").read_text("utf-8")
    assert {name for name in names if f"--from-file={name}=" not in page} == set()


def test_every_part_that_calls_aws_has_the_role():
    values = helm("values.yaml")
    roles = {
        values[part]["serviceAccount"]["annotations"]["eks.amazonaws.com/role-arn"]
        for part in ("workers", "triggerer", "apiServer")
    }
    assert roles == {"arn:aws:iam::ACCOUNT:role/sparkify-airflow"}


def test_prefixes_of_terraform_are_those_of_the_form():
    variables = (TERRAFORM / "variables.tf").read_text("utf-8")
    [prefixes] = re.findall(r'variable "prefixes" \{.*?default += (\[.*?\])', variables, re.DOTALL)
    assert tuple(json.loads(prefixes)) == PREFIXES


def test_variables_of_the_command_are_those_without_a_default():
    page = (ROOT / "docs" / "deployment.md").read_text("utf-8")
    [command] = re.findall(r"^terraform apply (?:.*\\\n)*.*$", page, re.MULTILINE)
    given = {word.split("=")[0] for word in shlex.split(command) if "=" in word}
    blocks = re.findall(
        r'^variable "(\w+)" \{\n(.*?)^\}', (TERRAFORM / "variables.tf").read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    assert given == {name for name, block in blocks if "default" not in block}


def terraform(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Terraform, which asks nothing and looks for no newer version of itself."""
    environment = {**os.environ, "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", "TF_INPUT": "0"}
    return subprocess.run(
        ["terraform", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture
def policies(tmp_path) -> Callable[[Sequence[str]], dict[str, Any]]:
    """A function that computes both policies for some prefixes, as Terraform does; they need no provider."""
    shutil.copytree(ROOT / "docs", tmp_path / "docs", ignore=shutil.ignore_patterns("screenshots"))
    folder = tmp_path / "deploy" / "terraform" / "policies"
    shutil.copytree(TERRAFORM / "policies", folder)

    def compute(prefixes: Sequence[str]) -> dict[str, Any]:
        (folder / "terraform.tfvars.json").write_text(json.dumps({**PLACE, "prefixes": list(prefixes)}))
        for command in (["init"], ["apply", "-auto-approve"]):
            done = terraform(folder, *command)
            assert done.returncode == 0, done.stdout + done.stderr
        outputs = json.loads(terraform(folder, "output", "-json").stdout)
        return {name: json.loads(output["value"]) for name, output in outputs.items()}

    return compute


def allowed(policy: dict[str, Any]) -> set[tuple[str, str, str]]:
    """Return the actions that a policy allows, each with a resource and the condition."""
    return {
        (action, resource, json.dumps(statement.get("Condition")))
        for statement in policy["Statement"]
        for action in flat(statement["Action"])
        for resource in flat(statement["Resource"])
        if statement["Effect"] == "Allow"
    }


def flat(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


@NEEDS_TERRAFORM
@pytest.mark.parametrize("prefixes", [PREFIXES, ("orders/", "manifests/")], ids=["default", "own"])
def test_role_of_terraform_may_do_what_the_created_one_may(policies, prefixes):
    assert policies(prefixes)["copy"] == read_policy(Access(bucket=PLACE["bucket"], prefixes=prefixes))


@NEEDS_TERRAFORM
def test_policy_of_terraform_is_the_loading_policy_without_clusters(policies):
    text = (ROOT / "docs" / "airflow-loading-policy.json").read_text("utf-8")
    for placeholder in ("ACCOUNT", "REGION", "BUCKET", "WORKGROUP_ID"):
        text = re.sub(rf"\b{placeholder}\b", PLACE[placeholder.lower()], text)
    text = text.replace('log_json_path.json"', 'log_json_path.json*"')
    clusters = {"EtlFindCluster", "EtlLogInAsUser", "LoginAsIdentity", "LoginBySecret", "ResumeCluster"}
    expected = json.loads(text)
    sids = {statement["Sid"] for statement in expected["Statement"]}
    assert clusters < sids
    expected["Statement"] = [statement for statement in expected["Statement"] if statement["Sid"] not in clusters]
    found = policies(PREFIXES)["airflow"]
    assert {statement["Sid"] for statement in found["Statement"]} == {*sids, "ReadConnection"} - clusters
    secret = ("secretsmanager:GetSecretValue", PLACE["connection_secret_arn"], "null")
    assert allowed(found) == allowed(expected) | {secret}


@NEEDS_TERRAFORM
def test_terraform_is_formatted():
    done = terraform(TERRAFORM, "fmt", "-check", "-diff", "-recursive")
    assert done.returncode == 0, done.stdout


@NEEDS_TERRAFORM
@pytest.mark.long("Terraform's provider for AWS, which can be a large download")
def test_terraform_is_valid(tmp_path):
    """With the provider in Terraform's mirror, in the folder SPARKIFY_TERRAFORM_PLUGINS, or from its registry."""
    folder = tmp_path / "deploy" / "terraform"
    shutil.copytree(TERRAFORM, folder, ignore=shutil.ignore_patterns(".terraform*"))
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    mirror = os.environ.get("SPARKIFY_TERRAFORM_PLUGINS")
    initialized = terraform(folder, "init", "-backend=false", *([f"-plugin-dir={mirror}"] if mirror else []))
    if initialized.returncode and not mirror:
        pytest.skip("Terraform's AWS provider is not available")
    assert initialized.returncode == 0, initialized.stderr
    done = terraform(folder, "validate", "-no-color")
    assert done.returncode == 0, done.stdout + done.stderr
