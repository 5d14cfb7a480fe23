"""The commands as a user runs them: their output, the processes that they start, and their clean-up."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from datetime import date, datetime, timedelta, timezone
from types import SimpleNamespace
from urllib.parse import quote

import httpx
import psutil
import psycopg
import pytest

from local.settings import ROOT, Settings
from local.stack.airflow_api import admin_api
from local.stack.cluster_login import require_login
from local.stack.dag_ids import CREATE_CLUSTER, LOAD, REPORT
from local.stack.dag_run import FINISHED
from local.stack.environment import ADMIN, METADATA
from local.stack.report import STAR_SCHEMA
from local.stack.secret import Secrets
from standin_support.waiting import wait_until
from tests.model import star_schema as model
from tests.model.shop import shop
from tests.support import remove_orphan
from tests.support.jupyter import jupyter
from tests.support.shell import run_in_shell
from tests.support.snippets import block, command
from tests.support.star_schema_runs import TARGETS, damage, rows

SCHEDULES = "docs/schedules-and-backfills.md"
IN_AIRFLOW = pytest.mark.long("commands of the documentation in a real Airflow")
NEEDS_CURL = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
# The day that the documentation loads as an example.
DAY = date(2018, 11, 15)


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
def demo(new_stack):
    """The output of the demo, its data, and the stack that it leaves running."""
    # With the first one, Airflow shows its settings; the second one is not the default of Airflow or of the stack.
    exported = {"AIRFLOW__API__EXPOSE_CONFIG": "True", "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "2"}
    output = run_in_shell(command("make demo"), {**new_stack.settings.to_environment(), **exported})
    return SimpleNamespace(stack=new_stack, output=output, data=new_stack.settings.state / "data")


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
        (["--from", "yesterday"], "FROM=yesterday is neither a date nor an hour: write it as 2018-11-01"),
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
    output = run_in_shell(command("make up"), stack.settings.to_environment())
    assert "The stack is already running" in output
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


@IN_AIRFLOW
def test_airflow_command_line_lists_the_dags(stack):
    output = run_in_shell(command('make airflow ARGS="dags list"'), stack.settings.to_environment())
    assert {"sparkify_etl", "sparkify_create_cluster", "sparkify_teardown_cluster"} <= set(output.split())


def test_psql_on_the_warehouse(demo):
    query = command('make sql Q="select count(*) from songplays"')
    output = run_in_shell(query, demo.stack.settings.to_environment())
    assert output.split()[2] == str(len(model.star_schema(demo.data)["songplays"]))
    prompt = f"echo 'select 6 * 7 as answer;' | {command('make sql')}"
    assert run_in_shell(prompt, demo.stack.settings.to_environment()).split()[:3] == ["answer", "--------", "42"]


def test_shell_file_sets_up_airflow_and_aws(stack, tmp_path):
    (tmp_path / ".local").symlink_to(stack.settings.state)
    account = """python -c 'import boto3; print(boto3.client("sts").get_caller_identity()["Account"])'"""
    source = command("source .local/env.sh")
    script = f'{source} && airflow version && {account} && echo "$AIRFLOW_UI_URL"'
    clean = {name: os.environ[name] for name in ("HOME", "PATH") if name in os.environ}
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, env=clean, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert re.search(r"^3\.\d+\.\d+$", done.stdout, re.MULTILINE)
    assert done.stdout.splitlines()[-2:] == ["123456789012", stack.settings.airflow_url]


@pytest.fixture
def admin(stack):
    """The administrator's client of Airflow's REST API. The DAG is paused, as the demo has left it."""
    with admin_api(stack.settings) as api:
        yield api
        api.pause(LOAD)


@pytest.fixture
def metadata(stack):
    """A session in Airflow's database, which has no run with a logical date of November, before and after the test."""
    remove = "delete from dag_run where dag_id = %s and logical_date between '2018-11-01' and '2018-12-01'"
    with psycopg.connect(**stack.metadata.dsn.parameters(METADATA), autocommit=True) as connection:
        connection.execute(remove, (LOAD,))
        yield connection
        connection.execute(remove, (LOAD,))


@IN_AIRFLOW
def test_documented_commands_unpause_and_pause_a_dag(stack, admin):
    unpause, pause = block(SCHEDULES, 'make airflow ARGS="dags unpause sparkify_etl"').commands
    run_in_shell(unpause, stack.settings.to_environment())
    assert not admin.is_paused(LOAD)
    run_in_shell(pause, stack.settings.to_environment())
    assert admin.is_paused(LOAD)


@pytest.fixture(scope="module")
def data(demo, tmp_path_factory):
    """A directory of data that has the documented day in addition; a second demo has loaded it.

    The events of this day are those of the last one, in other sessions.
    """
    directory = tmp_path_factory.mktemp("generated") / "data"
    shutil.copytree(demo.data, directory)
    last = max((directory / "log_data").rglob("*-events.json"))
    later = DAY - date.fromisoformat(last.name.removesuffix("-events.json"))
    events = [json.loads(line) for line in last.read_text("utf-8").splitlines()]
    for event in events:
        event["ts"] += later // timedelta(milliseconds=1)
        event["sessionId"] += 1_000_000
    file = last.with_name(f"{DAY}-events.json")
    file.write_text("".join(f"{json.dumps(event)}\n" for event in events), "utf-8")
    again = command("make demo DATA=dir").replace("dir", str(directory))
    run_in_shell(again, demo.stack.settings.to_environment())
    return directory


@IN_AIRFLOW
def test_demo_with_other_data_loads_that_too(stack, data):
    expected = model.star_schema(data)
    with require_login(stack.settings).connect() as warehouse:
        assert {table: rows(warehouse, table) for table in TARGETS} == {table: expected[table] for table in TARGETS}


@IN_AIRFLOW
def test_documented_commands_trigger_a_day_and_a_full_load(stack, admin, metadata, data):
    expected = model.star_schema(data)
    plays = Counter(play[1].date() for play in expected["songplays"])
    day, everything = block(SCHEDULES, "# 15 November; a month works the same way").commands
    assert everything == command(everything)
    admin.unpause(LOAD)
    with require_login(stack.settings).connect() as warehouse:
        warehouse.execute("delete from songplays")
        assert run_that_starts(day, LOAD, stack, admin, metadata) == "success"
        by_day = warehouse.execute("select trunc(start_time), count(*) from songplays group by 1").fetchall()
        assert by_day == [(DAY, plays[DAY])]

        damage(warehouse)
        assert run_that_starts(everything, LOAD, stack, admin, metadata) == "success"
        assert {table: rows(warehouse, table) for table in TARGETS} == {table: expected[table] for table in TARGETS}


def run_that_starts(text, dag_id, stack, admin, metadata):
    """Trigger a run with a command, and return the state in which the run ends."""
    [last] = metadata.execute("select max(id) from dag_run").fetchone()
    run_in_shell(text, stack.settings.to_environment())
    query = "select run_id from dag_run where dag_id = %s and run_type = 'manual' and id > %s"
    [[run_id]] = metadata.execute(query, (dag_id, last)).fetchall()
    wait_until(lambda: admin.run_state(dag_id, run_id) in FINISHED, "the run ends")
    return admin.run_state(dag_id, run_id)


ONE_DAY = (
    'make airflow ARGS="backfill create --dag-id sparkify_etl --from-date 2018-11-01T00:00 --to-date 2018-11-01T23:00'
    ' --max-active-runs 8"'
)
MONTH = 'make airflow ARGS="backfill create --dag-id sparkify_etl --max-active-runs 8 \\'
MONTH_BY_REST = "source .local/env.sh"


@IN_AIRFLOW
@pytest.mark.parametrize(
    ("text", "days"),
    [
        (command(ONE_DAY), 1),
        (block(SCHEDULES, MONTH).text, 30),
        pytest.param(block(SCHEDULES, MONTH_BY_REST).text, 30, marks=NEEDS_CURL),
    ],
    ids=["a day", "a month", "a month with the REST API"],
)
def test_documented_commands_create_a_backfill_with_a_run_for_each_hour(stack, admin, metadata, tmp_path, text, days):
    for name in ("Makefile", "local"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / ".local").symlink_to(stack.settings.state)
    [last] = metadata.execute("select coalesce(max(id), 0) from backfill").fetchone()
    password = Secrets.of(stack.settings.state).admin_password
    run_in_shell(text.replace("…", password), stack.settings.to_environment(), folder=tmp_path)

    query = "select id, dag_id, max_active_runs, reprocess_behavior from backfill where id > %s"
    [[backfill, *found]] = metadata.execute(query, (last,)).fetchall()
    assert found == [LOAD, 8, "none"]
    runs = "select logical_date, state from dag_run where backfill_id = %s order by logical_date"
    first = datetime(2018, 11, 1, tzinfo=timezone.utc)
    # They wait, because the DAG is paused.
    assert metadata.execute(runs, (backfill,)).fetchall() == [
        (first + timedelta(hours=number), "queued") for number in range(days * 24)
    ]
    admin.cancel_backfill(backfill)
    wait_until(lambda: admin.backfill_is_complete(backfill), "the backfill is cancelled")


@IN_AIRFLOW
def test_documented_command_clears_one_task_of_an_hour(stack, admin, metadata):
    hour = datetime(DAY.year, DAY.month, DAY.day, 14, tzinfo=timezone.utc)
    admin.unpause(LOAD)
    admin.start_backfill(LOAD, hour, hour)
    wait_until(lambda: admin.count_runs(LOAD, hour, hour, FINISHED), "the hour has run")
    [run] = admin.runs(LOAD, hour, hour)
    before = tries(admin, run)

    run_in_shell(block(SCHEDULES, "# one task of the hour from 14:00 to 15:00").text, stack.settings.to_environment())
    wait_until(lambda: tries(admin, run) != before, "the task is cleared")
    wait_until(lambda: admin.run_state(LOAD, run["dag_run_id"]) in FINISHED, "the run ends")

    assert tries(admin, run) == {**before, "load_users": 2}
    assert admin.run_state(LOAD, run["dag_run_id"]) == "success"


def tries(admin, run):
    return {task["task_id"]: task["try_number"] for task in admin.tasks(LOAD, run["dag_run_id"])}


@IN_AIRFLOW
def test_commands_of_the_shop_load_its_first_hours(stack, admin, metadata):
    """tests/airflow/test_backfill_of_shop.py loads all of them."""
    variables, page = stack.settings.to_environment(), "docs/examples/shop/README.md"
    assert run_that_starts(block(page, "make up").text, CREATE_CLUSTER, stack, admin, metadata) == "success"
    *load, query = block(page, "make sql FILE=docs/examples/shop/schema/orders.sql").commands
    run_in_shell("\n".join(load), variables)
    [backfill] = metadata.execute("select id from backfill where dag_id = 'shop_etl'").fetchone()
    hours = datetime(2025, 3, 1, tzinfo=timezone.utc), datetime(2025, 3, 1, 23, tzinfo=timezone.utc)
    assert admin.count_runs("shop_etl", *hours) == 24
    wait_until(lambda: admin.count_runs("shop_etl", *hours, FINISHED), "an hour has run")
    admin.cancel_backfill(backfill)
    wait_until(lambda: admin.count_runs("shop_etl", *hours, FINISHED) == 24, "the hours that were running have run")
    admin.pause("shop_etl")

    with require_login(stack.settings).connect() as warehouse:
        orders = warehouse.execute("select * from orders").fetchall()
    assert set(orders) <= shop(stack.settings.state / "shop")["orders"]
    spent = Counter()
    for _, _, customer, _, _, cents in orders:
        spent[customer] += cents
    printed = re.findall(r"^ +(\d+) \| +\d+ \| +(\d+)$", run_in_shell(query, variables), re.MULTILINE)
    assert [(int(customer), int(cents)) for customer, cents in printed] == sorted(spent.items())
    assert len(printed) > 1


@IN_AIRFLOW
def test_notebook_opens_on_the_local_warehouse(stack, tmp_path):
    notebook = command("make notebook")
    with jupyter(notebook, stack.settings.to_environment(), tmp_path) as client:
        found = client.get("/api/contents/notebooks/sparkify.ipynb").raise_for_status().json()
    assert found["type"] == "notebook"


@IN_AIRFLOW
def test_backfill_of_two_hours_gives_the_rows_of_one_run(stack, metadata):
    backfill = command("make backfill FROM=2018-11-15T17:00 TO=2018-11-15T19:00")
    lines = run_in_shell(backfill, {**stack.settings.to_environment(), "COLUMNS": "200"}).splitlines()
    generated = stack.settings.state / f"data_{DAY}_{DAY}"
    hours = datetime(DAY.year, DAY.month, DAY.day, 17), datetime(DAY.year, DAY.month, DAY.day, 19)
    expected = model.star_schema(generated, *hours)
    with require_login(stack.settings).connect() as warehouse:
        assert {table: rows(warehouse, table) for table in TARGETS} == {table: expected[table] for table in TARGETS}

    assert [line for line in lines if re.search(r"Ran 2 hours, [12] of them before the run of these hours", line)] != []
    assert [line for line in lines if "Ran 2 hours a second time" in line] != []
    begin = lines.index("The backfill and a single run of these hours")
    compared = [[cell.strip() for cell in line.strip("│").split("│")] for line in lines[begin:] if line[:1] == "│"]
    counts = {table: f"{len(expected[table]):,}" for table in STAR_SCHEMA}
    assert compared == [[table, counts[table], counts[table], "0", "yes"] for table in STAR_SCHEMA]
    assert "0" not in counts.values()


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
        run_in_shell(command("make up"), settings.to_environment())
        assert stack.is_complete()
        assert not [process for process in before["scheduler"] if process.is_running() and process.status() != "zombie"]
        assert set(before["api_server"]) == set(stack.airflow["api_server"].members())
    finally:
        everything = members(stack)
        run_in_shell(command("make down"), settings.to_environment())
    assert [process for process in everything if process.is_running() and process.status() != "zombie"] == []
    assert processes_of(settings) == []
    assert not stack.is_running()
