"""Avro."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

from redshift_elt.staging.formats.clause import Clause
from redshift_elt.staging.formats.field_mapping import check_mapping, mapping_option, paths_key
from redshift_elt.staging.formats.record_format import RecordFormat

_KEYWORDS = ("auto", "auto ignorecase")


@dataclass(frozen=True)
class Avro(RecordFormat):
    """Avro container files.

    Their records are not counted, and a rejected record is stored without its text: the rows and the errors are
    compared with the load history of Redshift. A file has its schema and its encoding within it, and may be compressed
    there too.

    :param mapping: how fields become columns. ``auto``: a field is the column of the same name, which is in lower case.
        ``auto ignorecase``: whatever its case. Anything else is the key of a JSONPaths file in the bucket of the
        objects; it may be a template.
    """

    has_lines: ClassVar[bool] = False

    mapping: str = "auto"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_mapping(self.mapping, _KEYWORDS)
        if self.mapping == "noshred":
            raise ValueError("mapping is 'noshred', which COPY has for JSON only: write 'auto', and a SUPER column.")
        if self.encoding != "utf8":
            raise ValueError(f"encoding is {self.encoding!r}, but texts in Avro are UTF-8: leave it out.")

    def _format_clauses(self, bucket: str, /) -> list[Clause]:
        return [Clause("format as avro", mapping_option(self.mapping, _KEYWORDS, bucket))]

    def paths_key(self) -> str | None:
        """Return the key of the JSONPaths file, or None if there is none."""
        return paths_key(self.mapping, _KEYWORDS)

    def rendered(self, render: Callable[[str], str], /) -> Avro:
        """Return the format with its templates rendered."""
        return replace(self, mapping=render(self.mapping))
