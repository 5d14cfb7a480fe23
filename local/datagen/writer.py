"""Write files that have exactly the formats of the real data."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from local.datagen.catalogue import Song
from local.datagen.session import Event

EVENT_FIELDS = (
    "artist", "auth", "firstName", "gender", "itemInSession", "lastName", "length", "level", "location", "method",
    "page", "registration", "sessionId", "song", "status", "ts", "userAgent", "userId",
)  # fmt: skip


def write_jsonpaths(target: Path) -> None:
    """Write the JSONPaths file, which lists the fields of an event in the order of the staging table's columns."""
    paths = {"jsonpaths": [f"$['{field}']" for field in EVENT_FIELDS]}
    (target / "log_json_path.json").write_bytes(json.dumps(paths, indent=4).encode("ascii"))


def write_day(target: Path, day: date, events: Sequence[Event]) -> None:
    """Write the log file of a day. A day without events has no file."""
    if events:
        year, month, _ = day.isoformat().split("-")
        file = target / "log_data" / year / month / f"{day}-events.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes("\n".join(map(_json, events)).encode("ascii"))


def write_songs(target: Path, songs: Iterable[Song]) -> None:
    """Write a file for each song, in nested folders named after letters 3 to 5 of its track id."""
    for song in songs:
        file = target.joinpath("song_data", *song.track_id[2:5], f"{song.track_id}.json")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(_json(_fields(song)).encode("ascii"))


def _fields(song: Song) -> dict[str, Any]:
    return {
        "artist_id": song.artist_id,
        "artist_latitude": song.place.latitude,
        "artist_location": song.place.location,
        "artist_longitude": song.place.longitude,
        "artist_name": song.artist_name,
        "duration": song.duration,
        "num_songs": 1,
        "song_id": song.song_id,
        "title": song.title,
        "year": song.year,
    }


def _json(record: dict[str, Any]) -> str:
    # The real files escape slashes, which JSON has only inside strings.
    return json.dumps(record, separators=(",", ":")).replace("/", "\\/")
