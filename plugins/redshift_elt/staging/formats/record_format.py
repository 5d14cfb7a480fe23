"""What the formats have in common whose records COPY converts one by one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from redshift_elt.staging.formats.clause import Clause, present
from redshift_elt.staging.formats.compression import Compression, check_compression, common_compression
from redshift_elt.staging.formats.file_format import FileFormat

Encoding = Literal["utf8", "utf16", "utf16le", "utf16be"]

_ENCODINGS: dict[Encoding, str] = {"utf8": "utf-8", "utf16": "utf-16", "utf16le": "utf-16-le", "utf16be": "utf-16-be"}
_TIME_KEYWORDS = ("auto", "epochsecs", "epochmillisecs")
_ZONE = re.compile("TZ|OF", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class RecordFormat(FileFormat):
    """A format whose records COPY converts, or rejects, one by one (AWS page "Data conversion parameters").

    :param compression: ``none``, ``gzip``, ``bzip2``, ``zstd`` or ``lzop``. None: what the endings of the keys say,
        which must be the same for all objects of a COPY.
    :param encoding: ``utf8``, ``utf16``, ``utf16le`` or ``utf16be``.
    :param date_format: ``auto`` or a pattern such as ``DD.MM.YYYY``. None: ``YYYY-MM-DD``.
    :param time_format: ``auto``, ``epochsecs``, ``epochmillisecs`` or a pattern. None: ``YYYY-MM-DD HH:MI:SS``.
    :param acceptanydate: load a date or time that does not have the format as NULL.
    :param blanksasnull: load texts of nothing but blanks as NULL.
    :param emptyasnull: load empty texts as NULL.
    :param trimblanks: remove blanks at the end of texts.
    :param truncatecolumns: truncate texts that are too long for their column, instead of rejecting the record.
    :param roundec: round numbers to the scale of their column, instead of truncating them.
    """

    compression: Compression | None = None
    encoding: Encoding = "utf8"
    date_format: str | None = None
    time_format: str | None = None
    acceptanydate: bool = False
    blanksasnull: bool = False
    emptyasnull: bool = False
    trimblanks: bool = False
    truncatecolumns: bool = False
    roundec: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        check_compression(self.compression)
        if self.encoding not in _ENCODINGS:
            raise ValueError(f"encoding is {self.encoding!r}: write one of {', '.join(_ENCODINGS)}.")
        _check_keyword("date_format", self.date_format, ("auto",))
        _check_keyword("time_format", self.time_format, _TIME_KEYWORDS)
        if self.time_format not in (None, *_TIME_KEYWORDS) and _ZONE.search(self.time_format or ""):
            raise ValueError(
                f"time_format {self.time_format!r} has a time zone, which a pattern cannot have: write 'auto', which "
                "reads ISO 8601 with an offset."
            )

    def clauses(self, bucket: str) -> list[Clause]:
        """Return the options of COPY: the format itself first."""
        options = [
            ("encoding", None if self.encoding == "utf8" else self.encoding),
            ("dateformat", self.date_format),
            ("timeformat", self.time_format),
            ("acceptanydate", self.acceptanydate),
            ("blanksasnull", self.blanksasnull),
            ("emptyasnull", self.emptyasnull),
            ("trimblanks", self.trimblanks),
            ("truncatecolumns", self.truncatecolumns),
            ("roundec", self.roundec),
        ]
        return [*super().clauses(bucket), *present(options)]

    def compression_of(self, keys: Iterable[str], /) -> Compression:
        """Return the compression of objects.

        :raises ValueError: it is not given, and not the same for all of them.
        """
        return self.compression or common_compression(keys)

    @property
    def python_encoding(self) -> str:
        """Python's name for the encoding of the objects."""
        return _ENCODINGS[self.encoding]


def _check_keyword(name: str, value: str | None, keywords: tuple[str, ...]) -> None:
    if value == "":
        raise ValueError(f"{name} is empty: write a pattern, or leave it out.")
    if value is not None and value not in keywords and value.lower() in keywords:
        raise ValueError(f"{name} is {value!r}: COPY knows this keyword only in lower case, {value.lower()!r}.")
