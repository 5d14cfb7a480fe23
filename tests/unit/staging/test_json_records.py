"""The records at the beginning of an object, which may end within one."""

from __future__ import annotations

import gzip
import json

import pytest

from redshift_elt.staging.drift.json_records import beginning_of_gzip, records


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


def test_beginning_of_a_compressed_object():
    text = json.dumps({"a": "x" * 100_000}).encode()
    content = gzip.compress(text)
    assert beginning_of_gzip(content, 1000) == text[:1000]
    assert text.startswith(beginning_of_gzip(content[: len(content) // 2], 10**6))
