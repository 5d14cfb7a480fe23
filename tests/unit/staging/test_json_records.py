"""The records at the beginning of an object, which may end within one."""

from __future__ import annotations

import pytest

from redshift_elt.staging.drift.json_records import records


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ('{"a": 1}\n{"a": 2}\n', [{"a": 1}, {"a": 2}]),
        ('{"a": 1} {"a": 2}', [{"a": 1}, {"a": 2}]),
        ('{"a": 1}\n{"a": 2, "b": "cut', [{"a": 1}]),
        ('not a record\n{"a": 1}', [{"a": 1}]),
        ('{"a": 1,}\n{"a": 2}', [{"a": 2}]),
        ('[{"a": 1}, {"a": 2}]', []),
        # The values inside a record that is cut off are not records.
        ('{\n  "a": [\n    {"b": 1},\n    {"c": 2}', []),
        ("[" * 100_000, []),
    ],
)
def test_records(text, expected):
    assert list(records(text)) == expected
