"""Which text each JSON value becomes, by AWS's "Data conversion parameters" and "Load error reference"."""

from __future__ import annotations

import pytest

from local.standin.copy import parse
from local.standin.copy.columns import Column
from local.standin.copy.convert import make_converter
from local.standin.copy.records import read_records
from local.standin.copy.values import ConversionError
from tests.local.standin.copy.one_object import load, varchar

COPY = "copy t from 's3://b/k' iam_role default json 'auto' "


@pytest.mark.parametrize(
    ("column", "raw", "text"),
    [
        (varchar(), b'"a"', "a"),
        (varchar(), b'""', ""),
        (varchar(), b"null", r"\N"),
        (varchar(), b'"null"', "null"),
        # The documentation's backslash, tab and line break are data, not PostgreSQL's marks.
        (varchar(), rb'"a\\N\tb\nc\r"', r"a\\N\tb\nc\r"),
        (varchar(), b"4.6", "4.6"),
        (varchar(), b"4.60", "4.60"),
        (varchar(), b"1540940782796.0", "1540940782796.0"),
        (varchar(), b"1E5", "1E5"),
        (varchar(40), b"123456789012345678901234567890", "123456789012345678901234567890"),
        (varchar(), b"true", "true"),
        (varchar(), b'{"a": [1.50, "x"]}', '{"a":[1.50,"x"]}'),
        (varchar(3), '"ä1"'.encode(), "ä1"),
        (varchar(3), b'"abc  "', "abc"),
        (varchar(), rb'"ab\u0000cd"', "ab"),
        (Column("c", "char", 2), b'"a "', "a "),
        (Column("c", "int4"), b"26", "26"),
        (Column("c", "int4"), b'" 26 "', "26"),
        (Column("c", "int4"), b'""', r"\N"),
        (Column("c", "int4"), b"-2147483648", "-2147483648"),
        (Column("c", "float8"), b'""', r"\N"),
        (Column("c", "float8"), b"1540940782796.0", "1540940782796.0"),
        (Column("c", "float8"), b"218.93179", "218.93179"),
        (Column("c", "float8"), b"7", "7.0"),
        (Column("c", "numeric", 5, 2), b"20.259", "20.25"),
        (Column("c", "numeric", 5, 2), b"-20.259", "-20.25"),
        (Column("c", "numeric", 5, 2), b'"999.999"', "999.99"),
        (Column("c", "numeric", 18, 0), b"7", "7"),
        (Column("c", "bool"), b"true", "t"),
        (Column("c", "bool"), b'"No"', "f"),
        (Column("c", "bool"), b"1", "t"),
        (Column("c", "date"), b'"2018-11-30 10:00:00"', "2018-11-30"),
        (Column("c", "timestamp"), b'"2018-11-30"', "2018-11-30 00:00:00"),
        (Column("c", "timestamp"), b'"2018-11-30 10:11:12.5"', "2018-11-30 10:11:12.500000"),
    ],
)
def test_value(monkeypatch, column, raw, text):
    assert load(monkeypatch, column, raw) == text


@pytest.mark.parametrize(
    ("column", "raw", "code", "reason"),
    [
        (Column("c", "int4"), b'"a"', 1207, "Invalid digit, Value 'a', Pos 0, Type: Integer"),
        (Column("c", "int4"), b"26.0", 1207, "Invalid digit, Value '.', Pos 2, Type: Integer"),
        (Column("c", "int4"), b"1e3", 1207, "Invalid digit, Value 'e', Pos 1, Type: Integer"),
        (Column("c", "int2"), b"true", 1207, "Invalid digit, Value 't', Pos 0, Type: Short"),
        (Column("c", "int4"), b"2147483648", 1222, None),
        (Column("c", "int8"), b"9223372036854775808", 1222, None),
        (Column("c", "float8"), b'"x"', 1208, None),
        (Column("c", "float8"), b'"nan"', 1208, None),
        (Column("c", "float8"), b"1e999", 1208, None),
        (Column("c", "numeric", 5, 2), b"1000", 1209, None),
        (Column("c", "bool"), b'"maybe"', 1210, None),
        (Column("c", "date"), b'"30.11.2018"', 1205, None),
        (Column("c", "timestamp"), b"1541105830796", 1206, "Invalid timestamp format or value [YYYY-MM-DD HH24:MI:SS]"),
        (Column("c", "timestamp"), b'"2018-02-30 00:00:00"', 1206, None),
        (varchar(2), '"ää"'.encode(), 1204, "String length exceeds DDL length"),
        (Column("c", "char", 2), b'"abc"', 1204, "Char length exceeds DDL length"),
        (
            Column("c", "char", 9),
            '"ä"'.encode(),
            1215,
            "Multibyte character not supported for CHAR (Hint: Try using VARCHAR). Invalid char: c3 a4",
        ),
        (varchar(), rb'"\u0000a"', 1220, "Invalid null byte - field longer than 1 byte"),
        (
            varchar(),
            b'"a\xa4"',
            1220,
            "String contains invalid or unsupported UTF-8 codepoints. Bad UTF-8 hex sequence: a4 (error 3)",
        ),
        (
            varchar(),
            rb'"\ud800"',
            1220,
            "String contains invalid or unsupported UTF-8 codepoints. Bad UTF-8 hex sequence: ed a0 80 (error 5)",
        ),
        (Column("c", "int4", nullable=False), b"null", 1213, "Missing data for not-null field"),
        (varchar(), b"}", 1216, None),
    ],
)
def test_error(monkeypatch, column, raw, code, reason):
    found = load(monkeypatch, column, raw)
    assert found[0] == code
    assert reason is None or found[1] == reason


@pytest.mark.parametrize(
    ("column", "raw", "options", "text"),
    [
        (Column("c", "timestamp"), b"1541105830796", "timeformat 'epochmillisecs'", "2018-11-01 20:57:10.796000"),
        (Column("c", "timestamp"), b'"1541105830"', "timeformat 'epochsecs'", "2018-11-01 20:57:10"),
        (Column("c", "timestamp"), b"-1", "timeformat 'epochmillisecs'", "1969-12-31 23:59:59.999000"),
        (Column("c", "timestamp"), b'"2019-02-11T05:09:12.195Z"', "timeformat 'auto'", "2019-02-11 05:09:12.195000"),
        (Column("c", "timestamp"), b'"02/11/2019 05:09:12"', "timeformat 'auto'", "2019-02-11 05:09:12"),
        (Column("c", "timestamptz"), b'"2019-02-11 05:09:12+02"', "timeformat 'auto'", "2019-02-11 05:09:12+02:00"),
        (Column("c", "date"), b'"20190211"', "dateformat 'auto'", "2019-02-11"),
        (Column("c", "date"), b'"soon"', "dateformat 'auto' acceptanydate", r"\N"),
        (varchar(), b'""', "emptyasnull", r"\N"),
        (varchar(), b'"  "', "emptyasnull", "  "),
        (varchar(), b'"  "', "blanksasnull", r"\N"),
        (varchar(), b'"a  "', "trimblanks", "a"),
        (varchar(3), '"aää"'.encode(), "truncatecolumns", "aä"),
        (varchar(), b'"a\xa4b"', "acceptinvchars", "a?b"),
        (varchar(), b'"a\xe4\xa4b"', "acceptinvchars as '^'", "a^^b"),
        (Column("c", "numeric", 5, 2), b"20.255", "roundec", "20.26"),
    ],
)
def test_option(monkeypatch, column, raw, options, text):
    assert load(monkeypatch, column, raw, options) == text


def test_epoch_and_text_timestamps_do_not_mix(monkeypatch):
    found = load(monkeypatch, Column("c", "timestamp"), b'"2018-11-01 20:57:10"', "timeformat 'epochmillisecs'")
    assert found == (1206, "Invalid timestamp format or value [epochmillisecs]")


def test_values_follow_each_other_with_any_white_space_and_lines_are_counted_to_their_ends():
    data = b'{"a": 1}{"a":\n2}\n\n  {"a": "}"}\r\n{"a": 4'
    found = [(record.line, record.value, record.valid) for record in read_records(data)]
    assert found == [(1, {"a": 1}, True), (2, {"a": 2}, True), (4, {"a": "}"}, True), (5, None, False)]


def test_an_empty_file_has_no_records():
    assert list(read_records(b"")) == list(read_records(b" \n\n")) == []


def test_a_converter_raises_for_what_it_cannot_read():
    with pytest.raises(ConversionError):
        make_converter(Column("c", "int4"), parse(COPY), lambda: None)("one")
