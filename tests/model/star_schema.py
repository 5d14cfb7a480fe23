"""The expected star schema of a data directory: the rules of the data contract in plain Python, without SQL.

Numbers with a fraction are ``Decimal``, so that no digits are lost; start times are in UTC without a time zone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.model import source
from tests.model.source import Record

Row = tuple[Any, ...]
Tables = dict[str, set[Row]]

EPOCH = datetime(1970, 1, 1)


def star_schema(data: Path, start: datetime | None = None, end: datetime | None = None) -> Tables:
    """Compute the rows of the five targets from the events in ``[start, end)`` and the whole catalogue.

    :param start: first moment of the window, UTC without a zone; ``None`` for the beginning of the data.
    :param end: first moment after the window; ``None`` for the end of the data.
    """
    events = source.events(data)
    return tables_of([(day, event) for day, event in events if _within(_moment(event), start, end)], source.songs(data))


def tables_of(events: Iterable[tuple[date, Record]], songs: list[Record]) -> Tables:
    """Compute the rows of the five targets from source records.

    :param events: each with the day of its file; an event of another day is left out.
    """
    kept = [event for day, event in events if _moment(event).date() == day]
    plays = _first_of_each_day([event for event in kept if event["page"] == "NextSong"])
    return {
        "songplays": _songplays(plays, _first_of_each_song(songs)),
        "users": _users(kept),
        "songs": {_song(song) for song in _first_of_each_song(songs)},
        "artists": _artists(songs),
        "time": {_time(_moment(event)) for event in kept if event["page"] == "NextSong"},
    }


def counts(data: Path, tables: Tables) -> dict[str, int]:
    """Count the source records and the rows of every target."""
    staged = {"staging_events": len(source.events(data)), "staging_songs": len(source.songs(data))}
    return staged | {table: len(rows) for table, rows in tables.items()}


def comparable(rows: Iterable[Iterable[Any]]) -> set[Row]:
    """Make a driver's rows comparable with the model's: a float becomes the decimal of its shortest notation."""
    return {tuple(Decimal(repr(value)) if isinstance(value, float) else value for value in row) for row in rows}


def comparable_tables(tables: dict[str, set[Row]]) -> dict[str, set[Row]]:
    """Make the rows of several tables comparable."""
    return {table: comparable(rows) for table, rows in tables.items()}


def _first_of_each_day(plays: list[Record]) -> list[Record]:
    """Of several plays with one session and item on one UTC day, keep the earliest, then the first in order."""
    fields = ("level", "location", "userAgent", "song", "artist")
    seen = defaultdict(list)
    for play in plays:
        seen[play["sessionId"], play["itemInSession"], _moment(play).date()].append(play)

    def order(play: Record) -> Row:
        values = [_user_id(play), *(play[field] for field in fields), _decimal(play["length"])]
        return _moment(play), _nulls_last(values)

    return [min(of_key, key=order) for of_key in seen.values()]


def _first_of_each_song(songs: list[Record]) -> list[Record]:
    seen = defaultdict(list)
    for song in songs:
        seen[song["song_id"]].append(song)
    return [min(of_song, key=lambda song: _nulls_last(_song(song))) for of_song in seen.values()]


def _songplays(plays: list[Record], songs: list[Record]) -> set[Row]:
    catalogue = defaultdict(list)
    for song in songs:
        catalogue[song["title"], song["artist_name"], Decimal(song["duration"])].append(song)
    rows = set()
    for play in plays:
        length = _decimal(play["length"])
        matches = catalogue.get((play["song"], play["artist"], length), [])
        match = min(matches, key=lambda song: song["song_id"], default={"song_id": None, "artist_id": None})
        rows.add(
            (
                f"{play['sessionId']}-{play['itemInSession']}",
                _moment(play),
                _user_id(play),
                play["level"],
                match["song_id"],
                match["artist_id"],
                int(play["sessionId"]),
                play["location"],
                play["userAgent"],
                int(play["itemInSession"]),
                play["song"],
                play["artist"],
                length,
            )
        )
    return rows


def _users(events: list[Record]) -> set[Row]:
    seen = defaultdict(list)
    for event in events:
        if event["userId"]:
            seen[_user_id(event)].append(event)
    return {_user(user_id, of_user) for user_id, of_user in seen.items()}


def _user(user_id: int, events: list[Record]) -> Row:
    latest = max(map(_moment, events))
    candidates = [event for event in events if _moment(event) == latest]
    fields = ("level", "firstName", "lastName", "gender")
    chosen = min(candidates, key=lambda event: _nulls_last(event[field] for field in fields))
    return user_id, chosen["firstName"], chosen["lastName"], chosen["gender"], chosen["level"], latest


def _song(song: Record) -> Row:
    return (
        song["song_id"],
        song["title"],
        song["artist_id"],
        int(song["year"]),
        Decimal(song["duration"]),
        song["artist_name"],
        *_place(song),
    )


def _artists(songs: list[Record]) -> set[Row]:
    seen = defaultdict(list)
    for song in songs:
        seen[song["artist_id"]].append(song)
    return {_artist(artist_id, of_artist) for artist_id, of_artist in seen.items()}


def _artist(artist_id: str, songs: list[Record]) -> Row:
    names = (song["artist_name"] for song in songs if song["artist_name"] is not None)
    name = min(names, key=lambda name: (len(name), name), default=None)
    place = min(map(_place, songs), key=lambda place: (place.count(None), _nulls_last(place)))
    return artist_id, name, *place


def _place(song: Record) -> Row:
    return song["artist_location"] or None, _decimal(song["artist_latitude"]), _decimal(song["artist_longitude"])


def _time(moment: datetime) -> Row:
    week = moment.isocalendar()[1]
    sunday_first = moment.isoweekday() % 7
    return moment, moment.hour, moment.day, week, moment.month, moment.year, sunday_first


def _moment(event: Record) -> datetime:
    return EPOCH + timedelta(milliseconds=int(event["ts"]))


def _within(moment: datetime, start: datetime | None, end: datetime | None) -> bool:
    return (start is None or start <= moment) and (end is None or moment < end)


def _user_id(event: Record) -> int | None:
    return int(event["userId"]) if event["userId"] else None


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _nulls_last(values: Iterable[Any]) -> Row:
    return tuple((value is None, 0 if value is None else value) for value in values)
