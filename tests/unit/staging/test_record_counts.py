"""The number of records in a text, whatever its lines are."""

from __future__ import annotations

from io import StringIO, TextIOBase

import pytest

from redshift_elt.staging.formats import record_counts
from redshift_elt.staging.formats.record_counts import TextRules, count_json_values, count_text_records


@pytest.mark.parametrize(
    ("text", "records"),
    [
        ("", 0),
        (" \r\n\n", 0),
        ('{"a": 1}\n{"a": 2}', 2),
        ('{"a": 1}{"a": 2}\n', 2),
        ('{"a":\n 1\n}\n\n[1]\n', 2),
        ('{"a": "b\n{"c": "}"}\n', 2),
        ('bad\n\ufffd{"a": 1}\n{"a": "\ufffd"}', 3),
        ("1234 5678", 2),
        ("[" * 100_000 + "\n1", 2),
    ],
)
@pytest.mark.parametrize("piece", [3, 1 << 20])
def test_json_values_are_counted_for_all_kinds_of_line_ends(monkeypatch, text, records, piece):
    monkeypatch.setattr(record_counts, "_PIECE", piece)
    assert count_json_values(StringIO(text)) == records


@pytest.mark.parametrize(
    ("text", "rules", "records"),
    [
        ("", TextRules(), 0),
        ("a\nb", TextRules(), 2),
        ("a\r\nb\r\n", TextRules(), 2),
        ("a\n\nb\n", TextRules(), 3),
        ("a\n \nb\n", TextRules(ignore_blank=True), 2),
        ("head\nmore\na\n", TextRules(header_lines=2), 1),
        ('a,"b\nc"\n"d ""e""",f\n', TextRules(quote='"'), 2),
        ('a,"b\n\nc"\n', TextRules(quote='"', ignore_blank=True), 1),
        ('a,"b\nc', TextRules(quote='"'), 1),
        ("a,'b\nc'\n", TextRules(quote='"'), 2),
        ("a|b\\\nc\nd\\\\\ne", TextRules(escape=True), 3),
    ],
)
def test_records_of_text_are_counted(text, rules, records):
    assert count_text_records(StringIO(text, newline="\n"), rules) == records


class Repeated(TextIOBase):
    """A text of any length, which is never whole in memory."""

    def __init__(self, piece: str, times: int) -> None:
        self._piece = piece
        self._left = times
        self.most = 0

    def read(self, size: int) -> str:
        times = min(self._left, max(1, size // len(self._piece)))
        self._left -= times
        self.most = max(self.most, times * len(self._piece))
        return self._piece * times


def test_json_of_any_size_is_read_in_pieces(monkeypatch):
    monkeypatch.setattr(record_counts, "_LARGEST_RECORD", 100)
    monkeypatch.setattr(record_counts, "_PIECE", 50)
    text = Repeated('{"a":\n"' + "b" * 60 + '"}\n', 10_000)
    assert count_json_values(text) == 10_000
    assert text.most <= 200


def test_lines_that_are_not_json_need_no_more_memory_than_a_record(monkeypatch):
    monkeypatch.setattr(record_counts, "_LARGEST_RECORD", 100)
    monkeypatch.setattr(record_counts, "_PIECE", 50)
    text = Repeated("not JSON\n", 10_000)
    assert count_json_values(text) == 10_000
    assert text.most <= 200
