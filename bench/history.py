"""A history of any length: copies of one generated day and its catalogue, each a day earlier."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from local.datagen import Options, generate

DAY = date(2018, 11, 30)
DAY_MILLISECONDS = 86_400_000

Object = tuple[str, bytes]


class History:
    """Objects of a bucket: the day to be loaded, and the days and the songs before it.

    Each copy of the day has its own sessions. Half of its users appear on every day, so their history grows; the other
    half are new, so the number of users grows. Each copy of the catalogue has its own songs and artists.

    :param directory: a folder for the generated files; it does not exist yet.
    :param users: users of a day.
    :param songs: songs of one copy of the catalogue.
    """

    def __init__(self, directory: Path, users: int, songs: int) -> None:
        generate(directory, Options(days=1, users=users, songs=songs, start=DAY))
        [day] = (directory / "log_data").rglob("*.json")
        self._events = [json.loads(line) for line in day.read_text("utf-8").splitlines()]
        files = sorted((directory / "song_data").rglob("*.json"))
        self._songs = [(str(file.relative_to(directory)), json.loads(file.read_bytes())) for file in files]
        self._paths = (directory / "log_json_path.json").read_bytes()

    def paths(self) -> Object:
        """Return the JSONPaths file."""
        return "log_json_path.json", self._paths

    def day_until(self, end: datetime) -> Object:
        """Return the log file of the day as it is at a given time."""
        lines = [json.dumps(event) for event in self._events if event["ts"] < end.timestamp() * 1000]
        return self.day()[0], "\n".join(lines).encode()

    def day(self, ago: int = 0) -> Object:
        """Return the complete log file of the day, or of its copy ``ago`` days earlier."""
        lines = [json.dumps(_days_ago(event, ago)) for event in self._events]
        return f"log_data/{DAY - timedelta(days=ago):%Y/%m/%Y-%m-%d}-events.json", "\n".join(lines).encode()

    def songs(self, copy: int) -> Iterator[Object]:
        """Yield the files of one copy of the catalogue; the first is number 0."""
        for key, song in self._songs:
            yield (key, _encode(song)) if copy == 0 else (f"{key[:-5]}-{copy}.json", _encode(_another(song, copy)))

    def missing_song(self) -> Object:
        """Return the file of a song that is played every day and missing from the catalogue."""
        [artist, title, length] = next(
            [event["artist"], event["song"], event["length"]]
            for event in self._events
            if event["page"] == "NextSong" and not self._has(event)
        )
        song = {**self._songs[0][1], "song_id": "SOMISSING", "artist_id": "ARMISSING"}
        return "song_data/missing.json", _encode({**song, "artist_name": artist, "title": title, "duration": length})

    def busiest_hours(self, number: int) -> list[datetime]:
        """Return the starts of the hours with the most events, in UTC and in order."""
        counts: dict[int, int] = {}
        for event in self._events:
            hour = event["ts"] // 3_600_000
            counts[hour] = counts.get(hour, 0) + 1
        busiest = sorted(counts, key=lambda hour: (-counts[hour], hour))[:number]
        return [datetime.fromtimestamp(hour * 3600, timezone.utc) for hour in sorted(busiest)]

    def _has(self, event: dict[str, Any]) -> bool:
        return any(
            (str(song["title"]), str(song["artist_name"])) == (event["song"], event["artist"])
            for _, song in self._songs
        )


def _days_ago(event: dict[str, Any], days: int) -> dict[str, Any]:
    user = event["userId"]
    if user and int(user) % 2:
        user = str(int(user) + 1000 * days)
    return {
        **event,
        "ts": event["ts"] - days * DAY_MILLISECONDS,
        "sessionId": event["sessionId"] + 1000 * days,
        "userId": user,
    }


def _another(song: dict[str, Any], copy: int) -> dict[str, Any]:
    return {
        **song,
        "song_id": f"{song['song_id']}-{copy}",
        "title": f"{song['title']} ({copy})",
        "artist_id": f"{song['artist_id']}-{copy}",
        "artist_name": f"{song['artist_name']} {copy}",
    }


def _encode(song: dict[str, Any]) -> bytes:
    return json.dumps(song).encode()
