"""Tasks that lose their connection at any statement leave no partial changes, and their retry completes the work."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from airflow.models.connection import Connection
from airflow.providers.amazon.aws.hooks.base_aws import AwsGenericHook

from local.datagen import Options, generate
from local.stack.cluster_login import ClusterLogin, require_login
from local.stack.environment import CLUSTER
from redshift_elt.connection.transaction import ConnectionLostError
from redshift_standin.engine.databases import database_name
from standin_support.waiting import HANGS_AFTER_SECONDS
from tests.model.star_schema import Row, comparable, star_schema
from tests.support.faults import Line, Moment, before_each_statement, cut
from tests.support.postgres_admin import Contents, PostgresAdmin
from tests.support.warehouse import LOADS, STAGING, TARGETS, TASKS, Run, WarehouseUnderTest

DAY = ("2018-11-01T00:00:00", "2018-11-02T00:00:00")
EVENTS_KEY = "log_data/2018/11/2018-11-01-events.json"


Version = tuple[int, set[Row]]

# They have a row for each committed attempt, even if the client did not learn of the commit.
ATTEMPTS_ARE_KEPT_IN = {"etl.loads", "etl.check_results"}


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """The data that the run under test loads."""
    directory = tmp_path_factory.mktemp("generated") / "now"
    generate(directory, Options(days=1, users=3, songs=8, seed=3))
    return directory


@pytest.fixture(scope="module")
def older(data) -> Path:
    """An older version of the same data, so that every load of the new one inserts, changes and deletes rows."""
    directory = data.with_name("before")
    events = [json.loads(line) for line in (data / EVENTS_KEY).read_text().split("\n")]
    first_play = next(event for event in events if event["page"] == "NextSong")
    withdrawn = {**first_play, "ts": first_play["ts"] - 1, "itemInSession": 999}
    write_lines(directory / EVENTS_KEY, [withdrawn, *events[: len(events) // 2]])
    (directory / "log_json_path.json").write_bytes((data / "log_json_path.json").read_bytes())
    for number, file in enumerate(sorted((data / "song_data").rglob("*.json"))[1:]):
        song = json.loads(file.read_text())
        name = song["artist_name"] + " and friends" if number % 2 else song["artist_name"]
        write_lines(directory / file.relative_to(data), [{**song, "title": song["title"][:-1], "artist_name": name}])
    return directory


def write_lines(file: Path, records: list[dict[str, Any]]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(map(json.dumps, records)))


@pytest.fixture(scope="module")
def endpoint(standin, created_warehouse) -> ClusterLogin:
    return require_login(standin.settings)


@pytest.fixture(scope="module")
def postgres_admin(standin, created_warehouse) -> Iterator[PostgresAdmin]:
    postgres_admin = PostgresAdmin(standin.postgres.dsn.parameters(database_name(CLUSTER, "dev")))
    yield postgres_admin
    postgres_admin.drop_saved()
    postgres_admin.close()


@pytest.fixture(scope="module")
def warehouse(created_warehouse, endpoint, postgres_admin, older, data) -> Iterator[WarehouseUnderTest]:
    """The warehouse with the older data, and the bucket with the new.

    Slow steps that each task would repeat are done once or omitted: creating AWS clients, finding the cluster, and
    reading CA certificates.
    """
    login = Connection(
        conn_type="redshift",
        host=endpoint.host,
        port=endpoint.port,
        login=endpoint.user,
        password=endpoint.password,
        schema=endpoint.database,
    )
    make = AwsGenericHook.get_client_type
    clients = cache(lambda kind, conn_id, region: make(AwsGenericHook(conn_id, client_type=kind), region_name=region))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW_CONN_REDSHIFT_DEFAULT", login.as_json())
        patch.setenv("SSL_CERT_FILE", endpoint.certificate)
        patch.setattr(
            AwsGenericHook,
            "get_client_type",
            lambda hook, region_name=None, **_: clients(hook.client_type, hook.aws_conn_id, region_name),
        )
        warehouse = WarehouseUnderTest(created_warehouse.s3)
        warehouse.empty()
        warehouse.upload(older)
        warehouse.run(full_load=True).complete()
        warehouse.upload(data)
        postgres_admin.save("older")
        yield warehouse


@pytest.fixture(scope="module")
def allowed(older, data, tmp_path_factory) -> dict[str, list[Version]]:
    """The versions of each target that a reader can see: the model's rows for old or new events with old or new songs.

    Plays are matched again when songs are loaded, so a target can have the new version of only one of them.
    """
    versions: dict[str, list[Version]] = {target: [] for target in TARGETS}
    for events, songs in product((older, data), repeat=2):
        directory = tmp_path_factory.mktemp("mixed")
        (directory / "log_data").symlink_to(events / "log_data")
        (directory / "song_data").symlink_to(songs / "song_data")
        for target, rows in star_schema(directory).items():
            versions[target].append((len(rows), comparable(rows)))
    assert all(first != last for first, *_, last in versions.values())
    return versions


# Each of them does the same as a remaining one, with other tables.
LIKE_ANOTHER = {"stage_songs", "load_artists", "load_songs", "load_time", "load_users", "check_star_schema"}
LONG = pytest.mark.long("cutting off tasks that are like another")


@pytest.mark.parametrize(
    ("task_id", "changed"),
    [
        *(pytest.param(task_id, False, marks=LONG if task_id in LIKE_ANOTHER else ()) for task_id in TASKS),
        # If a file has changed since it was staged, a load stages it again in its own transaction.
        pytest.param("load_users", True, marks=LONG),
    ],
)
def test_task_killed_at_any_statement_is_completed_by_its_retry(
    warehouse, postgres_admin, endpoint, allowed, older, data, task_id, changed
):
    """The connection is cut at each statement of the task in turn: before it is sent, before its response arrives, and
    for COMMIT also with an unknown outcome. Meanwhile, an analyst reads all targets. In the end the run continues.
    """
    postgres_admin.restore("older")
    run = warehouse.run(*DAY)
    # The loads can run in any order.
    earlier = STAGING if task_id in LOADS else TASKS[: TASKS.index(task_id)]
    if changed:
        warehouse.put(EVENTS_KEY, (older / EVENTS_KEY).read_bytes())
    for other in earlier:
        run.execute(other)
    warehouse.upload(data)
    with reader(endpoint) as reading:
        statements = sweep(run, task_id, postgres_admin, reading.process)
        for other in [task_id, *(other for other in TASKS if other not in (*earlier, task_id))]:
            run.execute(other)
    # Staged again.
    assert not changed or any(statement.startswith("copy") for statement in statements)
    postgres_admin.wait_until_alone()
    for target, rows in warehouse.star_schema().items():
        assert comparable(rows) == allowed[target][-1][1]
    assert warehouse.tables_of_runs() == []
    for target, versions in reading.seen.items():
        assert versions
        for number, rows in versions:
            assert (number, comparable(rows)) in allowed[target], f"{target} was half loaded"


def test_readers_continue_during_a_full_load(warehouse, postgres_admin, endpoint, allowed):
    """At each statement of a full load, all targets can be read, with either their old or their new rows."""
    postgres_admin.restore("older")
    seen: dict[str, list[int]] = {target: [] for target in TARGETS}
    with endpoint.connect() as reader:
        # A reader that waits for the load would never end, because the load waits for the reader.
        reader.execute(f"set statement_timeout to {HANGS_AFTER_SECONDS * 1000}")

        def read(_: Any, statement: str) -> None:
            for target, versions in seen.items():
                rows = reader.execute(f"select * from {target}").fetchall()
                version = (len(rows), comparable(rows))
                assert version in allowed[target], f"{target} was half loaded before: {statement}"
                versions.append(allowed[target].index(version))

        with before_each_statement(read):
            warehouse.run(full_load=True).complete()
    for target, versions in seen.items():
        assert allowed[target][versions[0]] == allowed[target][0]
        assert allowed[target][versions[-1]] == allowed[target][-1]


def sweep(run: Run, task_id: str, postgres_admin: PostgresAdmin, reader: int) -> list[str]:
    """Execute the task repeatedly, cut off one step later each time, and restore the state from before it.

    Each execution is thus the retry of the previous one. If an execution has left every table unchanged, its retry is
    equivalent to a first execution; an execution that was committed is followed by one that is not cut off.

    :return: the statements of the task.
    """
    before = postgres_admin.contents()
    postgres_admin.save("task")
    uncut = cut_off(run, task_id, number=0)
    after = postgres_admin.contents()
    postgres_admin.restore("task")
    assert "commit" in uncut.statements
    for number, statement in enumerate(uncut.statements, 1):
        for moment in Moment if statement == "commit" else (Moment.BEFORE, Moment.ANSWERED):
            line = cut_off(run, task_id, number, moment)
            postgres_admin.wait_until_alone(reader)
            place = f"{task_id}, cut {moment.value}, which is number {number}: {statement}"
            assert line.statements[:number] == uncut.statements[:number], place
            if (left := postgres_admin.contents()) != before:
                assert "commit" in line.statements[: number - (moment is Moment.BEFORE)], place
                assert left == after, place
                run.execute(task_id)
                assert differences(postgres_admin.contents(), after) <= ATTEMPTS_ARE_KEPT_IN, place
                postgres_admin.restore("task")
    run.execute(task_id)
    assert postgres_admin.contents() == after
    postgres_admin.restore("task")
    return uncut.statements


def cut_off(run: Run, task_id: str, number: int, moment: Moment = Moment.BEFORE) -> Line:
    """Execute a task with its connection cut at the statement with this number; 0 does not cut it."""
    with cut(number, moment) as line:
        try:
            run.execute(task_id)
        except ConnectionLostError:
            assert number
        else:
            # If a statement is cut while it is sent, its response may have arrived before.
            assert not number or moment is Moment.SENT
    return line


def differences(contents: Contents, other: Contents) -> set[str]:
    """Return the tables whose rows differ."""
    return {table for table in contents.keys() | other.keys() if contents.get(table) != other.get(table)}


@dataclass
class Reading:
    """The versions of each target that an analyst has read: the row count and the rows, each version once.

    :param process: the number of the reader's session.
    """

    process: int
    seen: dict[str, set[tuple[int, frozenset[Any]]]]


@contextmanager
def reader(endpoint: ClusterLogin) -> Iterator[Reading]:
    """Read all targets repeatedly while the block runs."""
    stop = threading.Event()
    with endpoint.connect() as connection, ThreadPoolExecutor(1) as pool:
        reading = Reading(connection.info.backend_pid, {target: set() for target in TARGETS})

        def poll() -> None:
            # The pause leaves the CPU to the tasks.
            while not stop.wait(0.02):
                for target, versions in reading.seen.items():
                    rows = connection.execute(f"select * from {target}").fetchall()
                    versions.add((len(rows), frozenset(rows)))

        polling = pool.submit(poll)
        try:
            yield reading
        finally:
            stop.set()
        polling.result()
