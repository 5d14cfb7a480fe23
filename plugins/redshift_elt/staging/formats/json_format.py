"""JSON."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TextIO

from redshift_elt.staging.formats.clause import Clause
from redshift_elt.staging.formats.field_mapping import check_mapping, mapping_option, paths_key
from redshift_elt.staging.formats.record_counts import count_json_values
from redshift_elt.staging.formats.record_format import RecordFormat

_NOSHRED = "noshred"
_KEYWORDS = ("auto", "auto ignorecase", _NOSHRED)


@dataclass(frozen=True)
class Json(RecordFormat):
    """JSON values, one after the other; best one per line.

    :param mapping: how fields become columns. ``auto``: a field is the column of the same name, which is in lower case.
        ``auto ignorecase``: whatever its case. ``noshred``: the table has one column, of type SUPER, and gets the whole
        value. Anything else is the key of a JSONPaths file in the bucket of the objects; it may be a template.
    """

    mapping: str = "auto"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_mapping(self.mapping, _KEYWORDS)
        if self.mapping == _NOSHRED and self.columns:
            raise ValueError("Json('noshred') fills the only column of the table: leave columns out.")

    def _format_clauses(self, bucket: str, /) -> list[Clause]:
        return [Clause("format as json", mapping_option(self.mapping, _KEYWORDS, bucket))]

    def paths_key(self) -> str | None:
        """Return the key of the JSONPaths file, or None if there is none."""
        return paths_key(self.mapping, _KEYWORDS)

    def rendered(self, render: Callable[[str], str], /) -> Json:
        """Return the format with its templates rendered."""
        return replace(self, mapping=render(self.mapping))

    def count_records(self, text: TextIO) -> int:
        """Return the number of values in the text of an object, and of lines that are not JSON."""
        return count_json_values(text)
