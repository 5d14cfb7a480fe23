"""COPY from delimited text, CSV and fixed-width columns.

AWS pages "Data format parameters", "Data conversion parameters" and "Load error reference".
"""

from __future__ import annotations

import codecs

import pytest

from redshift_standin.copy import parse
from redshift_standin.copy.columns import Column, Target
from redshift_standin.copy.row_reader import RowReader
from redshift_standin.errors import WarehouseError
from standin_support.one_object import OneObject

COPY = "copy t from 's3://b/k' iam_role default ignoreallerrors "
TWO = (Column("a", "int4"), Column("b", "varchar", 50))


@pytest.fixture
def read(monkeypatch):
    """Return the rows of a file, and the line, column and code of each error."""

    def read(content: bytes | str, options: str = "", columns=TWO):
        data = content if isinstance(content, bytes) else content.encode()
        monkeypatch.setattr("redshift_standin.copy.row_reader.read_object", lambda *_: data)
        target = Target(0, "t", columns)
        reader = RowReader(parse(COPY + options), target, None, [OneObject], None)
        rows = b"".join(reader.pieces()).decode().splitlines()
        assert len(rows) == reader.rows
        read.reader = reader
        return [tuple(row.split("\t")) for row in rows], [(e.line, e.column, e.code) for e in reader.errors]

    return read


NULL = r"\N"


@pytest.mark.parametrize(
    ("content", "options", "rows"),
    [
        ("1|a\n2|b\n", "", [("1", "a"), ("2", "b")]),
        ("1|a\n2|b", "", [("1", "a"), ("2", "b")]),
        ("1|a\r\n2|b\r\n", "", [("1", "a"), ("2", "b")]),
        ("", "", []),
        ("1|\n|b\n", "", [("1", ""), (NULL, "b")]),
        ("1|\\N\n\\N|b\n", "", [("1", NULL), (NULL, "b")]),
        ("1|\n", "emptyasnull", [("1", NULL)]),
        ("1|\n", "null as ''", [("1", NULL)]),
        ("1|NULL\n2|\\N\n", "null as 'NULL'", [("1", NULL), ("2", r"\\N")]),
        ("1|\0\n", r"null as '\0'", [("1", NULL)]),
        ("1|  \n", "", [("1", "  ")]),
        ("1|  \n", "blanksasnull", [("1", NULL)]),
        ("1|a  \n", "trimblanks", [("1", "a")]),
        (" 1 |'a'\n", "", [("1", "'a'")]),
        ("1|a\\\n", "", [("1", r"a\\")]),
        ("1\ta\n", r"delimiter '\t'", [("1", "a")]),
        ("1|~|a|b\n", "delimiter '|~|'", [("1", "a|b")]),
        ("id|name\n1|a\n", "ignoreheader 1", [("1", "a")]),
        ("only a header", "ignoreheader as 2", []),
        ("1|a\n\n2|b\n\n", "ignoreblanklines", [("1", "a"), ("2", "b")]),
    ],
)
def test_delimited(read, content, options, rows):
    assert read(content, options) == (rows, [])


@pytest.mark.parametrize(
    ("content", "options", "rows"),
    [
        # The examples of ESCAPE; PostgreSQL reads \n and \\ as a line break and a backslash.
        ("1|The quick brown fox\\\njumped over the lazy dog.\n", "escape",
         [("1", r"The quick brown fox\njumped over the lazy dog.")]),
        ("2| A\\\\B\\\\C\n", "escape", [("2", r" A\\B\\C")]),
        ("3| A \\| B \\| C\n", "escape", [("3", " A | B | C")]),
        ("4|'A Midsummer Night\\'s Dream'\n", "escape removequotes", [("4", "A Midsummer Night's Dream")]),
        ("5|\\N\n6|\\\\N\n", "escape", [("5", NULL), ("6", NULL)]),
        ("7|\\012\n", "escape", [("7", "012")]),
        ("8|a\\\\\n9|b\n", "escape", [("8", r"a\\"), ("9", "b")]),
        ("1|a\\\r\n", "escape", [("1", r"a\r")]),
        # The examples of REMOVEQUOTES.
        ('1|"The delimiter is a pipe (|) character"\n', "removequotes",
         [("1", "The delimiter is a pipe (|) character")]),
        ("2|'Black'\n", "removequotes", [("2", "Black")]),
        ('3|"White"\n', "removequotes", [("3", "White")]),
        ("4|Blue'\n", "removequotes", [("4", "Blue'")]),
        ("5|' 'Black' '\n", "removequotes", [("5", " 'Black' ")]),
        ("\"6\"|''\n", "removequotes", [("6", "")]),
    ],
)  # fmt: skip
def test_escape_and_removequotes(read, content, options, rows):
    assert read(content, options) == (rows, [])


@pytest.mark.parametrize(
    ("content", "options", "rows"),
    [
        ("1,a\n2,b\n", "", [("1", "a"), ("2", "b")]),
        ('1,"a"\r\n2,"b"\r\n', "", [("1", "a"), ("2", "b")]),
        ('1,"A ""quoted"" word"\n', "", [("1", 'A "quoted" word')]),
        ('1,"a, b"\n', "", [("1", "a, b")]),
        ('1,"a\nb"\n2,c\n', "", [("1", r"a\nb"), ("2", "c")]),
        ('1, "a" \n', "", [("1", "a")]),
        ("1, a \n", "", [("1", " a ")]),
        ('"1",""\n', "", [("1", "")]),
        ('"1",""\n', "emptyasnull", [("1", NULL)]),
        ('1,%a"b%\n', "quote '%'", [("1", 'a"b')]),
        ('1\t"a"\n', r"delimiter '\t'", [("1", "a")]),
        ('1*"a" \n', "delimiter '*'", [("1", "a")]),
        ("1]^a]b^\n", "delimiter ']' quote '^'", [("1", "a]b")]),
        ("1,\\N\n", "", [("1", NULL)]),
        ("1,a\\\n", "", [("1", r"a\\")]),
        ('1,"a"', "", [("1", "a")]),
    ],
)
def test_csv(read, content, options, rows):
    assert read(content, "csv " + options) == (rows, [])


@pytest.mark.parametrize(
    ("content", "options", "errors"),
    [
        ("1|a\n2|b|c\n3|d\n", "", [(2, "", 1202)]),
        ("1|a\n2\n3|d\n", "", [(2, "", 1214)]),
        ("1|a\n\n3|d\n", "", [(2, "", 1211)]),
        ("1|a\nx|b\n3|d\n", "", [(2, "a", 1207)]),
        ("1|a\n2|'b\n3|d\n", "removequotes", [(2, "", 1214)]),
        ("1|a\\\nb\nx|c\n3|d\n", "escape", [(3, "a", 1207)]),
        ("1|a\n2|b\0\n3|d\n", r"null as '\0'", [(2, "b", 1218)]),
        ('1,"a"\n2,b"c\n3,d\n', "csv", [(2, "", 1214)]),
        ('1,"a"\n2,"b"c\n3,d\n', "csv", [(2, "", 1214)]),
        ('1,"a"\n3,d\n2,"b\n', "csv", [(3, "", 1214)]),
        ('1,"a\nb"\nx,"c\nd"\n3,e\n', "csv", [(3, "a", 1207)]),
        ("1|" + "a" * 51 + "\n2|b\n3|c\n", "", [(1, "b", 1204)]),
        ("id|name\n1|a\nx|b\n3|d\n", "ignoreheader 1", [(3, "a", 1207)]),
    ],
)
def test_errors_name_the_physical_line_and_skip_only_that_record(read, content, options, errors):
    rows, found = read(content, options)
    assert found == errors
    assert len(rows) == 2


def test_reasons_for_lines_that_cannot_be_split(read):
    """The message of 1202 is from AWS page "COPY examples", that of 1214 from "Load error reference"."""
    read("1|a|b\n1\n")
    assert [error.reason for error in read.reader.errors] == ["Extra column(s) found", "Delimiter not found"]
    assert [error.raw_line for error in read.reader.errors] == ["1|a|b", "1"]


def test_null_in_a_not_null_column(read):
    columns = (Column("a", "int4", nullable=False), TWO[1])
    assert read("|a\n2|b\n", "", columns) == ([("2", "b")], [(1, "a", 1213)])


def test_fillrecord_gives_varchar_an_empty_string_and_other_types_null(read):
    columns = (TWO[0], Column("n", "int4"), TWO[1])
    assert read("1\n2|3\n", "fillrecord", columns) == ([("1", NULL, ""), ("2", "3", "")], [])
    assert read("1\n", "fillrecord emptyasnull", columns) == ([("1", NULL, NULL)], [])
    assert read("1\n", "csv fillrecord", columns) == ([("1", NULL, "")], [])


def test_fixed_width(read):
    """Widths are in characters; labels do not matter."""
    assert read("  1ää a\n 12bcd \n", "fixedwidth 'x:3,2:4'") == ([("1", "ää a"), ("12", "bcd ")], [])
    assert read("1ab\n1abcd\n1abc\n", "fixedwidth 'x:1,y:3'") == ([("1", "abc")], [(1, "", 1203), (2, "", 1202)])
    with pytest.raises(WarehouseError, match="FIXEDWIDTH has 1 columns"):
        read("1ab\n", "fixedwidth 'x:1'")


@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        ("utf16", codecs.BOM_UTF16_LE + "1|ä\n".encode("utf-16-le")),
        ("utf16", codecs.BOM_UTF16_BE + "1|ä\n".encode("utf-16-be")),
        ("utf16le", "1|ä\n".encode("utf-16-le")),
        ("utf16be", codecs.BOM_UTF16_BE + "1|ä\n".encode("utf-16-be")),
    ],
)
def test_encoding(read, encoding, content):
    assert read(content, f"encoding as {encoding}") == ([("1", "ä")], [])


def test_file_in_another_encoding_is_skipped(read):
    assert read(b"1|a\n2|b\n", "encoding utf16") == ([], [(0, "", 1221)])
    assert read(b"1|a\n2|b\n1", "encoding utf16le") == ([], [(0, "", 1221)])


def test_invalid_utf8(read):
    """AWS page "Multibyte character load errors"."""
    assert read(b"1|a\xa4\n2|b\n") == ([("2", "b")], [(1, "b", 1220)])
    rows, errors = read(b"1|a\xa4\n2|b\n3|\xe4\xa4\n", "acceptinvchars as '^'")
    assert (rows, errors) == ([("1", "a^"), ("2", "b"), ("3", "^^")], [])
    assert [(row.line, row.column) for row in read.reader.replacements] == [(1, "b"), (3, "b")]


def test_nul_without_a_matching_null_string_is_refused(read):
    """Redshift can store a NUL character, PostgreSQL cannot."""
    with pytest.raises(WarehouseError, match="NUL") as caught:
        read("1|a\0b\n")
    assert caught.value.sqlstate == "0A000"


def test_whole_file_is_read_in_chunks(read):
    content = "".join(f'{number},"a ""b"", {number}\n{number}"\n{number},plain\n' for number in range(20_000))
    rows, errors = read(content + "x,y\n", "csv")
    assert errors == [(60_001, "a", 1207)]
    assert rows[-2:] == [("19999", r'a "b", 19999\n19999'), ("19999", "plain")]
    assert len(rows) == 40_000


DATE = (Column("a", "date"),)
TIME = (Column("a", "timestamp"),)


@pytest.mark.parametrize(
    ("columns", "options", "value", "text"),
    [
        # The examples of the page "DATEFORMAT and TIMEFORMAT strings".
        (DATE, "dateformat 'MM/DD/YYYY'", "03/31/2003", "2003-03-31"),
        (DATE, "dateformat as 'MON DD, YYYY'", "March 31, 2003", "2003-03-31"),
        (DATE, "dateformat 'MON-DD-YYYY'", "Jan-01-1999", "1999-01-01"),
        (TIME, "timeformat 'MM.DD.YYYY HH:MI:SS'", "03.31.2003 18:45:05", "2003-03-31 18:45:05"),
        (TIME, "timeformat 'MM.DD.YYYY HH:MI:SS'", "03.31.2003 18:45:05.123456", "2003-03-31 18:45:05.123456"),
        # AWS loads the sample database TICKIT this way.
        (TIME, "timeformat 'MM/DD/YYYY HH:MI:SS'", "2/18/2008 02:36:48", "2008-02-18 02:36:48"),
        (TIME, "timeformat 'YYYYMMDDHH24MISS'", "20080218023648", "2008-02-18 02:36:48"),
        (TIME, "timeformat 'DD.MM.YY HH12:MI AM'", "18.02.08 12:05 pm", "2008-02-18 12:05:00"),
        (TIME, "timeformat 'DD.MM.YY HH12:MI AM'", "18.02.08 12:05 AM", "2008-02-18 00:05:00"),
        (TIME, "timeformat 'DD.MM.YYYY HH:MI:SS'", "18.02.2008", "2008-02-18 00:00:00"),
        (DATE, "dateformat 'DD.MM.YYYY'", "18.02.2008 10:11:12", "2008-02-18"),
        (DATE, "dateformat 'DD.MM.YYYY' acceptanydate", "00.00.00", NULL),
    ],
)
def test_patterns_of_dates_and_times(read, columns, options, value, text):
    assert read(f"{value}\n", options, columns) == ([(text,)], [])


@pytest.mark.parametrize(
    ("columns", "options", "value", "code"),
    [
        (DATE, "dateformat 'MM/DD/YYYY'", "31/03/2003", 1205),
        (DATE, "dateformat 'MM/DD/YYYY'", "2003-03-31", 1205),
        (TIME, "timeformat 'DD.MM.YY HH12:MI AM'", "18.02.08 13:05 pm", 1206),
        (TIME, "timeformat 'DD.MM.YYYY HH:MI:SS'", "18.02.2008 10:11:12 and more", 1206),
    ],
)
def test_dates_that_match_no_pattern(read, columns, options, value, code):
    assert read(f"{value}\n", options, columns) == ([], [(1, "a", code)])


def test_pattern_has_no_time_zone(read):
    with pytest.raises(WarehouseError, match="TIMESTAMPTZ") as caught:
        read("1", "timeformat 'MM/DD/YYYY'", (Column("a", "timestamptz"),))
    assert caught.value.sqlstate == "0A000"
