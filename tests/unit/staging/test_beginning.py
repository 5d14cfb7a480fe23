"""The beginning of a text, from the first bytes of its compressed form."""

from __future__ import annotations

import bz2
import gzip
import random

import pytest

from redshift_elt.staging.drift.beginning import beginning

# Does not compress well.
TEXT = random.Random(3).randbytes(200_000).hex().encode()


@pytest.mark.parametrize(("compression", "compress"), [("none", bytes), ("gzip", gzip.compress)])
def test_beginning(compression, compress):
    content = compress(TEXT)
    assert beginning(content, compression, 1000) == TEXT[:1000]
    found = beginning(content[: len(content) // 2], compression, len(TEXT))
    assert len(found) > len(TEXT) // 3
    assert TEXT.startswith(found)


def test_bzip2_has_large_blocks():
    content = bz2.compress(TEXT)
    assert beginning(content, "bzip2", 1000) == TEXT[:1000]
    assert beginning(content[: len(content) // 2], "bzip2", 1000) == b""


@pytest.mark.parametrize("compression", ["gzip", "bzip2", "zstd", "lzop"])
def test_what_cannot_be_read_is_empty(compression):
    assert beginning(TEXT[:1000], compression, 1000) == b""
