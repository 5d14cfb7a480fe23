"""Section 1.5: what a value becomes in a column, and the load errors. More of it is in ../copy/test_conversion.py."""

from __future__ import annotations

import pytest

from redshift_standin.copy.columns import Column
from standin_support.facts import Here, fact
from standin_support.loading import refusal
from standin_support.one_object import load, read, varchar

CONVERSION = "copy-parameters-data-conversion"
JSON = "copy-usage_notes-copy-from-json"
CHARACTERS = "r_Character_types"
BYTES = "multi-byte-character-load-errors"
CODES = "r_Load_Error_Reference"
DETAIL = "SYS_LOAD_ERROR_DETAIL"

NUMBER = Column("c", "int4")
PRICE = Column("c", "numeric", 5, 2)
TRUTH = Column("c", "bool")
NULL = r"\N"


@pytest.mark.parametrize(
    ("column", "raw", "text"),
    [
        pytest.param(
            varchar(), b"null", NULL,
            marks=fact("1.5/JSON null", "JSON's null is NULL.", Here.SUPPORTED, "no source"),
        ),
        pytest.param(
            varchar(), b'"null"', "null",
            marks=fact("1.5/JSON 'null'", "The JSON text `null` is a text.", Here.SUPPORTED, "no source"),
        ),
        pytest.param(
            varchar(), b'""', "",
            marks=fact("1.5/JSON empty", "An empty JSON text stays one in a VARCHAR.", Here.SUPPORTED, CONVERSION),
        ),
        *(
            pytest.param(
                column, b'""', NULL,
                marks=fact(
                    f"1.5/JSON empty {column.type}", f"An empty JSON text is NULL in a column {column.type}.",
                    Here.SUPPORTED, CONVERSION,
                ),
            )
            for column in (NUMBER, PRICE, Column("c", "float8"), TRUTH, Column("c", "date"), Column("c", "timestamp"))
        ),
        pytest.param(
            varchar(), b"4.6", "4.6",
            marks=fact("1.5/JSON number", "A JSON number in a VARCHAR is its text.", Here.SUPPORTED, "no source"),
        ),
        pytest.param(
            varchar(), b"1E5", "1E5",
            marks=fact("1.5/JSON number spelling", "How Redshift spells such a number.", Here.UNKNOWN, "no source"),
        ),
        pytest.param(
            Column("c", "numeric", 18, 17), b"0.12345678901234567890", "0.12345678901234568",
            marks=fact(
                "1.5/JSON number DECIMAL", "A JSON number may lose digits in a DECIMAL: it is read as floating point.",
                Here.SUPPORTED, JSON,
            ),
        ),
        pytest.param(
            Column("c", "numeric", 18, 17), b'"0.12345678901234567890"', "0.12345678901234567",
            marks=fact("1.5/JSON text DECIMAL", "A JSON text does not lose digits there.", Here.SUPPORTED, JSON),
        ),
        pytest.param(
            TRUTH, b"true", "t",
            marks=fact("1.5/JSON true", "JSON's true and false are BOOLEAN.", Here.SUPPORTED, "no source"),
        ),
        pytest.param(
            varchar(), b"false", "false",
            marks=fact("1.5/JSON true VARCHAR", "In a VARCHAR they are texts.", Here.SUPPORTED, "no source"),
        ),
        pytest.param(
            varchar(), b'{"a":[1,"x"]}', '{"a":[1,"x"]}',
            marks=fact("1.5/JSON object auto", "With 'auto' an object is its JSON text.", Here.SUPPORTED, "no source"),
        ),
        pytest.param(
            varchar(), b'{ "a": 1 }', '{"a":1}',
            marks=fact("1.5/JSON object blanks", "Which blanks that text has.", Here.UNKNOWN, "no source"),
        ),
        pytest.param(
            varchar(3), b'"abc  "', "abc",
            marks=fact("1.5/blanks", "Blanks at the end that do not fit are cut.", Here.SUPPORTED, CHARACTERS),
        ),
        pytest.param(
            varchar(), rb'"ab\u0000cd"', "ab",
            marks=fact("1.5/NUL", "A JSON text ends at a NUL.", Here.SUPPORTED, "estuary/connectors#839"),
        ),
    ],
)  # fmt: skip
def test_values(monkeypatch, column, raw, text):
    assert load(monkeypatch, column, raw) == text


@pytest.mark.parametrize(
    ("column", "raw", "code", "reason"),
    [
        pytest.param(
            NUMBER, b"26.0", 1207, "Invalid digit, Value '.', Pos 2, Type: Integer",
            marks=fact("1.5/JSON number INT", "A JSON number with `.` or `e` is no INTEGER.", Here.SUPPORTED, DETAIL),
        ),
        pytest.param(
            NUMBER, b'"abc"', 1207, "Invalid digit, Value 'a', Pos 0, Type: Integer",
            marks=fact("1.5/text INT", "A text that is no number (1207).", Here.SUPPORTED, DETAIL),
        ),
        pytest.param(
            varchar(2), '"ää"'.encode(), 1204, "String length exceeds DDL length",
            marks=fact(
                "1.5/VARCHAR length", "A text with more bytes than its VARCHAR (1204).", Here.SUPPORTED,
                "databricks/spark-redshift#53",
            ),
        ),
        pytest.param(
            Column("c", "char", 2), b'"abc"', 1204, "Char length exceeds DDL length",
            marks=fact("1.5/CHAR length", "A text that is longer than its CHAR.", Here.SUPPORTED, "r_STL_LOAD_ERRORS"),
        ),
        pytest.param(
            Column("c", "char", 9), '"ä"'.encode(), 1215,
            "Multibyte character not supported for CHAR (Hint: Try using VARCHAR). Invalid char: c3 a4",
            marks=fact("1.5/CHAR bytes", "A CHAR has characters of one byte.", Here.SUPPORTED, BYTES),
        ),
        *(
            pytest.param(
                varchar(), b'"' + raw + b'"', 1220,
                "String contains invalid or unsupported UTF-8 codepoints. "
                f"Bad UTF-8 hex sequence: {shown} (error {code})",
                marks=fact(f"1.5/UTF-8 {code}{which}", says, Here.SUPPORTED, BYTES),
            )
            for code, which, raw, shown, says in (
                (1, "", b"\xf8\x88\x80\x80\x80", "f8", "UTF-8 of five or six bytes is error 1."),
                (2, "", b"a\xe4\xa4", "e4 a4", "A character that the end of the text cuts short is error 2."),
                (3, "", b"a\xa4", "a4", "A byte that begins no character is error 3."),
                (3, " fe", b"\xfe", "fe", "The bytes 254 and 255 begin none either."),
                (4, "", b"\xe4\xa4b", "e4 a4", "A byte that continues no character is error 4."),
                (5, "", b"\\ud800", "ed a0 80", "A surrogate is error 5."),
                (8, "", b"\xf4\x90\x80\x80", "f4 90 80 80", "What is beyond the last code point is error 8."),
            )
        ),
        pytest.param(
            varchar(), b'"\xc0\x80"', 1220,
            "String contains invalid or unsupported UTF-8 codepoints. Bad UTF-8 hex sequence: c0 (error 3)",
            marks=fact(
                "1.5/UTF-8 9", "What has no code point is error 9; whether a longer spelling than needed is, too.",
                Here.UNKNOWN, BYTES,
            ),
        ),
        pytest.param(
            varchar(), rb'"\u0000a"', 1220, "Invalid null byte - field longer than 1 byte",
            marks=fact("1.5/NUL first", "A JSON text does not begin with NUL.", Here.SUPPORTED,
                       "estuary/connectors#839"),
        ),
        pytest.param(
            Column("c", "int4", nullable=False), b"null", 1213, "Missing data for not-null field",
            marks=fact("1.5/NOT NULL", "NULL in a NOT NULL column (1213).", Here.SUPPORTED, CODES),
        ),
        pytest.param(
            Column("c", "timestamp"), b'"soon"', 1206, "Invalid timestamp format or value [YYYY-MM-DD HH24:MI:SS]",
            marks=fact("1.5/TIMESTAMP", "A text that is no timestamp (1206).", Here.SUPPORTED, CODES),
        ),
        pytest.param(
            Column("c", "date"), b'"1.1.2018"', 1205, "Invalid Date Format - length must be 10 or more",
            marks=fact(
                "1.5/DATE", "A text that is too short for a date (1205).", Here.SUPPORTED,
                "keboola/db-writer-redshift, its tests",
            ),
        ),
        pytest.param(
            Column("c", "date"), b'"31.12.2018"', 1205, "Invalid date format or value [YYYY-MM-DD]",
            marks=fact("1.5/DATE words", "How other texts that are no date are worded.", Here.UNKNOWN, CODES),
        ),
        pytest.param(
            NUMBER, b"2147483648", 1222, "Overflow, Value '2147483648' is out of range for type Integer",
            marks=fact("1.5/INT overflow", "How a number that is too large (1222) is worded.", Here.UNKNOWN, CODES),
        ),
        pytest.param(
            TRUTH, b'"maybe"', 1210, "Unknown boolean format",
            marks=fact("1.5/30 1210", "A text that is no BOOLEAN is 1210.", Here.SUPPORTED, CODES),
        ),
        pytest.param(
            Column("c", "float8"), b'"x"', 1208, "Invalid digit, Value 'x', Pos 0, Type: Double",
            marks=fact("1.5/30 1208", "A text that is no floating-point number is 1208.", Here.SUPPORTED, CODES),
        ),
        pytest.param(
            PRICE, b"1000", 1209, "Overflow for NUMERIC(5,2)",
            marks=fact("1.5/30 1209", "A number that does not fit a DECIMAL is 1209.", Here.SUPPORTED, CODES),
        ),
        pytest.param(
            varchar(), b"}", 1216, "Invalid value.",
            marks=fact("1.5/30 1216", "A line that cannot be read is 1216.", Here.SUPPORTED, CODES),
        ),
    ],
)  # fmt: skip
def test_errors(monkeypatch, column, raw, code, reason):
    assert load(monkeypatch, column, raw) == (code, reason)


@pytest.mark.parametrize(
    ("content", "options", "code", "reason"),
    [
        pytest.param(
            b"1|2|3\n", "", 1202, "Extra column(s) found",
            marks=fact("1.5/extra fields", "A line with too many fields (1202).", Here.SUPPORTED,
                       "r_COPY_command_examples"),
        ),
        pytest.param(
            b"1\n", "", 1214, "Delimiter not found",
            marks=fact("1.5/few fields", "A line with too few fields (1214).", Here.SUPPORTED, CODES),
        ),
        pytest.param(
            b"1\n", "fixedwidth 'a:1,b:1'", 1203, "The line is shorter than its columns",
            marks=fact("1.5/30 1203", "A line that is shorter than its columns is 1203.", Here.SUPPORTED, CODES),
        ),
        pytest.param(
            b"\n", "", 1211, "The line is empty",
            marks=fact("1.5/30 1211", "An empty line is 1211.", Here.SUPPORTED, CODES),
        ),
        pytest.param(
            b"1|2\0\n", r"null as '\0'", 1218, "Invalid null byte - field longer than 1 byte",
            marks=fact("1.5/30 1218", "With NULL AS '\\0', a NUL within a value is 1218.", Here.SUPPORTED, CODES),
        ),
        pytest.param(
            b"1|2\n", "encoding utf16", 1221, "The file has no byte order mark",
            marks=fact("1.5/30 1221", "A file in another encoding than ENCODING says is 1221.", Here.SUPPORTED, CODES),
        ),
    ],
)  # fmt: skip
def test_errors_of_lines(monkeypatch, content, options, code, reason):
    _, errors = read(monkeypatch, content, options, NUMBER, Column("d", "varchar", 5))
    assert [error[2:] for error in errors] == [(code, reason)]


@fact("1.5/CSV empty", "An empty CSV field is NULL in a column that is no text.", Here.SUPPORTED, CONVERSION)
def test_empty_fields(monkeypatch):
    assert read(monkeypatch, b",\n", "csv", NUMBER, Column("d", "varchar", 5)) == ([(NULL, "")], [])


@fact("1.5/JSON absent", "A JSON key that is missing gives NULL.", Here.SUPPORTED, CONVERSION)
def test_missing_keys(monkeypatch):
    assert read(monkeypatch, b"{}", "json", NUMBER, varchar()) == ([(NULL, NULL)], [])


@fact("1.5/JSON object", "A JSONPath to an object or an array gives its JSON text.", Here.SUPPORTED, JSON)
def test_objects(loader):
    paths = loader.put("p", {"jsonpaths": ["$.a"]})
    loader.run("create table t (v varchar(20))")
    assert loader.copy(loader.put("a", '{"a":{"b":[1,2]}}'), f"json '{paths}'") == [('{"b":[1,2]}',)]


@fact("1.5/JSON object length", "Its length is that of the column at most.", Here.SUPPORTED, JSON)
def test_long_objects(monkeypatch):
    assert load(monkeypatch, varchar(5), b'{"a":[1,2]}') == (1204, "String length exceeds DDL length")


@fact("1.5/SUPER", "Objects and arrays are loaded into SUPER columns.", Here.REFUSED, "amazon-redshift-limits")
def test_super(loader):
    assert loader.fails("create table t (v super)").sqlstate == "0A000"


@fact("1.5/NUL text", "What a NUL in a text file without NULL AS '\\0' becomes.", Here.REFUSED, CONVERSION)
def test_nul_in_text(loader):
    loader.run("create table t (v varchar(5))")
    assert loader.copy_fails(loader.put("a", b"a\0b\n")).sqlstate == "0A000"


@fact("1.5/30 8001", "A manifest must be named by its whole key (8001).", Here.SUPPORTED, CODES)
def test_code_of_a_manifest(loader):
    loader.run("create table t (v varchar(5))")
    error = loader.copy_fails("s3://shop-test/", "manifest")
    assert error.diag.message_primary == "COPY with MANIFEST parameter requires full path of an S3 object."
    assert "code:      8001" in error.diag.message_detail


@fact("1.5/30 1224", "Bad JSON for a SUPER column is 1224.", Here.REFUSED, CODES)
def test_code_of_super():
    assert refusal("json 'noshred'").sqlstate == "0A000"
