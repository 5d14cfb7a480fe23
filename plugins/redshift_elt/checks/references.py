"""The rule that a column refers to rows of another table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from redshift_elt.checks.check import SHOWN_ROWS
from redshift_elt.checks.finding import Finding, evaluate_rule
from redshift_elt.checks.statement_check import StatementCheck
from redshift_elt.sql import identifiers
from redshift_elt.sql.render import render


@dataclass(frozen=True, kw_only=True)
class References(StatementCheck):
    """Each value of a column is null or occurs in a column of another table.

    :param to: the other table.
    :param to_column: its column.
    """

    kind: ClassVar[str] = "references"
    not_taken: ClassVar[frozenset[str]] = frozenset({"where"})
    result_columns: ClassVar[int] = 2

    column: str
    to: str
    to_column: str

    def __post_init__(self) -> None:
        super().__post_init__()
        identifiers.table(self.to)
        for column in (self.column, self.to_column):
            identifiers.identifier(column)

    @property
    def check_name(self) -> str:
        """What is measured."""
        return f"{self.column} not in {self.to}"

    @property
    def checked_columns(self) -> tuple[str, ...]:
        """The column that refers to the other table."""
        return (self.column,)

    def statement(self) -> str:
        """Return the query for the number of rows that refer to no row, and the number of rows that are checked."""
        return render(
            "check/references.sql",
            table=self.table,
            column=self.column,
            to=self.to,
            to_column=self.to_column,
            window_column=self.window_column,
        )

    def evaluate(self, measured: Sequence[Any]) -> Finding:
        """Return whether each row refers to one of the other table."""
        broken, rows = measured
        return evaluate_rule(broken, rows, empty_passes=self.empty_passes)

    def rows_statement(self, table: str) -> str:
        """Return the query for rows that refer to no row of the other table."""
        return render(
            "check/rows_without_parent.sql",
            table=table,
            column=self.column,
            to=self.to,
            to_column=self.to_column,
            window_column=self.window_column,
            columns=self.shown_columns,
            limit=SHOWN_ROWS,
        )
