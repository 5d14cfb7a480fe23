"""The columns that are added for new fields."""

from __future__ import annotations

import pytest

from redshift_elt.staging.drift.field_values import FieldValues
from redshift_elt.staging.drift.new_columns import column_type, new_column_name


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([None, ""], None),
        ([True, None], "boolean"),
        ([1, -(2**63)], "bigint"),
        ([1, 1.5], "double precision"),
        # An integer that BIGINT cannot hold.
        ([2**63], "double precision"),
        ([{"a": 1}], "super"),
        ([[1], "text"], "super"),
        (["a"], "varchar(256)"),
        (["12"], "varchar(256)"),
        ([1, "one"], "varchar(256)"),
        ([True, 1], "varchar(256)"),
        (["x" * 64], "varchar(256)"),
        (["x" * 65], "varchar(1024)"),
        # The length of a VARCHAR is in bytes.
        (["ö" * 33], "varchar(1024)"),
        (["x" * 60_000], "varchar(65535)"),
    ],
)
def test_type(values, expected):
    together = FieldValues()
    for value in values:
        together |= FieldValues.of(value)
    assert column_type(together) == expected


@pytest.mark.parametrize(
    ("field", "ignore_case", "expected"),
    [
        ("humidity", False, "humidity"),
        ("Humidity", True, "humidity"),
        # COPY folds no name with 'auto', and a column is in lower case.
        ("Humidity", False, None),
        ("humidity in %", True, None),
        ("x" * 128, False, None),
    ],
)
def test_name(field, ignore_case, expected):
    assert new_column_name(field, ignore_case=ignore_case) == expected
