"""Tasks that lose their connection at any statement leave no partial changes, and their retry completes the work."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from local.datagen import Options, generate
from local.stack.cluster_login import ClusterLogin
from standin_support.waiting import HANGS_AFTER_SECONDS
from tests.model.star_schema import Row, comparable, star_schema
from tests.support.connection_cuts import cut_at_each_statement, direct_login
from tests.support.faults import before_each_statement
from tests.support.warehouse import LOADS, STAGING, TARGETS, TASKS, WarehouseUnderTest

DAY = ("2018-11-01T00:00:00", "2018-11-02T00:00:00")
EVENTS_KEY = "log_data/2018/11/2018-11-01-events.json"

Version = tuple[int, set[Row]]


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
def warehouse(created_warehouse, endpoint, postgres_admin, older, data) -> Iterator[WarehouseUnderTest]:
    """The warehouse with the older data, and the bucket with the new."""
    with direct_login(endpoint):
        created_warehouse.empty()
        created_warehouse.upload(older)
        created_warehouse.run(full_load=True).complete()
        created_warehouse.upload(data)
        postgres_admin.save("older")
        yield created_warehouse


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
        statements = cut_at_each_statement(run, task_id, postgres_admin, reading.process)
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


def test_load_of_nothing_that_is_killed_at_any_statement_is_completed_by_its_retry(warehouse, postgres_admin):
    """Nothing was staged for it, so it has no transaction."""
    postgres_admin.restore("older")
    run = warehouse.run(*DAY, run_type="scheduled")
    assert run.execute("stage_songs")["objects"] == 0
    statements = cut_at_each_statement(run, "load_songs", postgres_admin)
    assert [statement.split()[0] for statement in statements] == ["select", "insert"]


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
