"""The questions of a report, how their answers are drawn, and the answers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any

Row = tuple[Any, ...]

_COMMENT = re.compile(r"\s*--\s?(.*)")
_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class BarChart:
    """One horizontal bar per row, the first on top: for long names in an order.

    :param label: the columns that name a bar.
    :param value: the column with its length.
    :param group: a column, by which the rows are ordered; each of its values gets a chart. None for one chart.
    """

    label: Sequence[str]
    value: str
    group: str | None = None

    def __post_init__(self) -> None:
        _validate_label(self.label)


@dataclass(frozen=True)
class ColumnChart:
    """One vertical bar per row, at its position on a numeric axis, so that gaps are visible.

    :param position: the column of whole numbers with its position.
    :param value: the column with its height.
    :param label: the columns that name a position; several are joined by a dash, as a range.
    :param step: the distance between two neighbors.
    :param letters: how many letters of a label the axis shows.
    """

    position: str
    value: str
    label: Sequence[str]
    step: int = 1
    letters: int = 12

    def __post_init__(self) -> None:
        _validate_label(self.label)
        for name in ("step", "letters"):
            number = getattr(self, name)
            if isinstance(number, bool) or not isinstance(number, int) or number < 1:
                raise ValueError(f"{name} is {number!r}: write a whole number, 1 or more.")


@dataclass(frozen=True)
class Question:
    """One question.

    :param sql: a ``.sql`` file. Its leading comment is shown: the first line as the question, the others as a note. Its
        name without the extension is the name of the CSV file.
    :param chart: how the answer is drawn next to its table; None for the table alone.
    """

    sql: str
    chart: BarChart | ColumnChart | None = None

    def __post_init__(self) -> None:
        if not self.sql.endswith(".sql") or not _NAME.fullmatch(self.name):
            raise ValueError(
                f"The question {self.sql!r} has no name: give a .sql file with a name of lower-case letters, digits "
                "and underscores, such as 'questions/sales_by_shop.sql'."
            )

    @property
    def name(self) -> str:
        """The file's name without its extension."""
        return PurePosixPath(self.sql).stem


@dataclass(frozen=True)
class Answer:
    """A question with its answer.

    :param question: the question.
    :param query: the text of its SQL file.
    :param columns: the names of the result's columns.
    :param rows: its rows.
    :raises ValueError: the result does not have a column that the chart needs.
    """

    question: Question
    query: str
    columns: Sequence[str]
    rows: Sequence[Row]
    _comment: list[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        lines = []
        for line in self.query.splitlines():
            if not (comment := _COMMENT.fullmatch(line)):
                break
            lines.append(comment[1])
        object.__setattr__(self, "_comment", lines)
        chart = self.question.chart
        if chart is None:
            return
        extra = chart.group if isinstance(chart, BarChart) else chart.position
        needed = [*chart.label, chart.value, *filter(None, [extra])]
        if missing := [name for name in needed if name not in self.columns]:
            raise ValueError(
                f"The chart of {self.question.sql} needs the columns {missing}, but the query returns "
                f"{list(self.columns)}."
            )

    @property
    def title(self) -> str:
        """The question as text."""
        return self._comment[0] if self._comment else self.question.name.replace("_", " ").capitalize()

    @property
    def note(self) -> str:
        """What to know about the answer; may be empty."""
        return " ".join(self._comment[1:])

    @property
    def is_empty(self) -> bool:
        """Whether the answer has no row, or no number but zero."""
        return not any(is_number(value) and value != 0 for row in self.rows for value in row)

    def column(self, name: str) -> list[Any]:
        """Return the values of a column."""
        index = list(self.columns).index(name)
        return [row[index] for row in self.rows]


def is_number(value: Any) -> bool:
    """Return whether a value is a number, and not a boolean."""
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def _validate_label(columns: Sequence[str]) -> None:
    if not isinstance(columns, (list, tuple)) or not columns or not all(isinstance(name, str) for name in columns):
        raise ValueError(f"label is {columns!r}: write a list of columns, such as ['title'].")
