"""The compression of S3 objects, which COPY has to know: it does not detect it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

Compression = Literal["none", "gzip", "bzip2", "zstd", "lzop"]

_ENDINGS: dict[str, Compression] = {
    ".gz": "gzip",
    ".gzip": "gzip",
    ".bz2": "bzip2",
    ".zst": "zstd",
    ".zstd": "zstd",
    ".lzo": "lzop",
}


def check_compression(compression: str | None) -> None:
    """Refuse what is not a compression of COPY.

    :raises ValueError: see the message.
    """
    known = ("none", *dict.fromkeys(_ENDINGS.values()))
    if compression is not None and compression not in known:
        raise ValueError(f"compression is {compression!r}: write one of {', '.join(known)}, or leave it out.")


def compression_of(key: str) -> Compression:
    """Return the compression that the ending of a key stands for."""
    return next((found for ending, found in _ENDINGS.items() if key.lower().endswith(ending)), "none")


def common_compression(keys: Iterable[str]) -> Compression:
    """Return the compression of all objects of a COPY, which has one option for all of them.

    :raises ValueError: the keys have different endings.
    """
    examples = {compression_of(key): key for key in keys}
    if len(examples) > 1:
        shown = ", ".join(f"{key} ({compression})" for compression, key in sorted(examples.items()))
        raise ValueError(
            f"The objects of one COPY have different compressions: {shown}. Compress all of them in the same way, or "
            "stage each kind with its own prefix."
        )
    return next(iter(examples), "none")
