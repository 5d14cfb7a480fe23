"""Lines of column names that are numbers, as those of a pivot table."""

from __future__ import annotations

import pytest

from redshift_elt.connection.columns import Columns
from redshift_elt.staging.drift.expected_fields import ExpectedField, ExpectedFields
from redshift_elt.staging.drift.header import Header, skipped_record

TEXT, NUMBER = 1043, 701


@pytest.mark.parametrize(
    ("columns", "values", "is_record"),
    [
        ({"city": TEXT, "y2018": NUMBER, "y2019": NUMBER}, ["Stadt", "2018", "2019"], False),
        ({"city": TEXT, "y2018": NUMBER, "y2019": NUMBER}, ["Bonn", "20.5", ""], True),
    ],
)
def test_number_in_the_name_of_its_column_is_a_name(columns, values, is_record):
    expected = ExpectedFields(tuple(ExpectedField(name, name) for name in columns), by_position=True)
    found = skipped_record(expected, Columns.of(columns.items()), Header(1, values, None))
    assert (found is not None) is is_record
