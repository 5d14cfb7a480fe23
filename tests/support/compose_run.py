"""``docker compose --profile local up`` without Docker: the services as processes in namespaces of their own.

``python -m tests.support.compose_run ENV`` needs root. The processes see the paths of the images, the names of the
services, and no other network; they run as the users of the file. While the demo loads, a worker is killed, and started
again as its restart policy says. The last line of the output is JSON: the task that was killed, and how the rows of
each table differ from the model.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import psutil
import psycopg

from local.compose_demo import ComposeSettings
from local.datagen import Options, generate
from local.settings import ROOT
from local.stack.airflow_api import AirflowApi
from local.stack.dag_ids import LOAD
from local.stack.environment import CLUSTER
from tests.model import star_schema as model
from tests.support import compose_images
from tests.support.compose_file import Service, in_order, read_env, resolve

TARGETS = ("songplays", "users", "songs", "artists", "time")
_NAMESPACES = ("unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc")
_INSIDE = "COMPOSE_RUN_INSIDE"
_START_SECONDS = 300
_DEMO_SECONDS = 900
_POLL_SECONDS = 1


@dataclass
class Container:
    """A process in place of a container.

    :param name: its host name.
    """

    service: Service
    name: str
    log: Path
    process: subprocess.Popen[bytes] = field(init=False)

    def start(self) -> None:
        """Start it, in a session of its own."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self._command(compose_images.command(self.service)),
                cwd=compose_images.workdir(self.service),
                env=compose_images.environment(self.service),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def is_healthy(self) -> bool:
        """Run the health check of the service; without one, it only has to run.

        :raises RuntimeError: it has ended.
        """
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.name} has ended with {self.process.returncode}:\n{self.last_lines()}")
        done = subprocess.run(
            self._command(self.service.check or ["true"]),
            cwd=compose_images.workdir(self.service),
            env=compose_images.environment(self.service),
            capture_output=True,
            check=False,
        )
        return done.returncode == 0

    def kill(self) -> None:
        """Kill it with everything that it has started, as the end of a container does."""
        parent = psutil.Process(self.process.pid)
        for process in [parent, *parent.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self.process.wait()

    def last_lines(self) -> str:
        """Return the end of its output."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-40:])

    def _command(self, command: list[str]) -> list[str]:
        user, _, group = compose_images.user(self.service).partition(":")
        become = ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups", "--no-new-privs"]
        return ["unshare", "--uts", "sh", "-c", 'hostname "$0" && exec "$@"', self.name, *become, *command]


def main(env_file: str) -> None:
    """Run it in the namespaces, and print the result."""
    if os.environ.get(_INSIDE) is None:
        variables = {**os.environ, _INSIDE: "1"}
        command = [*_NAMESPACES, sys.executable, "-m", "tests.support.compose_run", env_file]
        sys.exit(subprocess.run(command, env=variables, check=False).returncode)
    environ = read_env(Path(env_file))
    _prepare(["postgres", "redis", "api-server", "stand-in", "worker-1", "worker-2", "scheduler", "triggerer"])
    services = resolve(ROOT / "docker-compose.yaml", environ, {"local"})
    containers: dict[str, list[Container]] = {}
    for service in in_order(services):
        for other, condition in service.depends_on.items():
            _wait_for(containers[other], condition)
        names = [
            f"{service.name}-{n}" if service.replicas > 1 else service.name for n in range(1, service.replicas + 1)
        ]
        containers[service.name] = [Container(service, name, Path("/opt") / f"{name}.log") for name in names]
        for container in containers[service.name]:
            _say(f"starting {container.name}")
            container.start()
    [demo] = containers["demo"]
    killed = _kill_a_worker(containers["worker"], demo, environ["UI_ADMIN_PASSWORD"])
    status = demo.process.wait(_DEMO_SECONDS)
    _say(demo.log.read_text())
    if status:
        raise SystemExit(f"the demo has failed; the scheduler:\n{containers['scheduler'][0].last_lines()}")
    rows = _rows(services["demo"])
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
    _say(json.dumps({"killed": killed, "tables": differences}))


def _prepare(names: list[str]) -> None:
    """Give this namespace the paths of the images and the names of the services."""
    for path in {ROOT, Path(sys.prefix).resolve(), Path(sys.base_prefix).resolve()}:
        _make_reachable(path)
    _mount("-t", "tmpfs", "-o", "mode=0775", "tmpfs", "/opt")
    hosts = Path("/opt/hosts")
    # An address for each, because a process asks for the name of its address.
    lines = ["127.0.0.1 localhost", *(f"127.0.1.{number} {name}" for number, name in enumerate(names, 1))]
    hosts.write_text("\n".join([*lines, ""]))
    _mount("--bind", hosts, "/etc/hosts")
    users = Path("/opt/passwd")
    # The entrypoint of Airflow's image adds the user that it runs as, if it is another one than 50000.
    users.write_text(f"{Path('/etc/passwd').read_text()}postgres-image:x:999:0::/:\nairflow:x:50000:0::/opt/home:\n")
    _mount("--bind", users, "/etc/passwd")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    compose_images.build()
    os.umask(0o002)


def _make_reachable(path: Path) -> None:
    """Let other users reach a folder that is below a private one, such as root's home, in this namespace only."""
    private = next((each for each in reversed(path.parents) if not each.stat().st_mode & 0o001), None)
    if private is None:
        return
    with _kept(path) as kept:
        _mount("-t", "tmpfs", "-o", "mode=0755", "tmpfs", private)
        path.mkdir(parents=True, exist_ok=True)
        _mount("--bind", kept, path)


@contextmanager
def _kept(path: Path) -> Iterator[Path]:
    """Mount a folder in a second place for a while."""
    place = Path("/mnt")
    _mount("--bind", path, place)
    yield place
    subprocess.run(["umount", place], check=True)


def _mount(*arguments: str | Path) -> None:
    subprocess.run(["mount", *arguments], check=True)


def _wait_for(containers: list[Container], condition: str) -> None:
    if condition == "service_completed_successfully":
        for container in containers:
            if container.process.wait(_START_SECONDS):
                raise RuntimeError(f"{container.name} has failed:\n{container.last_lines()}")
    elif condition == "service_healthy":
        for container in containers:
            _wait_until(container.is_healthy, f"{container.name} is healthy")


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

        _wait_until(is_loading, f"a task of {LOAD} runs")
    task, host = found[0]
    [worker] = [each for each in workers if each.name == host]
    _say(f"killing {host}, which runs {task}")
    worker.kill()
    worker.start()
    return task


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


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _wait_until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(f"not after {_START_SECONDS} s: {what}")
        time.sleep(_POLL_SECONDS)


if __name__ == "__main__":
    main(sys.argv[1])
