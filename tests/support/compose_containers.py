"""Services of docker-compose.yaml as processes in namespaces of their own, in place of containers.

They need root. They see the paths of the images, the names of the services, and no other network; they run as the users
of the file.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from local.settings import ROOT
from tests.support import compose_images
from tests.support.compose_file import Service, in_order, resolve

_NAMESPACES = ("unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc")
_INSIDE = "COMPOSE_CONTAINERS"
_START_SECONDS = 300
_POLL_SECONDS = 1


@dataclass
class Container:
    """A process in place of a container.

    :param name: its host name.
    :param programs: the folder of the programs of Airflow's image.
    """

    service: Service
    name: str
    programs: Path
    process: subprocess.Popen[bytes] = field(init=False)

    def start(self) -> None:
        """Start it, in a session of its own."""
        with self._log.open("ab") as output:
            self.process = subprocess.Popen(
                self._command(compose_images.command(self.service)),
                cwd=compose_images.workdir(self.service),
                env=compose_images.environment(self.service, self.programs),
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
        return self.passes_check()

    def passes_check(self) -> bool:
        """Run the health check of the service, whatever its process does."""
        done = subprocess.run(
            self._command(self.service.check or ["true"]),
            cwd=compose_images.workdir(self.service),
            env=compose_images.environment(self.service, self.programs),
            capture_output=True,
            check=False,
        )
        return done.returncode == 0

    def wait(self, seconds: float = _START_SECONDS) -> int:
        """Wait until it ends, and return its exit status."""
        return self.process.wait(seconds)

    def freeze(self) -> None:
        """Stop its main process, which then exists and does nothing. What it has started continues."""
        self.process.send_signal(signal.SIGSTOP)

    def kill(self) -> None:
        """Kill it with everything that it has started, as the end of a container does."""
        parent = psutil.Process(self.process.pid)
        for process in [parent, *parent.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self.process.wait()

    def last_lines(self) -> str:
        """Return the end of its output."""
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-40:])

    @property
    def _log(self) -> Path:
        return Path("/opt") / f"{self.name}.log"

    def _command(self, command: list[str]) -> list[str]:
        user, _, group = compose_images.user(self.service).partition(":")
        become = ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups", "--no-new-privs"]
        return ["unshare", "--uts", "sh", "-c", 'hostname "$0" && exec "$@"', self.name, *become, *command]


class Project:
    """The containers of docker-compose.yaml with some profiles.

    :param environ: the variables of ``.env``.
    :param programs: the folder of the programs of Airflow's image.
    """

    def __init__(self, environ: Mapping[str, str], profiles: set[str], programs: Path) -> None:
        self.services = resolve(ROOT / "docker-compose.yaml", environ, profiles)
        self._programs = programs
        self._containers = {service.name: self._of(service) for service in self.services.values()}
        images = Path(sys.prefix).resolve(), Path(sys.base_prefix).resolve(), programs.parent
        _prepare([each.name for group in self._containers.values() for each in group], {ROOT, *images})

    def up(self, names: Iterable[str] = ()) -> None:
        """Start services, each after those that it depends on; without names, all of them."""
        wanted = set(names) or set(self.services)
        for service in in_order(self.services):
            if service.name not in wanted:
                continue
            for other, condition in service.depends_on.items():
                self.wait_for(other, condition)
            for container in self[service.name]:
                say(f"starting {container.name}")
                container.start()

    def wait_for(self, name: str, condition: str = "service_healthy") -> None:
        """Wait until all containers of a service meet a condition of ``depends_on``."""
        for container in self[name]:
            if condition == "service_completed_successfully":
                if container.wait():
                    raise RuntimeError(f"{container.name} has failed:\n{container.last_lines()}")
            else:
                wait_until(container.is_healthy, f"{container.name} is healthy")

    def __getitem__(self, name: str) -> list[Container]:
        return self._containers[name]

    def _of(self, service: Service) -> list[Container]:
        numbers = range(1, service.replicas + 1)
        names = [f"{service.name}-{number}" for number in numbers] if service.replicas > 1 else [service.name]
        return [Container(service, name, self._programs) for name in names]


def enter_namespaces(module: str, arguments: list[str]) -> None:
    """Run a module in new namespaces, and end this process with its status. There, this returns at once."""
    if os.environ.get(_INSIDE) is None:
        command = [*_NAMESPACES, sys.executable, "-m", module, *arguments]
        sys.exit(subprocess.run(command, env={**os.environ, _INSIDE: "1"}, check=False).returncode)


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Wait for a condition.

    :param what: the condition in words, for the error.
    """
    deadline = time.monotonic() + _START_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(f"not after {_START_SECONDS} s: {what}")
        time.sleep(_POLL_SECONDS)


def _prepare(names: list[str], folders: set[Path]) -> None:
    """Give this namespace the paths of the images and the names of the containers.

    :param folders: what all users have to reach.
    """
    _make_reachable(folders)
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


def _make_reachable(folders: set[Path]) -> None:
    """Let other users reach folders that are below private ones, such as root's home, in this namespace only."""
    hidden = {folder: private for folder in sorted(folders) if (private := _private_parent(folder))}
    with _kept(list(hidden)) as kept:
        for private in set(hidden.values()):
            _mount("-t", "tmpfs", "-o", "mode=0755", "tmpfs", private)
        for folder, place in zip(hidden, kept, strict=True):
            folder.mkdir(parents=True, exist_ok=True)
            _mount("--bind", place, folder)


def _private_parent(folder: Path) -> Path | None:
    return next((each for each in reversed(folder.parents) if not each.stat().st_mode & 0o001), None)


@contextmanager
def _kept(folders: list[Path]) -> Iterator[list[Path]]:
    """Mount folders in a second place for a while."""
    root = Path("/mnt")
    _mount("-t", "tmpfs", "tmpfs", root)
    places = [root / str(number) for number in range(len(folders))]
    for folder, place in zip(folders, places, strict=True):
        place.mkdir()
        _mount("--bind", folder, place)
    yield places
    subprocess.run(["umount", "--recursive", root], check=True)


def _mount(*arguments: str | Path) -> None:
    subprocess.run(["mount", *arguments], check=True)
