"""Compare the fields of an object whose fields COPY loads by their position: CSV, delimited text and Parquet.

COPY ignores the names. They show that a field was inserted, removed or moved, after which COPY would load values into
the wrong columns.
"""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from redshift_elt.staging.drift.column_names import as_column
from redshift_elt.staging.drift.finding import Finding

if TYPE_CHECKING:
    from redshift_elt.staging.drift.expected_fields import ExpectedFields
    from redshift_elt.staging.drift.field_values import Fields


def misplaced_fields(expected: ExpectedFields, fields: Fields) -> list[Finding]:
    """Return a finding for each field whose name is not that of the column at its position, if there is one.

    A name such as ``Order ID`` is that of ``order_id``. If no field has the name of any column, the objects use other
    names than the table, and nothing can be compared.
    """
    columns = [field.column for field in expected.fields]
    names = [as_column(name) for name in fields]
    if not set(names) & set(columns):
        return []
    return [
        Finding("moved" if name in columns else "new" if column else "extra", field, column, fields[field])
        for field, name, column in zip_longest(fields, names, columns[: len(names)])
        if name != column
    ]


def missing_at_end(expected: ExpectedFields, fields: Fields) -> list[Finding]:
    """Return a finding for each column at the end that an object has no field for."""
    return [Finding("missing", field.name, field.column) for field in expected.fields[len(fields) :]] if fields else []


def by_expected_name(expected: ExpectedFields, fields: Fields) -> Fields:
    """Return the values of the fields by the names of the columns that they are loaded into."""
    return {field.name: values for field, values in zip(expected.fields, fields.values(), strict=False)}
