"""Messages about records that COPY could not load."""

from __future__ import annotations

import pytest

from redshift_elt.staging.copy_errors import LoadError, advice, shown


def test_control_characters_in_the_data_are_escaped():
    assert shown("Björk\t\x1b[31m\u202e\u2028\x7f\ud800") == r"Björk\t\x1b[31m\u202e\u2028\x7f\ud800"
    assert shown("x" * 100) == "x" * 100
    assert shown("x" * 101) == "x" * 100 + "…"


@pytest.mark.parametrize(
    ("line", "column", "text", "hinted"),
    [
        (1, "order_id", "order_id", True),
        (1, "order_id", '"Order_ID"; price', True),
        (1, "order_id", "number|order_id", True),
        (2, "order_id", "order_id", False),
        (1, "order_id", "many", False),
        (1, "order_id", '{"order_id": "many", "price": 2}', False),
        (1, "", "order_id", False),
    ],
)
def test_line_of_column_names(line, column, text, hinted):
    error = LoadError(1, "s3://bucket/1.csv", line, column, "int4", 1207, "Invalid digit", text)
    assert ("write header_lines=1" in advice(error, text)) is hinted
    assert ("write header_lines=1" in str(error)) is hinted


@pytest.mark.parametrize(("code", "advised"), [(1202, True), (1214, False)])
def test_value_without_a_column(code, advised):
    error = LoadError(1, "s3://bucket/1.csv", 2, "", "", code, "Extra column(s) found", "1,2,3")
    assert ("add a column to the end of the table" in str(error)) is advised


@pytest.mark.parametrize(
    ("text", "pattern", "advised"),
    [
        ("2018-11-01T00:10:00Z", "YYYY-MM-DD HH24:MI:SS", True),
        ("2018-11-01T00:10", "YYYY-MM-DD HH24:MI:SS", True),
        ("2018-11-01 00:10:00.5+01:00", "YYYY-MM-DD HH24:MI:SS", True),
        ('{"at": "2018-11-01T00:10:00Z"}', "YYYY-MM-DD HH24:MI:SS", True),
        # Serverless does not keep the text.
        ("", "YYYY-MM-DD HH24:MI:SS", True),
        ("yesterday", "YYYY-MM-DD HH24:MI:SS", False),
        ("2018-13-01 00:10:00", "YYYY-MM-DD HH24:MI:SS", False),
        ("2018-13-01T00:10:00Z", "auto", False),
    ],
)
def test_time_that_only_auto_reads(text, pattern, advised):
    reason = f"Invalid timestamp format or value [{pattern}]"
    error = LoadError(1, "s3://bucket/1.csv", 2, "at", "timestamp", 1206, reason, text)
    assert ('write time_format="auto"' in str(error)) is advised
