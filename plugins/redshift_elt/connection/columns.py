"""The columns of a table, as the warehouse describes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Columns:
    """The columns of a table.

    :param names: all columns, in their order.
    :param texts: the columns of a text type.
    :param types: the type OID of each column, which every driver reports for the results of queries.
    """

    names: tuple[str, ...]
    texts: frozenset[str]
    types: Mapping[str, int] = field(default_factory=dict, compare=False)
