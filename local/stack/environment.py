"""The environment variables of the local Airflow components, the Airflow CLI and the user's shell."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local.settings import ROOT, Settings
from local.stack.secret import Secrets
from redshift_standin import ACCESS_KEY, HOST, REGION, SECRET_KEY, PostgresServer, standin_environment

BUCKET = "sparkify-local"
CLUSTER = "sparkify"
# The cluster of a stack without Airflow. It has its own name because the DAG that creates a cluster does not adopt one
# that it did not create.
CLUSTER_ALONE = "local"
DATABASE = "dev"
MASTER_USER = "awsuser"
# The database user that loads; sparkify_create_cluster creates it.
LOADER = "sparkify_etl"

# The database of Airflow.
METADATA = "airflow"

ADMIN = "admin"
VIEWER = "viewer"

# The user's own settings for these programs must not reach the local stack: it would use another account.
FOREIGN = ("AIRFLOW", "AWS_", "PG", "_AIRFLOW")

# Exported settings of Airflow apply to the local stack, but not those that connect it to the user's own installation.
OTHER_INSTALLATION = (
    "AIRFLOW__SECRETS__",
    "AIRFLOW__LOGGING__REMOTE_",
    "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST",
    "AIRFLOW__CORE__AUTH_MANAGER",
    "AIRFLOW__REDSHIFT_ELT__",
)

# Settings of Airflow that the user may override.
DEFAULTS = {
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__PARALLELISM": "8",
    "AIRFLOW__API__WORKERS": "1",
    # Lines are wrapped because log messages end with what to do.
    "AIRFLOW__API__DEFAULT_WRAP": "True",
    # The default of one second is most of the duration of a short task.
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.1",
    # A skipped, failed or deferred task can occupy its slot this much longer (docs/airflow.md). The default is 5.
    "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
    # Changed DAG files appear in the UI after seconds instead of minutes.
    "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "10",
}

# Each task is a separate process: without bytecode files, it compiles the package again.
NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"


def airflow_home(settings: Settings) -> Path:
    """Return the local Airflow's home folder."""
    return settings.state / "airflow"


def passwords_file(settings: Settings) -> Path:
    """Return the file that Airflow reads the UI's passwords from."""
    return airflow_home(settings) / "passwords.json"


def process_environment(settings: Settings, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment of every process of the stack: the user's, without settings for AWS or another Airflow."""
    kept = {name: value for name, value in environ.items() if not name.startswith((*FOREIGN, NO_BYTECODE))}
    return {
        **kept,
        **_common_variables(settings, environ),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", os.defpath)]),
        "PYTHONUNBUFFERED": "1",
    }


def client_variables(settings: Settings) -> dict[str, str]:
    """Return the variables that point boto3, PostgreSQL clients and this project's commands at the local stack."""
    return {**standin_environment(settings), **_common_variables(settings, os.environ)}


def airflow_variables(
    settings: Settings, metadata: PostgresServer, secrets: Secrets, environ: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """Return the variables that point any Airflow program at the local stack.

    Exported settings of Airflow override the defaults, but not the settings that connect it to the local stack.

    :param metadata: the server of Airflow's metadata database.
    """
    return {
        **client_variables(settings),
        **DEFAULTS,
        **_exported_settings(environ),
        "AIRFLOW_HOME": str(airflow_home(settings)),
        "AIRFLOW_UI_URL": settings.airflow_url,
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps(_dag_bundles()),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__FERNET_KEY": secrets.fernet_key,
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{settings.airflow_url}/execution/",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{ADMIN}:admin,{VIEWER}:viewer",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords_file(settings)),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": metadata.sqlalchemy_url(METADATA),
        "AIRFLOW__API__HOST": HOST,
        "AIRFLOW__API__PORT": str(settings.airflow_port),
        "AIRFLOW__API__BASE_URL": settings.airflow_url,
        "AIRFLOW__API__SECRET_KEY": secrets.api_secret_key,
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.jwt_secret,
        "AIRFLOW_CONN_AWS_DEFAULT": json.dumps(
            {
                "conn_type": "aws",
                "login": ACCESS_KEY,
                "password": SECRET_KEY,
                "extra": {"region_name": REGION, "endpoint_url": settings.aws_url},
            }
        ),
        "AIRFLOW_CONN_REDSHIFT_DEFAULT": json.dumps(
            {
                "conn_type": "redshift",
                "login": LOADER,
                "schema": DATABASE,
                "extra": {"iam": True, "cluster_identifier": CLUSTER, "region": REGION},
            }
        ),
        "AIRFLOW_VAR_SPARKIFY_BUCKET": BUCKET,
        "AIRFLOW_VAR_SHOP_BUCKET": BUCKET,
    }


def _dag_bundles() -> list[dict[str, Any]]:
    """Return the folders with DAG files: Airflow's own, under the name that it has by default, and the examples."""
    local = "airflow.dag_processing.bundles.local.LocalDagBundle"
    return [
        {"name": "dags-folder", "classpath": local, "kwargs": {}},
        {"name": "examples", "classpath": local, "kwargs": {"path": str(ROOT / "docs" / "examples")}},
    ]


def _exported_settings(environ: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in environ.items()
        if name.startswith("AIRFLOW__") and not name.startswith(OTHER_INSTALLATION)
    }


def _common_variables(settings: Settings, environ: Mapping[str, str]) -> dict[str, str]:
    no_proxy = environ.get("NO_PROXY") or environ.get("no_proxy", "")
    loopback = [name for name in dict.fromkeys((HOST, "localhost", settings.listen)) if name not in no_proxy.split(",")]
    variables = {**settings.to_environment(), "NO_PROXY": ",".join([*filter(None, [no_proxy]), *loopback])}
    if sys.platform == "darwin":
        # macOS kills a forked process that touches its Objective-C runtime, and Airflow forks every task.
        variables["OBJC_DISABLE_INITIALIZE_FORK_SAFETY"] = "YES"
    return variables
