"""The formats that UNLOAD writes, and the options that each excludes: AWS page "UNLOAD"."""

from __future__ import annotations

from dataclasses import dataclass

TEXT = "text"


@dataclass(frozen=True)
class Format:
    """A format that UNLOAD writes.

    :param shown: its name in the system views.
    :param excluded: the options that cannot be used with it.
    :param extension: the extension of its file names.
    """

    shown: str
    excluded: frozenset[str]
    extension: str = ""


_OF_TEXT = frozenset({"delimiter", "header", "addquotes", "escape", "null"})

FORMATS = {
    TEXT: Format("Text", frozenset()),
    # AWS does not document how ADDQUOTES and ESCAPE combine with CSV's own quoting.
    "csv": Format("CSV", frozenset({"addquotes", "escape"})),
    "json": Format("JSON", _OF_TEXT),
    "parquet": Format("Parquet", _OF_TEXT | {"bzip2", "gzip", "zstd"}, ".parquet"),
}
