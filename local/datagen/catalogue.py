"""The song catalogue: the content of the files under ``song_data/``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from string import ascii_uppercase

from local.datagen import words
from local.datagen.dice import Dice

HEX = "0123456789ABCDEF"

Text = str | int | float
"""A text field that is a JSON number in some files of the real data."""


@dataclass(frozen=True)
class Place:
    """Where an artist comes from, with both coordinates or neither."""

    location: Text | None
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True)
class Song:
    """One file of the catalogue; only the file's name has the track id."""

    track_id: str
    song_id: str
    title: Text
    artist_id: str
    artist_name: Text
    place: Place
    duration: float
    year: int


@dataclass(frozen=True)
class Artist:
    """An artist id, with all names and places that the artist's songs have for it."""

    artist_id: str
    names: tuple[Text, ...]
    places: tuple[Place, ...]


def catalogue(dice: Dice, count: int) -> list[Song]:
    """Generate the songs of a catalogue; some differ only in their id, and some only in their duration."""
    songs: list[Song] = []
    for number, (artist, turn) in enumerate(islice(_turns(dice), count)):
        track_id, song_id = _track_id(dice), _id(dice, "SO")
        if number % 50 == 2:
            songs.append(replace(songs[-1], track_id=track_id, song_id=song_id))
        elif number % 50 == 4:
            songs.append(replace(songs[-1], track_id=track_id, song_id=song_id, duration=_duration(dice)))
        else:
            name = artist.names[turn % len(artist.names)]
            place = artist.places[turn % len(artist.places)]
            title, year = _title(dice, number), _year(dice)
            songs.append(Song(track_id, song_id, title, artist.artist_id, name, place, _duration(dice), year))
    return songs


def _turns(dice: Dice) -> Iterator[tuple[Artist, int]]:
    """Yield the artist of each song and the song's number among the artist's; every name and place occurs."""
    number, previous = 0, None
    while True:
        artist = _artist(dice, number, previous)
        songs = max(len(artist.names), len(artist.places), dice.between(1, 2))
        for turn in range(songs):
            yield artist, turn
        number, previous = number + 1, artist


def _artist(dice: Dice, number: int, previous: Artist | None) -> Artist:
    names = _names(dice, number)
    if number % 64 == 30 and previous:
        names = previous.names[:1]
    return Artist(_id(dice, "AR"), names, _places(dice, number))


def _names(dice: Dice, number: int) -> tuple[Text, ...]:
    if number % 40 == 11:
        return (dice.between(100, 2999),)
    name, other = _name(dice), _name(dice)
    if number % 16 == 3:
        return f"{name} Featuring {other}", name, f"{name} / {other}"
    return (name,)


def _name(dice: Dice) -> str:
    if dice.chance(0.5):
        return f"The {dice.pick(words.ADJECTIVES)} {dice.pick(words.NOUNS)}"
    first_names = words.FIRST_NAMES[dice.pick("FM")]
    return f"{dice.pick(first_names)} {dice.pick(words.ARTIST_LAST_NAMES)}"


def _places(dice: Dice, number: int) -> tuple[Place, ...]:
    if number % 16 == 7:
        return Place(""), _known_place(dice), Place(dice.pick(words.ARTIST_PLACES))
    if number % 16 == 13:
        return _known_place(dice), _known_place(dice)
    if number % 40 == 21:
        return (Place(dice.between(10, 999)),)
    if number == 1:
        return (Place(None),)
    if dice.chance(0.35):
        return (_known_place(dice),)
    return (Place("" if dice.chance(0.7) else dice.pick(words.ARTIST_PLACES)),)


def _known_place(dice: Dice) -> Place:
    latitude, longitude = dice.between(-4600000, 7000000), dice.between(-15800000, 17600000)
    return Place(dice.pick(words.ARTIST_PLACES), latitude / 100000, longitude / 100000)


def _title(dice: Dice, number: int) -> Text:
    if number % 60 == 5:
        return dice.between(1, 1999)
    if number % 90 == 17:
        return (10 * dice.between(1, 99) + 6) / 10
    title = f"{dice.pick(words.ADJECTIVES)} {dice.pick(words.NOUNS)}"
    if number % 60 == 25:
        return f" {title}"
    if number % 60 == 35:
        return f"{title} "
    if number % 60 == 45:
        return f"{title} \x18Demo\x19"
    return f"{title} {dice.pick(words.VERSIONS)}" if dice.chance(0.3) else title


def _year(dice: Dice) -> int:
    return 0 if dice.chance(0.32) else dice.between(1927, 2010)


def _duration(dice: Dice) -> float:
    return dice.between(10000000, 48000000) / 100000


def _track_id(dice: Dice) -> str:
    return f"TRA{dice.letters(ascii_uppercase, 4)}{dice.letters(HEX, 11)}"


def _id(dice: Dice, prefix: str) -> str:
    return prefix + dice.letters(ascii_uppercase, 5) + dice.letters(HEX, 11)
