"""Which values fit which columns. The type OIDs are those of the catalog pg_type."""

from __future__ import annotations

import pytest

from redshift_elt.staging.drift.value_types import is_number_or_time, is_refused, value_type

INTEGER, DOUBLE, NUMERIC, BOOLEAN, TIMESTAMP, VARCHAR, DATE = 23, 701, 1700, 16, 1114, 1043, 1082


@pytest.mark.parametrize(
    ("column", "fit", "refused"),
    [
        (INTEGER, [1, "1", " -7 "], ["1.5", 1.5, "one", True, [1], {"a": 1}]),
        (DOUBLE, [1, 1.5, "1.5", "1e5", "-.5"], ["one", True, [1]]),
        (NUMERIC, [1, 1.5, "1.5"], ["1,5", False, {}]),
        (BOOLEAN, [True, 1, "yes", "F", "0"], ["perhaps", 1.5, []]),
        (TIMESTAMP, ["2018-11-01", "20181101", 20181101, "yesterday"], [True, {"at": 1}]),
        (VARCHAR, ["a", 1, 1.5, True, [1], {"a": 1}], []),
    ],
)
def test_columns(column, fit, refused):
    assert [value for value in fit if is_refused({value_type(value)}, column, epoch=False)] == []
    assert [value for value in refused if not is_refused({value_type(value)}, column, epoch=False)] == []


def test_times_that_copy_reads_as_numbers():
    assert not is_refused({value_type(1541105830796)}, TIMESTAMP, epoch=True)
    assert is_refused({value_type("2018-11-01 08:00:00")}, TIMESTAMP, epoch=True)


def test_null_and_blank_texts_have_no_type():
    assert {value_type(value) for value in (None, "", "  ")} == {None}
    assert not is_refused(set(), INTEGER, epoch=False)


def test_one_value_that_fits_is_enough():
    assert not is_refused({"text", "integer"}, INTEGER, epoch=False)


@pytest.mark.parametrize(
    ("column", "values", "names"),
    [
        (INTEGER, ["1", " -7 "], ["id", "", "1st"]),
        (NUMERIC, ["2.50", "1e5"], ["price", "1,5"]),
        (DATE, ["2018-11-01", "01.11.2018", "20181101"], ["sold", "day 1", ""]),
        (TIMESTAMP, ["2018-11-01 08:00:00", "2018-11-01T08:00:00.5Z", "1541105830796"], ["at", "2018 (UTC)"]),
        (VARCHAR, [], ["1", "2018-11-01"]),
        (BOOLEAN, [], ["true", "1"]),
    ],
)
def test_values_that_cannot_be_names(column, values, names):
    assert [value for value in values if not is_number_or_time(value, column)] == []
    assert [name for name in names if is_number_or_time(name, column)] == []
