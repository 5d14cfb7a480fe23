"""Arguments that are several values of one type."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

Value = TypeVar("Value")


def several_of(argument: str, values: Iterable[Value], kind: type, example: str) -> tuple[Value, ...]:
    """Return the values of an argument as a tuple.

    :param argument: its name, for the message.
    :param kind: the type of each value.
    :param example: what to write, for the message.
    :raises ValueError: a single value was given, such as a text, or a value is of another type.
    """
    if isinstance(values, Iterable) and not isinstance(values, (str, Mapping)):
        found = tuple(values)
        if all(isinstance(value, kind) for value in found):
            return found
    raise ValueError(f"{argument} is {values!r}: write a list, such as {example}.")
