"""The content of objects, and lines in it."""

from __future__ import annotations

import bz2
import gzip
from io import BytesIO, TextIOWrapper

import pyarrow
import pytest
from airflow.providers.amazon.aws.hooks.s3 import S3Hook
from airflow.providers.common.compat.sdk import AirflowFailException
from botocore.exceptions import ClientError

from redshift_elt.staging import s3_content
from redshift_elt.staging.s3_content import can_decompress, lines, opened
from redshift_elt.staging.s3_objects import KeyRange, list_objects
from tests.support.s3_in_process import s3_in_process

BUCKET = "shop-data"
TEXT = b"one\ntwo\n"


@pytest.mark.parametrize(
    ("number", "size", "text"),
    [(1, 99, "a"), (2, 99, ""), (3, 99, r"Malm\xf6"), (3, 4, "Malm"), (4, 3, "ä"), (5, 99, "bc"), (6, 99, "")],
)
def test_line_is_found_and_truncated_between_characters(number, size, text):
    content = b"a\r\n\nMalm\xf6\n" + "ää".encode() + b"\nb\0c"
    stream = TextIOWrapper(BytesIO(content), "utf-8", "backslashreplace", newline="\n")
    assert list(lines(stream, [number], size)) == [text]


def test_several_lines_are_found_in_one_pass_even_behind_long_ones():
    text = TextIOWrapper(BytesIO(b"x" * 200_000 + b"\nb\nc\n"), "utf-8", newline="\n")
    assert list(lines(text, [1, 3, 3, 4, 9], 5)) == ["xxxxx", "c", "c", "", ""]


class CountedText(TextIOWrapper):
    """A text that counts how often a line of it is read."""

    read_lines = 0

    def readline(self, size=-1):
        self.read_lines += 1
        return super().readline(size)


def test_a_text_is_read_once_for_any_number_of_lines():
    text = CountedText(BytesIO(b"line\n" * 2000), "utf-8", newline="\n")
    assert list(lines(text, range(1, 2001), 9)) == ["line"] * 2000
    assert text.read_lines == 2000


@pytest.fixture(scope="module")
def s3():
    with s3_in_process(BUCKET) as client:
        contents = {
            "none": TEXT,
            "gzip": gzip.compress(TEXT),
            "bzip2": bz2.compress(TEXT),
            "zstd": pyarrow.compress(TEXT, codec="zstd", asbytes=True),
        }
        for key, content in contents.items():
            client.put_object(Bucket=BUCKET, Key=key, Body=content)
        yield S3Hook()


@pytest.mark.parametrize("compression", ["none", "gzip", "bzip2", "zstd"])
def test_object_is_decompressed_while_it_is_read(s3, compression):
    [item] = list_objects(s3, BUCKET, KeyRange(compression))
    with opened(s3, item, compression) as content:
        assert TextIOWrapper(content, "utf-8").readlines() == ["one\n", "two\n"]


def test_empty_object_has_no_compression(s3):
    s3.get_conn().put_object(Bucket=BUCKET, Key="empty", Body=b"")
    [item] = list_objects(s3, BUCKET, KeyRange("empty"))
    with opened(s3, item, "gzip") as content:
        assert content.read() == b""


def test_object_that_has_changed_is_not_read(s3):
    s3.get_conn().put_object(Bucket=BUCKET, Key="changed", Body=b"1")
    [item] = list_objects(s3, BUCKET, KeyRange("changed"))
    s3.get_conn().put_object(Bucket=BUCKET, Key="changed", Body=b"2")
    with pytest.raises(ClientError, match="PreconditionFailed"), opened(s3, item, "none") as content:
        content.read()


def test_object_is_read_in_ranges_and_no_further_than_needed(s3, monkeypatch):
    monkeypatch.setattr(s3_content, "_RANGE", 100)
    monkeypatch.setattr(s3_content, "_PIECE", 10)
    body = bytes(range(250))
    s3.get_conn().put_object(Bucket=BUCKET, Key="ranges", Body=body)
    [item] = list_objects(s3, BUCKET, KeyRange("ranges"))
    ranges = []
    s3.get_conn().meta.events.register(
        "before-parameter-build.s3.GetObject", lambda params, **_: ranges.append(params["Range"])
    )
    with opened(s3, item, "none") as content:
        assert content.read(150) == body[:150]
        assert ranges == ["bytes=0-99", "bytes=100-199"]
        assert content.read() == body[150:]
    assert ranges[2:] == ["bytes=200-249"]


@pytest.mark.parametrize("compression", ["gzip", "bzip2", "zstd"])
def test_object_that_expands_to_many_times_its_size_is_not_read_to_its_end(s3, monkeypatch, compression):
    monkeypatch.setattr(s3_content, "_ALWAYS_ALLOWED", 0)
    compress = {
        "gzip": gzip.compress,
        "bzip2": bz2.compress,
        "zstd": lambda text: pyarrow.compress(text, codec="zstd", asbytes=True),
    }
    s3.get_conn().put_object(Bucket=BUCKET, Key="bomb", Body=compress[compression](b"0" * 5_000_000))
    [item] = list_objects(s3, BUCKET, KeyRange("bomb"))
    read = []
    with opened(s3, item, compression) as content, pytest.raises(AirflowFailException) as failure:
        read.extend(iter(lambda: len(content.read(1000)), 0))
    assert f"s3://{BUCKET}/bomb has {item.size:,} bytes and expands to more than {item.size * 100:,}" in str(
        failure.value
    )
    assert sum(read) <= item.size * 100


def test_only_lzop_is_not_known_here():
    assert [name for name in ("none", "gzip", "bzip2", "zstd", "lzop") if not can_decompress(name)] == ["lzop"]
