"""The columns of a table, as the warehouse describes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

# The type OIDs of CHAR, VARCHAR and TEXT in the result descriptions of every driver.
_TEXT_TYPES = (1042, 1043, 25)
# Those of DATE, TIMESTAMP and TIMESTAMPTZ.
TIME_TYPES = (1082, 1114, 1184)


@dataclass(frozen=True)
class Columns:
    """The columns of a table, or those of them that a load writes.

    :param names: the columns, in their order.
    :param texts: the columns of a text type.
    :param types: the type OID of each column, which every driver reports for the results of queries.
    :param left_out: the other columns of the table.
    """

    names: tuple[str, ...]
    texts: frozenset[str]
    types: Mapping[str, int] = field(default_factory=dict, compare=False)
    left_out: tuple[str, ...] = ()

    @classmethod
    def of(cls, described: Iterable[tuple[str, int]]) -> Columns:
        """Return all columns of a table, from the name and the type OID of each."""
        types = dict(described)
        return cls(tuple(types), frozenset(name for name, kind in types.items() if kind in _TEXT_TYPES), types)

    def only(self, names: Iterable[str]) -> Columns:
        """Return some of the columns, in the order of the table."""
        kept = frozenset(names)
        return replace(
            self,
            names=tuple(name for name in self.names if name in kept),
            texts=self.texts & kept,
            left_out=(*self.left_out, *(name for name in self.names if name not in kept)),
        )

    def without(self, names: Iterable[str]) -> Columns:
        """Return the other columns, in the order of the table."""
        left_out = frozenset(names)
        return self.only(name for name in self.names if name not in left_out)

    def followed_by(self, names: Iterable[str]) -> Columns:
        """Return the columns, and after them some that were left out.

        These remain in ``left_out``, so a temporary table of all of them does not copy their NOT NULL: it can have rows
        before they have values.
        """
        return replace(self, names=(*self.names, *names))
