"""Rules that each row must satisfy by itself."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from redshift_elt.checks.aggregate import Aggregate
from redshift_elt.checks.check import SHOWN_ROWS
from redshift_elt.checks.finding import Finding, evaluate_rule
from redshift_elt.sql import identifiers
from redshift_elt.sql.identifiers import Value
from redshift_elt.sql.render import render

# A two-byte letter of UTF-8 that was read as Latin-1 is one of these two and one of U+0080 to U+00BF. They are listed
# because what a range of multibyte letters matches is not documented (AWS page "POSIX operators").
_DAMAGED_TEXT = "(Â|Ã)(" + "|".join(map(chr, range(0x80, 0xC0))) + ")"


@dataclass(frozen=True, kw_only=True)
class RowRule(Aggregate):
    """A rule that each row must satisfy."""

    @abstractmethod
    def broken(self) -> str:
        """Return the SQL condition of a row that breaks the rule."""

    def aggregates(self) -> tuple[str, ...]:
        """Return the number of rows that break the rule, and the number of rows that are checked."""
        checked = [self.where] if self.where else []
        return tuple(
            render("check/aggregate/count_rows.sql", in_window=bool(self.window_column), conditions=conditions)
            for conditions in ([*checked, self.broken()], checked)
        )

    def evaluate(self, measured: Sequence[Any]) -> Finding:
        """Return whether no row breaks the rule."""
        broken, rows = measured
        return evaluate_rule(broken, rows, empty_passes=self.empty_passes)

    def rows_statement(self, table: str) -> str:
        """Return the query for rows that break the rule."""
        return render(
            "check/broken_rows.sql",
            table=table,
            columns=self.shown_columns,
            conditions=[*filter(None, [self.where]), self.broken()],
            window_column=self.window_column,
            limit=SHOWN_ROWS,
        )


@dataclass(frozen=True, kw_only=True)
class NotNull(RowRule):
    """No value of a column is null."""

    kind: ClassVar[str] = "not_null"

    column: str

    def __post_init__(self) -> None:
        super().__post_init__()
        identifiers.identifier(self.column)

    @property
    def check_name(self) -> str:
        """What is measured."""
        return f"nulls in {self.column}"

    @property
    def checked_columns(self) -> tuple[str, ...]:
        """The column."""
        return (self.column,)

    def broken(self) -> str:
        """Return the SQL condition of a row that breaks the rule."""
        return render("check/condition/is_null.sql", column=self.column)


@dataclass(frozen=True, kw_only=True)
class AcceptedValues(RowRule):
    """Each value of a column is null or in a list. Redshift ignores trailing blanks when it compares texts.

    :param values: the list: texts, numbers, dates or times.
    """

    kind: ClassVar[str] = "accepted_values"

    column: str
    values: Sequence[Value]

    def __post_init__(self) -> None:
        super().__post_init__()
        identifiers.identifier(self.column)
        if isinstance(self.values, str) or not isinstance(self.values, Sequence) or not self.values:
            raise ValueError(f"values is {self.values!r}: write a list of the accepted values.")
        for value in self.values:
            identifiers.literal(value)
        self._set_tuple("values", self.values)

    @property
    def check_name(self) -> str:
        """What is measured."""
        return f"values of {self.column} that are not accepted"

    @property
    def checked_columns(self) -> tuple[str, ...]:
        """The column."""
        return (self.column,)

    def broken(self) -> str:
        """Return the SQL condition of a row that breaks the rule."""
        return render("check/condition/is_not_accepted.sql", column=self.column, values=self.values)


@dataclass(frozen=True, kw_only=True)
class InRange(RowRule):
    """Each value of a column is null or lies between two values, both included.

    :param at_least: the lowest value: a text, number, date or time; None for no lower bound.
    :param at_most: the highest value; None for no upper bound.
    """

    kind: ClassVar[str] = "in_range"

    column: str
    at_least: Value | None = None
    at_most: Value | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        identifiers.identifier(self.column)
        bounds = [bound for bound in (self.at_least, self.at_most) if bound is not None]
        if not bounds:
            raise ValueError(f"The range of {self.column} has no bound: give at_least, at_most or both.")
        for bound in bounds:
            identifiers.literal(bound)

    @property
    def check_name(self) -> str:
        """What is measured."""
        if self.at_most is None:
            return f"{self.column} below {self.at_least}"
        if self.at_least is None:
            return f"{self.column} above {self.at_most}"
        return f"{self.column} outside {self.at_least} to {self.at_most}"

    @property
    def checked_columns(self) -> tuple[str, ...]:
        """The column."""
        return (self.column,)

    def broken(self) -> str:
        """Return the SQL condition of a row that breaks the rule."""
        return render(
            "check/condition/is_out_of_range.sql", column=self.column, at_least=self.at_least, at_most=self.at_most
        )


@dataclass(frozen=True, kw_only=True)
class UndamagedText(RowRule):
    """No text has letters that are UTF-8 read as Latin-1, once or twice, such as ``BjÃ¶rk``.

    :param columns: one column or several.
    """

    kind: ClassVar[str] = "undamaged_text"

    columns: str | Sequence[str]
    severity: str = "warn"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set_tuple("columns", identifiers.key(self.columns))

    @property
    def check_name(self) -> str:
        """What is measured."""
        return f"damaged text in {' or '.join(self.columns)}"

    @property
    def checked_columns(self) -> tuple[str, ...]:
        """The columns."""
        return tuple(self.columns)

    def broken(self) -> str:
        """Return the SQL condition of a row that breaks the rule."""
        return render("check/condition/is_damaged_text.sql", columns=self.columns, pattern=_DAMAGED_TEXT)
