"""Within the window, a fact matches the files."""

from __future__ import annotations

import json

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from tests.model.star_schema import comparable_tables

EVENTS_KEY = "log_data/2018/11/2018-11-01-events.json"


def test_plays_removed_from_the_file_are_deleted_only_in_the_window(loaded, data, expected):
    kept = (data / EVENTS_KEY).read_text().split("\n")
    removed = next(line for line in kept if json.loads(line)["page"] == "NextSong")
    event = json.loads(removed)
    loaded.put(EVENTS_KEY, "\n".join(line for line in kept if line != removed).encode())
    results = loaded.run("2018-11-01T00:00:00", "2018-11-02T00:00:00").complete()
    assert results["load_songplays"]["deleted"] == 1
    gone = f"{event['sessionId']}-{event['itemInSession']}"
    left = {row for row in expected["songplays"] if row[0] != gone}
    assert comparable_tables(loaded.star_schema())["songplays"] == left
    assert comparable_tables(loaded.star_schema())["time"] == {
        row for row in expected["time"] if row[0] in {play[1] for play in left}
    }


def test_repeated_lines_and_events_in_two_files_count_once(warehouse, data, expected):
    warehouse.upload(data)
    lines = (data / EVENTS_KEY).read_text().split("\n")
    warehouse.put(EVENTS_KEY, "\n".join([*lines, *lines[::2]]).encode())
    second = EVENTS_KEY.replace("2018-11-01", "2018-11-02")
    warehouse.put(second, "\n".join([(data / second).read_text(), *lines[1::3]]).encode())
    warehouse.run(full_load=True).complete()
    assert comparable_tables(warehouse.star_schema()) == expected


def test_play_without_a_user_fails_without_retry_and_with_a_reason(loaded, data, expected):
    play = next(line for line in (data / EVENTS_KEY).read_text().split("\n") if json.loads(line)["page"] == "NextSong")
    nobody = json.dumps({**json.loads(play), "userId": ""})
    loaded.put(EVENTS_KEY, nobody.encode())
    run = loaded.run("2018-11-01T00:00:00", "2018-11-02T00:00:00")
    for task in ("stage_events", "stage_songs"):
        run.execute(task)
    with pytest.raises(AirflowFailException, match="A staged row has no user_id"):
        run.execute("load_songplays")
    assert comparable_tables(loaded.star_schema()) == expected
