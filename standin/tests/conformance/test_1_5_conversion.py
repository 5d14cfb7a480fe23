"""Section 1.5: the conversion of values, and load errors. More of it is in ../copy/test_conversion.py."""

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
            marks=fact("1.5/JSON null", "JSON's null becomes NULL.", Here.SUPPORTED, "no source"),
        ),
        pytest.param(
            varchar(), b'"null"', "null",
            marks=fact("1.5/JSON 'null'", "The JSON string 'null' remains a string.", Here.SUPPORTED, "no source"),
        ),
        pytest.param(
            varchar(), b'""', "",
            marks=fact("1.5/JSON empty",
                "An empty JSON string remains empty in a VARCHAR.", Here.SUPPORTED, CONVERSION),
        ),
        *(
            pytest.param(
                column, b'""', NULL,
                marks=fact(
                    f"1.5/JSON empty {column.type}",
                    f"An empty JSON string becomes NULL in a column of type {column.type}.",
                    Here.SUPPORTED, CONVERSION,
                ),
            )
            for column in (NUMBER, PRICE, Column("c", "float8"), TRUTH, Column("c", "date"), Column("c", "timestamp"))
        ),
        pytest.param(
            varchar(), b"4.6", "4.6",
            marks=fact("1.5/JSON number",
                "In a VARCHAR, a JSON number is loaded as it is written.", Here.SUPPORTED, "no source"),
        ),
        pytest.param(
            varchar(), b"1E5", "1E5",
            marks=fact("1.5/JSON number spelling",
                "Which notation such a number has in the VARCHAR.", Here.UNKNOWN, "no source"),
        ),
        pytest.param(
            Column("c", "numeric", 18, 17), b"0.12345678901234567890", "0.12345678901234568",
            marks=fact(
                "1.5/JSON number DECIMAL",
                "A JSON number can lose digits in a DECIMAL because it is read as floating point.",
                Here.SUPPORTED, JSON,
            ),
        ),
        pytest.param(
            Column("c", "numeric", 18, 17), b'"0.12345678901234567890"', "0.12345678901234567",
            marks=fact("1.5/JSON text DECIMAL",
                "A number in a JSON string does not lose digits.", Here.SUPPORTED, JSON),
        ),
        pytest.param(
            TRUTH, b"true", "t",
            marks=fact("1.5/JSON true", "JSON's true and false become BOOLEAN values.", Here.SUPPORTED, "no source"),
        ),
        pytest.param(
            varchar(), b"false", "false",
            marks=fact("1.5/JSON true VARCHAR",
                "In a VARCHAR they become the strings true and false.", Here.SUPPORTED, "no source"),
        ),
        pytest.param(
            varchar(), b'{"a":[1,"x"]}', '{"a":[1,"x"]}',
            marks=fact(
                "1.5/JSON object auto",
                "With 'auto', an object is loaded into a VARCHAR as JSON.", Here.SUPPORTED, "no source"
            ),
        ),
        pytest.param(
            varchar(), b'{ "a": 1 }', '{"a":1}',
            marks=fact("1.5/JSON object blanks", "Which whitespace that JSON has.", Here.UNKNOWN, "no source"),
        ),
        pytest.param(
            varchar(3), b'"abc  "', "abc",
            marks=fact("1.5/blanks", "Trailing blanks that do not fit are truncated.", Here.SUPPORTED, CHARACTERS),
        ),
        pytest.param(
            varchar(), rb'"ab\u0000cd"', "ab",
            marks=fact("1.5/NUL", "A JSON string ends at a NUL character.", Here.SUPPORTED, "estuary/connectors#839"),
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
            marks=fact(
                "1.5/JSON number INT", "A JSON number with `.` or `e` is not a valid INTEGER.", Here.SUPPORTED, DETAIL
            ),
        ),
        pytest.param(
            NUMBER, b'"abc"', 1207, "Invalid digit, Value 'a', Pos 0, Type: Integer",
            marks=fact("1.5/text INT", "A string that is not a number fails with error 1207.", Here.SUPPORTED, DETAIL),
        ),
        pytest.param(
            varchar(2), '"ää"'.encode(), 1204, "String length exceeds DDL length",
            marks=fact(
                "1.5/VARCHAR length",
                "A string with more bytes than its VARCHAR fails with error 1204.", Here.SUPPORTED,
                "databricks/spark-redshift#53",
            ),
        ),
        pytest.param(
            Column("c", "char", 2), b'"abc"', 1204, "Char length exceeds DDL length",
            marks=fact(
                "1.5/CHAR length",
                "A string that is longer than its CHAR is an error.", Here.SUPPORTED, "r_STL_LOAD_ERRORS"
            ),
        ),
        pytest.param(
            Column("c", "char", 9), '"ä"'.encode(), 1215,
            "Multibyte character not supported for CHAR (Hint: Try using VARCHAR). Invalid char: c3 a4",
            marks=fact("1.5/CHAR bytes", "A CHAR accepts single-byte characters only.", Here.SUPPORTED, BYTES),
        ),
        *(
            pytest.param(
                varchar(), b'"' + raw + b'"', 1220,
                "String contains invalid or unsupported UTF-8 codepoints. "
                f"Bad UTF-8 hex sequence: {shown} (error {code})",
                marks=fact(f"1.5/UTF-8 {code}{which}", says, Here.SUPPORTED, BYTES),
            )
            for code, which, raw, shown, says in (
                (1, "", b"\xf8\x88\x80\x80\x80", "f8", "A character of more than four bytes has sub-code 1."),
                (2, "", b"a\xe4\xa4", "e4 a4", "An incomplete character at the end of a string has sub-code 2."),
                (3, "", b"a\xa4", "a4", "A byte that cannot begin a character has sub-code 3."),
                (3, " fe", b"\xfe", "fe", "The byte 0xFE cannot begin a character either."),
                (4, "", b"\xe4\xa4b", "e4 a4", "A missing continuation byte has sub-code 4."),
                (5, "", b"\\ud800", "ed a0 80", "A surrogate code point has sub-code 5."),
                (8, "", b"\xf4\x90\x80\x80", "f4 90 80 80", "A code point above U+10FFFF has sub-code 8."),
            )
        ),
        pytest.param(
            varchar(), b'"\xc0\x80"', 1220,
            "String contains invalid or unsupported UTF-8 codepoints. Bad UTF-8 hex sequence: c0 (error 3)",
            marks=fact(
                "1.5/UTF-8 9",
                "Which sub-code an overlong encoding has. Sub-code 9 is documented for unassigned code points.",
                Here.UNKNOWN, BYTES,
            ),
        ),
        pytest.param(
            varchar(), rb'"\u0000a"', 1220, "Invalid null byte - field longer than 1 byte",
            marks=fact("1.5/NUL first", "A JSON string cannot begin with a NUL character.", Here.SUPPORTED,
                       "estuary/connectors#839"),
        ),
        pytest.param(
            Column("c", "int4", nullable=False), b"null", 1213, "Missing data for not-null field",
            marks=fact("1.5/NOT NULL", "NULL in a NOT NULL column fails with error 1213.", Here.SUPPORTED, CODES),
        ),
        pytest.param(
            Column("c", "timestamp"), b'"soon"', 1206, "Invalid timestamp format or value [YYYY-MM-DD HH24:MI:SS]",
            marks=fact("1.5/TIMESTAMP", "An invalid timestamp fails with error 1206.", Here.SUPPORTED, CODES),
        ),
        pytest.param(
            Column("c", "date"), b'"1.1.2018"', 1205, "Invalid Date Format - length must be 10 or more",
            marks=fact(
                "1.5/DATE", "A string that is too short for a date fails with error 1205.", Here.SUPPORTED,
                "keboola/db-writer-redshift, its tests",
            ),
        ),
        pytest.param(
            Column("c", "date"), b'"31.12.2018"', 1205, "Invalid date format or value [YYYY-MM-DD]",
            marks=fact("1.5/DATE words", "The message for other invalid dates.", Here.UNKNOWN, CODES),
        ),
        pytest.param(
            NUMBER, b"2147483648", 1222, "Overflow, Value '2147483648' is out of range for type Integer",
            marks=fact(
                "1.5/INT overflow", "The message of error 1222, for a number that is too large.", Here.UNKNOWN, CODES
            ),
        ),
        pytest.param(
            TRUTH, b'"maybe"', 1210, "Unknown boolean format",
            marks=fact("1.5/30 1210", "An invalid BOOLEAN fails with error 1210.", Here.SUPPORTED, CODES),
        ),
        pytest.param(
            Column("c", "float8"), b'"x"', 1208, "Invalid digit, Value 'x', Pos 0, Type: Double",
            marks=fact("1.5/30 1208", "An invalid floating-point number fails with error 1208.", Here.SUPPORTED, CODES),
        ),
        pytest.param(
            PRICE, b"1000", 1209, "Overflow for NUMERIC(5,2)",
            marks=fact(
                "1.5/30 1209", "A number that does not fit into a DECIMAL fails with error 1209.", Here.SUPPORTED, CODES
            ),
        ),
        pytest.param(
            varchar(), b"}", 1216, "Invalid value.",
            marks=fact("1.5/30 1216", "A line that cannot be parsed fails with error 1216.", Here.SUPPORTED, CODES),
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
            marks=fact("1.5/extra fields", "A line with too many fields fails with error 1202.", Here.SUPPORTED,
                       "r_COPY_command_examples"),
        ),
        pytest.param(
            b"1\n", "", 1214, "Delimiter not found",
            marks=fact("1.5/few fields", "A line with too few fields fails with error 1214.", Here.SUPPORTED, CODES),
        ),
        pytest.param(
            b"1\n", "fixedwidth 'a:1,b:1'", 1203, "The line is shorter than its columns",
            marks=fact("1.5/30 1203",
                "A line that is shorter than its columns fails with error 1203.", Here.SUPPORTED, CODES),
        ),
        pytest.param(
            b"\n", "", 1211, "The line is empty",
            marks=fact("1.5/30 1211", "An empty line fails with error 1211.", Here.SUPPORTED, CODES),
        ),
        pytest.param(
            b"1|2\0\n", r"null as '\0'", 1218, "Invalid null byte - field longer than 1 byte",
            marks=fact("1.5/30 1218",
                "With NULL AS '\\0', a NUL within a value fails with error 1218.", Here.SUPPORTED, CODES),
        ),
        pytest.param(
            b"1|2\n", "encoding utf16", 1221, "The file has no byte order mark",
            marks=fact(
                "1.5/30 1221",
                "A file in another encoding than ENCODING specifies fails with error 1221.", Here.SUPPORTED, CODES
            ),
        ),
    ],
)  # fmt: skip
def test_errors_of_lines(monkeypatch, content, options, code, reason):
    _, errors = read(monkeypatch, content, options, NUMBER, Column("d", "varchar", 5))
    assert [error[2:] for error in errors] == [(code, reason)]


@fact("1.5/CSV empty", "An empty CSV field becomes NULL in a column that is not a string.", Here.SUPPORTED, CONVERSION)
def test_empty_fields(monkeypatch):
    assert read(monkeypatch, b",\n", "csv", NUMBER, Column("d", "varchar", 5)) == ([(NULL, "")], [])


@fact("1.5/JSON absent", "A missing JSON key becomes NULL.", Here.SUPPORTED, CONVERSION)
def test_missing_keys(monkeypatch):
    assert read(monkeypatch, b"{}", "json", NUMBER, varchar()) == ([(NULL, NULL)], [])


@fact("1.5/JSON object", "A JSONPath to an object or an array yields it as JSON.", Here.SUPPORTED, JSON)
def test_objects(loader):
    paths = loader.put("p", {"jsonpaths": ["$.a"]})
    loader.run("create table t (v varchar(20))")
    assert loader.copy(loader.put("a", '{"a":{"b":[1,2]}}'), f"json '{paths}'") == [('{"b":[1,2]}',)]


@fact("1.5/JSON object length", "The column limits the length of that JSON.", Here.SUPPORTED, JSON)
def test_long_objects(monkeypatch):
    assert load(monkeypatch, varchar(5), b'{"a":[1,2]}') == (1204, "String length exceeds DDL length")


@fact("1.5/SUPER", "Objects and arrays can be loaded into SUPER columns.", Here.REFUSED, "amazon-redshift-limits")
def test_super(loader):
    assert loader.fails("create table t (v super)").sqlstate == "0A000"


@fact("1.5/NUL text", r"How a NUL in a text file is loaded without NULL AS '\0'.", Here.REFUSED, CONVERSION)
def test_nul_in_text(loader):
    loader.run("create table t (v varchar(5))")
    assert loader.copy_fails(loader.put("a", b"a\0b\n")).sqlstate == "0A000"


@fact("1.5/30 8001", "FROM with MANIFEST must name the manifest's full key (8001).", Here.SUPPORTED, CODES)
def test_code_of_a_manifest(loader):
    loader.run("create table t (v varchar(5))")
    error = loader.copy_fails("s3://shop-test/", "manifest")
    assert error.diag.message_primary == "COPY with MANIFEST parameter requires full path of an S3 object."
    assert "code:      8001" in error.diag.message_detail


@fact("1.5/30 1224", "Invalid JSON for a SUPER column fails with error 1224.", Here.REFUSED, CODES)
def test_code_of_super():
    assert refusal("json 'noshred'").sqlstate == "0A000"
