"""Compare the fields of an object with those that COPY loads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Set
from typing import TYPE_CHECKING

from redshift_elt.staging.drift.finding import Finding
from redshift_elt.staging.drift.value_types import is_refused

if TYPE_CHECKING:
    from redshift_elt.connection.columns import Columns
    from redshift_elt.staging.drift.expected_fields import ExpectedFields
    from redshift_elt.staging.drift.sample import Fields


def ignored_fields(expected: ExpectedFields, fields: Fields) -> list[Finding]:
    """Return a finding for each field of an object that COPY does not load."""
    columns = {field.name: field.column for field in expected.fields}
    folded = {name.lower(): column for name, column in columns.items()}
    found = []
    for name, types in fields.items():
        if name in columns or (expected.ignore_case and name.lower() in folded):
            continue
        if name.lower() in folded:
            found.append(Finding("case", name, folded[name.lower()], _shown(types)))
        else:
            found.append(Finding("new", name, None, _shown(types)))
    return found


def changed_types(expected: ExpectedFields, fields: Fields, columns: Columns, *, epoch: bool) -> list[Finding]:
    """Return a finding for each field of an object whose values COPY refuses.

    :param epoch: whether COPY reads times as numbers.
    """
    types = _by_name(fields, ignore_case=expected.ignore_case)
    return [
        Finding("type", field.name, field.column, _shown(types[field.name]))
        for field in expected.fields
        if field.whole
        and field.name in types
        and is_refused(types[field.name], columns.types[field.column], epoch=epoch)
    ]


def missing_fields(expected: ExpectedFields, fields: Fields) -> list[Finding]:
    """Return a finding for each field that COPY loads and no record has.

    A field that differs only in case is not missing: it has a finding of its own.

    :param fields: the fields of all objects that were read.
    """
    present = {name.lower() for name in fields}
    return [
        Finding("missing", field.name, field.column) for field in expected.fields if field.name.lower() not in present
    ]


def _by_name(fields: Fields, *, ignore_case: bool) -> Mapping[str, Set[str]]:
    """Return the types of the values by the name that COPY compares."""
    merged: dict[str, set[str]] = defaultdict(set)
    for name, types in fields.items():
        merged[name.lower() if ignore_case else name] |= types
    return merged


def _shown(types: Set[str]) -> str:
    return ", ".join(sorted(types)) or "null"
