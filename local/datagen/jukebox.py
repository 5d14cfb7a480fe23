"""The songs that the listeners play."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from local.datagen.catalogue import Song
from local.datagen.dice import Dice


class Jukebox:
    """Plays songs of the catalogue, songs that are not in it, and some that nearly match.

    :param known: the catalogue; its first songs are the most popular ones.
    :param unknown: songs that have no file.
    """

    def __init__(self, dice: Dice, known: Sequence[Song], unknown: Sequence[Song]) -> None:
        self._dice = dice
        self._known = known
        self._unknown = unknown

    def song(self) -> Song:
        """Choose the next song."""
        dice = self._dice
        if dice.chance(0.6):
            return self._unknown[dice.low(len(self._unknown))]
        song = self._known[dice.low(len(self._known))]
        if dice.chance(0.1):
            return replace(song, duration=dice.between(10000000, 48000000) / 100000)
        if dice.chance(0.1):
            return replace(song, artist_name=self._unknown[dice.low(len(self._unknown))].artist_name)
        return song
