"""The demo of docker-compose.yaml without Docker: ``docker compose --profile local up``, its services as processes.

``python -m tests.support.compose_run ENV PROGRAMS`` needs root. While the demo loads, a worker is killed, and started
again as its restart policy says. Afterwards the parts of Airflow freeze. The last line of the output is JSON: the task
that was killed, how the rows of each table differ from the model, and the parts whose health check notices that.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import boto3
import psycopg

from local.compose_demo import ComposeSettings
from local.datagen import Options, generate
from local.stack.airflow_api import AirflowApi
from local.stack.dag_ids import LOAD
from local.stack.environment import CLUSTER
from tests.model import star_schema as model
from tests.support.compose_containers import Container, Project, enter_namespaces, say, wait_until
from tests.support.compose_file import Service, read_env

TARGETS = ("songplays", "users", "songs", "artists", "time")
FROZEN = ("scheduler", "dag-processor", "triggerer", "worker")
_DEMO_SECONDS = 900


def main(env_file: str, programs: str) -> None:
    """Run it in the namespaces, and print the result."""
    enter_namespaces("tests.support.compose_run", [env_file, programs])
    environ = read_env(Path(env_file))
    project = Project(environ, {"local"}, Path(programs))
    project.up()
    [demo] = project["demo"]
    killed = _kill_a_worker(project["worker"], demo, environ["UI_ADMIN_PASSWORD"])
    status = demo.wait(_DEMO_SECONDS)
    say(demo.last_lines())
    if status:
        raise SystemExit(f"the demo has failed; the scheduler:\n{project['scheduler'][0].last_lines()}")
    rows = _rows(demo.service)
    expected = _expected()
    differences = {
        name: {
            "expected": len(expected[name]),
            "found": len(rows[name]),
            "missing": sorted(map(str, expected[name] - model.comparable(rows[name])))[:3],
            "unexpected": sorted(map(str, model.comparable(rows[name]) - expected[name]))[:3],
        }
        for name in expected
    }
    say(json.dumps({"killed": killed, "tables": differences, "unhealthy": _freeze(project)}))


def _kill_a_worker(workers: list[Container], demo: Container, password: str) -> str:
    """Kill the worker that runs a task of the DAG, start it again, and return the task."""
    with AirflowApi("http://api-server:8080", "admin", password) as api:
        found: list[tuple[str, str]] = []

        def is_loading() -> bool:
            if demo.process.poll() is not None:
                raise RuntimeError(f"the demo has ended before a worker was killed:\n{demo.last_lines()}")
            running = api.running_tasks(LOAD)
            found[:] = [(task["task_id"], task["hostname"]) for task in running if task["hostname"]]
            return bool(found)

        wait_until(is_loading, f"a task of {LOAD} runs")
    task, host = found[0]
    [worker] = [each for each in workers if each.name == host]
    say(f"killing {host}, which runs {task}")
    worker.kill()
    worker.start()
    return task


def _freeze(project: Project) -> list[str]:
    """Freeze parts of Airflow, and return those whose health check then fails, once all of them do."""
    containers = [project[name][0] for name in FROZEN]
    for container in containers:
        assert container.is_healthy(), container.name
    for container in containers:
        container.freeze()
    for container in containers:
        wait_until(lambda container=container: not container.passes_check(), f"{container.name} is unhealthy")
    return [container.service.name for container in containers if not container.passes_check()]


def _expected() -> model.Tables:
    """Return the star schema that the model computes from the data of the demo, which is always the same."""
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder), Options())
        return model.star_schema(Path(folder))


def _rows(demo: Service) -> dict[str, list[tuple[Any, ...]]]:
    """Return the rows of the warehouse, read with the login of its administrator."""
    settings = ComposeSettings.of(demo.environment)
    [cluster] = boto3.client("redshift", **settings.aws).describe_clusters(ClusterIdentifier=CLUSTER)["Clusters"]
    secrets = boto3.client("secretsmanager", **settings.aws)
    secret = secrets.get_secret_value(SecretId=cluster["MasterPasswordSecretArn"])["SecretString"]
    with psycopg.connect(
        host=cluster["Endpoint"]["Address"],
        port=cluster["Endpoint"]["Port"],
        dbname=cluster["DBName"],
        user=cluster["MasterUsername"],
        password=json.loads(secret)["password"],
        sslmode="verify-full",
        sslrootcert="/opt/stand-in/tls/certificate.pem",
    ) as connection:
        return {name: connection.execute(f"select * from {name}").fetchall() for name in TARGETS}


if __name__ == "__main__":
    main(*sys.argv[1:])
