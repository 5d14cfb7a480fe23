"""deploy/helm/values.yaml with Airflow's official chart: its schema accepts it, and Helm renders what is expected.

``SPARKIFY_AIRFLOW_CHART`` names the archive that ``helm pull`` downloads.
"""

from __future__ import annotations

import configparser
import json
import os
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from local.settings import ROOT

CHART = os.environ.get("SPARKIFY_AIRFLOW_CHART", "")
VALUES = ROOT / "deploy" / "helm" / "values.yaml"
# The user and the group of the official image.
AIRFLOW_USER = {"runAsUser": 50000, "fsGroup": 0}
# Not Airflow's own.
OTHERS = {"airflow-statsd", "airflow-postgresql"}
ROLE = "arn:aws:iam::ACCOUNT:role/sparkify-airflow"

pytestmark = pytest.mark.skipif(not CHART, reason="SPARKIFY_AIRFLOW_CHART does not name the archive of Airflow's chart")
needs_helm = pytest.mark.skipif(shutil.which("helm") is None, reason="Helm is not installed")


def trusted() -> list[str]:
    """Return the service accounts that may assume the role."""
    policy = json.loads((ROOT / "deploy" / "helm" / "trust-policy.json").read_text("utf-8"))
    return policy["Statement"][0]["Condition"]["StringEquals"]["OIDC_ISSUER:sub"]


def in_chart(name: str) -> bytes:
    """Return a file of the chart."""
    with tarfile.open(CHART) as archive:
        return archive.extractfile(f"airflow/{name}").read()


def values() -> dict[str, Any]:
    return yaml.safe_load(VALUES.read_text("utf-8"))


@pytest.fixture(scope="module")
def schema() -> Draft7Validator:
    return Draft7Validator(json.loads(in_chart("values.schema.json")))


@pytest.fixture(scope="module")
def rendered() -> list[dict[str, Any]]:
    """The objects that the command of docs/deployment.md would send to a cluster."""
    done = subprocess.run(
        ["helm", "template", "airflow", CHART, "--values", VALUES], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return [each for each in yaml.safe_load_all(done.stdout) if each]


def one(rendered: list[dict[str, Any]], kind: str, name: str) -> dict[str, Any]:
    [found] = [each for each in rendered if (each["kind"], each["metadata"]["name"]) == (kind, name)]
    return found


def pods(rendered: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name and the pod of each of Airflow's components, and the pod of a task."""
    for each in rendered:
        name = each["metadata"]["name"]
        if name not in OTHERS and "template" in each.get("spec", {}):
            yield name, each["spec"]["template"]["spec"]
    yield "task", task_pod(rendered)


def task_pod(rendered: list[dict[str, Any]]) -> dict[str, Any]:
    return yaml.safe_load(one(rendered, "ConfigMap", "airflow-config")["data"]["pod_template_file.yaml"])["spec"]


def variables(container: dict[str, Any]) -> dict[str, Any]:
    return {entry["name"]: entry.get("value", entry.get("valueFrom")) for entry in container["env"]}


def options(rendered: list[dict[str, Any]]) -> configparser.ConfigParser:
    """Return Airflow's configuration."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(one(rendered, "ConfigMap", "airflow-config")["data"]["airflow.cfg"])
    return parser


def test_chart_is_that_of_the_command():
    page = (ROOT / "docs" / "deployment.md").read_text("utf-8")
    [version] = re.findall(r"helm upgrade .*--version (\S+)", page)
    assert yaml.safe_load(in_chart("Chart.yaml"))["version"] == version


def test_values_match_the_schema_of_the_chart(schema):
    assert [f"{error.json_path}: {error.message}" for error in schema.iter_errors(values())] == []


def test_schema_finds_a_misspelled_value(schema):
    wrong = values()
    wrong["triggerer"]["serviceAcount"] = wrong["triggerer"].pop("serviceAccount")
    [error] = schema.iter_errors(wrong)
    assert "serviceAcount" in error.message


def test_each_section_is_one_of_the_chart():
    """The schema accepts any name at the first level."""
    assert set(values()) - set(yaml.safe_load(in_chart("values.yaml"))) == set()


@needs_helm
def test_every_component_runs_the_image_as_its_user(rendered):
    named = values()["images"]["airflow"]
    image = f"{named['repository']}:{named['tag']}"
    components = dict(pods(rendered))
    assert {"airflow-api-server", "airflow-dag-processor", "airflow-scheduler", "airflow-triggerer"} < set(components)
    assert [name for name, pod in components.items() if pod["securityContext"] != AIRFLOW_USER] == []
    # The executor puts the image of its own options into the pod of a task.
    del components["task"]
    executor = options(rendered)["kubernetes_executor"]
    assert f"{executor['worker_container_repository']}:{executor['worker_container_tag']}" == image
    images = {
        (name, container["image"])
        for name, pod in components.items()
        for container in [*pod["containers"], *(pod.get("initContainers") or [])]
    }
    assert images == {(name, image) for name in components}


@needs_helm
def test_executor_and_its_settings_are_those_of_the_values(rendered):
    found = options(rendered)
    assert found["core"]["executor"] == "KubernetesExecutor"
    assert found["workers"]["min_heartbeat_interval"] == "1"
    logging = values()["config"]["logging"]
    assert {name: found["logging"][name] for name in logging} == logging
    # No pod waits for tasks; the name is only that of their service account.
    assert [each["kind"] for each in rendered if each["metadata"]["name"] == "airflow-worker"] == ["ServiceAccount"]


@needs_helm
def test_components_that_call_aws_have_the_role(rendered):
    with_role = {
        each["metadata"]["name"]
        for each in rendered
        if each["kind"] == "ServiceAccount" and ROLE in (each["metadata"].get("annotations") or {}).values()
    }
    accounts = {name: pod["serviceAccountName"] for name, pod in pods(rendered)}
    assert with_role == {accounts["airflow-api-server"], accounts["airflow-triggerer"], accounts["task"]}
    assert {subject.rpartition(":")[2] for subject in trusted()} == with_role


@needs_helm
def test_pod_of_a_task_has_what_the_template_without_the_chart_has(rendered):
    template = yaml.safe_load((ROOT / "deploy" / "helm" / "pod_template.yaml").read_text("utf-8"))["spec"]
    pod = task_pod(rendered)
    [expected], [actual] = template["containers"], pod["containers"]
    assert pod["serviceAccountName"] == template["serviceAccountName"]
    assert pod["restartPolicy"] == template["restartPolicy"]
    assert pod["securityContext"].items() <= template["securityContext"].items()
    for part in ("name", "resources", "securityContext"):
        assert actual[part] == expected[part]
    # The chart has Airflow's options in a file.
    environment = {name: value for name, value in variables(expected).items() if not name.startswith("AIRFLOW__")}
    assert environment.items() <= variables(actual).items()
    found = options(rendered)
    for name in set(variables(expected)) - set(environment):
        section, option = name.removeprefix("AIRFLOW__").lower().split("__")
        assert option in found[section]


@needs_helm
def test_no_user_has_a_known_password(rendered):
    commands = [
        " ".join([*(container.get("command") or []), *(container.get("args") or [])])
        for _, pod in pods(rendered)
        for container in pod["containers"]
    ]
    assert [command for command in commands if "users create" in command] == []
