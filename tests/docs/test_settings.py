"""The settings and installations in the documentation have the effect that their page describes."""

from __future__ import annotations

import os
import shutil
import sysconfig
from pathlib import Path

import pytest

from local.settings import ROOT
from redshift_elt import __version__
from tests.support.compose_file import read_env, resolve
from tests.support.environments import new_environment, write_constraints
from tests.support.shell import run_in_shell
from tests.support.snippets import block, command

IN_PROCESSES = pytest.mark.long("installations and processes with the settings of the documentation")
FOR_COMPOSE = "docs/docker-compose.md"


@IN_PROCESSES
def test_tasks_send_heartbeats_each_second(tmp_path):
    """The option is read by the processes of tasks, which have no command that shows it."""
    page = block(
        "docs/airflow.md",
        "export AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL=1    # for the workers; with LocalExecutor, for the scheduler",
    )
    show = 'python -c "from airflow.sdk.execution_time.supervisor import MIN_HEARTBEAT_INTERVAL as found; print(found)"'
    assert run_in_shell(f"{page.text}{show}", {"AIRFLOW_HOME": str(tmp_path)}).split()[-1] == "1"


@IN_PROCESSES
def test_connections_are_read_by_airflow(tmp_path):
    first_line = 'export AIRFLOW_CONN_AWS_DEFAULT=\'{"conn_type": "aws", "extra": {"region_name": "us-west-2"}}\''
    show = (
        "python -c 'from airflow.providers.common.compat.sdk import BaseHook;"
        ' print([BaseHook.get_connection(name).extra_dejson for name in ("aws_default", "redshift_default")])\''
    )
    text = block("docs/aws.md", first_line).text
    found = run_in_shell(f"{text}{show}", {"AIRFLOW_HOME": str(tmp_path)}).splitlines()[-1]
    assert found == "[{'region_name': 'us-west-2'}, {'iam': True, 'cluster_identifier': 'sparkify'}]"


@pytest.fixture
def programs(tmp_path) -> Path:
    """The programs of a new environment, which sees the packages of the tests."""
    programs = new_environment(tmp_path / "environment")
    [packages] = (tmp_path / "environment" / "lib").glob("python*/site-packages")
    (packages / "tests.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")
    return programs


@pytest.fixture
def variables(programs, tmp_path) -> dict[str, str]:
    return {
        "AIRFLOW_HOME": str(tmp_path / "home"),
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PIP_CONSTRAINT": str(write_constraints(tmp_path)),
        "PYTHONPATH": "",
    }


@IN_PROCESSES
def test_lineage_needs_the_provider_and_a_transport(variables):
    page = block("docs/history.md", "pip install apache-airflow-providers-openlineage")
    show = "python -c 'from airflow.providers.openlineage import conf; print(conf.transport())'"
    assert "'url': 'http://marquez.example.com:5000'" in run_in_shell(f"{page.text}{show}", variables)


@IN_PROCESSES
def test_package_with_its_report_can_be_installed(variables, tmp_path):
    text = "pip install '.[report]'"
    assert command(text) == block("docs/deployment.md", text).text.strip()
    run_in_shell(text, variables)
    show = 'python -c "import redshift_elt; print(redshift_elt.__version__, redshift_elt.__file__)"'
    version, file = run_in_shell(f"cd /\n{show}", variables).splitlines()[-1].split()
    assert version == __version__
    assert Path(file).is_relative_to(tmp_path / "environment")


@pytest.fixture
def project(tmp_path) -> Path:
    """A folder for ``make env``, which writes beside its own files."""
    (tmp_path / "Makefile").symlink_to(ROOT / "Makefile")
    shutil.copytree(ROOT / "local", tmp_path / "local", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


@pytest.mark.parametrize(("text", "target"), [("make env", "local"), ("make env TARGET=aws", "aws")])
def test_docker_compose_gets_its_secrets(project, text, target):
    [documented] = [line for line in block(FOR_COMPOSE, text).commands if line.startswith("make")]
    run_in_shell(documented, {}, folder=project)
    written = read_env(project / ".env")
    assert written["TARGET"] == target
    # For an account, the page says what is left to fill in. Without another secret, this would raise an error.
    completed = {**written, "SPARKIFY_BUCKET": "bucket", "SPARKIFY_REGION": "us-west-2"}
    assert "api-server" in resolve(ROOT / "docker-compose.yaml", completed)
