"""The numbers between which a measured number passes."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Bounds:
    """A range of numbers, both bounds included.

    :param at_least: the lowest number that passes; None for no lower bound.
    :param at_most: the highest number that passes; None for no upper bound.
    :raises ValueError: a bound is not a finite number, or every number or no number would pass.
    """

    at_least: float | None = None
    at_most: float | None = None

    def __post_init__(self) -> None:
        for name, bound in (("at_least", self.at_least), ("at_most", self.at_most)):
            if bound is not None and (isinstance(bound, bool) or not isinstance(bound, (int, float))):
                raise ValueError(f"{name} is {bound!r}: write a number.")
            if bound is not None and not math.isfinite(bound):
                raise ValueError(f"{name} is {bound!r}: write a finite number, or leave it out.")
        if self.at_least is None and self.at_most is None:
            raise ValueError("The check can never fail: give at_least, at_most or both.")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ValueError(f"The check can never pass: {self.at_least} to {self.at_most} is an empty range.")

    def include(self, number: float) -> bool:
        """Return whether a number lies within the bounds."""
        return (self.at_least is None or number >= self.at_least) and (self.at_most is None or number <= self.at_most)

    def __str__(self) -> str:
        if self.at_least == self.at_most:
            return number_text(self.at_least)
        if self.at_most is None:
            return f"at least {number_text(self.at_least)}"
        if self.at_least is None:
            return f"at most {number_text(self.at_most)}"
        return f"{number_text(self.at_least)} to {number_text(self.at_most)}"


def number_text(number: float | None) -> str:
    """Return a number with all its digits, without a fraction if it is whole; None is ``nothing``."""
    if number is None:
        return "nothing"
    return f"{number:.0f}" if number == int(number) else repr(number)
