"""COPY from Avro files: AWS pages "Data format parameters" and "COPY from Avro format"."""

from __future__ import annotations

import io

import fastavro
import pytest

from redshift_standin.copy import parse
from redshift_standin.copy.columns import Column, Target
from redshift_standin.copy.jsonpaths import read_jsonpaths
from redshift_standin.copy.row_reader import RowReader
from redshift_standin.errors import WarehouseError

NULL = r"\N"
NESTED = {
    "type": "record",
    "name": "inner",
    "fields": [{"name": "city", "type": "string"}, {"name": "tags", "type": {"type": "array", "items": "string"}}],
}


def avro_file(fields: dict[str, object], *records: dict[str, object], codec: str = "null") -> bytes:
    schema = {"type": "record", "name": "r", "fields": [{"name": name, "type": kind} for name, kind in fields.items()]}
    file = io.BytesIO()
    fastavro.writer(file, schema, records, codec=codec)
    return file.getvalue()


@pytest.fixture
def read(monkeypatch):
    """Return the rows and the errors of a file."""

    def read(content: bytes, *columns: Column, options: str = "format as avro 'auto'", paths=None):
        monkeypatch.setattr("redshift_standin.copy.row_reader.read_object", lambda *_: content)
        summary = type("Summary", (), {"url": "s3://b/k"})
        copy = parse(f"copy t from 's3://b/k' iam_role default ignoreallerrors {options}")
        reader = RowReader(copy, Target(0, "t", columns), paths, [summary], None)
        rows = [tuple(row.split("\t")) for row in b"".join(reader.pieces()).decode().splitlines()]
        return rows, [(error.line, error.column, error.code) for error in reader.errors]

    return read


@pytest.mark.parametrize(
    ("kind", "value", "column", "text"),
    [
        ("int", 1, Column("c", "int4"), "1"),
        ("long", 1 << 40, Column("c", "int8"), "1099511627776"),
        ("double", 0.5, Column("c", "float8"), "0.5"),
        ("double", 2.5, Column("c", "numeric", 5, 2), "2.50"),
        ("double", 2.5, Column("c", "varchar", 5), "2.5"),
        ("boolean", True, Column("c", "bool"), "t"),
        ("string", "ä\tb", Column("c", "varchar", 5), r"ä\tb"),
        (["null", "string"], None, Column("c", "varchar", 5), NULL),
        ({"type": "enum", "name": "e", "symbols": ["A"]}, "A", Column("c", "varchar", 5), "A"),
        ("string", "2018-11-01", Column("c", "date"), "2018-11-01"),
    ],
)
def test_types(read, kind, value, column, text):
    assert read(avro_file({"c": kind}, {"c": value}), column) == ([(text,)], [])


@pytest.mark.parametrize("codec", ["null", "deflate", "bzip2"])
def test_fields_are_matched_by_name_and_others_are_ignored(read, codec):
    content = avro_file({"other": "int", "a": "int"}, *({"other": 0, "a": number} for number in range(3)), codec=codec)
    assert read(content, Column("a", "int4"), Column("b", "int4")) == ([(str(n), NULL) for n in range(3)], [])


def test_case_of_names_matters_unless_it_is_ignored(read):
    content = avro_file({"userId": "int"}, {"userId": 7})
    assert read(content, Column("userid", "int4")) == ([(NULL,)], [])
    assert read(content, Column("userid", "int4"), options="avro 'auto ignorecase'") == ([("7",)], [])


def test_time_format_is_that_of_numbers_too(read):
    content = avro_file({"at": "long"}, {"at": 1541105830796})
    options = "avro 'auto' timeformat 'epochmillisecs'"
    assert read(content, Column("at", "timestamp"), options=options)[0] == [("2018-11-01 20:57:10.796000",)]


def test_paths_reach_nested_values(read):
    content = avro_file({"home": NESTED}, {"home": {"city": "Oslo", "tags": ["a", "b"]}})
    paths = read_jsonpaths(b'{"jsonpaths": ["$.home.city", "$.home.tags[1]"]}', "s3://b/p")
    columns = (Column("a", "varchar", 9), Column("b", "varchar", 9))
    assert read(content, *columns, options="avro 's3://b/p'", paths=paths) == ([("Oslo", "b")], [])


def test_record_that_cannot_be_loaded_is_rejected_with_its_number(read):
    content = avro_file({"c": "string"}, {"c": "1"}, {"c": "many"}, {"c": "3"})
    assert read(content, Column("c", "int4")) == ([("1",), ("3",)], [(2, "c", 1207)])


def test_more_records_than_are_converted_together(read):
    rows, _ = read(avro_file({"c": "int"}, *({"c": number} for number in range(2_500))), Column("c", "int4"))
    assert rows == [(str(number),) for number in range(2_500)]


def test_empty_file_has_no_records(read):
    assert read(b"", Column("c", "int4")) == ([], [])


@pytest.mark.parametrize("content", [b"{}", avro_file({"c": "int"}, *({"c": 1} for _ in range(99)))[:-30]])
def test_file_that_is_not_avro_fails_the_copy(read, content):
    with pytest.raises(WarehouseError, match="Invalid AVRO file found"):
        read(content, Column("c", "int4"))


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("bytes", b"a", "The type bytes"),
        ({"type": "long", "logicalType": "timestamp-millis"}, 1, "The logical type timestamp-millis"),
        ({"type": "array", "items": "int"}, [1], "whole map, array or record"),
    ],
)
def test_what_is_not_documented_is_refused(read, kind, value, words):
    with pytest.raises(WarehouseError, match=words) as caught:
        read(avro_file({"c": kind}, {"c": value}), Column("c", "varchar", 9))
    assert caught.value.sqlstate == "0A000"


@pytest.mark.parametrize("option", ["delimiter ','", "null as 'x'", "fillrecord", "csv"])
def test_options_of_text_are_refused(option):
    with pytest.raises(WarehouseError, match="not compatible with") as caught:
        parse(f"copy t from 's3://b/k' iam_role default avro 'auto' {option}")
    assert caught.value.sqlstate == "42601"
