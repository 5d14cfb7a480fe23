"""deploy/helm/pod_template.yaml, read by the code of KubernetesExecutor."""

from __future__ import annotations

import pytest
import yaml

import redshift_elt
from local.settings import ROOT
from tests.support.commands import is_airflow_option

pytest.importorskip("airflow.providers.cncf.kubernetes", reason="the provider is installed with requirements-dev.txt")
from airflow.providers.cncf.kubernetes.pod_generator import PodGenerator
from kubernetes.client import ApiClient
from kubernetes.client.models import V1Container, V1Pod

FILE = ROOT / "deploy" / "helm" / "pod_template.yaml"
COMMAND = ["python", "-m", "airflow.sdk.execution_time.execute_workload", "--json-string", "{}"]


@pytest.fixture(scope="module")
def template() -> V1Pod:
    return PodGenerator.deserialize_model_file(str(FILE))


@pytest.fixture(scope="module")
def pod(template) -> V1Pod:
    """The pod that the executor starts for a task, without an image in its own options."""
    return PodGenerator.construct_pod(
        dag_id="sparkify_etl",
        task_id="stage_events",
        pod_id="sparkify-etl-stage-events",
        try_number=1,
        kube_image=None,
        date=None,
        args=COMMAND,
        pod_override_object=None,
        base_worker_pod=template,
        namespace="airflow",
        scheduler_job_id="1",
        run_id="scheduled__2018-11-01",
    )


@pytest.fixture(scope="module")
def container(pod) -> V1Container:
    [container] = pod.spec.containers
    return container


def test_every_field_is_known_to_kubernetes(template):
    """The client leaves out those that it does not know."""
    assert ApiClient().sanitize_for_serialization(template) == yaml.safe_load(FILE.read_text("utf-8"))


def test_first_container_has_the_name_that_airflow_requires(template):
    """Airflow's page "Kubernetes Executor", under "pod_template_file"."""
    assert template.spec.containers[0].name == "base"


def test_task_runs_in_the_container_of_the_template(container):
    assert container.args == COMMAND
    assert container.image == f"ACCOUNT.dkr.ecr.REGION.amazonaws.com/sparkify-warehouse:{redshift_elt.__version__}"
    assert container.resources.requests == {"cpu": "250m", "memory": "512Mi"}
    assert container.resources.limits == {"memory": "1Gi"}


def test_task_is_not_restarted_by_kubernetes(pod):
    """Airflow retries it."""
    assert pod.spec.restart_policy == "Never"


def test_task_runs_as_the_user_of_the_image_without_more_rights(pod, container):
    assert (pod.spec.security_context.run_as_user, pod.spec.security_context.run_as_non_root) == (50000, True)
    assert container.security_context.allow_privilege_escalation is False
    assert container.security_context.capabilities.drop == ["ALL"]


def test_secrets_are_not_in_the_file(container):
    values = {entry.name: entry.value for entry in container.env if entry.value_from is None}
    keys = {entry.name: entry.value_from.secret_key_ref for entry in container.env if entry.value_from is not None}
    assert set(values) == {
        "AIRFLOW_IS_K8S_EXECUTOR_POD", "AIRFLOW_VAR_SPARKIFY_BUCKET", "AIRFLOW__CORE__EXECUTION_API_SERVER_URL",
        "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL", "AIRFLOW__LOGGING__REMOTE_LOGGING",
        "AIRFLOW__LOGGING__REMOTE_BASE_LOG_FOLDER", "AIRFLOW__LOGGING__REMOTE_LOG_CONN_ID",
    }  # fmt: skip
    assert {name: (secret.name, secret.key) for name, secret in keys.items()} == {
        "AIRFLOW_CONN_AWS_DEFAULT": ("sparkify-connections", "aws_default"),
        "AIRFLOW_CONN_REDSHIFT_DEFAULT": ("sparkify-connections", "redshift_default"),
    }


def test_options_are_those_of_airflow(container):
    options = [
        entry.name.removeprefix("AIRFLOW__").lower().split("__")
        for entry in container.env
        if entry.name.startswith("AIRFLOW__")
    ]
    assert len(options) == 5
    assert [option for option in options if not is_airflow_option(*option)] == []
