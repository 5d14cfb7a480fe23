"""Random values that are the same on every platform and in every version of Python."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """A stream of random values for one purpose, so that a change of one part of the data does not change the others.

    It uses only ``random()``, the one method that gives the same sequence for a seed in every version of Python.
    """

    def __init__(self, seed: int, purpose: str) -> None:
        self._random = random.Random(f"{seed} {purpose}").random  # noqa: S311

    def chance(self, probability: float) -> bool:
        """Return True with this probability."""
        return self._random() < probability

    def between(self, low: int, high: int) -> int:
        """Draw an integer from ``low`` to ``high``, both included."""
        return low + int(self._random() * (high - low + 1))

    def low(self, limit: int) -> int:
        """Draw an integer from 0 up to but excluding ``limit``; small ones are more likely."""
        drawn = self._random()
        return int(drawn * drawn * limit)

    def pick(self, choices: Sequence[T]) -> T:
        """Draw one of the choices, all equally likely."""
        return choices[int(self._random() * len(choices))]

    def letters(self, alphabet: str, length: int) -> str:
        """Draw a text of this many letters."""
        return "".join(self.pick(alphabet) for _ in range(length))
