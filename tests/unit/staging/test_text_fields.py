"""The fields of a text file with a header."""

from __future__ import annotations

import pytest

from redshift_elt.staging.drift.text_fields import text_fields
from redshift_elt.staging.drift.text_rows import text_rows
from redshift_elt.staging.formats.csv_format import Csv


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        ("a,b\n1,x\n", {}, {"a": "text with an integer", "b": "text"}),
        ("a,b\n1,x\n2.5", {}, {"a": "text with an integer", "b": "text"}),
        ('a,"b, c"\n1,"x\ny"\n', {}, {"a": "text with an integer", "b, c": "text"}),
        ("\ufeffa,b\n1,\\N\n", {}, {"a": "text with an integer", "b": "null"}),
        ("a|b\n1|none\n", {"delimiter": "|", "null_as": "none"}, {"a": "text with an integer", "b": "null"}),
        ("exported today\na,b\n1,2\n", {"header_lines": 2}, dict.fromkeys("ab", "text with an integer")),
        ("a,a\n1,2\n", {}, {}),
        ("a,b", {}, {}),
        ("1,2\n", {"header_lines": 0}, {}),
    ],
)
def test_fields(text, options, expected):
    text_format = Csv(**{"header_lines": 1, **options})
    found = text_fields(text_rows(text, text_format), text_format)
    assert {name: str(values) for name, values in found.items()} == expected
    assert list(found) == list(expected)
