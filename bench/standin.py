"""``python -m bench.standin``: compare the speed of the stand-in with that of PostgreSQL on the same work.

PostgreSQL is reached over its unix socket, and the stand-in over TLS, as by any client. Times depend on the machine, so
compare the ratios.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import psycopg

from bench.new_stack import on_new_stack
from local.datagen import Options, generate
from local.stack.cluster_login import require_login
from local.stack.environment import CLUSTER, DATABASE
from local.stack.progress import Progress
from local.stack.report import print_table
from redshift_standin.engine.databases import database_name

if TYPE_CHECKING:
    from local.stack.stack import Stack
    from tests.support.warehouse import WarehouseUnderTest

Connection = psycopg.Connection[tuple[Any, ...]]

EVENTS = 100_000
OBJECTS = 14_896
STATEMENTS = 1_000
ROUNDS = 3

_THREADS = 8
_CHUNK = 1 << 20

COPY_EVENTS = """\
copy staging_events
from 's3://{bucket}/log_data/bench.json'
iam_role default
format as json 's3://{bucket}/log_json_path.json'
timeformat 'epochmillisecs'
compupdate off
statupdate off"""

COPY_SONGS = """\
copy staging_songs
from 's3://{bucket}/song_data/'
iam_role default
format as json 'auto'
compupdate off
statupdate off"""

# The query reads a user table, so that it is fully translated.
ONE_STATEMENT = "select count(*) from users where user_id = 1"


def main(arguments: list[str] | None = None) -> int:
    """Measure, print the table, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench.standin", description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=EVENTS, help=f"events in one object; default: {EVENTS}")
    parser.add_argument("--objects", type=int, default=OBJECTS, help=f"songs in one object each; default: {OBJECTS}")
    options = parser.parse_args(arguments)
    return on_new_stack(
        lambda stack, folder, progress: _measure(stack, folder, progress, options.events, options.objects)
    )


def _measure(stack: Stack, folder: Path, progress: Progress, events: int, objects: int) -> None:
    # Imported late: Airflow reads its configuration from the environment on import, and new_stack sets it first.
    from tests.support.new_warehouse import new_warehouse
    from tests.support.warehouse import BUCKET

    with new_warehouse(stack) as warehouse:
        with progress.step(f"Uploading {events:,} events in one object and {objects:,} songs in one object each"):
            _upload(warehouse, folder / "data", events, objects)
        direct = psycopg.connect(**stack.postgres.dsn.parameters(database_name(CLUSTER, DATABASE)), autocommit=True)
        endpoint = require_login(stack.settings)
        with direct, endpoint.connect() as client, endpoint.connect() as other:
            rows: list[tuple[str, ...]] = []
            with progress.step("Measuring COPY"):
                copy = COPY_EVENTS.format(bucket=BUCKET)
                rows.append(_copy_of_events(direct, client, copy, folder / "events.csv", events))
                rows.append(_copy_of_objects(client, COPY_SONGS.format(bucket=BUCKET), objects))
            with progress.step("Measuring statements during a COPY"):
                rows += _beside_a_copy(direct, client, other, copy)
            with progress.step("Measuring statements"):
                rows += _statements(direct, client)
            with progress.step("Measuring a large result"):
                rows += _results(direct, client, events)
    print_table(
        progress.console,
        "The stand-in compared with PostgreSQL",
        ("what", "PostgreSQL", "stand-in", "ratio", "goal"),
        rows,
    )


def _upload(warehouse: WarehouseUnderTest, data: Path, events: int, objects: int) -> None:
    generate(data, Options(days=1, users=80, songs=objects))
    [day] = (data / "log_data").rglob("*.json")
    lines = day.read_text("utf-8").splitlines()
    repeated = (lines * (events // len(lines) + 1))[:events]
    warehouse.put("log_data/bench.json", "\n".join(repeated).encode())
    files = [data / "log_json_path.json", *(data / "song_data").rglob("*.json")]
    with ThreadPoolExecutor(_THREADS) as pool:
        list(pool.map(lambda file: warehouse.put(str(file.relative_to(data)), file.read_bytes()), files))


def _copy_of_events(direct: Connection, client: Connection, copy: str, csv: Path, events: int) -> tuple[str, ...]:
    """Compare COPY from JSON with PostgreSQL's COPY of the same rows from CSV."""
    client.execute(copy)
    with csv.open("wb") as file, direct.cursor().copy("copy staging_events to stdout (format csv)") as rows:
        for block in rows:
            file.write(block)

    def load_csv() -> None:
        copying = direct.cursor().copy("copy staging_events from stdin (format csv)")
        with csv.open("rb") as file, copying as into:
            while block := file.read(_CHUNK):
                into.write(block)

    plain, ours = _best(
        (load_csv, lambda: client.execute(copy)), before=lambda: direct.execute("truncate staging_events")
    )
    return (
        f"COPY, {events:,} events",
        f"{events / plain:,.0f} rows/s",
        f"{events / ours:,.0f} rows/s",
        f"{plain / ours:.2f} of its rate",
        "0.33 of its rate",
    )


def _copy_of_objects(client: Connection, copy: str, objects: int) -> tuple[str, ...]:
    """COPY many small files."""
    seconds = _seconds(lambda: client.execute(copy))
    return (f"COPY, {objects:,} objects", "", f"{seconds:.1f} s", "", f"{5 * objects / OBJECTS:.1f} s")


def _beside_a_copy(direct: Connection, client: Connection, other: Connection, copy: str) -> Iterator[tuple[str, ...]]:
    """Measure the statements of one client while another client runs COPY."""
    alone = [_seconds(lambda: other.execute(ONE_STATEMENT)) for _ in range(STATEMENTS)]
    direct.execute("truncate staging_events")
    with ThreadPoolExecutor(1) as pool:
        copying = pool.submit(client.execute, copy)
        beside = []
        while not copying.done():
            beside.append(_seconds(lambda: other.execute(ONE_STATEMENT)))
        copying.result()
    yield (
        "a statement during a COPY",
        "",
        f"{1000 * median(beside):.2f} ms, at most {1000 * max(beside):.0f} ms",
        f"{median(beside) / median(alone):.1f} times that without a COPY",
        "no waiting",
    )


def _statements(direct: Connection, client: Connection) -> Iterator[tuple[str, ...]]:
    """Take the median of the fastest series, for a statement that psycopg prepares automatically."""

    def series(connection: Connection) -> float:
        return median(_seconds(lambda: connection.execute(ONE_STATEMENT)) for _ in range(STATEMENTS))

    plain, ours = (min(times) for times in zip(*((series(direct), series(client)) for _ in range(ROUNDS)), strict=True))
    yield (
        "a statement",
        f"{1000 * plain:.2f} ms",
        f"{1000 * ours:.2f} ms",
        f"{1000 * (ours - plain):.2f} ms more",
        "0.30 ms more",
    )


def _results(direct: Connection, client: Connection, events: int) -> Iterator[tuple[str, ...]]:
    direct.execute("insert into staging_events select * from staging_events")
    query = "select session_id, item_in_session, level, ts from staging_events"
    plain, ours = _best([lambda: direct.execute(query).fetchall(), lambda: client.execute(query).fetchall()])
    yield (f"{2 * events:,} rows fetched", f"{plain:.2f} s", f"{ours:.2f} s", f"{ours / plain:.2f} times", "1.50 times")


def _best(works: Iterable[Callable[[], object]], before: Callable[[], object] = lambda: None) -> list[float]:
    """Run each function in turn, several times, and return the fastest time of each in seconds."""
    times: list[list[float]] = []
    for _ in range(ROUNDS):
        times.append([])
        for work in works:
            before()
            times[-1].append(_seconds(work))
    return [min(each) for each in zip(*times, strict=True)]


def _seconds(work: Callable[[], object]) -> float:
    begun = time.monotonic()
    work()
    return time.monotonic() - begun


if __name__ == "__main__":
    sys.exit(main())
