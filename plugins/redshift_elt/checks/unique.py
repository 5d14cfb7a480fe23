"""The rule that a key is unique."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from redshift_elt.checks.aggregate import Aggregate
from redshift_elt.checks.check import SHOWN_ROWS
from redshift_elt.checks.finding import Finding, evaluate_rule
from redshift_elt.sql import identifiers
from redshift_elt.sql.render import render


@dataclass(frozen=True, kw_only=True)
class Unique(Aggregate):
    """No key occurs twice; a key with a null is not counted. Redshift does not enforce keys (AWS page "CREATE TABLE").

    :param column: the key's column or columns. Several are compared as text, so floating-point columns do not suit.
    """

    kind: ClassVar[str] = "unique"
    not_taken: ClassVar[frozenset[str]] = frozenset({"key"})

    column: str | Sequence[str]

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set_tuple("column", identifiers.key(self.column))

    @property
    def check_name(self) -> str:
        """What is measured."""
        return f"repeated {', '.join(self.column)}"

    @property
    def checked_columns(self) -> tuple[str, ...]:
        """The key's columns."""
        return tuple(self.column)

    def aggregates(self) -> tuple[str, ...]:
        """Return the number of rows that repeat a key, and the number of rows that are checked."""
        conditions = [self.where] if self.where else []
        in_window = bool(self.window_column)
        return (
            render(
                "check/aggregate/count_repeated_keys.sql", key=self.column, in_window=in_window, conditions=conditions
            ),
            render("check/aggregate/count_rows.sql", in_window=in_window, conditions=conditions),
        )

    def evaluate(self, measured: Sequence[Any]) -> Finding:
        """Return whether no key is repeated."""
        repeated, rows = measured
        return evaluate_rule(repeated, rows, empty_passes=self.empty_passes)

    def rows_statement(self, table: str) -> str:
        """Return the query for repeated keys and the number of rows with each."""
        return render(
            "check/repeated_keys.sql",
            table=table,
            key=self.column,
            conditions=[self.where] if self.where else [],
            window_column=self.window_column,
            limit=SHOWN_ROWS,
        )
