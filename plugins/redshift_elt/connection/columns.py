"""The columns of a table, as the warehouse describes them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Columns:
    """The columns of a table.

    :param names: all columns, in their order.
    :param texts: the columns of a text type.
    """

    names: tuple[str, ...]
    texts: frozenset[str]
