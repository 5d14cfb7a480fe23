"""The values of the lines of text files, as the AWS page "Data format parameters" describes the formats."""

from __future__ import annotations

import pytest

from redshift_elt.staging.drift.text_rows import text_rows
from redshift_elt.staging.formats.csv_format import Csv
from redshift_elt.staging.formats.delimited import Delimited
from redshift_elt.staging.formats.fixed_width import FixedWidth
from redshift_elt.staging.formats.json_format import Json


@pytest.mark.parametrize(
    ("text", "text_format", "expected"),
    [
        ('a,"b, c"\n1,"x\ny"\n2', Csv(), [["a", "b, c"], ["1", "x\ny"]]),
        ("a|b\r\n1|\r\n2|x", Delimited(), [["a", "b"], ["1", ""]]),
        ("a|~|b\n1|~|x|y\n", Delimited(delimiter="|~|"), [["a", "b"], ["1", "x|y"]]),
        ("1|x\\|y\n2|x\\\ny\n", Delimited(escape=True), [["1", "x\\|y"], ["2", "x\\\ny"]]),
        ("1|x\\|y\n", Delimited(), [["1", "x\\", "y"]]),
        ("""1|'x|y'\n2|"it's"\n""", Delimited(removequotes=True), [["1", "x|y"], ["2", "it's"]]),
        ("1|'x|y'\n", Delimited(), [["1", "'x", "y'"]]),
        ("12cup\n 3tea\n4", FixedWidth({"sale_id": 2, "item": 3}), [["12", "cup"], [" 3", "tea"]]),
        ("no line break", Delimited(), []),
        ('{"a": 1}\n', Json(), []),
    ],
)
def test_rows(text, text_format, expected):
    assert list(text_rows(text, text_format)) == expected
