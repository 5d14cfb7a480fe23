"""For any files, and any runs in any order, the rows are those of the model.

Each example is a history: files are written, replaced and removed, and windows are run in between, until runs cover
every hour. It is executed on the stand-in with the operators of the DAG. The profile of hypothesis (conftest.py)
determines the number of examples. An example takes seconds here, so there are few of them.
"""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.model.source import parse
from tests.model.star_schema import comparable, tables_of
from tests.support.warehouse import BUCKET, LOADS, STAGING, Run, WarehouseUnderTest

# Hundreds of examples with several runs each, on a busy machine.
pytestmark = pytest.mark.timeout(7200)

FIRST = datetime(2018, 11, 1, tzinfo=timezone.utc)
DAYS = [date(2018, 11, 1), date(2018, 11, 2)]
PATHS_KEY = "log_json_path.json"
PATHS = [
    "artist", "auth", "firstName", "gender", "itemInSession", "lastName", "length", "level", "location", "method",
    "page", "registration", "sessionId", "song", "status", "ts", "userAgent", "userId",
]  # fmt: skip

# Few distinct values, so that events, songs and runs often overlap. Windows lie between these hours.
# Some strings differ only in a trailing blank, which Redshift ignores in comparisons.
HOURS = [0, 6, 23, 24, 30, 48]
PLACES = [("", None, None), ("Aden", None, None), ("Aden ", None, None), ("Zug", 47.1, 8.5), ("Bern", 46.9, 7.4)]
MOMENTS = [0, 5 * 3600_000, 6 * 3600_000 - 1, 6 * 3600_000, 23 * 3600_000, 24 * 3600_000 - 1]


@st.composite
def an_event(draw, day: date) -> dict[str, Any]:
    elsewhere = draw(st.integers(0, 9)) == 0
    begins = int(datetime.combine(day, datetime.min.time(), timezone.utc).timestamp() * 1000)
    is_play = draw(st.integers(0, 2)) > 0
    user = draw(st.sampled_from(["1", "2"] if is_play else ["1", "2", ""]))
    return {
        "artist": draw(st.sampled_from(["Kite", "Kite ", "Kites"])) if is_play else None,
        "auth": "Logged In" if user else "Logged Out",
        "firstName": f"First {user}" if user else None,
        "gender": "F" if user else None,
        "itemInSession": draw(st.integers(0, 1)),
        "lastName": draw(st.sampled_from(["Okafor", "Okafor ", None])) if user else None,
        "length": draw(st.sampled_from([1.5, 200.25])) if is_play else None,
        "level": draw(st.sampled_from(["free", "paid"])),
        "location": "Alder Falls, OR",
        "method": "PUT",
        "page": "NextSong" if is_play else "Home",
        "registration": 1540000000000.0,
        "sessionId": draw(st.integers(1, 2)),
        "song": draw(st.sampled_from(["Low Tide", "Ebb", "Ebb "])) if is_play else None,
        "status": 200,
        "ts": begins + draw(st.sampled_from(MOMENTS)) + (86_400_000 if elsewhere else 0),
        "userAgent": "Browser",
        "userId": user,
    }


@st.composite
def a_song(draw, song_id: str) -> dict[str, Any]:
    place = draw(st.sampled_from(PLACES))
    return {
        "num_songs": 1,
        "artist_id": draw(st.sampled_from(["AR1", "AR2"])),
        "artist_location": place[0],
        "artist_latitude": place[1],
        "artist_longitude": place[2],
        "artist_name": draw(st.sampled_from(["Kite", "Kite ", "Kites"])),
        "song_id": song_id,
        "title": draw(st.sampled_from(["Low Tide", "Ebb", "Ebb "])),
        "duration": draw(st.sampled_from([1.5, 200.25])),
        "year": draw(st.sampled_from([0, 1999])),
    }


def log_key(day: date) -> str:
    return f"log_data/{day:%Y/%m/%Y-%m-%d}-events.json"


def is_of(day: date, event: dict[str, Any]) -> bool:
    return datetime.fromtimestamp(event["ts"] / 1000, timezone.utc).date() == day


@st.composite
def a_log(draw, days: Sequence[date] = DAYS) -> tuple[str, str, list]:
    day = draw(st.sampled_from(days))
    events = draw(st.lists(an_event(day), min_size=1, max_size=4))
    twice = draw(st.lists(st.sampled_from(events), max_size=1))
    # A file is refused if most of its rows are of other days.
    assume(2 * sum(is_of(day, event) for event in events + twice) >= len(events + twice))
    return "log", log_key(day), events + twice


@st.composite
def a_song_file(draw, numbers: Sequence[int] = (1, 2, 3)) -> tuple[str, str, list]:
    number = draw(st.sampled_from(numbers))
    return "song", f"song_data/A/{number}.json", [draw(a_song(f"SO{number}"))]


@st.composite
def a_window(draw) -> tuple[int, int]:
    start, end = draw(st.lists(st.sampled_from(HOURS), min_size=2, max_size=2, unique=True).map(sorted))
    return start, end


@st.composite
def a_cover(draw) -> list[tuple[int, int]]:
    """Split all hours into windows, shuffle them, and add one that overlaps them."""
    cuts = sorted({0, 48, *draw(st.lists(st.sampled_from(HOURS), max_size=1))})
    windows = [*itertools.pairwise(cuts), *draw(st.lists(a_window(), max_size=1))]
    return draw(st.permutations(windows))


EVENT = {
    "artist": "Kite", "auth": "Logged In", "firstName": "Ines", "gender": "F", "itemInSession": 0,
    "lastName": "Okafor", "length": 1.5, "level": "free", "location": "Alder Falls, OR", "method": "PUT",
    "page": "NextSong", "registration": 1540000000000.0, "sessionId": 1, "song": "Low Tide", "status": 200,
    "ts": 1541040000000, "userAgent": "Browser", "userId": "1",
}  # fmt: skip
SONG = {
    "artist_id": "AR1", "artist_latitude": None, "artist_location": "", "artist_longitude": None,
    "artist_name": "Kite", "duration": 1.5, "num_songs": 1, "song_id": "SO9", "title": "Low Tide", "year": 0,
}  # fmt: skip
RUN = st.tuples(st.just("run"), a_window(), st.integers(0, 10**6))


@st.composite
def a_history(draw) -> list:
    """Write files; then, a few times, run a window and change something, preferably existing files.

    Either song files change, or one song is in two files. The result of both is not defined before a full load.
    """
    songs_change = draw(st.booleans())
    if songs_change:
        songs = a_song_file()
    else:
        numbers = {"song_data/A/1.json": "SO1", "song_data/A/2.json": "SO2", "song_data/B/1.json": "SO1"}
        songs = st.sampled_from([("song", key, [draw(a_song(song_id))]) for key, song_id in numbers.items()])
    written = draw(st.lists(st.one_of(a_log(), a_log(), songs), min_size=1, max_size=3))
    days = [day for day in DAYS if any(key == log_key(day) for _, key, _ in written)]
    numbers = [number for number in (1, 2, 3) if any(key == f"song_data/A/{number}.json" for _, key, _ in written)]
    changes = [a_log(), songs]
    if days:
        changes += [a_log(days), st.tuples(st.just("gone"), st.sampled_from(days).map(log_key))]
    if numbers and songs_change:
        changes.append(a_song_file(numbers))
    rounds = draw(st.lists(st.tuples(RUN, st.one_of(changes)), min_size=1, max_size=2))
    return [*written, *(step for run_and_change in rounds for step in run_and_change)]


EXAMPLES = settings().max_examples // 33


class Files:
    """The bucket, and its files for the model."""

    def __init__(self, warehouse: WarehouseUnderTest) -> None:
        self.warehouse = warehouse
        self.records: dict[str, list[dict[str, Any]]] = {}
        warehouse.empty()
        warehouse.put(PATHS_KEY, json.dumps({"jsonpaths": [f"$['{name}']" for name in PATHS]}).encode())
        # A prefix without any file is considered wrong.
        warehouse.put("log_data/readme.txt", b"logs")

    def put(self, key: str, records: list[dict[str, Any]]) -> None:
        self.records[key] = records
        self.warehouse.put(key, "\n".join(map(json.dumps, records)).encode())

    def remove(self, key: str) -> None:
        self.records.pop(key, None)
        self.warehouse.s3.delete_object(Bucket=BUCKET, Key=key)

    def model(self) -> dict[str, set]:
        # A round trip through JSON, because the model reads files.
        parsed = {key: [parse(json.dumps(record)) for record in records] for key, records in self.records.items()}
        logs = {key: records for key, records in parsed.items() if key.startswith("log_data/")}
        events = [(date.fromisoformat(key[17:27]), event) for key, records in logs.items() for event in records]
        songs = [song for key, records in parsed.items() if key.startswith("song_data/") for song in records]
        return comparable_tables(tables_of(events, songs))


def comparable_tables(tables: dict[str, set]) -> dict[str, set]:
    return {table: comparable(rows) for table, rows in tables.items()}


def run_of(warehouse: WarehouseUnderTest, window: tuple[int, int]) -> Run:
    start, end = (FIRST + timedelta(hours=hour) for hour in window)
    return warehouse.run(start.isoformat(), end.isoformat(), on_missing="delete")


def run(warehouse: WarehouseUnderTest, window: tuple[int, int], order: int = 0) -> None:
    """Stage and load a window, with the loads in random order."""
    one = run_of(warehouse, window)
    for task_id in (*STAGING, *random.Random(order).sample(LOADS, len(LOADS))):
        one.execute(task_id)


def play(files: Files, history: list) -> None:
    for kind, what, *rest in history:
        if kind == "run":
            run(files.warehouse, what, *rest)
        elif kind == "gone":
            files.remove(what)
        else:
            files.put(what, *rest)


@pytest.fixture
def warehouse(through_postgres: WarehouseUnderTest) -> WarehouseUnderTest:
    """The warehouse with psycopg2, which is several times faster."""
    return through_postgres


def difference(found: dict[str, set], expected: dict[str, set]) -> dict[str, tuple[set, set]]:
    """Return the unexpected and the missing rows of each table that differs."""
    return {
        table: (found[table] - rows, rows - found[table]) for table, rows in expected.items() if found[table] != rows
    }


@given(history=a_history(), cover=a_cover(), order=st.integers(0, 10**6))
@settings(max_examples=EXAMPLES)
def test_any_history_of_files_and_runs_matches_the_model(warehouse, history, cover, order):
    files = Files(warehouse)
    play(files, history)
    for number, window in enumerate(cover):
        run(warehouse, window, order + number)
    assert difference(comparable_tables(warehouse.star_schema()), files.model()) == {}


@pytest.mark.long("repeated runs after histories of files")
@given(history=a_history(), cover=a_cover(), order=st.integers(0, 10**6), full=st.booleans())
@settings(max_examples=EXAMPLES // 4)
def test_repeated_runs_write_nothing(warehouse, history, cover, order, full):
    """Neither a repeated window nor a full load writes anything after all windows were loaded."""
    files = Files(warehouse)
    files.put("song_data/C/9.json", [SONG])
    play(files, [step for step in history if step[0] != "gone"])
    files.put("log_data/2018/11/2018-11-01-events.json", [EVENT])
    for number, window in enumerate(cover):
        run(warehouse, window, order + number)
    again = warehouse.run(full_load=True, on_missing="delete") if full else run_of(warehouse, cover[0])
    written = {}
    for task_id in (*STAGING, *LOADS):
        counts = again.execute(task_id)
        if task_id in LOADS:
            written[task_id] = sum(counts[name] for name in ("inserted", "updated", "deleted", "late"))
    assert written == dict.fromkeys(LOADS, 0)
    assert difference(comparable_tables(warehouse.star_schema()), files.model()) == {}


@pytest.mark.long("runs of up to 16 windows at the same time")
@given(
    history=a_history(),
    cover=a_cover(),
    windows=st.lists(a_window(), max_size=12),
    replaced=st.lists(a_log(), max_size=3),
    order=st.integers(0, 10**6),
)
@settings(max_examples=EXAMPLES // 6)
def test_concurrent_runs_match_the_model(warehouse, history, cover, windows, replaced, order):
    """Up to 16 concurrent runs of overlapping and repeated windows; files are replaced meanwhile and loaded again."""
    files = Files(warehouse)
    play(files, history)
    together = [*windows, *cover]
    with ThreadPoolExecutor(16) as pool:
        runs = [pool.submit(run, warehouse, window, order + number) for number, window in enumerate(together)]
        play(files, replaced)
        for one in runs:
            one.result()
    for window in cover if replaced else ():
        run(warehouse, window, order)
    assert difference(comparable_tables(warehouse.star_schema()), files.model()) == {}
