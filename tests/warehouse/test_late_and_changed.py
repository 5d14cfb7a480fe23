"""Late events, corrected files, and files that change after they were staged."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier, get_ident

import pytest
from airflow.providers.common.compat.sdk import AirflowSkipException

from local.datagen import Options, generate
from tests.model.star_schema import comparable, star_schema
from tests.support.faults import before_each_statement
from tests.support.warehouse import BUCKET, LOADS, STAGING, TARGETS

DAY = ("2018-11-01T00:00:00", "2018-11-02T00:00:00")
KEY = "log_data/2018/11/2018-11-01-events.json"
LIKE_ANOTHER = pytest.mark.long("changed files that are handled like others")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    directory = tmp_path_factory.mktemp("late") / "data"
    generate(directory, Options(days=2, users=5, songs=12, seed=8))
    return directory


def lines_of(data):
    return (data / KEY).read_text().split("\n")


def moment(line: str) -> datetime:
    return datetime(1970, 1, 1) + timedelta(milliseconds=json.loads(line)["ts"])


def rewritten(data, tmp_path, lines):
    """Return a copy of the data with another file of the first day."""
    for file in data.rglob("*"):
        if file.is_file():
            copy = tmp_path / "copy" / file.relative_to(data)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(file.read_bytes())
    (tmp_path / "copy" / KEY).write_text("\n".join(lines))
    return tmp_path / "copy"


def rows(tables):
    return {table: comparable(found) for table, found in tables.items()}


def test_late_event_is_loaded_and_logged_by_the_next_run_of_its_day(uploaded, data, capsys):
    plays = [line for line in lines_of(data) if json.loads(line)["page"] == "NextSong"]
    early = moment(plays[0])
    hour = early.replace(minute=0, second=0, microsecond=0)
    late = [line for line in plays if hour <= moment(line) < hour + timedelta(hours=1)]
    uploaded.put(KEY, "\n".join(line for line in lines_of(data) if line not in late).encode())
    uploaded.run(hour.isoformat(), (hour + timedelta(hours=1)).isoformat()).complete()
    assert uploaded.query("select count(*) from songplays") == [(0,)]

    uploaded.put(KEY, (data / KEY).read_bytes())
    results = uploaded.run("2018-11-01T23:00:00", "2018-11-02T00:00:00").complete()

    assert results["load_songplays"]["late"] == len({(json.loads(line)["sessionId"], line) for line in late})
    assert f"{len(late):,} late rows for windows loaded before" in capsys.readouterr().out
    # Hours without a run remain empty.
    last = [line for line in plays if moment(line).hour == 23]
    assert uploaded.query("select count(*) from songplays") == [(len(late) + len(last),)]


def test_events_that_are_late_by_a_day_are_found_with_a_lookback(uploaded, data):
    lines = lines_of(data)
    uploaded.put(KEY, "\n".join(lines[:-20]).encode())
    uploaded.run(*DAY).complete()
    uploaded.put(KEY, "\n".join(lines).encode())
    next_hour = ("2018-11-02T00:00:00", "2018-11-02T01:00:00")
    day = rows(star_schema(data, end=datetime(2018, 11, 2)))["songplays"]

    uploaded.run(*next_hour).complete()
    assert not day <= rows(uploaded.star_schema())["songplays"]
    uploaded.run(*next_hour, lookback_days=1).complete()
    assert day <= rows(uploaded.star_schema())["songplays"]


@pytest.mark.parametrize(
    "task_id",
    ["load_songplays", pytest.param("load_users", marks=LIKE_ANOTHER), pytest.param("load_time", marks=LIKE_ANOTHER)],
)
def test_delayed_load_does_not_restore_an_old_version_of_a_file(uploaded, data, tmp_path, task_id):
    slow = uploaded.run(*DAY)
    for staging in STAGING:
        slow.execute(staging)
    lines = lines_of(data)[::2]
    uploaded.put(KEY, "\n".join(lines).encode())
    uploaded.run(*DAY).complete()

    slow.execute(task_id)

    model = star_schema(rewritten(data, tmp_path, lines), end=datetime(2018, 11, 2))
    assert rows(uploaded.star_schema()) == rows(model)


def test_loads_that_stage_the_same_file_again_at_the_same_time_all_load_it(uploaded, data, tmp_path):
    run = uploaded.run(*DAY)
    for staging in STAGING:
        run.execute(staging)
    lines = lines_of(data)[::2]
    uploaded.put(KEY, "\n".join(lines).encode())
    loads = ("load_songplays", "load_users", "load_time")
    all_have_begun = Barrier(len(loads), timeout=60)
    waited: set[int] = set()

    def wait_once(_, statement: str) -> None:
        # The list of what was staged before is kept aside first.
        if "__earlier" in statement and get_ident() not in waited:
            waited.add(get_ident())
            all_have_begun.wait()

    with before_each_statement(wait_once), ThreadPoolExecutor(len(loads)) as pool:
        assert all(list(pool.map(run.execute, loads)))

    assert len(waited) == len(loads)
    run.complete(set(LOADS) - set(loads))
    model = star_schema(rewritten(data, tmp_path, lines), end=datetime(2018, 11, 2))
    assert rows(uploaded.star_schema()) == rows(model)


def test_load_that_stages_the_data_itself_holds_its_lock(uploaded, data, tmp_path):
    run = uploaded.run(*DAY)
    run.complete()
    lines = lines_of(data)[::2]
    sent: list[str] = []

    def replace_file(_, statement: str) -> None:
        # The last step before the load continues, in any of its transactions.
        if statement.startswith("lock table") and any(text.startswith("rollback") for text in sent):
            uploaded.put(KEY, "\n".join(lines).encode())
        sent.append(statement.lower())

    # The staging tables have been dropped, so the load starts again and stages the files itself.
    with before_each_statement(replace_file):
        assert run.execute("load_time")["deleted"] > 0
    model = star_schema(rewritten(data, tmp_path, lines), end=datetime(2018, 11, 2))
    assert comparable(uploaded.query("select * from time")) == comparable(model["time"])


@LIKE_ANOTHER
def test_changed_or_deleted_song_files_are_logged_and_corrected_by_a_full_load(uploaded, data, caplog):
    first, second, third, *_ = sorted((data / "song_data").rglob("*.json"))
    keys = [str(file.relative_to(data)) for file in (first, second, third)]
    songs = [json.loads(file.read_text()) for file in (first, second, third)]
    uploaded.run(*DAY).complete()
    assert "next full load" not in caplog.text

    uploaded.put(keys[0], json.dumps({**songs[0], "song_id": "SOANOTHER"}).encode())
    uploaded.s3.delete_object(Bucket=BUCKET, Key=keys[1])
    uploaded.put("song_data/new.json", json.dumps({**songs[2], "song_id": "SONEW"}).encode())
    uploaded.run(*DAY).complete()
    records = [record for record in caplog.records if record.name == "redshift_elt.staging.discover"]
    warnings = [record.getMessage() for record in records if record.levelname == "WARNING"]
    for line, words in zip(
        warnings, ("changed since they were loaded: 1", keys[0], "no longer in S3: 1", keys[1]), strict=True
    ):
        assert words in line

    uploaded.run(full_load=True, on_missing="delete").complete()
    caplog.clear()
    uploaded.run(*DAY).complete()
    assert "next full load" not in caplog.text
    found = {song_id for (song_id,) in uploaded.query("select song_id from songs")}
    before = {json.loads(file.read_text())["song_id"] for file in (data / "song_data").rglob("*.json")}
    assert found == before - {songs[0]["song_id"], songs[1]["song_id"]} | {"SOANOTHER", "SONEW"}


@pytest.mark.parametrize("task_id", ["load_songs", pytest.param("load_artists", marks=LIKE_ANOTHER)])
def test_delayed_load_does_not_restore_an_old_version_of_a_song(uploaded, data, task_id):
    slow = uploaded.run(*DAY)
    for staging in STAGING:
        slow.execute(staging)
    file = min((data / "song_data").rglob("*.json"))
    song = {**json.loads(file.read_text()), "artist_name": "N", "title": "Another title"}
    uploaded.put(str(file.relative_to(data)), json.dumps(song).encode())
    uploaded.run(*DAY).complete()
    after = uploaded.star_schema()

    slow.execute(task_id)

    assert uploaded.star_schema() == after
    assert uploaded.query("select artist_name from songs where song_id = %(song)s", song=song["song_id"]) == [("N",)]


def add_song(warehouse, file, key):
    """Add an object with another song by another artist."""
    song = {**json.loads(file.read_text()), "song_id": "SONEW", "artist_id": "ARNEW"}
    warehouse.put("song_data/new.json", json.dumps(song).encode())


def correct_song(warehouse, file, key):
    """Replace an object."""
    song = {**json.loads(file.read_text()), "artist_name": "N", "title": "Another title"}
    warehouse.put(key, json.dumps(song).encode())


def delete_song(warehouse, file, key):
    """Delete an object."""
    warehouse.s3.delete_object(Bucket=BUCKET, Key=key)


@pytest.mark.parametrize(
    ("change", "other_run"),
    [
        (correct_song, {"window": DAY}),
        *(
            pytest.param(change, {"full_load": True}, marks=LIKE_ANOTHER)
            for change in (add_song, correct_song, delete_song)
        ),
        *(pytest.param(change, {"window": DAY}, marks=LIKE_ANOTHER) for change in (add_song, delete_song)),
    ],
    ids=lambda value: value.__name__ if callable(value) else next(iter(value)),
)
def test_delayed_full_load_keeps_what_other_runs_loaded_since(uploaded, data, change, other_run):
    file = min((data / "song_data").rglob("*.json"))
    uploaded.run(full_load=True).complete()
    slow = uploaded.run(full_load=True, on_missing="delete")
    for staging in STAGING:
        slow.execute(staging)
    change(uploaded, file, str(file.relative_to(data)))
    uploaded.run(*other_run.get("window", ()), full_load="window" not in other_run, on_missing="delete").complete()

    for task_id in ("load_songs", "load_artists"):
        slow.execute(task_id)

    assert_songs_are_those_of_s3(uploaded)


def assert_songs_are_those_of_s3(warehouse):
    """The catalogue and its ledgers have exactly what the bucket has now."""
    listed = warehouse.s3.list_objects_v2(Bucket=BUCKET, Prefix="song_data/")["Contents"]
    songs = [json.loads(warehouse.s3.get_object(Bucket=BUCKET, Key=item["Key"])["Body"].read()) for item in listed]
    versions = {(target, item["Key"], item["ETag"].strip('"')) for target in ("songs", "artists") for item in listed}
    assert set(warehouse.query("select target, object_key, etag from etl.loaded_files")) == versions
    for table, columns in (("songs", ("song_id", "title", "artist_id")), ("artists", ("artist_id",))):
        found = warehouse.query(f"select {', '.join(columns)} from {table}")
        # Some titles are numbers in the files.
        assert set(found) == {tuple(str(song[column]) for column in columns) for song in songs}


@LIKE_ANOTHER
def test_corrected_level_change_restores_the_previous_level(uploaded, data, tmp_path):
    lines = lines_of(data)
    latest = {}
    for line in lines:
        event = json.loads(line)
        if event["userId"] and moment(line) >= latest.get(event["userId"], (datetime.min,))[0]:
            latest[event["userId"]] = moment(line), line
    last = [line for _, line in latest.values()]
    upgraded = [json.dumps({**json.loads(line), "level": "paid"}) if line in last else line for line in lines]
    uploaded.put(KEY, "\n".join(upgraded).encode())
    uploaded.run(*DAY).complete()
    assert {level for (level,) in uploaded.query("select level from users")} == {"paid"}

    kept = [line for line in lines if line not in last]
    uploaded.put(KEY, "\n".join(kept).encode())
    uploaded.run(*DAY).complete()

    model = star_schema(rewritten(data, tmp_path, kept), end=datetime(2018, 11, 2))
    assert rows(uploaded.star_schema()) == rows(model)


def test_catalogue_is_listed_once_a_day_unless_requested(uploaded, data):
    uploaded.run(*DAY, run_type="scheduled").complete()
    file = min((data / "song_data").rglob("*.json"))
    uploaded.put(str(file.relative_to(data)), file.read_bytes() + b"\n")
    assert uploaded.run(*DAY, run_type="scheduled").execute("stage_songs")["objects"] == 0
    assert uploaded.run(*DAY, run_type="backfill").execute("stage_songs")["objects"] == 0
    assert uploaded.run(*DAY, run_type="manual").execute("stage_songs")["objects"] == 1
    # Simulate that a day has passed.
    uploaded.execute("update etl.listings set listed_at = dateadd(hour, -24, listed_at)")
    assert uploaded.run(*DAY, run_type="scheduled").execute("stage_songs")["objects"] == 1


def test_report_that_misses_a_staged_song_delays_it_and_loses_nothing(uploaded, data):
    """As if a try that was replaced, and staged nothing, reported last."""
    uploaded.run(*DAY, run_type="scheduled").complete()
    song = json.loads(min((data / "song_data").rglob("*.json")).read_text())
    uploaded.put("song_data/new.json", json.dumps({**song, "song_id": "SONEW"}).encode())
    run = uploaded.run(*DAY)
    assert run.execute("stage_songs")["objects"] == 1
    run.xcoms["stage_songs"] |= {"objects": 0, "listed": False}
    assert run.execute("load_songs")["inserted"] == 0
    later = uploaded.run(*DAY)
    assert later.execute("stage_songs")["objects"] == 1
    assert later.execute("load_songs")["inserted"] == 1


def test_load_emits_an_asset_event_and_is_skipped_if_nothing_changed(uploaded, data):
    run = uploaded.run(*DAY)
    results = {task_id: run.execute(task_id) for task_id in (*STAGING, *LOADS)}
    events = {asset.name: event.extra for asset, event in run.outlet_events.items()}
    assert events == {
        f"sparkify_{table}": {
            "window_start": DAY[0],
            "window_end": DAY[1],
            "full_load": False,
            **results[f"load_{table}"],
        }
        for table in TARGETS
    }
    day = star_schema(data, end=datetime(2018, 11, 2))
    assert events["sparkify_songplays"]["inserted"] == len(day["songplays"])

    # Like after a commit with a lost response: the retry writes nothing, but still emits the event.
    run.outlet_events.clear()
    assert {task_id: run.execute(task_id, skips=True) for task_id in LOADS} == {
        task_id: results[task_id] for task_id in LOADS
    }
    assert {asset.name: event.extra for asset, event in run.outlet_events.items()} == events

    again = uploaded.run(*DAY)
    for staging in STAGING:
        again.execute(staging)
    for task_id in LOADS:
        with pytest.raises(AirflowSkipException, match="no row was written"):
            again.execute(task_id, skips=True)
    assert again.outlet_events == {}


def test_event_in_the_file_of_another_day_is_ignored_by_every_run(uploaded, data, caplog):
    stray = json.loads(lines_of(data)[0]) | {"sessionId": 999_999, "ts": 1541203200000}
    uploaded.put(KEY, "\n".join([*lines_of(data), json.dumps(stray)]).encode())
    for run in (uploaded.run(full_load=True), uploaded.run("2018-11-01T00:00:00", "2018-11-04T00:00:00")):
        assert run.execute("stage_events")["left_out"] == 1
        assert f"s3://{BUCKET}/{KEY}: 1 row left out, with a ts that is not in 2018-11-01" in caplog.text
        run.execute("stage_songs")
        for task_id in LOADS:
            run.execute(task_id)
        assert rows(uploaded.star_schema()) == rows(star_schema(data))
