"""Rows that are converted in bulk give the same result as rows that are converted one by one.

AWS pages "Data conversion parameters" and "Load error reference".
"""

from __future__ import annotations

import json

import pytest

from redshift_standin.copy import parse
from redshift_standin.copy.columns import Column, Target
from redshift_standin.copy.row_reader import RowReader
from standin_support.one_object import OneObject

COPY = "copy t from 's3://b/k' iam_role default json 'auto' ignoreallerrors "
NULL = r"\N"


@pytest.fixture
def read(monkeypatch):
    """Return the rows of objects, and the lines and codes of errors."""

    def read(objects, *columns: Column, options: str = ""):
        data = b"".join(json.dumps(value, ensure_ascii=False).encode() + b"\n" for value in objects)
        monkeypatch.setattr("redshift_standin.copy.row_reader.read_object", lambda *_: data)
        reader = RowReader(parse(COPY + options), Target(0, "t", columns), None, [OneObject], None)
        rows = b"".join(reader.pieces()).decode().split("\n")
        assert rows.pop() == ""
        assert len(rows) == reader.rows
        return [tuple(row.split("\t")) for row in rows], [(error.line, error.code) for error in reader.errors]

    return read


@pytest.mark.parametrize(
    ("column", "values", "texts"),
    [
        (Column("c", "varchar", 4), ["abcd", None, "ä", ""], ["abcd", NULL, "ä", ""]),
        (Column("c", "varchar", 4), ["ab\t", "c\\d", "e"], [r"ab\t", r"c\\d", "e"]),
        (Column("c", "varchar", 4), ["a", 1, True], ["a", "1", "true"]),
        (Column("c", "varchar", 9), [1.5, "x"], ["1.5", "x"]),
        (Column("c", "int2"), [-32768, 32767, None], ["-32768", "32767", NULL]),
        (Column("c", "int4"), ["26", "", "7", None], ["26", NULL, "7", NULL]),
        (Column("c", "int4"), ["", None], [NULL, NULL]),
        (Column("c", "int4"), [0, None, 5], ["0", NULL, "5"]),
        (Column("c", "int4"), [1, "2"], ["1", "2"]),
        (Column("c", "varchar", 4), [None, None], [NULL, NULL]),
        (Column("c", "float8"), [None, None], [NULL, NULL]),
        (Column("c", "int4"), ["26", "700000000"], ["26", "700000000"]),
        (Column("c", "int4"), ["-26", " 7"], ["-26", "7"]),
        (Column("c", "float8"), [0.1, None, -1540940782796.5], ["0.1", NULL, "-1540940782796.5"]),
        (Column("c", "float8"), [1.5, 2], ["1.5", "2.0"]),
        (Column("c", "bool"), [True, "no"], ["t", "f"]),
    ],
)
def test_values(read, column, values, texts):
    rows, errors = read([{"c": value, "d": 1} for value in values], column, Column("d", "int4"))
    assert errors == []
    assert rows == [(text, "1") for text in texts]


def test_milliseconds(read):
    values = [0, -1, 1541105830796, 1541105830007, 1541105890000]
    rows, errors = read(
        [{"c": value, "z": value} for value in values],
        Column("c", "timestamp"),
        Column("z", "timestamptz"),
        options="timeformat 'epochmillisecs'",
    )
    assert errors == []
    assert [row[0] for row in rows] == [
        "1970-01-01 00:00:00.000000",
        "1969-12-31 23:59:59.999000",
        "2018-11-01 20:57:10.796000",
        "2018-11-01 20:57:10.007000",
        "2018-11-01 20:58:10.000000",
    ]
    assert [row[1] for row in rows] == [row[0] + "+00:00" for row in rows]


@pytest.mark.parametrize(
    ("column", "bad", "code", "options"),
    [
        (Column("c", "varchar", 4), "abcde", 1204, ""),
        (Column("c", "varchar", 4), "äöü", 1204, ""),
        (Column("c", "varchar", 4, nullable=False), None, 1213, ""),
        (Column("c", "int2"), 32768, 1222, ""),
        (Column("c", "int4"), "3000000000", 1222, ""),
        (Column("c", "int4"), 1.0, 1207, ""),
        (Column("c", "int4"), "²", 1207, ""),
        (Column("c", "int4", nullable=False), "", 1213, ""),
        (Column("c", "float8", nullable=False), None, 1213, ""),
        (Column("c", "timestamp"), 10**18, 1206, "timeformat 'epochmillisecs'"),
        (Column("c", "timestamp"), True, 1206, "timeformat 'epochmillisecs'"),
    ],
)
def test_invalid_row_does_not_affect_its_neighbors(read, column, bad, code, options):
    values = [{"c": 1, "d": number} for number in range(1000)]
    values[700]["c"] = bad
    rows, errors = read(values, column, Column("d", "int4"), options=options)
    assert errors == [(701, code)]
    assert [row[1] for row in rows] == [str(number) for number in range(1000) if number != 700]


def test_missing_key_is_null(read):
    columns = (Column("c", "int4"), Column("d", "varchar", 5))
    assert read([{"c": 1, "d": "x"}, {"c": 2}, {"D": "y", "c": 3}], *columns)[0] == [
        ("1", "x"),
        ("2", NULL),
        ("3", NULL),
    ]


def test_chunks_keep_row_order_and_line_numbers(read):
    values = [{"c": number, "d": "x" * 90} for number in range(5000)]
    values[4321]["c"] = "bad"
    rows, errors = read(values, Column("c", "int4"), Column("d", "varchar", 90))
    assert errors == [(4322, 1207)]
    assert [int(row[0]) for row in rows] == [number for number in range(5000) if number != 4321]
