"""Compare the fields of an object with those that COPY loads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from redshift_elt.staging.drift.compare_positions import by_expected_name, misplaced_fields, missing_at_end
from redshift_elt.staging.drift.field_values import merged
from redshift_elt.staging.drift.finding import Finding
from redshift_elt.staging.drift.value_types import is_refused

if TYPE_CHECKING:
    from redshift_elt.connection.columns import Columns
    from redshift_elt.staging.drift.expected_fields import ExpectedFields
    from redshift_elt.staging.drift.field_values import Fields


def ignored_fields(expected: ExpectedFields, fields: Fields) -> list[Finding]:
    """Return a finding for each field of an object that COPY does not load, or into a column of another name."""
    if expected.by_position:
        return misplaced_fields(expected, fields)
    columns = {field.name: field.column for field in expected.fields}
    folded = {name.lower(): column for name, column in columns.items()}
    found = []
    for name, values in fields.items():
        if name in columns or (expected.ignore_case and name.lower() in folded):
            continue
        if name.lower() in folded:
            found.append(Finding("case", name, folded[name.lower()], values))
        else:
            found.append(Finding("new", name, None, values))
    return found


def changed_types(expected: ExpectedFields, fields: Fields, columns: Columns, *, epoch: bool) -> list[Finding]:
    """Return a finding for each field of an object whose values COPY refuses.

    :param epoch: whether COPY reads times as numbers.
    """
    if expected.by_position:
        fields = by_expected_name(expected, fields)
    if expected.ignore_case:
        fields = merged(*({name.lower(): values} for name, values in fields.items()))
    return [
        Finding("type", field.name, field.column, fields[field.name])
        for field in expected.fields
        if field.whole
        and field.name in fields
        and is_refused(fields[field.name].types, columns.types[field.column], epoch=epoch)
    ]


def missing_fields(expected: ExpectedFields, fields: Fields) -> list[Finding]:
    """Return a finding for each field that COPY loads and no record has.

    A field that differs only in case is not missing: it has a finding of its own.

    :param fields: the fields of all objects that were read.
    """
    if expected.by_position:
        return missing_at_end(expected, fields)
    present = {name.lower() for name in fields}
    return [
        Finding("missing", field.name, field.column) for field in expected.fields if field.name.lower() not in present
    ]
