"""What is known about the values of a field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from redshift_elt.staging.drift.value_types import value_type


@dataclass(frozen=True)
class FieldValues:
    """The values of a field in the records that were read.

    :param types: their types, as :func:`.value_type` returns them; none if all are null.
    :param longest: the number of bytes of the longest text among them.
    """

    types: frozenset[str] = frozenset()
    longest: int = 0

    def __or__(self, other: FieldValues) -> FieldValues:
        return FieldValues(self.types | other.types, max(self.longest, other.longest))

    def __str__(self) -> str:
        return ", ".join(sorted(self.types)) or "null"

    @classmethod
    def of(cls, value: Any) -> FieldValues:
        """Return what is known about one JSON value."""
        found = value_type(value)
        longest = len(value.encode(errors="replace")) if isinstance(value, str) else 0
        return cls(frozenset() if found is None else frozenset({found}), longest)


Fields = Mapping[str, FieldValues]


def merged(*several: Fields) -> Fields:
    """Return the fields of several records or objects together."""
    together: dict[str, FieldValues] = {}
    for fields in several:
        for name, values in fields.items():
            together[name] = together.get(name, FieldValues()) | values
    return together
