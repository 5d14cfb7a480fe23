"""Records and lines in the text of an object."""

from __future__ import annotations

import pytest

from redshift_elt.staging.s3_content import count_records, line


@pytest.mark.parametrize(
    ("content", "records"),
    [
        (b"", 0),
        (b" \r\n\n", 0),
        (b'{"a": 1}\n{"a": 2}', 2),
        (b'{"a": 1}{"a": 2}\n', 2),
        (b'{"a":\n 1\n}\n\n[1]\n', 2),
        (b'{"a": "b\n{"c": "}"}\n', 2),
        (b'bad\n\xff{"a": 1}\n{"a": "\xe4"}', 3),
    ],
)
def test_records_are_counted_for_all_kinds_of_line_ends(content, records):
    assert count_records(content) == records


@pytest.mark.parametrize(
    ("number", "size", "text"),
    [(1, 99, "a"), (2, 99, ""), (3, 99, r"Malm\xf6"), (3, 4, "Malm"), (4, 3, "ä"), (5, 99, "bc"), (6, 99, "")],
)
def test_line_is_found_and_truncated_between_characters(number, size, text):
    assert line(b"a\r\n\nMalm\xf6\n" + "ää".encode() + b"\nb\0c", number, size) == text
