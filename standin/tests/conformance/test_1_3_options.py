"""Section 1.3: what each option of COPY does. More of it is in ../copy."""

from __future__ import annotations

import codecs

import pytest

from redshift_standin.copy.columns import Column
from standin_support.facts import Here, fact
from standin_support.loading import refusal
from standin_support.one_object import load, read, varchar
from standin_support.whole import BUCKET

CONVERSION = "copy-parameters-data-conversion"
FORMAT = "copy-parameters-data-format"
LOAD = "copy-parameters-data-load"
AUTOMATIC = "automatic-recognition"

DATE = Column("c", "date")
TIME = Column("c", "timestamp")
ZONED = Column("c", "timestamptz")
NUMBER = Column("c", "int4")
PRICE = Column("c", "numeric", 5, 2)
NULL = r"\N"


@pytest.mark.parametrize(
    ("column", "raw", "options", "text"),
    [
        pytest.param(
            TIME, b'"2019-02-11 05:09:12"', "", "2019-02-11 05:09:12",
            marks=fact(
                "1.3/TIMEFORMAT",
                "The default format of a TIMESTAMP is `YYYY-MM-DD HH:MI:SS`.", Here.SUPPORTED, CONVERSION
            ),
        ),
        pytest.param(
            ZONED, b'"2019-02-11 05:09:12+02"', "", "2019-02-11 05:09:12+02:00",
            marks=fact(
                "1.3/TIMEFORMAT zone",
                "The default format of a TIMESTAMPTZ has the UTC offset at its end.", Here.SUPPORTED, CONVERSION
            ),
        ),
        pytest.param(
            TIME, b"1541105830", "timeformat 'epochsecs'", "2018-11-01 20:57:10",
            marks=fact("1.3/TIMEFORMAT epochsecs",
                "'epochsecs' reads seconds since the epoch.", Here.SUPPORTED, CONVERSION),
        ),
        pytest.param(
            TIME, b"1541105830796", "timeformat as 'epochmillisecs'", "2018-11-01 20:57:10.796000",
            marks=fact("1.3/TIMEFORMAT epochmillisecs",
                "'epochmillisecs' reads milliseconds since the epoch.", Here.SUPPORTED, CONVERSION),
        ),
        pytest.param(
            TIME, b'"03.31.2003 18:45:05"', "timeformat 'MM.DD.YYYY HH:MI:SS'", "2003-03-31 18:45:05",
            marks=fact(
                "1.3/TIMEFORMAT pattern", "A pattern gives the position of each part.", Here.SUPPORTED, CONVERSION
            ),
        ),
        pytest.param(
            TIME, b'"2019-02-11T05:09:12.195Z"', "timeformat 'auto'", "2019-02-11 05:09:12.195000",
            marks=fact("1.3/TIMEFORMAT auto", "'auto' reads ISO 8601 with fractions.", Here.SUPPORTED, AUTOMATIC),
        ),
        pytest.param(
            ZONED, b'"2019-02-11T05:09:12+02"', "timeformat 'auto'", "2019-02-11 05:09:12+02:00",
            marks=fact("1.3/TIMEFORMAT auto zone", "'auto' reads offsets.", Here.SUPPORTED, AUTOMATIC),
        ),
        pytest.param(
            TIME, b'"02/11/2019 05:09:12"', "timeformat 'auto'", "2019-02-11 05:09:12",
            marks=fact("1.3/TIMEFORMAT auto month", "'auto' reads `MM/DD/YYYY`.", Here.SUPPORTED, AUTOMATIC),
        ),
        pytest.param(
            DATE, b'"2019-02-11"', "", "2019-02-11",
            marks=fact("1.3/DATEFORMAT", "The default format of a DATE is `YYYY-MM-DD`.", Here.SUPPORTED, CONVERSION),
        ),
        pytest.param(
            DATE, b'"2019-02-11 05:09:12"', "", "2019-02-11",
            marks=fact("1.3/DATEFORMAT time",
                "The time after a date is ignored in a DATE column.", Here.SUPPORTED, CONVERSION),
        ),
        pytest.param(
            TIME, b'"2019-02-11"', "", "2019-02-11 00:00:00",
            marks=fact(
                "1.3/DATEFORMAT midnight", "A TIMESTAMP without a time of day is midnight.", Here.SUPPORTED, CONVERSION
            ),
        ),
        pytest.param(
            DATE, b'"31.12.2018"', "dateformat 'DD.MM.YYYY'", "2018-12-31",
            marks=fact(
                "1.3/DATEFORMAT pattern", "A pattern gives the position of each part.", Here.SUPPORTED, CONVERSION
            ),
        ),
        pytest.param(
            DATE, b'"20190211"', "dateformat 'auto'", "2019-02-11",
            marks=fact("1.3/DATEFORMAT auto", "'auto' reads several date formats.", Here.SUPPORTED, AUTOMATIC),
        ),
        pytest.param(
            DATE, b'"soon"', "dateformat 'auto' acceptanydate", NULL,
            marks=fact("1.3/ACCEPTANYDATE", "An invalid date becomes NULL.", Here.SUPPORTED, CONVERSION),
        ),
        pytest.param(
            varchar(3), '"aää"'.encode(), "truncatecolumns", "aä",
            marks=fact("1.3/TRUNCATECOLUMNS", "Strings that are too long are truncated.", Here.SUPPORTED, CONVERSION),
        ),
        pytest.param(
            varchar(), b'"  "', "blanksasnull", NULL,
            marks=fact("1.3/BLANKSASNULL", "A string of blanks becomes NULL.", Here.SUPPORTED, CONVERSION),
        ),
        pytest.param(
            varchar(), b'""', "emptyasnull", NULL,
            marks=fact("1.3/EMPTYASNULL", "An empty string becomes NULL, also in JSON.", Here.SUPPORTED, CONVERSION),
        ),
        pytest.param(
            varchar(), b'"  "', "emptyasnull", "  ",
            marks=fact("1.3/EMPTYASNULL blanks",
                "EMPTYASNULL does not change strings of blanks.", Here.SUPPORTED, CONVERSION),
        ),
        pytest.param(
            varchar(), b'"a  "', "trimblanks", "a",
            marks=fact("1.3/TRIMBLANKS", "Trailing blanks of a VARCHAR are removed.", Here.SUPPORTED, CONVERSION),
        ),
        pytest.param(
            Column("c", "char", 5), b'"a  "', "trimblanks", "a  ",
            marks=fact("1.3/TRIMBLANKS CHAR", "TRIMBLANKS has no effect on a CHAR.", Here.SUPPORTED, CONVERSION),
        ),
        pytest.param(
            varchar(), b'"a\xa4b"', "acceptinvchars", "a?b",
            marks=fact("1.3/ACCEPTINVCHARS", "Invalid UTF-8 is replaced with `?`.", Here.SUPPORTED, CONVERSION),
        ),
        pytest.param(
            varchar(), b'"a\xe4\xa4b"', "acceptinvchars as '^'", "a^^b",
            marks=fact(
                "1.3/ACCEPTINVCHARS as",
                "The replacement can be another character. It is repeated once for each invalid byte.", Here.SUPPORTED,
                CONVERSION,
            ),
        ),
        pytest.param(
            PRICE, b"20.255", "roundec", "20.26",
            marks=fact("1.3/ROUNDEC", "Decimals are rounded.", Here.SUPPORTED, CONVERSION),
        ),
        pytest.param(
            PRICE, b"20.259", "", "20.25",
            marks=fact("1.3/ROUNDEC without", "Without ROUNDEC, decimals are truncated.", Here.SUPPORTED, CONVERSION),
        ),
    ],
)  # fmt: skip
def test_value_options(monkeypatch, column, raw, options, text):
    assert load(monkeypatch, column, raw, options) == text


@pytest.mark.parametrize(
    ("column", "raw", "options", "code"),
    [
        pytest.param(
            TIME, b"1541105830796", "timeformat 'auto'", 1206,
            marks=fact("1.3/TIMEFORMAT auto epoch", "'auto' does not read epoch times.", Here.SUPPORTED, AUTOMATIC),
        ),
        pytest.param(
            TIME, b'"2018-11-01 20:57:10"', "timeformat 'epochmillisecs'", 1206,
            marks=fact("1.3/TIMEFORMAT mixed",
                "Epoch numbers and timestamp strings cannot be mixed.", Here.SUPPORTED, CONVERSION),
        ),
        pytest.param(
            TIME, b'"Feb 11 2019 05:09:12"', "timeformat 'auto'", 1206,
            marks=fact("1.3/TIMEFORMAT auto name", "'auto' reads month names.", Here.DIFFERS, AUTOMATIC),
        ),
        pytest.param(
            TIME, b'"2019-02-11T05:09:12+02"', "timeformat 'auto'", 1206,
            marks=fact(
                "1.3/TIMEFORMAT auto shift", "How a TIMESTAMP treats an offset other than UTC.", Here.UNKNOWN,
                "no source",
            ),
        ),
    ],
)  # fmt: skip
def test_invalid_timestamps(monkeypatch, column, raw, options, code):
    assert load(monkeypatch, column, raw, options)[0] == code


JSON_EXCLUDES = (
    "escape", "removequotes", "fillrecord", "ignoreblanklines", "delimiter ','", "fixedwidth 'a:1'", "csv",
    "null as 'x'", "readratio 50",
)  # fmt: skip


@pytest.mark.parametrize(
    ("options", "named"),
    [
        pytest.param(
            "timeformat 'EPOCHSECS'", "EPOCHSECS",
            marks=fact("1.3/TIMEFORMAT case", "Keywords in upper case are not recognized.", Here.SUPPORTED, CONVERSION),
        ),
        pytest.param(
            "timeformat 'YYYY-MM-DD HH:MI:SS TZ'", "date or time format",
            marks=fact("1.3/TIMEFORMAT TZ", "A pattern cannot have a time zone.", Here.SUPPORTED, CONVERSION),
        ),
        pytest.param(
            "maxerror 100001", "MAXERROR",
            marks=fact("1.3/MAXERROR maximum", "MAXERROR can be at most 100,000.", Here.SUPPORTED, LOAD),
        ),
        pytest.param(
            "ignoreallerrors maxerror 5", "IGNOREALLERRORS",
            marks=fact(
                "1.3/IGNOREALLERRORS MAXERROR",
                "IGNOREALLERRORS cannot be combined with MAXERROR.", Here.SUPPORTED, LOAD
            ),
        ),
        pytest.param(
            "ignoreallerrors parquet", "IGNOREALLERRORS",
            marks=fact(
                "1.3/IGNOREALLERRORS PARQUET", "IGNOREALLERRORS cannot be combined with PARQUET.", Here.SUPPORTED, LOAD
            ),
        ),
        pytest.param(
            "comprows 999", "COMPROWS",
            marks=fact("1.3/COMPROWS", "COMPROWS is between 1,000 and 2,147,483,647.", Here.SUPPORTED, LOAD),
        ),
        *(
            pytest.param(
                f"json 'auto' {option}", option.split()[0].upper(),
                marks=fact(
                    f"1.3/JSON {option.split()[0].upper()}",
                    f"JSON cannot be combined with {option.split()[0].upper()}.",
                    Here.SUPPORTED, FORMAT,
                ),
            )
            for option in JSON_EXCLUDES
        ),
    ],
)  # fmt: skip
def test_options_that_are_refused(options, named):
    error = refusal(options)
    assert error.sqlstate == "42601"
    assert named in str(error)


@pytest.mark.parametrize(
    ("content", "options", "columns", "rows"),
    [
        pytest.param(
            b"a|\\N\n", "", 2, [("a", NULL)],
            marks=fact("1.3/NULL AS", "`\\N` stands for NULL in text and CSV files.", Here.SUPPORTED, CONVERSION),
        ),
        pytest.param(
            b"a|-\n", "null as '-'", 2, [("a", NULL)],
            marks=fact("1.3/NULL AS other", "Another string can stand for NULL.", Here.SUPPORTED, CONVERSION),
        ),
        pytest.param(
            codecs.BOM_UTF16_LE + "a|ä\n".encode("utf-16-le"), "encoding as utf16", 2, [("a", "ä")],
            marks=fact(
                "1.3/ENCODING", "UTF16, UTF16LE and UTF16BE are converted to UTF-8.", Here.SUPPORTED, CONVERSION
            ),
        ),
        pytest.param(
            b"a\n", "fillrecord", 3, [("a", "", NULL)],
            marks=fact(
                "1.3/FILLRECORD", "Missing trailing columns become NULL, or an empty string in a VARCHAR.",
                Here.SUPPORTED, CONVERSION,
            ),
        ),
        pytest.param(
            b"a\n", "fillrecord emptyasnull", 3, [("a", NULL, NULL)],
            marks=fact(
                "1.3/FILLRECORD EMPTYASNULL", "With EMPTYASNULL, all of them become NULL.", Here.SUPPORTED, CONVERSION
            ),
        ),
        pytest.param(
            b"h1|h2\na|b\n", "ignoreheader as 1", 2, [("a", "b")],
            marks=fact("1.3/IGNOREHEADER", "The first lines are skipped.", Here.SUPPORTED, CONVERSION),
        ),
        pytest.param(
            b'{"a":\n"x"}\n{"a": "y"}\n', "json ignoreheader 2", 1, [("y",)],
            marks=fact("1.3/IGNOREHEADER JSON", "Lines of JSON files are skipped as well.", Here.SUPPORTED,
                       "copy-usage_notes-copy-from-json"),
        ),
        pytest.param(
            b"a\\|b|c\n", "escape", 2, [("a|b", "c")],
            marks=fact("1.3/ESCAPE", "A backslash escapes the next character.", Here.SUPPORTED, CONVERSION),
        ),
        pytest.param(
            b"\"a|b\"|'c'\n", "removequotes", 2, [("a|b", "c")],
            marks=fact("1.3/REMOVEQUOTES", "Quotation marks around a field are removed.", Here.SUPPORTED, CONVERSION),
        ),
        pytest.param(
            b"a|b\n\nc|d\n", "ignoreblanklines", 2, [("a", "b"), ("c", "d")],
            marks=fact("1.3/IGNOREBLANKLINES", "Empty lines are skipped.", Here.SUPPORTED, CONVERSION),
        ),
    ],
)  # fmt: skip
def test_line_options(monkeypatch, content, options, columns, rows):
    known = (Column("a", "varchar", 9), Column("b", "varchar", 9), NUMBER)
    assert read(monkeypatch, content, options, *known[:columns]) == (rows, [])


@fact(
    "1.3/MANIFEST",
    "With MANIFEST, FROM names an object that lists the files. Without it, the list itself is read as data.",
    Here.SUPPORTED,
    "copy-parameters-data-source-s3",
)
def test_manifest(loader):
    url = loader.put("a", "7\n")
    manifest = loader.put("m", {"entries": [{"url": url}]})
    loader.run("create table t (id integer)")
    assert "Load into table 't' failed" in str(loader.copy_fails(manifest))
    assert loader.copy(manifest, "manifest") == [(7,)]


@fact("1.3/ENCODING manifest", "Manifests are UTF-8 regardless of ENCODING.", Here.SUPPORTED, CONVERSION)
def test_encoding_of_a_manifest(loader):
    url = loader.put("a", "ä\n".encode("utf-16-le"))
    manifest = loader.put("m", {"entries": [{"url": url}]})
    loader.run("create table t (name varchar(5))")
    assert loader.copy(manifest, "manifest encoding utf16le") == [("ä",)]


@fact("1.3/IGNOREHEADER files", "The lines are skipped in each file.", Here.SUPPORTED, CONVERSION)
def test_headers_of_all_files(loader):
    loader.put("a/1", "id\n1\n")
    loader.put("a/2", "id\n2\n")
    loader.run("create table t (id integer)")
    assert loader.copy(f"s3://{BUCKET}/a/", "ignoreheader 1") == [(1,), (2,)]


@fact("1.3/MAXERROR", "COPY fails when the number of errors reaches MAXERROR.", Here.SUPPORTED, LOAD)
def test_maxerror(loader):
    url = loader.put("a", "1\nx\ny\n4\n")
    loader.run("create table t (id integer)")
    assert "Load into table 't' failed" in str(loader.copy_fails(url, "maxerror 2"))
    assert loader.copy(url, "maxerror as 3") == [(1,), (4,)]


@fact(
    "1.3/MAXERROR 0", "The default of MAXERROR is 0. With 0 and 1, COPY fails at the first error.", Here.SUPPORTED, LOAD
)
def test_first_error(loader):
    url = loader.put("a", "1\nx\n")
    loader.run("create table t (id integer)")
    for option in ("", "maxerror 0", "maxerror 1"):
        assert "Load into table 't' failed" in str(loader.copy_fails(url, option))
    assert loader.run("select * from t") == []


@fact(
    "1.3/MAXERROR JSONPaths",
    "MAXERROR does not tolerate a malformed JSONPaths file.",
    Here.SUPPORTED,
    LOAD,
)
def test_maxerror_and_paths(loader):
    url, paths = loader.put("a", {"id": 1}), loader.put("p", {"jsonpaths": [""]})
    loader.run("create table t (id integer)")
    assert "Invalid JSONPath format" in str(loader.copy_fails(url, f"json '{paths}' maxerror 100"))


@fact("1.3/IGNOREALLERRORS", "All invalid rows are skipped.", Here.SUPPORTED, LOAD)
def test_ignoreallerrors(loader):
    url = loader.put("a", "1\nx\n3\ny\n")
    loader.run("create table t (id integer)")
    assert loader.copy(url, "ignoreallerrors") == [(1,), (3,)]


@fact(
    "1.3/EXPLICIT_IDS",
    "EXPLICIT_IDS loads values into an IDENTITY column. A column GENERATED BY DEFAULT AS IDENTITY does not need it.",
    Here.SUPPORTED,
    CONVERSION,
)
def test_explicit_ids(loader):
    url = loader.put("a", "7|x\n")
    loader.run("create table t (id integer identity(1, 1), name varchar(5))")
    assert loader.copy(url, "explicit_ids") == [(7, "x")]
    loader.run("create table d (id integer generated by default as identity(1, 1), name varchar(5))")
    assert loader.copy(url, table="d(id, name)") == [(7, "x")]


@fact("1.3/EXPLICIT_IDS unique", "Values loaded with EXPLICIT_IDS need not be unique.", Here.SUPPORTED, CONVERSION)
def test_explicit_ids_need_not_be_unique(loader):
    url = loader.put("a", "7|x\n7|y\n")
    loader.run("create table t (id integer identity(1, 1), name varchar(5))")
    assert loader.copy(url, "explicit_ids") == [(7, "x"), (7, "y")]


@fact(
    "1.3/COMPUPDATE",
    "COMPUPDATE and STATUPDATE choose encodings and collect statistics.",
    Here.DIFFERS,
    LOAD,
)
def test_compupdate_and_statupdate(loader):
    url = loader.put("a", "1\n")
    loader.run("create table t (id integer)")
    for options in ("compupdate preset statupdate on", "compupdate off statupdate off", "comprows 1000 compupdate on"):
        loader.copy(url, options)
    assert loader.run("select count(*) from t") == [(3,)]


@fact("1.3/NOLOAD", "NOLOAD reads the files, fails as a load would, and loads nothing.", Here.SUPPORTED, LOAD)
def test_noload(loader):
    good, bad = loader.put("good", "1\n2\n"), loader.put("bad", "1\nx\n")
    loader.run("create table t (id integer)")
    assert loader.copy(good, "noload") == []
    assert "Load into table 't' failed" in str(loader.copy_fails(bad, "noload"))
