"""Recognise the state of a warehouse that was created before its schema had versions.

Such a warehouse has its tables in any of their earlier forms, and not all of the same time: ``create table if not
exists`` added new tables and left existing ones as they were, and people have added columns by hand. A migration whose
result already exists is recorded and not applied.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Catalogue:
    """The columns of the bookkeeping schema, each as a pair of table and column.

    :param sorted_by: those columns that are part of their table's sort key.
    """

    columns: frozenset[tuple[str, str]]
    sorted_by: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, rows: Iterable[tuple[str, str, int]]) -> Catalogue:
        """Return the catalogue for the rows of ``migrate/columns.sql``."""
        found = list(rows)
        return cls(
            frozenset((table, column) for table, column, _ in found),
            frozenset((table, column) for table, column, place in found if place),
        )

    def has_table(self, table: str) -> bool:
        """Return whether there is a table of this name."""
        return any(name == table for name, _ in self.columns)


def is_applied(version: int, catalogue: Catalogue) -> bool:
    """Return whether the result of a migration was there before versions were recorded."""
    recognise = _RESULTS.get(version)
    return recognise is not None and recognise(catalogue)


def _has(*columns: tuple[str, str]) -> Callable[[Catalogue], bool]:
    return lambda catalogue: catalogue.columns.issuperset(columns)


def _is_sorted_by(table: str, column: str) -> Callable[[Catalogue], bool]:
    return lambda catalogue: (table, column) in catalogue.sorted_by


# Migrations 1, 5 and 7 leave existing tables alone, so they are always applied. Later migrations need no entry: no
# warehouse has their result without a version.
_RESULTS: Mapping[int, Callable[[Catalogue], bool]] = {
    2: _has(("loads", "rows_staged")),
    3: _has(("loads", "late")),
    4: _has(("loaded_files", "modified_at"), ("staged_files", "modified_at")),
    6: _is_sorted_by("loads", "window_end"),
    8: _has(("check_results", "outcome"), ("check_results", "duration_seconds")),
    9: _has(("loads", "objects"), ("loads", "writing_seconds")),
    # The oldest form has rows_read too, under the name that migration 2 changes.
    10: _has(("loads", "rows_read"), ("loads", "rows_staged")),
    11: _has(("staged_files", "kind")),
}
