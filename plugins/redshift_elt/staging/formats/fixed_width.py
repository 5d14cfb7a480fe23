"""Text with columns of a fixed width."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from redshift_elt.sql import identifiers
from redshift_elt.staging.formats.clause import Clause
from redshift_elt.staging.formats.text_format import TextFormat


@dataclass(frozen=True)
class FixedWidth(TextFormat):
    """Lines in which each value has a fixed number of characters. Values are mapped to columns by position.

    COPY has neither DELIMITER nor ESCAPE for them, and no ENCODING but UTF-8.

    :param widths: the number of characters of each column, in the order of the file. Their names are for the reader
        only: COPY maps by position (AWS page "Data format parameters"). They must be those of ``columns`` if it is
        given.
    """

    widths: Mapping[str, int]

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.widths:
            raise ValueError("widths is empty: write the width of each column, such as {'order_id': 8, 'name': 20}.")
        for name, width in self.widths.items():
            identifiers.identifier(name)
            if width < 1:
                raise ValueError(f"The width of {name} is {width}: write 1 or more characters.")
        if self.columns and list(self.columns) != list(self.widths):
            raise ValueError(
                f"columns and widths name different columns: {', '.join(self.columns)}; {', '.join(self.widths)}."
            )
        if self.encoding != "utf8":
            raise ValueError(f"encoding is {self.encoding!r}, but COPY reads fixed widths only as UTF-8: leave it out.")
        # A copy, so that the format stays as it was checked.
        object.__setattr__(self, "widths", dict(self.widths))

    def _format_clauses(self, _bucket: str, /) -> list[Clause]:
        return [Clause("fixedwidth", ",".join(f"{name}:{width}" for name, width in self.widths.items()))]
