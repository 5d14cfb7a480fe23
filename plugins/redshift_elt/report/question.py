"""What a report asks, and how each answer is to be drawn."""

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
    """One bar a row, the first on top: for what has long names and an order.

    :param label: the columns that name a bar.
    :param value: the column that is its length.
    :param group: a column whose values have a chart each, and by which the rows are ordered; None for one chart.
    """

    label: Sequence[str]
    value: str
    group: str | None = None

    def __post_init__(self) -> None:
        _refuse_text(self.label)


@dataclass(frozen=True)
class ColumnChart:
    """One column a row, each at its place on an axis of numbers, where a gap stays a gap.

    :param position: the column of whole numbers that is the place.
    :param value: the column that is its height.
    :param label: the columns that name a place; several are joined by a dash, as a range is.
    :param step: how far two neighbours are apart.
    :param letters: how many letters of a label the axis has; the table has them all.
    """

    position: str
    value: str
    label: Sequence[str]
    step: int = 1
    letters: int = 12

    def __post_init__(self) -> None:
        _refuse_text(self.label)
        for name in ("step", "letters"):
            number = getattr(self, name)
            if isinstance(number, bool) or not isinstance(number, int) or number < 1:
                raise ValueError(f"{name} is {number!r}: write a whole number, 1 or more.")


@dataclass(frozen=True)
class Question:
    """One question.

    :param sql: a ``.sql`` file. The comment that it begins with is shown: its first line as the question, the others
        as a note. Its name without the ending becomes the name of the CSV file.
    :param chart: how the answer is drawn beside its table; None for the table alone.
    """

    sql: str
    chart: BarChart | ColumnChart | None = None

    def __post_init__(self) -> None:
        if not self.sql.endswith(".sql") or not _NAME.fullmatch(self.name):
            raise ValueError(
                f"The question {self.sql!r} has no name: give a .sql file, named in small letters, digits and "
                "underscores, such as 'questions/sales_by_shop.sql'."
            )

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return PurePosixPath(self.sql).stem


@dataclass(frozen=True)
class Answer:
    """A question with what the warehouse said.

    :param question: the question.
    :param query: the text of its SQL file.
    :param columns: the names of the result's columns.
    :param rows: its rows.
    :raises ValueError: the chart needs a column that the result does not have.
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
                f"The chart of {self.question.sql} needs the columns {missing}, which the query does not yield: it "
                f"yields {list(self.columns)}."
            )

    @property
    def title(self) -> str:
        """The question in words."""
        return self._comment[0] if self._comment else self.question.name.replace("_", " ").capitalize()

    @property
    def note(self) -> str:
        """What a reader should know about the answer; may be empty."""
        return " ".join(self._comment[1:])

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to tell: no row, or no number but zero."""
        return not any(is_number(value) and value != 0 for row in self.rows for value in row)

    def column(self, name: str) -> list[Any]:
        """Return the values of a column."""
        index = list(self.columns).index(name)
        return [row[index] for row in self.rows]


def is_number(value: Any) -> bool:
    """Return whether a value is a number, and not a boolean."""
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def _refuse_text(columns: Sequence[str]) -> None:
    if not isinstance(columns, (list, tuple)) or not columns or not all(isinstance(name, str) for name in columns):
        raise ValueError(f"label is {columns!r}: write a list of columns, such as ['title'].")
