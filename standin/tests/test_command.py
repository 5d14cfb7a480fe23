"""The command ``redshift-standin`` as a user runs it, and its clean-up."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import boto3
import psutil
import psycopg
import pytest
import redshift_connector

from redshift_standin import Standin, StandinError
from redshift_standin.access import cluster_from_json
from standin_support.waiting import wait_until

OF_THE_PROGRAM = pytest.mark.long("starting and stopping the stand-in as a program")

COMMAND = [sys.executable, "-m", "redshift_standin"]
FREE_PORTS = ["--aws-port", "0", "--redshift-port", "0"]


@pytest.fixture
def start(monkeypatch):
    """Start the command; return its process."""
    started = []
    monkeypatch.setenv("REDSHIFT_STANDIN_CLUSTER_SECONDS", "0")

    def run(*options: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*COMMAND, *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.terminate()
        process.communicate()


@pytest.fixture
def open_folder():
    """A folder that every user can access, which PostgreSQL needs when root runs the tests."""
    with tempfile.TemporaryDirectory(prefix="standin-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


def waits_for_the_disk(process: subprocess.Popen[str]) -> bool:
    """Whether commits wait until they are on the disk: how PostgreSQL was started."""
    [postgres] = [child for child in psutil.Process(process.pid).children() if "postgres" in child.name()]
    return "fsync=off" not in postgres.cmdline()


def test_it_prints_addresses_and_a_login_and_leaves_nothing_behind(start):
    process = start(*FREE_PORTS)
    printed = {}
    while (line := process.stdout.readline().strip()) != "Ready. Press Ctrl+C to stop.":
        assert line or printed, process.stderr.read()
        title, _, value = line.partition(":")
        printed[title] = value.strip()
    host, _, port = printed["Redshift"].partition(",")[0].partition(":")
    user, _, password = printed["Login"].partition(" / ")
    login = {"host": host, "port": port, "user": user, "password": password, "dbname": "dev"}
    with psycopg.connect(**login, sslmode="verify-full", sslrootcert=printed["Certificate"]) as connection:
        assert connection.execute("select 6 * 7").fetchone() == (42,)

    assert not waits_for_the_disk(process)
    processes = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate()
    assert (process.returncode, output, errors) == (0, "", "")
    wait_until(lambda: not any(child.is_running() for child in processes), "every process has ended")
    assert not Path(printed["Certificate"]).parents[1].exists()


@OF_THE_PROGRAM
def test_every_client_can_use_what_it_prints_as_json(start, monkeypatch):
    process = start(*FREE_PORTS, "--format", "json", "--database", "shop", "--bucket", "goods")
    line = process.stdout.readline()
    for name, value in json.loads(line)["environment"].items():
        monkeypatch.setenv(name, value)
    cluster = cluster_from_json(line)
    assert (cluster.database, cluster.bucket) == ("shop", "goods")

    boto3.client("s3").put_object(Bucket="goods", Key="items/1.json", Body=b'{"name": "Lamp"}')
    with psycopg.connect() as connection:
        connection.execute("create table items (name varchar(20))")
        connection.execute("copy items from 's3://goods/items/' iam_role default json 'auto'")
    with redshift_connector.connect(**cluster.redshift_connector()) as connection, connection.cursor() as cursor:
        cursor.execute("select name from items")
        assert [list(row) for row in cursor.fetchall()] == [["Lamp"]]


@OF_THE_PROGRAM
def test_state_folder_keeps_everything(open_folder, start):
    for expected in (0, 1):
        process = start(*FREE_PORTS, "--format", "json", "--state", str(open_folder / "state"))
        with psycopg.connect(**cluster_from_json(process.stdout.readline()).libpq(), autocommit=True) as connection:
            connection.execute("create table if not exists kept (n integer)")
            assert connection.execute("select count(*) from kept").fetchone() == (expected,)
            connection.execute("insert into kept values (1)")
        assert waits_for_the_disk(process)
        process.terminate()
        process.communicate()


@OF_THE_PROGRAM
def test_port_in_use_is_one_line_that_says_what_to_do(start):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        output, errors = start("--aws-port", str(port), "--redshift-port", "0").communicate()
    assert output == ""
    assert len(errors.splitlines()) == 1
    assert f"error: Port {port} on 127.0.0.1 is in use" in errors
    assert "REDSHIFT_STANDIN_AWS_PORT" in errors


@pytest.mark.parametrize("option", [["--aws-port", "http"], ["--listen", "0.0.0.0"]])  # noqa: S104
def test_invalid_setting_is_refused(start, option):
    process = start(*option)
    _, errors = process.communicate()
    assert process.returncode == 1
    assert errors.startswith("error: REDSHIFT_STANDIN_")


@OF_THE_PROGRAM
@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--cluster", "9BAD"], "The cluster 9BAD cannot be created: "),
        (["--bucket", "no bucket"], "The cluster standin cannot be created: "),
        (["--listen", "192.0.2.1"], "192.0.2.1 is not an address of this machine"),
        (["--state", "/dev/null/state"], "The state folder /dev/null/state cannot be written"),
    ],
)
def test_resource_that_cannot_be_created_ends_it_with_one_line(start, options, problem):
    process = start(*FREE_PORTS, *options)
    output, errors = process.communicate(timeout=120)
    assert (process.returncode, output) == (1, "")
    assert errors.startswith(f"error: {problem}")
    assert len(errors.splitlines()) == 1


@OF_THE_PROGRAM
def test_state_folder_is_used_by_one_process_at_a_time(open_folder, start):
    options = [*FREE_PORTS, "--format", "json", "--state", str(open_folder)]
    first = start(*options)
    assert first.stdout.readline()
    second = start(*options)
    _, errors = second.communicate()
    assert second.returncode == 1
    assert f"Another stand-in uses the state folder {open_folder}" in errors


@OF_THE_PROGRAM
def test_it_stops_when_its_terminal_is_closed(start):
    process = start(*FREE_PORTS, "--format", "json")
    assert process.stdout.readline()
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGHUP)
    process.communicate()
    assert process.returncode == 0
    wait_until(lambda: not any(child.is_running() for child in children), "every process has ended")


@OF_THE_PROGRAM
def test_it_stops_when_the_program_that_started_it_is_killed():
    script = "from redshift_standin import Standin; print(Standin().start().port, flush=True); input()"
    owner = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert int(owner.stdout.readline())
    processes = psutil.Process(owner.pid).children(recursive=True)
    assert processes
    owner.kill()
    owner.communicate()
    wait_until(lambda: not any(process.is_running() for process in processes), "every process has ended")


@OF_THE_PROGRAM
def test_start_error_is_raised():
    environ = {**os.environ, "REDSHIFT_STANDIN_CLUSTER_SECONDS": "soon"}
    with pytest.raises(StandinError, match="REDSHIFT_STANDIN_CLUSTER_SECONDS has 'soon'"):
        Standin(environ=environ).start()
