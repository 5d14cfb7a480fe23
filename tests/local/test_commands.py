"""The commands as a user runs them: their output, the processes that they start, and their clean-up."""

import json
import os
import re
import signal
import subprocess
import sys
from types import SimpleNamespace
from urllib.parse import quote

import httpx
import psutil
import pytest

from local.datagen import Options, generate
from local.settings import ROOT, Settings
from local.stack.cluster_login import require_login
from local.stack.dag_ids import LOAD, REPORT
from local.stack.env_file import env_file
from local.stack.environment import ADMIN
from local.stack.secret import Secrets
from standin_support.waiting import wait_until
from tests.model import star_schema as model
from tests.support import remove_orphan
from tests.support.star_schema_runs import TARGETS, rows


def environment(settings, **more):
    return {**os.environ, **settings.to_environment(), **more}


def run(settings, *arguments, **more):
    """Run a command of the stack to completion, without a terminal."""
    return subprocess.run(
        [sys.executable, "-m", "local", *arguments],
        cwd=ROOT,
        env=environment(settings, **more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def assert_one_error_line(done, text):
    assert done.returncode == 1
    errors = done.stderr.splitlines()
    assert len(errors) == 1, done.stderr
    assert errors[0].startswith("error: ")
    assert text in errors[0]


def processes_of(settings):
    """Return every process with the stack's state folder in its command line or environment.

    But for those of the tests: this one, and the one that removes the stack if this one is killed.
    """
    found = []
    for process in psutil.process_iter():
        try:
            command, values = process.cmdline(), process.environ().values()
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
        words = [*command, *values]
        if (
            process.pid != os.getpid()
            and remove_orphan.__name__ not in command
            and any(str(settings.state) in word for word in words)
        ):
            found.append(process)
    return found


def members(stack):
    return [process for daemon in [*stack.airflow.values(), stack.standin] for process in daemon.members()]


@pytest.fixture(scope="module")
def demo(new_stack, tmp_path_factory):
    """The output of the demo with little data, and the stack that it leaves running."""
    data = tmp_path_factory.mktemp("generated") / "data"
    generate(data, Options(days=2, users=10, songs=50))
    # With the first one, Airflow shows its settings; the second one is not the default of Airflow or of the stack.
    exported = {"AIRFLOW__API__EXPOSE_CONFIG": "True", "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "2"}
    done = run(new_stack.settings, "demo", "--data", str(data), **exported)
    assert done.returncode == 0, done.stdout + done.stderr
    return SimpleNamespace(stack=new_stack, output=done.stdout, data=data)


@pytest.fixture(scope="module")
def stack(demo):
    """The stack that the demo has left running."""
    return demo.stack


@pytest.fixture
def airflow(demo):
    """A client of the demo's Airflow, logged in to the API and to the pages."""
    settings = demo.stack.settings
    login = {"username": ADMIN, "password": Secrets.of(settings.state).admin_password}
    with httpx.Client(base_url=settings.airflow_url, trust_env=False, timeout=60) as client:
        token = client.post("/auth/token", json=login).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        client.cookies.set("_token", token)
        yield client


def test_demo_loads_five_tables_in_a_single_run(airflow):
    [run] = airflow.get(f"/api/v2/dags/{LOAD}/dagRuns").json()["dag_runs"]
    tasks = airflow.get(f"/api/v2/dags/{LOAD}/dagRuns/{quote(run['dag_run_id'])}/taskInstances").json()
    states = {task["task_id"]: task["state"] for task in tasks["task_instances"]}
    assert set(states.values()) == {"success"}
    assert {f"load_{table}" for table in ("songplays", "users", "songs", "artists", "time")} <= set(states)
    # The schedule is off, as it was before.
    assert airflow.get(f"/api/v2/dags/{LOAD}").json()["is_paused"]


def test_rows_of_the_demo_match_the_model(demo):
    expected = model.star_schema(demo.data)
    with require_login(demo.stack.settings).connect() as warehouse:
        assert {table: rows(warehouse, table) for table in TARGETS} == {table: expected[table] for table in TARGETS}


def test_demo_publishes_the_report_and_prints_its_address_and_the_page(demo, airflow):
    [run] = airflow.get(f"/api/v2/dags/{REPORT}/dagRuns").json()["dag_runs"]
    assert run["state"] == "success"
    page = f"{demo.stack.settings.airflow_url}/warehouse/"
    assert [line.split()[-1] for line in demo.output.splitlines()[-2:]] == [page, f"{page}report/"]
    assert airflow.get("/warehouse/").is_success
    assert "what is played, when, where and by whom" in airflow.get("/warehouse/report/").text


def test_exported_settings_override_those_of_the_stack(demo, airflow):
    answer = airflow.get("/api/v2/config/section/workers/option/min_heartbeat_interval").json()
    assert answer["sections"][0]["options"][0]["value"] == "2"


def test_invalid_data_directory_is_reported_before_anything_starts(new_settings, tmp_path):
    assert_one_error_line(run(new_settings, "demo", "--data", str(tmp_path)), f"DATA={tmp_path} is incomplete")
    assert processes_of(new_settings) == []


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--from", "yesterday"], "FROM=yesterday is not a date: write it as 2018-11-01"),
        (["--from", "2018-11-02", "--to", "2018-11-02"], "FROM=2018-11-02 TO=2018-11-02 is an empty period"),
        (["--to", "2999-01-01"], "TO=2999-01-01 is in the future"),
        (["--data", "/nowhere"], "DATA=/nowhere is not a directory"),
    ],
)
def test_invalid_backfill_is_refused_before_anything_starts(new_settings, arguments, text):
    assert_one_error_line(run(new_settings, "backfill", *arguments), text)
    assert processes_of(new_settings) == []


def test_error_for_an_invalid_port_names_its_variable(new_settings):
    done = run(new_settings, "up", SPARKIFY_AWS_PORT="http")
    assert_one_error_line(done, "SPARKIFY_AWS_PORT is 'http': set it to a port number")


def test_error_for_an_unwritable_state_folder_names_its_variable(new_settings, tmp_path):
    (tmp_path / "file").write_text("")
    done = run(new_settings, "up", SPARKIFY_STATE=str(tmp_path / "file" / "state"))
    assert_one_error_line(done, "set SPARKIFY_STATE to your own folder")


@pytest.mark.parametrize("arguments", [["sql", "--query", "select 1"], ["airflow", "dags", "list"]])
def test_error_for_a_stopped_stack_says_how_to_start_it(new_settings, arguments):
    assert_one_error_line(run(new_settings, *arguments), "run make up first")


def test_stopping_a_stopped_stack_succeeds(new_settings):
    assert run(new_settings, "down").returncode == 0


def test_port_in_use_stops_nothing_and_starts_nothing(stack, new_settings):
    taken = Settings(new_settings.state, airflow_port=new_settings.airflow_port, aws_port=stack.settings.aws_port)
    assert_one_error_line(run(taken, "up"), f"Port {taken.aws_port} for the stand-in for AWS is in use")
    assert processes_of(new_settings) == []
    assert stack.is_complete()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupt_stops_what_the_command_started(new_settings, number):
    command = subprocess.Popen(
        [sys.executable, "-m", "local", "up"],
        cwd=ROOT,
        env=environment(new_settings),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert "PostgreSQL is running" in command.stdout.readline()
    assert len(processes_of(new_settings)) > 1

    command.send_signal(number)
    _, errors = command.communicate()

    assert command.returncode == 128 + number
    assert errors == f"interrupted ({number.name})\n"
    assert processes_of(new_settings) == []


def test_starting_a_running_stack_changes_no_process(stack):
    daemons = [*stack.airflow.values(), stack.standin]
    before = [daemon.started for daemon in daemons]
    done = run(stack.settings, "up")
    assert done.returncode == 0, done.stderr
    assert "The stack is already running" in done.stdout
    assert 0 not in before
    assert [daemon.started for daemon in daemons] == before


def test_other_ports_than_those_of_the_running_stack_are_refused(stack, new_settings):
    done = run(stack.settings, "up", SPARKIFY_AIRFLOW_PORT=str(new_settings.airflow_port))
    assert_one_error_line(done, f"set SPARKIFY_AIRFLOW_PORT={stack.settings.airflow_port}")


def test_using_the_stack_needs_no_port_variables(stack):
    settings = Settings(stack.settings.state)
    done = run(settings, "airflow", "config", "get-value", "api", "base_url")
    assert done.stdout.strip() == stack.settings.airflow_url


def test_airflow_command_line_prints_the_dags_and_nothing_else(stack):
    done = run(stack.settings, "airflow", "dags", "list", "--output", "json")
    assert (done.returncode, done.stderr) == (0, "")
    found = {dag["dag_id"] for dag in json.loads(done.stdout)}
    assert {"sparkify_etl", "sparkify_create_cluster", "sparkify_teardown_cluster"} <= found


def test_shell_file_sets_up_airflow_and_aws(stack):
    account = """python -c 'import boto3; print(boto3.client("sts").get_caller_identity()["Account"])'"""
    script = f'source "{env_file(stack.settings)}" && airflow version && {account} && echo "$AIRFLOW_UI_URL"'
    clean = {name: os.environ[name] for name in ("HOME", "PATH") if name in os.environ}
    done = subprocess.run(["bash", "-c", script], env=clean, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert re.search(r"^3\.\d+\.\d+$", done.stdout, re.MULTILINE)
    assert done.stdout.splitlines()[-2:] == ["123456789012", stack.settings.airflow_url]


def test_no_secret_is_in_a_command_line_or_a_log(stack):
    secrets = [value for name, value in stack.airflow_environment().items() if "SECRET" in name or "FERNET" in name]
    lines = " ".join(word for process in members(stack) for word in process.cmdline())
    logs = "".join(file.read_text(errors="replace") for file in (stack.settings.state / "logs").iterdir())
    assert [secret for secret in secrets if len(secret) > 20 and secret in lines + logs] == []


@pytest.mark.long("kills of components of the whole stack")
def test_killed_component_is_restarted_and_down_leaves_no_process(demo):
    stack, settings = demo.stack, demo.stack.settings
    try:
        before = {name: daemon.members() for name, daemon in stack.airflow.items()}
        scheduler = stack.airflow["scheduler"]
        next(process for process in before["scheduler"] if process.create_time() == scheduler.started).kill()
        wait_until(lambda: not scheduler.is_running(), "the scheduler is gone")
        assert run(settings, "up").returncode == 0
        assert stack.is_complete()
        assert not [process for process in before["scheduler"] if process.is_running() and process.status() != "zombie"]
        assert set(before["api_server"]) == set(stack.airflow["api_server"].members())
    finally:
        everything = members(stack)
        assert run(settings, "down").returncode == 0
    assert [process for process in everything if process.is_running() and process.status() != "zombie"] == []
    assert processes_of(settings) == []
    assert not stack.is_running()
