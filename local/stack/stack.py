"""The whole local stack: its processes, the order in which they start and stop, and when they are ready."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psycopg

from local.errors import StackError
from local.settings import ROOT, Settings
from local.stack import environment
from local.stack.copy_role_boundary import ensure_boundary
from local.stack.daemon import PATIENCE, Daemon, stop_all
from local.stack.env_file import write_env_file
from local.stack.health import unhealthy_components
from local.stack.interrupt import held_back
from local.stack.lock import exclusive
from local.stack.ports import check_free
from local.stack.progress import Progress
from local.stack.secret import Secrets, write_private
from redshift_standin import Aws, PostgresServer, standin_environment

STANDIN = "standin"

# Airflow's components under the names that its health report uses.
COMPONENTS = {
    "api_server": ("api-server",),
    # Task logs are read from disk, so the log servers, which use fixed ports, are not needed.
    "scheduler": ("scheduler", "--skip-serve-logs"),
    "dag_processor": ("dag-processor",),
    "triggerer": ("triggerer", "--skip-serve-logs"),
}
FORKS_TASKS = {"scheduler", "dag_processor"}
PREPARED_AHEAD = {
    "SPARKIFY_IMPORT_AHEAD": "1",
    "AIRFLOW__AWS__SESSION_FACTORY": "shared_aws_models.SharedModels",
}

# Airflow finds these in the folder of its configuration.
CONFIG_FILES = ("airflow_local_settings.py", "shared_aws_models.py")

# The scheduler waits for running tasks. The triggerer would wait for its triggers, which are safe in the database.
STOP_SECONDS = {"triggerer": 2}

START_SECONDS = 180


class Stack:
    """PostgreSQL, the stand-in for AWS and Redshift, and Airflow, with one state folder.

    :param settings: the folder and the ports.
    :param progress: where the steps are shown.
    :param metadata: the PostgreSQL server of Airflow's metadata database, which the caller starts and stops; None: the
        database is on the server that also has those of the clusters.
    """

    def __init__(self, settings: Settings, progress: Progress, metadata: PostgresServer | None = None) -> None:
        self.settings = settings
        self.postgres = PostgresServer(settings.state / "postgres", settings.postgres_port, durable=settings.durable)
        self.metadata = metadata or self.postgres
        self.standin = Daemon(STANDIN, settings.state)
        self.airflow = {name: Daemon(name, settings.state, STOP_SECONDS.get(name, PATIENCE)) for name in COMPONENTS}
        self._progress = progress
        self._ports_file = _ports_file(settings)
        self._started: list[Daemon] = []
        self._started_postgres = False

    def is_running(self) -> bool:
        """Whether any process of the stack is alive."""
        return self.postgres.is_running() or any(daemon.is_running() for daemon in self._daemons())

    def is_complete(self) -> bool:
        """Whether every process of the stack is alive."""
        return self.postgres.is_running() and all(daemon.is_running() for daemon in self._daemons())

    def up(self) -> None:
        """Start every process that is not running yet, and wait until all are ready. On failure, stop what was started.

        :raises StackError: something cannot be started.
        """
        with exclusive(self.settings.state):
            self._check_same_ports()
            self._check_ports_free()
            self._write_ports()
            with self._undone_on_failure():
                self._start_postgres()
                self._start_standin()
                self._migrate()
                self._start_airflow()
                self._wait_until_ready()
                self._ensure_boundary()
                write_env_file(self.settings, self._airflow_variables())

    def up_without_airflow(self) -> None:
        """Start PostgreSQL and the stand-in if they are not running yet. On failure, stop what was started.

        :raises StackError: something cannot be started.
        """
        with exclusive(self.settings.state):
            self._check_same_ports()
            self._check_standin_port_free()
            self._write_ports()
            with self._undone_on_failure():
                self._start_postgres()
                self._start_standin()
                self._wait_for_standin()
                if not any(daemon.is_running() for daemon in self.airflow.values()):
                    write_env_file(self.settings, environment.client_variables(self.settings))

    def down(self) -> None:
        """Stop every process of the stack; committed data stays on disk."""
        with exclusive(self.settings.state), held_back():
            self._stop([*self._daemons()], with_postgres=True)

    def undo(self) -> None:
        """Stop what this object started, but not what was already running."""
        with exclusive(self.settings.state), held_back():
            self._undo()

    def airflow_environment(self) -> dict[str, str]:
        """Return the whole environment of an Airflow program on this stack."""
        return environment.process_environment(self.settings) | self._airflow_variables()

    def _airflow_variables(self) -> dict[str, str]:
        return environment.airflow_variables(self.settings, self.metadata, Secrets.of(self.settings.state))

    def _daemons(self) -> list[Daemon]:
        return [*self.airflow.values(), self.standin]

    @contextmanager
    def _undone_on_failure(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            with held_back():
                self._undo()
            raise

    def _undo(self) -> None:
        self._stop(self._started, with_postgres=self._started_postgres)
        self._started, self._started_postgres = [], False

    def _stop(self, daemons: list[Daemon], *, with_postgres: bool) -> None:
        airflow = [daemon for daemon in daemons if daemon is not self.standin]
        if airflow:
            with self._progress.step("Stopping Airflow") as step:
                stop_all(airflow)
                step.done = "Airflow has stopped"
        if self.standin in daemons:
            with self._progress.step("Stopping the stand-in") as step:
                stop_all([self.standin])
                step.done = "The stand-in has stopped"
        if with_postgres:
            with self._progress.step("Stopping PostgreSQL") as step:
                self.postgres.stop()
                step.done = "PostgreSQL has stopped"
        if not self.is_running():
            self._ports_file.unlink(missing_ok=True)

    def _check_same_ports(self) -> None:
        ports = self._addresses()
        if self.is_running() and self._ports_file.exists():
            running = json.loads(self._ports_file.read_text())
            for name, port in ports.items():
                if running.get(name) != port:
                    variable = f"SPARKIFY_{name.upper()}"
                    raise StackError(
                        f"The stack in {self.settings.state} is running with {variable}={running.get(name)}, "
                        f"but this command uses {port}: run make down first, or set {variable}={running.get(name)}."
                    )

    def _addresses(self) -> dict[str, int | str]:
        return {**self.settings.ports(), "listen": self.settings.listen}

    def _check_standin_port_free(self) -> None:
        if not self.standin.is_running():
            check_free(self.settings.aws_port, "the stand-in for AWS", "SPARKIFY_AWS_PORT", self.settings.listen)

    def _check_ports_free(self) -> None:
        self._check_standin_port_free()
        if not self.airflow["api_server"].is_running():
            check_free(self.settings.airflow_port, "the Airflow UI", "SPARKIFY_AIRFLOW_PORT")

    def _write_ports(self) -> None:
        self._ports_file.parent.mkdir(parents=True, exist_ok=True)
        write_private(self._ports_file, json.dumps(self._addresses()))

    def _start_postgres(self) -> None:
        if self.postgres.is_running():
            return
        with self._progress.step("Starting PostgreSQL") as step:
            with held_back():
                self._started_postgres = True
                self.postgres.start()
            step.done = "PostgreSQL is running"

    def _start_standin(self) -> None:
        variables = {
            # A DAG that waits for its cluster checks again only after half a minute.
            "REDSHIFT_STANDIN_CLUSTER_SECONDS": "0",
            **environment.process_environment(self.settings),
            **self.settings.standin().to_environment(),
            # Creates the certificate, so that the stand-in and the commands do not both create one.
            **standin_environment(self.settings),
        }
        # Its output contains its keys, which must not get into the log.
        command: list[str | Path] = [sys.executable, "-m", "redshift_standin", "--no-cluster", "--format", "none"]
        self._start(self.standin, command, variables)

    def _start_airflow(self) -> None:
        variables = self.airflow_environment()
        for name, arguments in COMPONENTS.items():
            extra = PREPARED_AHEAD if name in FORKS_TASKS else {}
            self._start(self.airflow[name], [_airflow_program(), *arguments], variables | extra)

    def _start(self, daemon: Daemon, command: list[str | Path], variables: dict[str, str]) -> None:
        if daemon.is_running():
            return
        with held_back():
            # Child processes that a killed process left behind would interfere with the new one.
            stop_all([daemon])
            self._started.append(daemon)
            daemon.start(command, variables)

    def _migrate(self) -> None:
        """Migrate Airflow's home folder and database to the installed version, if that has not been done."""
        home = environment.airflow_home(self.settings)
        (home / "config").mkdir(parents=True, exist_ok=True)
        for name in CONFIG_FILES:
            shutil.copy(Path(__file__).with_name(name), home / "config" / name)
        secrets = Secrets.of(self.settings.state)
        passwords = {environment.ADMIN: secrets.admin_password, environment.VIEWER: secrets.viewer_password}
        write_private(environment.passwords_file(self.settings), json.dumps(passwords))

        self.metadata.create_database(environment.METADATA)
        stamp = home / "migrated.txt"
        if stamp.exists() and stamp.read_text() == self._database_version():
            return
        with self._progress.step("Preparing the Airflow database") as step:
            self._run_migration()
            stamp.write_text(self._database_version())
            step.done = "The Airflow database is ready"

    def _run_migration(self) -> None:
        log = self.settings.state / "logs" / "migrate.log"
        with log.open("wb") as output:
            done = subprocess.run(
                [_airflow_program(), "db", "migrate"],
                cwd=ROOT,
                env=self.airflow_environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                check=False,
            )
        if done.returncode:
            raise StackError(f"airflow db migrate failed: see {log}.")

    def _database_version(self) -> str:
        """Return the version of Airflow and the revision of its database."""
        with psycopg.connect(**self.metadata.dsn.parameters(environment.METADATA)) as connection:
            if connection.execute("select to_regclass('public.alembic_version')").fetchone() in (None, (None,)):
                return "empty"
            revision = connection.execute("select version_num from alembic_version").fetchone()
        return f"{importlib.metadata.version('apache-airflow-core')} {revision[0] if revision else 'unfinished'}"

    def _wait_until_ready(self) -> None:
        if not self._started and self._unready() == []:
            self._progress.line("The stack is already running")
            return
        with self._progress.step("Starting the stand-in and Airflow") as step:
            self._wait(self._unready, step.detail)
            step.done = "The stand-in and Airflow are running"

    def _wait_for_standin(self) -> None:
        with self._progress.step("Starting the stand-in") as step:
            self._wait(lambda: [] if self._standin_answers() else [STANDIN], step.detail)
            step.done = "The stand-in is running"

    def _wait(self, unready: Callable[[], list[str]], show: Callable[[str], None]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while missing := unready():
            for name in missing:
                self._daemon(name).check_alive()
            show("waiting for " + ", ".join(missing))
            if time.monotonic() > deadline:
                logs = self.settings.state / "logs"
                raise StackError(f"Not ready after {START_SECONDS} s: {', '.join(missing)}; see the logs in {logs}.")
            time.sleep(0.2)

    def _ensure_boundary(self) -> None:
        """Create what the DAG that creates the cluster expects of an administrator."""
        iam = Aws.of(self.settings).client("iam")
        ensure_boundary(iam, f"{environment.CLUSTER}-copy-boundary", environment.BUCKET)

    def _daemon(self, name: str) -> Daemon:
        return self.standin if name == STANDIN else self.airflow[name]

    def _unready(self) -> list[str]:
        missing = [] if self._standin_answers() else [STANDIN]
        return missing + unhealthy_components(self.settings.airflow_url, self.airflow)

    def _standin_answers(self) -> bool:
        try:
            answer = httpx.get(f"{self.settings.aws_url}/_standin/health", trust_env=False)
            return self.standin.is_running() and answer.is_success
        except httpx.TransportError:
            return False


def running_settings(settings: Settings) -> Settings:
    """Return the settings with the ports that the running stack was started with."""
    file = _ports_file(settings)
    return dataclasses.replace(settings, **json.loads(file.read_text())) if file.exists() else settings


def _ports_file(settings: Settings) -> Path:
    return settings.state / "run" / "ports.json"


def _airflow_program() -> Path:
    return Path(sys.executable).parent / "airflow"
