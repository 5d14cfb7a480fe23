"""The base class of all kinds of checks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar

from redshift_elt.checks.finding import Finding
from redshift_elt.sql import identifiers

# The number of rows that a failed check shows.
SHOWN_ROWS = 10

_SEVERITIES = ("error", "warn")


@dataclass(frozen=True, kw_only=True)
class Check(ABC):
    """A check of a table.

    A failed check shows some of the rows that break it: their key and the checked columns, and nothing else of them.

    :param table: the table to check.
    :param key: the columns that identify a row.
    :param where: an SQL condition; only rows that meet it are checked.
    :param window_column: the column of event time; only the rows of the run's window are checked. None checks all rows.
        All checks of a table that share its scan need the same column.
    :param empty_passes: whether the check passes if there is no row to check or nothing to measure. By default it
        fails, so that a table that has lost its rows does not pass by accident.
    :param severity: ``error`` fails the task, ``warn`` only reports.
    :raises ValueError: an argument is invalid, or the kind does not take it.
    """

    # The name in YAML files, and the type of check in the lineage.
    kind: ClassVar[str]
    # Which of the arguments above have no meaning for the kind.
    not_taken: ClassVar[frozenset[str]] = frozenset()
    # The arguments that contain SQL statements or name .sql files.
    sql_arguments: ClassVar[tuple[str, ...]] = ()

    table: str
    key: str | Sequence[str] = ()
    where: str | None = None
    window_column: str | None = None
    empty_passes: bool = False
    severity: str = "error"

    def __post_init__(self) -> None:
        identifiers.table(self.table)
        for argument in fields(Check):
            if argument.name in self.not_taken and getattr(self, argument.name) != argument.default:
                raise ValueError(f"{self.kind} of {self.table} does not take {argument.name}: leave it out.")
        if self.key:
            self._set_tuple("key", identifiers.key(self.key))
        if self.where is not None and (not isinstance(self.where, str) or not self.where.strip()):
            raise ValueError(f"where is {self.where!r}: write an SQL condition, or leave it out.")
        if self.window_column is not None:
            identifiers.identifier(self.window_column)
        if not isinstance(self.empty_passes, bool):
            raise ValueError(f"empty_passes is {self.empty_passes!r}: write true or false.")
        if self.severity not in _SEVERITIES:
            raise ValueError(f"severity is {self.severity!r}: write 'error' or 'warn'.")

    @property
    @abstractmethod
    def check_name(self) -> str:
        """What is measured, in a few words. No two checks of a table have the same name."""

    @property
    def checked_columns(self) -> tuple[str, ...]:
        """The columns whose values are checked."""
        return ()

    @abstractmethod
    def evaluate(self, measured: Sequence[Any]) -> Finding:
        """Return what the check found.

        :param measured: the values that its SQL yielded.
        """

    def rows_statement(self, table: str) -> str:  # noqa: ARG002
        """Return the query for rows that break the check; an empty text if it has none to show.

        :param table: the table to read, which is a run's staging table if staged rows are checked.
        """
        return ""

    @property
    def shown_columns(self) -> tuple[str, ...]:
        """The columns that are shown of a row that breaks the check: its key and the checked columns."""
        return tuple(dict.fromkeys([*self.key, *self.checked_columns]))

    def _set_tuple(self, name: str, values: Sequence[Any]) -> None:
        # The class is frozen; lists from YAML become tuples, so that checks can be compared and hashed.
        object.__setattr__(self, name, tuple(values))
