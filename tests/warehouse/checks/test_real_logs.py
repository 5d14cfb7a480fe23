"""The damaged text in the real logs: 326 plays have an artist or a song in UTF-8 that was read as Latin-1 twice."""

from __future__ import annotations

import json
import tarfile

from redshift_elt.checks import UndamagedText
from redshift_elt.checks.run_checks import run_checks
from redshift_elt.connection.transaction import in_transaction
from tests.warehouse.checks.test_kinds import HOUR

ROWS = 500


def damaged(warehouse, rows, columns) -> str:
    def work(session):
        session.execute("create temporary table texts (first varchar(1024), second varchar(1024))")
        for begin in range(0, len(rows), ROWS):
            some = rows[begin : begin + ROWS]
            values = {
                f"{name}_{number}": text
                for number, row in enumerate(some)
                for name, text in zip("ab", row, strict=True)
            }
            places = ", ".join(f"(%(a_{number})s, %(b_{number})s)" for number in range(len(some)))
            session.execute(f"insert into texts values {places}", values)
        [result] = run_checks(session, HOUR, [UndamagedText(table="texts", columns=columns)])
        return result.finding.actual

    return in_transaction(warehouse._hook, work)


def test_every_damaged_play_is_detected(created_warehouse, real_data):
    files = sorted((real_data / "log_data").rglob("*-events.json"))
    events = [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()]
    plays = [(event["artist"], event["song"]) for event in events if event["page"] == "NextSong"]
    assert len(plays) == 6820
    assert damaged(created_warehouse, plays, ["first", "second"]) == "326"
    assert damaged(created_warehouse, plays, ["first"]) == "193"
    assert damaged(created_warehouse, plays, ["second"]) == "153"


def test_no_text_of_the_catalogue_is_reported_as_damaged(created_warehouse, real_data):
    [archive] = real_data.glob("song_data*.tar.gz")
    with tarfile.open(archive) as members:
        files = (member for member in members if member.isfile() and member.name.endswith(".json"))
        songs = [json.loads(members.extractfile(file).read()) for file in files]
    assert len(songs) > 10_000
    texts = [(str(song["title"]), f"{song['artist_name']} {song['artist_location']}") for song in songs]
    texts = [row for row in texts if not all(text.isascii() for text in row)]
    assert texts
    assert damaged(created_warehouse, texts, ["first", "second"]) == "0"
