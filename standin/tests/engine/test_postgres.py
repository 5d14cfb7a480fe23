"""The PostgreSQL server that stores the stand-in's databases and Airflow's metadata."""

from __future__ import annotations

import copy
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg
import pytest

from redshift_standin.engine import binaries, private_folders
from redshift_standin.engine.postgres import PostgresServer
from redshift_standin.engine.private_folders import NOBODY
from redshift_standin.errors import StandinError

STARTED_TWICE = pytest.mark.long("a server that waits for the disk and is killed")

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as another user")


@pytest.fixture
def started(open_folder):
    """Start servers, and stop them when the test ends."""
    servers = []

    def start(data: Path, *, durable: bool = True) -> PostgresServer:
        server = PostgresServer(data, 5433, durable=durable)
        servers.append(server)
        server.start()
        return server

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def open_folder(monkeypatch):
    """A folder that every user can access, used instead of /var/tmp."""
    folder = Path(tempfile.mkdtemp(prefix="open-", dir="/tmp"))
    folder.chmod(0o711)
    monkeypatch.setattr(private_folders, "OPEN_FOLDER", folder)
    yield folder
    shutil.rmtree(folder)


def answer(server: PostgresServer, query: str, database: str = "postgres"):
    with psycopg.connect(**server.dsn.parameters(database)) as connection:
        return connection.execute(query).fetchone()[0]


def run_as_nobody(action) -> None:
    """Run an action in a child process without root privileges; if it raises, fail with its output."""
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
            action()
        except BaseException as error:
            os.write(2, repr(error).encode())
            os._exit(1)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_committed_data_survives_a_restart(open_folder, started):
    server = started(open_folder / "postgres")
    server.start()
    server.create_database("airflow")
    server.create_database("airflow")
    with psycopg.connect(**server.dsn.parameters("airflow")) as connection:
        connection.execute("create table kept as select 42 as answer")
    server.stop()
    assert not server.is_running()
    server.start()
    assert answer(server, "select answer from kept", "airflow") == 42


def test_another_process_can_stop_it(open_folder):
    program = (
        "import sys; from pathlib import Path; from redshift_standin.engine.postgres import PostgresServer; "
        "server = PostgresServer(Path(sys.argv[1]), 5433); server.start(); print(server._data.find_server().pid)"
    )
    data = open_folder / "postgres"
    done = subprocess.run([sys.executable, "-c", program, data], capture_output=True, text=True, check=True)
    server = PostgresServer(data, 5433)
    assert server.is_running()
    server.stop()
    assert not server.is_running()
    assert not Path(f"/proc/{done.stdout.strip()}/exe").exists()


@pytest.mark.parametrize(
    ("durable", "waits_for_the_disk"), [pytest.param(True, "on", marks=STARTED_TWICE), (False, "off")]
)
def test_restarts_after_it_was_killed(open_folder, started, durable, waits_for_the_disk):
    server = started(open_folder / "postgres", durable=durable)
    assert answer(server, "show fsync") == waits_for_the_disk
    with psycopg.connect(**server.dsn.parameters("postgres")) as connection:
        connection.execute("create table kept as select 42 as answer")
    os.kill(server._data.find_server().pid, signal.SIGKILL)
    server._process.wait()
    assert not server.is_running()
    server.start()
    assert answer(server, "select answer from kept") == 42


def test_process_that_reuses_the_pid_of_a_killed_server_is_not_stopped(open_folder):
    data = open_folder / "postgres"
    data.mkdir()
    (data / "postmaster.pid").write_text(f"{os.getpid()}\n")
    server = PostgresServer(data, 5433)
    assert not server.is_running()
    server.stop()


def test_only_its_owner_can_open_the_socket(endpoint_postgres):
    address = endpoint_postgres.dsn
    assert stat.S_IMODE(address.socket_dir.stat().st_mode) == 0o700
    assert address.socket.is_socket()


def test_only_its_owner_can_read_the_log(endpoint_postgres):
    assert stat.S_IMODE(endpoint_postgres.log.stat().st_mode) == 0o600


def test_long_state_folder_has_its_socket_elsewhere(open_folder, started):
    server = started(open_folder / ("x" * 100) / "postgres")
    assert answer(server, "select 42") == 42
    sockets = server.dsn.socket_dir
    assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    server.stop()
    assert not sockets.exists()


def test_socket_folder_of_another_user_is_refused(open_folder):
    data = open_folder / ("x" * 100) / "postgres"
    server = PostgresServer(data, 5433)
    server.dsn.socket_dir.mkdir(mode=0o777)
    server.dsn.socket_dir.chmod(0o777)
    try:
        with pytest.raises(StandinError, match=r"is not a private folder of user .*: delete it"):
            server.start()
    finally:
        server.dsn.socket_dir.rmdir()


def test_start_error_has_a_reason(open_folder, started):
    server = started(open_folder / "postgres")
    server.stop()
    (open_folder / "postgres" / "PG_VERSION").write_text("9\n")
    with pytest.raises(StandinError, match=r"did not start in .*postgres: .*version 9"):
        server.start()


def test_airflow_connects_to_its_database(endpoint_postgres):
    sqlalchemy = pytest.importorskip("sqlalchemy")
    endpoint_postgres.create_database("airflow")
    engine = sqlalchemy.create_engine(endpoint_postgres.sqlalchemy_url("airflow"))
    with engine.connect() as connection:
        assert connection.execute(sqlalchemy.text("select current_database()")).scalar() == "airflow"
    engine.dispose()
    with psycopg.connect(**endpoint_postgres.dsn.parameters("postgres"), autocommit=True) as connection:
        connection.execute("drop database airflow")


@as_root
def test_root_runs_it_as_nobody(endpoint_postgres):
    assert endpoint_postgres._data.find_server().uids().effective == NOBODY


@pytest.mark.long("a server whose data is elsewhere")
@as_root
def test_root_stores_data_elsewhere_if_others_cannot_read_the_state_folder(tmp_path, started, open_folder):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    server = started(closed / "state" / "postgres")
    assert (closed / "state" / "postgres").readlink().is_relative_to(open_folder)
    with psycopg.connect(**server.dsn.parameters("postgres")) as connection:
        connection.execute("create table kept as select 42 as answer")
    server.stop()
    assert answer(started(closed / "state" / "postgres"), "select answer from kept") == 42


@pytest.mark.long("a copy of PostgreSQL's programs")
@as_root
def test_root_copies_binaries_that_others_cannot_read(started, open_folder, monkeypatch):
    site_packages = open_folder / "site-packages"
    # A copy: the spec of a package that is imported already is shared.
    spec = copy.copy(binaries.importlib.util.find_spec(binaries.PACKAGE))
    package = Path(spec.submodule_search_locations[0])
    for folder in (package, package.with_name(f"{package.name}.libs")):
        shutil.copytree(folder, site_packages / folder.name, copy_function=os.link, symlinks=True)
    site_packages.chmod(0o700)
    spec.submodule_search_locations = [str(site_packages / package.name)]
    monkeypatch.setattr(binaries.importlib.util, "find_spec", lambda name: spec)
    server = started(open_folder / "postgres")
    assert Path(server._data.find_server().exe()).parents[3].parent == open_folder
    assert answer(server, "select 42") == 42


@as_root
def test_root_gets_an_error_if_the_data_elsewhere_is_missing(tmp_path, open_folder):
    (tmp_path / "postgres").symlink_to(open_folder / "gone")
    with pytest.raises(StandinError, match=r"is gone: .* Delete .* to start over"):
        PostgresServer(tmp_path / "postgres", 5433).start()


@as_root
def test_ordinary_user_starts_and_stops_it(open_folder):
    state = open_folder / "state"
    state.mkdir(mode=0o700)
    os.chown(state, NOBODY, NOBODY)
    server = PostgresServer(state / "postgres", 5433)

    def use():
        server.start()
        assert answer(server, "select 42") == 42
        server.stop()
        assert not server.is_running()

    run_as_nobody(use)


@as_root
def test_ordinary_user_gets_an_error_for_data_of_another_user(open_folder):
    data = open_folder / "postgres"
    data.mkdir(mode=0o700)

    def use():
        with pytest.raises(StandinError, match="belongs to another user"):
            PostgresServer(data, 5433).start()

    run_as_nobody(use)
