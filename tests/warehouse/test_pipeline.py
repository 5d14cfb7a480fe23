"""The tasks of sparkify_etl on the stand-in: whatever happens, the rows are those of the model."""

from __future__ import annotations

import json
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from airflow.sdk.exceptions import AirflowFailException
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.datagen import Options, generate
from tests.model.star_schema import comparable, star_schema
from tests.support.warehouse import BOOKKEEPING, BUCKET, LOADS, TARGETS, WarehouseUnderTest

DAYS = 2
FIRST = datetime(2018, 11, 1)
EVENTS_KEY = "log_data/2018/11/2018-11-01-events.json"
LOADED = ("inserted", "updated", "deleted")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    directory = tmp_path_factory.mktemp("generated") / "data"
    generate(directory, Options(days=DAYS, users=12, songs=60, seed=3))
    return directory


@pytest.fixture(scope="module")
def expected(data):
    return comparable_tables(star_schema(data))


@pytest.fixture
def loaded(warehouse: WarehouseUnderTest, data):
    """The warehouse after one full load."""
    warehouse.upload(data)
    warehouse.run(full_load=True).complete()
    return warehouse


def comparable_tables(tables):
    return {table: comparable(rows) for table, rows in tables.items()}


def found(warehouse: WarehouseUnderTest):
    return comparable_tables(warehouse.star_schema())


def written(results):
    return {task: sum(results[task][name] for name in LOADED) for task in LOADS}


def hours(count: int, step: int = 1):
    return [
        (FIRST + timedelta(hours=number), FIRST + timedelta(hours=number + step)) for number in range(0, count, step)
    ]


def load(warehouse: WarehouseUnderTest, start: datetime, end: datetime, **kwargs):
    return warehouse.run(start.isoformat(), end.isoformat()).complete(**kwargs)


def test_a_full_load_gives_the_rows_of_the_model(loaded, expected):
    assert {table: len(rows) for table, rows in found(loaded).items()} == {
        table: len(rows) for table, rows in expected.items()
    }
    assert found(loaded) == expected


def test_a_repeated_run_writes_nothing(loaded, expected):
    results = loaded.run(full_load=True).complete()
    assert written(results) == dict.fromkeys(LOADS, 0)
    # The warning: data of 2018 are not fresh.
    assert results["check_star_schema"] == {"passed": 17, "warned": 1, "failed": 0}
    results = load(loaded, FIRST, FIRST + timedelta(days=1))
    assert written(results) == dict.fromkeys(LOADS, 0)
    assert found(loaded) == expected


@given(seed=st.integers(0, 10**6), step=st.sampled_from([7, 12]), parts=st.integers(1, 4))
@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_windows_in_any_order_with_overlaps_and_late_songs_give_the_same_rows(
    warehouse, data, expected, seed, step, parts
):
    """Songs arrive in several portions between the runs; windows are shuffled, and one is much longer than the rest."""
    chance = random.Random(seed)
    warehouse.empty()
    songs = sorted(file for file in (data / "song_data").rglob("*.json"))
    chance.shuffle(songs)
    for file in data.rglob("*.json"):
        if file not in songs:
            warehouse.put(str(file.relative_to(data)), file.read_bytes())
    windows = [*hours(24 * DAYS, step), (FIRST + timedelta(hours=5), FIRST + timedelta(hours=30))]
    chance.shuffle(windows)
    for number, (start, end) in enumerate(windows):
        for file in songs[number % parts :: parts] if number < parts else ():
            warehouse.put(str(file.relative_to(data)), file.read_bytes())
        load(warehouse, start, end, loads=chance.sample(LOADS, len(LOADS)))
    assert found(warehouse) == expected


def test_runs_at_the_same_time_give_the_same_rows(warehouse, data, expected):
    warehouse.upload(data)
    windows = [*hours(24 * DAYS, 6), (FIRST, FIRST + timedelta(days=DAYS))]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda window: load(warehouse, *window), windows))
    assert found(warehouse) == expected


def test_an_hour_without_a_file_is_normal(warehouse, data):
    warehouse.upload(data)
    results = warehouse.run("2019-05-01T00:00:00", "2019-05-01T01:00:00").complete()
    assert results["stage_events"]["objects"] == results["stage_events"]["rows"] == 0
    assert warehouse.query("select count(*) from songplays") == [(0,)]


def test_only_new_and_changed_song_files_are_staged_again(loaded, data):
    day = ("2018-11-01T00:00:00", "2018-11-02T00:00:00")
    assert loaded.run(*day).complete()["stage_songs"]["objects"] == 0
    file = min((data / "song_data").rglob("*.json"))
    song = json.loads(file.read_text())
    loaded.put(str(file.relative_to(data)), json.dumps({**song, "year": 1234}).encode())
    results = loaded.run(*day).complete()
    assert results["stage_songs"]["objects"] == 1
    assert results["load_songs"]["updated"] == 1
    assert loaded.query("select year from songs where song_id = %s", (song["song_id"],)) == [(1234,)]
    assert loaded.run(*day).complete()["stage_songs"]["objects"] == 0


def test_a_play_follows_its_song(loaded, data):
    """A song whose title is corrected loses its plays; when it gets its title back, it gets them back."""
    [(song_id, plays)] = loaded.query(
        "select song_id, count(*) from songplays where song_id is not null group by song_id order by 2 desc, 1 limit 1"
    )
    [file] = [file for file in (data / "song_data").rglob("*.json") if song_id in file.read_text()]
    song = json.loads(file.read_text())
    for title, matched in [("Another title", 0), (song["title"], plays)]:
        loaded.put(str(file.relative_to(data)), json.dumps({**song, "title": title}).encode())
        loaded.run("2018-11-01T00:00:00", "2018-11-01T01:00:00").complete()
        assert loaded.query("select count(*) from songplays where song_id = %s", (song_id,)) == [(matched,)]


def test_plays_that_have_gone_from_the_file_go_from_the_window_and_no_further(loaded, data, expected):
    kept = (data / EVENTS_KEY).read_text().split("\n")
    removed = next(line for line in kept if json.loads(line)["page"] == "NextSong")
    event = json.loads(removed)
    loaded.put(EVENTS_KEY, "\n".join(line for line in kept if line != removed).encode())
    results = loaded.run("2018-11-01T00:00:00", "2018-11-02T00:00:00").complete()
    assert results["load_songplays"]["deleted"] == 1
    gone = f"{event['sessionId']}-{event['itemInSession']}"
    left = {row for row in expected["songplays"] if row[0] != gone}
    assert found(loaded)["songplays"] == left
    assert found(loaded)["time"] == {row for row in expected["time"] if row[0] in {play[1] for play in left}}


def test_repeated_lines_and_events_in_two_files_count_once(warehouse, data, expected):
    warehouse.upload(data)
    lines = (data / EVENTS_KEY).read_text().split("\n")
    warehouse.put(EVENTS_KEY, "\n".join([*lines, *lines[::2]]).encode())
    second = EVENTS_KEY.replace("2018-11-01", "2018-11-02")
    warehouse.put(second, "\n".join([(data / second).read_text(), *lines[1::3]]).encode())
    warehouse.run(full_load=True).complete()
    assert found(warehouse) == expected


def test_a_line_that_cannot_be_loaded_fails_for_good_and_changes_nothing(loaded, data, expected):
    lines = (data / EVENTS_KEY).read_text().split("\n")
    bad = json.dumps({**json.loads(lines[4]), "itemInSession": "many"})
    loaded.put(EVENTS_KEY, "\n".join([*lines[:4], bad, *lines[5:]]).encode())
    run = loaded.run("2018-11-01T00:00:00", "2018-11-02T00:00:00")
    with pytest.raises(AirflowFailException) as failure:
        run.execute("stage_events")
    message = str(failure.value)
    assert EVENTS_KEY in message
    assert "line 5" in message
    assert "item_in_session" in message
    assert "Invalid digit, Value 'm'" in message
    assert loaded.tables_of_runs() == []
    assert found(loaded) == expected


def test_a_full_load_that_finds_nothing_fails_and_leaves_the_tables_as_they_are(loaded, expected):
    run = loaded.run(full_load=True, song_prefix="song-data/")
    with pytest.raises(AirflowFailException, match="There are no objects below s3://sparkify-tests/song-data/"):
        run.execute("stage_songs")
    assert found(loaded) == expected


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"log_prefix": "log-data/"}, "There are no objects below s3://sparkify-tests/log-data/"),
        ({"bucket": "sparkify-test"}, "The bucket 'sparkify-test' does not exist"),
        ({"log_paths_key": "paths.json"}, "The JSONPaths file s3://sparkify-tests/paths.json does not exist"),
    ],
)
def test_a_wrong_name_does_not_pass_for_an_hour_without_events(loaded, expected, params, words):
    run = loaded.run("2018-11-01T00:00:00", "2018-11-02T00:00:00", **params)
    with pytest.raises(AirflowFailException, match=words):
        run.execute("stage_events")
    assert found(loaded) == expected


def test_a_song_whose_file_was_away_during_a_full_load_comes_back(loaded, data, expected):
    file = min((data / "song_data").rglob("*.json"))
    key = str(file.relative_to(data))
    loaded.s3.delete_object(Bucket=BUCKET, Key=key)
    loaded.run(full_load=True).complete()
    assert len(found(loaded)["songs"]) == len(expected["songs"]) - 1
    loaded.put(key, file.read_bytes())
    load(loaded, FIRST, FIRST + timedelta(hours=1))
    assert found(loaded) == expected


def test_a_play_without_a_user_fails_for_good_and_says_why(loaded, data, expected):
    play = next(line for line in (data / EVENTS_KEY).read_text().split("\n") if json.loads(line)["page"] == "NextSong")
    nobody = json.dumps({**json.loads(play), "userId": ""})
    loaded.put(EVENTS_KEY, nobody.encode())
    run = loaded.run("2018-11-01T00:00:00", "2018-11-02T00:00:00")
    for task in ("stage_events", "stage_songs"):
        run.execute(task)
    with pytest.raises(AirflowFailException, match="A staged row has no user_id"):
        run.execute("load_songplays")
    assert found(loaded) == expected


def test_tasks_that_are_cleared_alone_after_their_run_stage_for_themselves(loaded, expected):
    run = loaded.run(full_load=True)
    run.complete()
    for table in (*TARGETS, *BOOKKEEPING):
        loaded.execute(f"delete from {table}")
    for task_id in (*reversed(LOADS), "check_star_schema"):
        run.execute(task_id)
        assert loaded.tables_of_runs() == []
        assert "Contents" not in loaded.s3.list_objects_v2(Bucket=BUCKET, Prefix="manifests/")
    assert found(loaded) == expected


def test_all_failed_checks_are_reported_together_and_every_result_is_kept(loaded):
    run = loaded.run("2018-11-01T00:00:00", "2018-11-02T00:00:00")
    for table in ("users", "etl.user_records"):
        loaded.execute(f"delete from {table}")
    for task in ("stage_events", "stage_songs", *LOADS):
        run.execute(task)
    loaded.execute("insert into users select * from users where user_id = (select min(user_id) from users)")
    loaded.execute("delete from songplays where start_time = (select min(start_time) from songplays)")
    with pytest.raises(AirflowFailException) as failure:
        run.execute("check_star_schema")
    assert "users: repeated user_id: expected 0, found 1" in str(failure.value)
    assert "songplays: plays staged but not loaded, or the reverse: expected 0, found 1" in str(failure.value)
    [repeated] = loaded.query("select min(user_id) from users")[0]
    assert f"found 1\n    user_id, rows\n    {repeated}, 2" in str(failure.value)
    failed = "select target, check_name from etl.check_results where run_id = %s and outcome = 'failed' order by target"
    assert [target for target, _ in loaded.query(failed, (run.run_id,))] == ["songplays", "users"]
    kept = "select count(*) from etl.check_results where run_id = %s"
    # Three checks each of songs and artists are those of whole tables, which this run has left as they were; three are
    # of the staged events.
    assert loaded.query(kept, (run.run_id,)) == [(18 - 6 + 3,)]


def test_a_run_leaves_nothing_of_its_own_behind(loaded):
    assert loaded.tables_of_runs() == []
    assert "Contents" not in loaded.s3.list_objects_v2(Bucket=BUCKET, Prefix="manifests/")


def test_every_load_is_recorded_with_its_window_and_its_rows(loaded, expected):
    recorded = loaded.query("select target, full_load, inserted, deleted, unchanged from etl.loads")
    assert sorted(recorded) == sorted((table, True, len(expected[table]), 0, 0) for table in TARGETS)
