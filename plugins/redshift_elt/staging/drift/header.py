"""Find a record where the header of a text file should be: COPY would skip it without a message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from redshift_elt.staging.drift.column_names import as_column
from redshift_elt.staging.drift.finding import Finding
from redshift_elt.staging.drift.value_types import is_number_or_time

if TYPE_CHECKING:
    from redshift_elt.connection.columns import Columns
    from redshift_elt.staging.drift.expected_fields import ExpectedFields
    from redshift_elt.staging.drift.text_rows import Rows


@dataclass(frozen=True)
class Header:
    """The last line that COPY skips at the start of a file.

    :param line: its number.
    :param size: the number of values of the line after it; None if there is none.
    """

    line: int
    values: Sequence[str]
    size: int | None

    @classmethod
    def of(cls, rows: Rows, header_lines: int) -> Header | None:
        """Return the header of a file, or None if nothing is skipped.

        :param rows: the values of the first lines of the file.
        """
        skipped = rows[:header_lines]
        if not skipped:
            return None
        return cls(len(skipped), skipped[-1], len(rows[header_lines]) if len(rows) > header_lines else None)


def skipped_record(expected: ExpectedFields, columns: Columns, header: Header) -> Finding | None:
    """Return a finding if the line that COPY skips is a record: one of its values cannot be a name.

    That is a number in a column of numbers, or a date or time in a column of times. A line with the name of a column is
    a header. So is one with another number of values than the records, such as a title.
    """
    names = [field.column for field in expected.fields]
    size = len(names) if header.size is None else header.size
    if len(header.values) != size or {as_column(value) for value in header.values} & set(names):
        return None
    for value, column in zip(header.values, names, strict=False):
        # A column for the year 2018 can only be named like y2018.
        if is_number_or_time(value, columns.types[column]) and value.strip() not in column:
            return Finding("record", f"line {header.line}", column, text=", ".join(header.values))
    return None
