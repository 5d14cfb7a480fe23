"""Generated data has the formats and peculiarities of the real data, even with the smallest supported size."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta, timezone
from io import StringIO
from itertools import pairwise
from pathlib import Path

import pytest
from rich.console import Console

from local.datagen import Options, generate
from local.errors import StackError
from local.settings import ROOT, Settings
from local.stack.demo import generated_data
from local.stack.progress import Progress
from redshift_elt import UndamagedText, load_checks
from tests.model import source
from tests.model.star_schema import star_schema

SMALL = Options(days=2, users=8, songs=100)

EVENT_FIELDS = [
    "artist", "auth", "firstName", "gender", "itemInSession", "lastName", "length", "level", "location", "method",
    "page", "registration", "sessionId", "song", "status", "ts", "userAgent", "userId",
]  # fmt: skip
SONG_FIELDS = [
    "artist_id", "artist_latitude", "artist_location", "artist_longitude", "artist_name", "duration", "num_songs",
    "song_id", "title", "year",
]  # fmt: skip


@pytest.fixture(scope="module", params=[SMALL, Options(seed=7)], ids=["smallest", "default"])
def data(request, tmp_path_factory):
    target = tmp_path_factory.mktemp("generated") / "data"
    generate(target, request.param)
    return target


@pytest.fixture(scope="module")
def events(data):
    files = sorted((data / "log_data").rglob("*.json"))
    return [json.loads(line) for file in files for line in file.read_text().split("\n")]


@pytest.fixture(scope="module")
def songs(data):
    return [json.loads(file.read_text()) for file in (data / "song_data").rglob("*.json")]


@pytest.fixture(scope="module")
def sessions(events):
    by_session = defaultdict(list)
    for event in events:
        by_session[event["sessionId"]].append(event)
    return by_session


@pytest.fixture(scope="module")
def plays(events):
    return [event for event in events if event["page"] == "NextSong"]


def digest(target: Path) -> str:
    total = hashlib.sha256()
    for file in sorted(target.rglob("*.json")):
        total.update(file.relative_to(target).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return total.hexdigest()


def test_same_options_give_the_same_bytes_everywhere(tmp_path):
    generate(tmp_path / "data", SMALL)
    assert digest(tmp_path / "data") == "dd60c619c512450ea9e1779285b80600ea9d3b8296bc38786b2df7fbc26fcf5c"


def test_another_seed_gives_other_data(tmp_path):
    generate(tmp_path / "one", SMALL)
    generate(tmp_path / "two", Options(days=2, users=8, songs=100, seed=2))
    assert digest(tmp_path / "one") != digest(tmp_path / "two")


def test_data_has_the_requested_size(tmp_path):
    generate(tmp_path / "data", Options(days=3, users=12, songs=40, start=date(2024, 2, 28)))
    logs = sorted(file.name for file in (tmp_path / "data/log_data/2024").rglob("*.json"))
    assert logs == ["2024-02-28-events.json", "2024-02-29-events.json", "2024-03-01-events.json"]
    assert (tmp_path / "data/log_data/2024/03/2024-03-01-events.json").is_file()
    assert len(list((tmp_path / "data/song_data").rglob("*.json"))) == 40
    assert len({event["userId"] for _, event in source.events(tmp_path / "data")} - {""}) == 12


class TestFormat:
    def test_lines_are_compact_ascii_with_escaped_slashes_and_no_last_newline(self, data):
        for file in [*(data / "log_data").rglob("*.json"), *(data / "song_data").rglob("*.json")]:
            text = file.read_bytes()
            assert text.isascii()
            assert not re.search(rb'(?<!\\)/|\r|\n$|\n\n|": |, "', text), file

    def test_event_has_its_fields_in_order(self, events):
        assert {tuple(event) for event in events} == {tuple(EVENT_FIELDS)}

    def test_jsonpaths_name_the_fields_in_order(self, data):
        paths = json.loads((data / "log_json_path.json").read_text())
        assert paths == {"jsonpaths": [f"$['{field}']" for field in EVENT_FIELDS]}

    @pytest.mark.skipif(not os.environ.get("SPARKIFY_DATA"), reason="SPARKIFY_DATA does not name the real data")
    def test_jsonpaths_are_the_real_ones(self, data):
        real = Path(os.environ["SPARKIFY_DATA"], "log_json_path.json")
        assert (data / "log_json_path.json").read_bytes() == real.read_bytes()

    def test_song_file_has_one_song_and_a_path_from_its_track_id(self, data, songs):
        assert {tuple(song) for song in songs} == {tuple(SONG_FIELDS)}
        for file in (data / "song_data").rglob("*.json"):
            assert re.fullmatch(r"TRA[A-Z]{4}[0-9A-F]{11}", file.stem)
            assert file.relative_to(data / "song_data").parts[:-1] == tuple(file.stem[2:5])

    def test_ids_look_like_the_real_ones(self, songs):
        assert all(re.fullmatch(r"SO[A-Z]{5}[0-9A-F]{11}", song["song_id"]) for song in songs)
        assert all(re.fullmatch(r"AR[A-Z]{5}[0-9A-F]{11}", song["artist_id"]) for song in songs)
        assert len({song["song_id"] for song in songs}) == len(songs)

    def test_registration_is_a_float_before_the_first_event(self, data, events):
        assert all(event["registration"] < event["ts"] for event in events if event["userId"])
        texts = {event["registration"] for _, event in source.events(data) if event["userId"]}
        assert all(re.fullmatch(r"\d{13}\.0", text) for text in texts)


class TestEvents:
    def test_events_are_in_the_file_of_their_utc_day_in_order(self, data):
        for file in (data / "log_data").rglob("*.json"):
            moments = [json.loads(line)["ts"] for line in file.read_text().split("\n")]
            assert moments == sorted(moments)
            days = {f"{datetime.fromtimestamp(ts / 1000, timezone.utc):%Y-%m-%d}" for ts in moments}
            assert days == {file.name.removesuffix("-events.json")}

    def test_session_and_item_are_a_key_and_increase_with_time(self, sessions):
        for session in sessions.values():
            assert [event["itemInSession"] for event in session] == list(range(len(session)))

    def test_only_plays_carry_a_song(self, events):
        for field in ("artist", "song", "length"):
            assert all((event[field] is None) == (event["page"] != "NextSong") for event in events)

    def test_some_events_are_logged_out_with_an_empty_user_and_a_level(self, events):
        logged_out = [event for event in events if event["userId"] == ""]
        assert {event["auth"] for event in logged_out} == {"Logged Out"}
        absent = ("firstName", "lastName", "gender", "location", "userAgent", "registration", "song")
        assert {event[field] for event in logged_out for field in absent} == {None}
        assert {event["level"] for event in logged_out} <= {"free", "paid"}

    def test_session_has_one_user_or_none(self, sessions):
        users = [{event["userId"] for event in session} - {""} for session in sessions.values()]
        assert {len(ids) for ids in users} == {0, 1}
        mixed = [s for s in sessions.values() if len({event["userId"] for event in s}) == 2]
        assert mixed

    def test_there_are_many_pages(self, events):
        answers = {(event["page"], event["method"], event["status"]) for event in events}
        assert answers >= {
            ("NextSong", "PUT", 200), ("Home", "GET", 200), ("Login", "PUT", 307), ("Submit Upgrade", "PUT", 307),
            ("Submit Downgrade", "PUT", 307), ("Save Settings", "PUT", 307),
        }  # fmt: skip

    def test_hours_are_empty(self, events):
        hours = {event["ts"] // 3_600_000 for event in events}
        assert set(range(min(hours), max(hours))) - hours

    def test_session_runs_over_midnight(self, sessions):
        assert any(len({event["ts"] // 86_400_000 for event in session}) == 2 for session in sessions.values())

    def test_two_users_play_at_the_same_time(self, plays):
        users = defaultdict(set)
        for play in plays:
            users[play["ts"]].add(play["userId"])
        assert any(len(ids) == 2 for ids in users.values())

    def test_times_differ_in_their_milliseconds(self, plays):
        assert len({play["ts"] % 1000 for play in plays}) > 5

    def test_levels_change_back_and_forth_and_within_a_session(self, events, sessions):
        levels = defaultdict(list)
        for event in events:
            if event["userId"] and levels[event["userId"]][-1:] != [event["level"]]:
                levels[event["userId"]].append(event["level"])
        assert ["free", "paid"] in levels.values()
        assert any(changes[:3] == ["paid", "free", "paid"] for changes in levels.values())
        assert any(len({event["level"] for event in session}) == 2 for session in sessions.values())

    def test_level_changes_only_on_a_submit_page(self, sessions):
        for session in sessions.values():
            for before, after in pairwise(session):
                if before["level"] != after["level"]:
                    assert before["page"] == {"paid": "Submit Upgrade", "free": "Submit Downgrade"}[after["level"]]

    def test_one_user_never_plays(self, events, plays):
        assert {event["userId"] for event in events} - {play["userId"] for play in plays} - {""}

    def test_two_users_share_a_name_and_each_user_has_one_place_and_browser(self, events):
        users = {
            (event["userId"], event["firstName"], event["lastName"], event["location"], event["userAgent"])
            for event in events
            if event["userId"]
        }
        assert len({user[0] for user in users}) == len(users)
        assert max(Counter(user[1:3] for user in users).values()) >= 2

    def test_user_agents_have_quotes_or_none(self, events):
        quoted = {'"' in event["userAgent"] for event in events if event["userId"]}
        assert quoted == {True, False}


class TestSongs:
    def test_some_text_fields_are_numbers(self, songs):
        assert {type(song["title"]) for song in songs} == {str, int, float}
        assert {type(song["artist_name"]) for song in songs} == {str, int}
        assert {type(song["artist_location"]) for song in songs} == {str, int, type(None)}

    def test_unknown_values_are_empty_null_or_zero(self, songs):
        assert "" in {song["artist_location"] for song in songs}
        assert 0 in {song["year"] for song in songs}
        unknown = [song for song in songs if song["artist_latitude"] is None]
        assert 0 < len(unknown) < len(songs)
        assert all((song["artist_latitude"] is None) == (song["artist_longitude"] is None) for song in songs)

    def test_artists_have_several_names_and_places(self, songs):
        names, places = defaultdict(set), defaultdict(set)
        for song in songs:
            names[song["artist_id"]].add(song["artist_name"])
            places[song["artist_id"]].add((song["artist_location"], song["artist_latitude"]))
        assert max(map(len, names.values())) >= 2
        assert max(map(len, places.values())) >= 2

    def test_two_artists_share_a_name(self, songs):
        ids = defaultdict(set)
        for song in songs:
            ids[song["artist_name"]].add(song["artist_id"])
        assert max(map(len, ids.values())) >= 2

    def test_text_has_non_ascii_characters_and_outer_blanks(self, songs):
        texts = [str(song[field]) for song in songs for field in ("title", "artist_name", "artist_location")]
        assert any(not text.isascii() for text in texts)
        assert any(text.startswith(" ") for text in texts)
        assert any(text.endswith(" ") for text in texts)

    def test_title_has_control_characters(self, songs):
        assert any("\x19" in str(song["title"]) for song in songs)


class TestPlaysAndSongs:
    def test_some_plays_match_a_song_and_most_do_not(self, data):
        ids = [row[4] for row in star_schema(data)["songplays"]]
        assert 0 < sum(song_id is not None for song_id in ids) < len(ids) / 2

    def test_play_can_match_several_songs_or_one_of_another_length(self, plays, songs):
        by_name, by_all = defaultdict(list), defaultdict(list)
        for song in songs:
            name = str(song["title"]), str(song["artist_name"])
            by_name[name].append(song["duration"])
            by_all[name, song["duration"]].append(song["song_id"])
        names = {(play["song"], play["artist"]): play["length"] for play in plays}
        assert any(len(by_all[name, length]) > 1 for name, length in names.items())
        assert any(name in by_name and length not in by_name[name] for name, length in names.items())

    def test_non_ascii_text_is_encoded_twice_in_the_logs(self, plays):
        damaged = [play[field] for play in plays for field in ("song", "artist") if not play[field].isascii()]
        assert damaged
        for text in damaged:
            once = text.encode("latin-1").decode("utf-8")
            assert not once.encode("latin-1").decode("utf-8").isascii()


def test_apostrophes_are_control_characters_in_the_logs(tmp_path):
    generate(tmp_path / "data", Options())
    plays = [event for _, event in source.events(tmp_path / "data") if event["song"]]
    assert any("\x19" in play["song"] for play in plays)
    assert not any("\u2019" in play["song"] for play in plays)


class TestTarget:
    def test_existing_directory_is_not_changed(self, tmp_path):
        (tmp_path / "mine.txt").write_text("mine")
        with pytest.raises(StackError, match="exists already"):
            generate(tmp_path, SMALL)
        assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]

    def test_empty_directory_is_used(self, tmp_path):
        generate(tmp_path, SMALL)
        assert (tmp_path / "log_json_path.json").is_file()

    def test_failed_run_leaves_nothing_behind(self, tmp_path):
        (tmp_path / "data").mkdir()
        last_day = date.max - timedelta(days=1)
        with pytest.raises(OverflowError):
            generate(tmp_path / "data", Options(days=3, start=last_day))
        assert [path.name for path in tmp_path.rglob("*")] == ["data"]

    def test_file_as_parent_directory_is_one_clear_error_line(self, tmp_path):
        (tmp_path / "file").write_text("")
        with pytest.raises(StackError, match=r"Cannot write the data to .*: (File exists|Not a directory)"):
            generate(tmp_path / "file" / "data", SMALL)

    @pytest.mark.parametrize("name", ["days", "users", "songs"])
    def test_sizes_start_at_one(self, name):
        with pytest.raises(StackError, match=f"--{name} is 0"):
            Options(**{name: 0})


def test_command_accepts_every_option(tmp_path):
    target = tmp_path / "data"
    arguments = ["--days", "2", "--users", "8", "--songs", "100", "--seed", "1", "--start", "2018-11-01"]
    command = [sys.executable, "-m", "local.datagen", str(target), *arguments]
    finished = subprocess.run(command, capture_output=True, text=True, check=True)
    assert finished.stdout == f"Generated 2 days of 8 users and 100 songs in {target}.\n"
    generate(tmp_path / "same", SMALL)
    assert digest(target) == digest(tmp_path / "same")
    again = subprocess.run(command, capture_output=True, text=True, check=False)
    assert again.returncode == 1
    assert again.stderr == f"{target} exists already: name a new directory for the data, or delete that one.\n"


def test_demo_names_the_check_that_warns_about_the_generated_data(tmp_path):
    generate(tmp_path / "data", SMALL)
    checks = load_checks(ROOT / "include" / "checks" / "staging_events.yaml")
    [name] = [check.check_name for check in checks if isinstance(check, UndamagedText)]
    output = StringIO()
    generated_data(Settings(state=tmp_path), Progress(Console(file=output, soft_wrap=True)))
    assert f"damaged on purpose, as in the real logs: the check {name!r} warns" in output.getvalue()
