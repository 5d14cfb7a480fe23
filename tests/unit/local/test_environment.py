"""The variables that the local Airflow inherits from the user's shell."""

from __future__ import annotations

import pytest

from local.settings import Settings
from local.stack.environment import airflow_variables, process_environment
from local.stack.secret import Secrets
from redshift_standin import PostgresServer


@pytest.fixture
def settings(tmp_path):
    return Settings(tmp_path)


def variables(settings, **exported):
    """Return the environment of an Airflow component whose user has exported these variables."""
    postgres = PostgresServer(settings.state / "postgres", settings.postgres_port)
    own = airflow_variables(settings, postgres, Secrets.of(settings.state), exported)
    return process_environment(settings, exported) | own


def test_tasks_end_without_idle_seconds(settings):
    assert variables(settings)["AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL"] == "1"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL", "5"),
        ("AIRFLOW__CORE__PARALLELISM", "16"),
        ("AIRFLOW__LOGGING__LOGGING_LEVEL", "DEBUG"),
    ],
)
def test_exported_settings_of_airflow_apply(settings, name, value):
    assert variables(settings, **{name: value})[name] == value


@pytest.mark.parametrize(
    "name",
    [
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN",
        "AIRFLOW__CORE__DAGS_FOLDER",
        "AIRFLOW__CORE__FERNET_KEY",
        "AIRFLOW__CORE__EXECUTOR",
        "AIRFLOW__CORE__AUTH_MANAGER",
        "AIRFLOW__API__PORT",
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST",
        "AIRFLOW__LOGGING__REMOTE_BASE_LOG_FOLDER",
        "AIRFLOW__SECRETS__BACKEND",
        "AIRFLOW__REDSHIFT_ELT__BOOKKEEPING_SCHEMA",
        "AIRFLOW_HOME",
        "AIRFLOW_CONN_REDSHIFT_DEFAULT",
        "AIRFLOW_VAR_SPARKIFY_BUCKET",
        "AWS_PROFILE",
    ],
)
def test_another_installation_does_not_reach_the_local_stack(settings, name):
    assert variables(settings, **{name: "mine"}).get(name) != "mine"
