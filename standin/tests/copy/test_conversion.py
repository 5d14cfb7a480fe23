"""The conversion of JSON values: AWS pages "Data conversion parameters" and "Load error reference"."""

from __future__ import annotations

import pytest

from redshift_standin.copy import parse
from redshift_standin.copy.column_converters import make_converter
from redshift_standin.copy.columns import Column
from redshift_standin.copy.conversion import ConversionError
from redshift_standin.copy.json_values import read_json_values
from standin_support.one_object import load, varchar

COPY = "copy t from 's3://b/k' iam_role default json 'auto' "


@pytest.mark.parametrize(
    ("column", "raw", "text"),
    [
        (varchar(), b'"a"', "a"),
        # Backslash, tab and line break are data here, not part of PostgreSQL's text format.
        (varchar(), rb'"a\\N\tb\nc\r"', r"a\\N\tb\nc\r"),
        (varchar(), b"4.60", "4.60"),
        (varchar(), b"1540940782796.0", "1540940782796.0"),
        (varchar(40), b"123456789012345678901234567890", "123456789012345678901234567890"),
        (varchar(), b"true", "true"),
        (varchar(), b'{"a": [1.50, "x"]}', '{"a":[1.50,"x"]}'),
        (varchar(3), '"ä1"'.encode(), "ä1"),
        (Column("c", "char", 2), b'"a "', "a "),
        (Column("c", "int4"), b"26", "26"),
        (Column("c", "int4"), b'" 26 "', "26"),
        (Column("c", "int4"), b"-2147483648", "-2147483648"),
        (Column("c", "float8"), b"1540940782796.0", "1540940782796.0"),
        (Column("c", "float8"), b"218.93179", "218.93179"),
        (Column("c", "float8"), b"7", "7.0"),
        (Column("c", "numeric", 5, 2), b"-20.259", "-20.25"),
        (Column("c", "numeric", 5, 2), b'"999.999"', "999.99"),
        (Column("c", "numeric", 18, 0), b"7", "7"),
        (Column("c", "bool"), b'"No"', "f"),
        (Column("c", "bool"), b"1", "t"),
        (Column("c", "timestamp"), b'"2018-11-30 10:11:12.5"', "2018-11-30 10:11:12.500000"),
    ],
)
def test_value(monkeypatch, column, raw, text):
    assert load(monkeypatch, column, raw) == text


@pytest.mark.parametrize(
    ("column", "raw", "code", "reason"),
    [
        (Column("c", "int4"), b'"a"', 1207, "Invalid digit, Value 'a', Pos 0, Type: Integer"),
        (Column("c", "int4"), b"1e3", 1207, "Invalid digit, Value 'e', Pos 1, Type: Integer"),
        (Column("c", "int2"), b"true", 1207, "Invalid digit, Value 't', Pos 0, Type: Short"),
        (Column("c", "int8"), b"9223372036854775808", 1222, None),
        (Column("c", "float8"), b'"nan"', 1208, None),
        (Column("c", "float8"), b"1e999", 1208, None),
        (Column("c", "timestamp"), b"1541105830796", 1206, "Invalid timestamp format or value [YYYY-MM-DD HH24:MI:SS]"),
        (Column("c", "timestamp"), b'"2018-02-30 00:00:00"', 1206, None),
    ],
)
def test_error(monkeypatch, column, raw, code, reason):
    found = load(monkeypatch, column, raw)
    assert found[0] == code
    assert reason is None or found[1] == reason


@pytest.mark.parametrize(
    ("column", "raw", "options", "text"),
    [
        (Column("c", "timestamp"), b'"1541105830"', "timeformat 'epochsecs'", "2018-11-01 20:57:10"),
        (Column("c", "timestamp"), b"-1", "timeformat 'epochmillisecs'", "1969-12-31 23:59:59.999000"),
        (Column("c", "timestamptz"), b'"2019-02-11 05:09:12+02"', "timeformat 'auto'", "2019-02-11 05:09:12+02:00"),
    ],
)
def test_option(monkeypatch, column, raw, options, text):
    assert load(monkeypatch, column, raw, options) == text


def test_values_are_separated_by_any_whitespace_and_lines_are_counted():
    data = b'{"a": 1}{"a":\n2}\n\n  {"a": "}"}\r\n{"a": 4'
    found = [(record.line, record.value, record.valid) for record in read_json_values(data)]
    assert found == [(1, {"a": 1}, True), (2, {"a": 2}, True), (4, {"a": "}"}, True), (5, None, False)]


def test_empty_file_has_no_records():
    assert list(read_json_values(b"")) == list(read_json_values(b" \n\n")) == []


def test_converter_raises_for_invalid_values():
    with pytest.raises(ConversionError):
        make_converter(Column("c", "int4"), parse(COPY), lambda: None)("one")
