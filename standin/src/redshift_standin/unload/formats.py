"""The formats that UNLOAD writes, and the options that each excludes: AWS page "UNLOAD"."""

from __future__ import annotations

from dataclasses import dataclass

TEXT = "text"


@dataclass(frozen=True)
class Format:
    """One format.

    :param shown: its name in the system views.
    :param excluded: the options that cannot be used with it.
    :param extension: what the names of its files end with.
    """

    shown: str
    excluded: frozenset[str]
    extension: str = ""


_OF_TEXT = frozenset({"delimiter", "header", "addquotes", "escape", "null"})

FORMATS = {
    TEXT: Format("Text", frozenset()),
    # The page leaves open what quotes and escapes do inside CSV's own.
    "csv": Format("CSV", frozenset({"addquotes", "escape"})),
    "json": Format("JSON", _OF_TEXT),
    "parquet": Format("Parquet", _OF_TEXT | {"bzip2", "gzip", "zstd"}, ".parquet"),
}
