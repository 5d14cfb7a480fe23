"""The options of COPY that a format stands for, and the options that COPY does not accept."""

from __future__ import annotations

import pickle
from copy import deepcopy
from dataclasses import FrozenInstanceError
from datetime import datetime

import pytest

from redshift_elt import Avro, Csv, Delimited, FixedWidth, Json, Orc, Parquet
from redshift_elt.staging.copy_statement import CopyStatement
from redshift_elt.staging.formats.compression import common_compression
from redshift_elt.staging.manifests import manifest
from redshift_elt.staging.s3_objects import S3Object

# The clauses of COPY for each format, as in the AWS pages "Data format parameters", "Data conversion parameters" and
# "COPY from columnar data formats".
CLAUSES = [
    (Json(), "format as json 'auto'"),
    (Json("auto ignorecase"), "format as json 'auto ignorecase'"),
    (Json("noshred"), "format as json 'noshred'"),
    (Json("paths/orders.json"), "format as json 's3://shop/paths/orders.json'"),
    (
        Json(acceptinvchars="?", encoding="utf16le", date_format="auto", time_format="epochsecs", roundec=True),
        "format as json 'auto' | acceptinvchars '?' | encoding 'utf16le' | dateformat 'auto' | "
        "timeformat 'epochsecs' | roundec",
    ),
    (
        Json(acceptanydate=True, blanksasnull=True, emptyasnull=True, trimblanks=True, truncatecolumns=True),
        "format as json 'auto' | acceptanydate | blanksasnull | emptyasnull | trimblanks | truncatecolumns",
    ),
    (Csv(), "format as csv"),
    (
        Csv(delimiter=";", quote="'", null_as="NULL", header_lines=2, fillrecord=True, ignoreblanklines=True),
        "format as csv | quote as '''' | delimiter ';' | null as 'NULL' | fillrecord | ignoreheader 2 | "
        "ignoreblanklines",
    ),
    (Csv(delimiter="\t"), r"format as csv | delimiter '\011'"),
    (Delimited(), "delimiter '|'"),
    (
        Delimited(delimiter="|~|", null_as="-", escape=True, removequotes=True, fillrecord=True, header_lines=1),
        "delimiter '|~|' | null as '-' | escape | removequotes | fillrecord | ignoreheader 1",
    ),
    (FixedWidth({"id": 3, "name": 10}, roundec=True), "fixedwidth 'id:3,name:10' | roundec"),
    (Avro(), "format as avro 'auto'"),
    (
        Avro("auto ignorecase", time_format="epochmillisecs"),
        "format as avro 'auto ignorecase' | timeformat 'epochmillisecs'",
    ),
    (Avro("paths.json"), "format as avro 's3://shop/paths.json'"),
    (Orc(fillrecord=True), "format as orc | fillrecord"),
    (Parquet(), "format as parquet"),
    (Parquet(fillrecord=True, acceptinvchars="?"), "format as parquet | fillrecord | acceptinvchars '?'"),
]


@pytest.mark.parametrize(("file_format", "clauses"), CLAUSES, ids=lambda value: str(value)[:60])
def test_options_of_copy(file_format, clauses):
    statement = str(CopyStatement(name="t", url="s3://shop/k", bucket="shop", format=file_format))
    end = "" if file_format.columnar else "\ncompupdate off"
    lines = clauses.replace(" | ", "\n")
    assert statement == f"copy \"t\"\nfrom 's3://shop/k'\niam_role default\n{lines}{end}\nstatupdate off"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Json("s3://shop/paths.json"), "is a URL: write the key of a JSONPaths file in the same bucket"),
        (lambda: Json(""), "write 'auto', 'auto ignorecase', 'noshred', or the key"),
        (lambda: Json("AUTO"), "mapping is 'AUTO': write 'auto'"),
        (lambda: Json("noshred", columns=["document"]), "leave columns out"),
        (lambda: Json(compression="gz"), "write one of none, gzip, bzip2, zstd, lzop"),
        (lambda: Json(encoding="latin1"), "write one of utf8, utf16, utf16le, utf16be"),
        (lambda: Json(time_format="EPOCHSECS"), "only in lower case, 'epochsecs'"),
        (lambda: Json(time_format="YYYY-MM-DD HH24:MI:SSOF"), "write 'auto', which reads ISO 8601"),
        (lambda: Json(date_format="Auto"), "only in lower case, 'auto'"),
        (lambda: Json(date_format=""), "write a pattern, or leave it out"),
        (lambda: Json(acceptinvchars="??"), "acceptinvchars is .*write one printable ASCII character"),
        (lambda: Json(columns="a"), r"write a list, \['a'\]"),
        (lambda: Json(columns=["a", "a"]), "names a column twice"),
        (lambda: Json(columns=["a b"]), "cannot be a table or column name"),
        (lambda: Csv(delimiter="||"), r"for several, write Delimited\(\)"),
        (lambda: Csv(delimiter=""), "write ASCII characters, such as"),
        (lambda: Csv(delimiter="\n"), "no line break"),
        (lambda: Csv(delimiter="'", quote="'"), "write two different characters"),
        (lambda: Csv(quote=""), "quote is '': write one printable ASCII character"),
        (lambda: Csv(null_as="\\N"), "leave it out"),
        (lambda: Delimited(delimiter="'", removequotes=True), "write another delimiter"),
        (lambda: Delimited(delimiter="\\"), "or backslash"),
        (lambda: FixedWidth({}), "widths is empty"),
        (lambda: FixedWidth({"a": 0}), "The width of a is 0"),
        (lambda: FixedWidth({"a": 1, "b": 2}, columns=["b", "a"]), "name different columns: b, a; a, b"),
        (lambda: FixedWidth({"a": 1}, encoding="utf16"), "only as UTF-8"),
        (lambda: Avro("noshred"), "for JSON only"),
        (lambda: Avro("s3://shop/paths.json"), "is a URL"),
        (lambda: Avro(encoding="utf16"), "texts in Avro are UTF-8"),
        (lambda: Csv(header_lines=-1), "write the number of lines to skip"),
    ],
)
def test_what_copy_does_not_accept_is_refused(make, words):
    with pytest.raises(ValueError, match=words):
        make()


@pytest.mark.parametrize("file_format", [file_format for file_format, _ in CLAUSES], ids=lambda value: str(value)[:60])
def test_format_can_be_copied_and_pickled_as_airflow_does_with_tasks(file_format):
    assert deepcopy(file_format) == file_format
    assert pickle.loads(pickle.dumps(file_format)) == file_format  # noqa: S301 it was pickled here


def test_format_does_not_change():
    columns = ["a"]
    file_format = Csv(columns=columns)
    columns.append("b")
    assert file_format.columns == ("a",)
    with pytest.raises(FrozenInstanceError):
        file_format.delimiter = ";"


@pytest.mark.parametrize(
    ("keys", "compression"),
    [
        (["a.json"], "none"),
        (["a.json.gz", "b.GZ"], "gzip"),
        (["a.csv.bz2"], "bzip2"),
        (["a.zst", "b.zstd"], "zstd"),
        (["a.lzo"], "lzop"),
        ([], "none"),
    ],
)
def test_compression_follows_from_the_endings_of_the_keys(keys, compression):
    assert common_compression(keys) == compression
    assert Json().compression_of(keys) == compression
    assert Json(compression="gzip").compression_of(keys) == "gzip"
    assert Parquet().compression_of(keys) == "none"


def test_mixed_compressions_are_refused():
    with pytest.raises(ValueError, match=r"a\.json\.gz \(gzip\), b\.json \(none\)\. Compress all of them"):
        Json().compression_of(["a.json.gz", "b.json"])


def test_manifest_of_columnar_files_has_their_sizes():
    item = S3Object("shop", "orders/1.parquet", "", 7, datetime(2018, 11, 1))
    entry = '{"url": "s3://shop/orders/1.parquet", "mandatory": true'
    assert manifest([item]) == '{"entries": [' + entry + "}]}"
    assert manifest([item], columnar=True) == '{"entries": [' + entry + ', "meta": {"content_length": 7}}]}'
