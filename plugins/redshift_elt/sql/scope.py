"""Which rows of a table a load answers for, as a condition of SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from redshift_elt.sql.identifiers import identifier

Interval = tuple[datetime, datetime]


@dataclass(frozen=True)
class Scope:
    """A condition on some columns.

    :param columns: the columns, not quoted.
    :param template: the condition, with ``{0}``, ``{1}`` ... in the places of the columns.
    :param values: the values for its placeholders.
    """

    columns: tuple[str, ...]
    template: str
    values: tuple[datetime, ...] = ()

    def condition(self, of: str | None = None) -> str:
        """Return the condition on the columns of a table, quoted, or on those that go by their names alone."""
        prefix = f"{of}." if of else ""
        return self.template.format(*(prefix + identifier(name) for name in self.columns))


def within(column: str, intervals: Sequence[Interval]) -> Scope:
    """Return the scope of the rows whose time lies in one of some intervals.

    :param intervals: start and end of each, UTC without a zone; the end is not included.
    """
    part = "{0} >= %s\n  and {0} < %s"
    template = part if len(intervals) == 1 else "(" + "\n  or ".join([part] * len(intervals)) + ")"
    return Scope((column,), template, tuple(moment for interval in intervals for moment in interval))


def among(columns: Iterable[str], table: str) -> Scope:
    """Return the scope of the rows whose key is that of a row of another table.

    :param table: the other table, quoted.
    """
    names = tuple(columns)
    places = ", ".join(f"{{{number}}}" for number in range(len(names)))
    return Scope(names, f"({places}) in (\nselect {', '.join(map(identifier, names))}\nfrom {table}\n)")


EVERYTHING = Scope((), "1 = 1")
