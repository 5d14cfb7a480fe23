"""Tests of the model with handwritten records and, if the real data is available, with its published counts."""

from __future__ import annotations

import json
import os
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tests.model.star_schema import comparable, counts, star_schema

EVENT = {
    "artist": None, "auth": "Logged In", "firstName": "Ines", "gender": "F", "itemInSession": 0, "lastName": "Okafor",
    "length": None, "level": "free", "location": "Alder Falls, OR", "method": "GET", "page": "Home",
    "registration": 1540000000000.0, "sessionId": 7, "song": None, "status": 200, "ts": 1541377992796,
    "userAgent": "Browser", "userId": "12",
}  # fmt: skip
PLAY = EVENT | {"page": "NextSong", "artist": "The Kites", "song": "Low Tide", "length": 200.5}
SONG = {
    "artist_id": "AR1", "artist_latitude": None, "artist_location": "", "artist_longitude": None,
    "artist_name": "The Kites", "duration": 200.5, "num_songs": 1, "song_id": "SO1", "title": "Low Tide", "year": 0,
}  # fmt: skip


@pytest.fixture
def model(tmp_path):
    def build(events=(), songs=(), **window):
        day = tmp_path / "log_data/2018/11/2018-11-05-events.json"
        day.parent.mkdir(parents=True)
        day.write_text("\n".join(map(json.dumps, events)))
        for number, song in enumerate(songs):
            file = tmp_path / f"song_data/A/A/A/TRAAA{number}.json"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(song))
        return star_schema(tmp_path, **window)

    return build


def test_play_becomes_a_fact_row_and_a_time_row(model):
    tables = model([PLAY, EVENT | {"itemInSession": 1}], [SONG])
    # 1541377992.796 s after the epoch is Monday 5 November 2018, in ISO week 45.
    moment = datetime(2018, 11, 5, 0, 33, 12, 796000)
    assert tables["songplays"] == {
        (
            "7-0", moment, 12, "free", "SO1", "AR1", 7, "Alder Falls, OR", "Browser", 0, "Low Tide", "The Kites",
            Decimal("200.5"),
        )
    }  # fmt: skip
    assert tables["time"] == {(moment, 0, 5, 45, 11, 2018, 1)}
    assert tables["songs"] == {("SO1", "Low Tide", "AR1", 0, Decimal("200.5"), "The Kites", None, None, None)}


def test_duplicate_line_counts_once(model):
    assert len(model([PLAY, PLAY])["songplays"]) == 1


def test_earliest_play_of_a_key_wins_and_then_the_first_in_order(model):
    later = PLAY | {"ts": PLAY["ts"] + 1, "level": "a"}
    (row,) = model([later, PLAY | {"level": "paid"}, PLAY])["songplays"]
    assert row[3] == "free"


def test_event_in_the_file_of_another_day_is_ignored(model):
    tomorrow = PLAY | {"ts": PLAY["ts"] + 86_400_000, "sessionId": 8}
    tables = model([PLAY, tomorrow])
    assert {row[0] for row in tables["songplays"]} == {"7-0"}
    assert len(tables["time"]) == 1


def test_first_file_of_a_song_wins_and_artists_come_from_both_files(model):
    tables = model(songs=[SONG | {"title": "Low Tides", "artist_id": "AR2"}, SONG])
    assert {row[:3] for row in tables["songs"]} == {("SO1", "Low Tide", "AR1")}
    assert {row[0] for row in tables["artists"]} == {"AR1", "AR2"}


@pytest.mark.parametrize(
    ("songs", "expected"),
    [
        ([SONG | {"song_id": "SO3"}, SONG | {"song_id": "SO2"}], ("SO2", "AR1")),
        ([SONG | {"duration": 200.50001}], (None, None)),
        ([SONG | {"title": "low tide"}], (None, None)),
        ([SONG | {"artist_name": "Kites"}], (None, None)),
    ],
)
def test_play_matches_the_smallest_song_with_its_title_artist_and_length(model, songs, expected):
    (row,) = model([PLAY], songs)["songplays"]
    assert row[4:6] == expected


def test_number_in_a_text_field_keeps_its_source_text(model):
    songs = [SONG | {"title": 4.6, "artist_name": 415, "artist_location": 27}]
    tables = model([PLAY | {"song": "4.6", "artist": "415"}], songs)
    assert [row[4] for row in tables["songplays"]] == ["SO1"]
    assert tables["artists"] == {("AR1", "415", "27", None, None)}


def test_latest_event_of_any_page_determines_the_level(model):
    later = EVENT | {"itemInSession": 1, "ts": PLAY["ts"] + 1, "level": "paid"}
    logged_out = EVENT | {"itemInSession": 2, "ts": PLAY["ts"] + 2, "userId": "", "level": "free"}
    assert model([later, logged_out, PLAY])["users"] == {
        (12, "Ines", "Okafor", "F", "paid", datetime(2018, 11, 5, 0, 33, 12, 797000))
    }


def test_tie_for_the_latest_event_is_won_by_the_smallest_values_nulls_last(model):
    tied = [EVENT | {"level": "paid"}, EVENT | {"firstName": None}, EVENT | {"lastName": "Oka"}]
    (row,) = model(tied)["users"]
    assert row[1:5] == ("Ines", "Oka", "F", "free")


def test_artist_has_the_shortest_name_and_the_most_complete_place(model):
    songs = [
        SONG | {"artist_name": "The Kites feat. Ora", "artist_location": "Aden"},
        SONG | {"song_id": "SO2", "artist_name": "Kités", "artist_latitude": 12.5, "artist_longitude": 45.0},
        SONG | {"song_id": "SO3", "artist_name": "Kites"},
        SONG | {"song_id": "SO4", "artist_location": "Zug", "artist_latitude": 47.1, "artist_longitude": 8.5},
        SONG | {"song_id": "SO5", "artist_location": "Bern", "artist_latitude": 46.9, "artist_longitude": 7.4},
    ]
    assert model(songs=songs)["artists"] == {("AR1", "Kites", "Bern", Decimal("46.9"), Decimal("7.4"))}


def test_equally_complete_places_with_and_without_a_name_are_equivalent(model):
    songs = [
        SONG | {"artist_latitude": 1.5, "artist_longitude": None},
        SONG | {"song_id": "SO2", "artist_location": "Aden"},
    ]
    assert model(songs=songs)["artists"] == {("AR1", "The Kites", "Aden", None, None)}


def test_window_is_half_open(model):
    moment = datetime(2018, 11, 5, 0, 33, 12, 796000)
    following = PLAY | {"itemInSession": 1, "ts": PLAY["ts"] + 60_000, "userId": "13"}
    tables = model([PLAY, following], [SONG], start=moment, end=datetime(2018, 11, 5, 0, 34, 12, 796000))
    assert {row[0] for row in tables["songplays"]} == {"7-0"}
    assert {row[0] for row in tables["users"]} == {12}
    assert len(tables["songs"]) == 1


def test_float_from_a_driver_equals_the_decimal_of_the_source():
    assert comparable([["SO1", 267.91138, None]]) == {("SO1", Decimal("267.91138"), None)}


@pytest.mark.skipif(not os.environ.get("SPARKIFY_DATA"), reason="SPARKIFY_DATA does not name the real data's directory")
def test_real_data_has_the_published_counts():
    data = Path(os.environ["SPARKIFY_DATA"])
    tables = star_schema(data)
    assert counts(data, tables) == {
        "staging_events": 8056,
        "staging_songs": 14896,
        "songplays": 6820,
        "users": 97,
        "songs": 14896,
        "artists": 9553,
        "time": 6813,
    }
    assert sum(row[4] is not None for row in tables["songplays"]) == 319
    assert sum(row[4] == "paid" for row in tables["users"]) == 22
    assert sum(row[4] == "free" for row in tables["users"]) == 75
