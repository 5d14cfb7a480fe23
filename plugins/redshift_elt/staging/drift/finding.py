"""One difference between the fields of an object and the columns of the staging table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["new", "case", "missing", "type"]


@dataclass(frozen=True)
class Finding:
    """A difference.

    :param kind: ``new`` for a field without a column; ``case`` for a field whose name differs from the expected one
        only in upper and lower case, so that COPY ignores it; ``missing`` for a column without a field; ``type`` for a
        field none of whose values its column can hold.
    :param field: the name of the field; for ``missing`` the expected one.
    :param column: the column that the field belongs to; None for ``new``.
    :param details: the types of the values, or an empty string.
    """

    kind: Kind
    field: str
    column: str | None = None
    details: str = ""

    @property
    def is_ignored_field(self) -> bool:
        """Whether COPY ignores a field of the object."""
        return self.kind in ("new", "case")

    def __str__(self) -> str:
        if self.kind == "new":
            return f"the field {self.field!r} ({self.details}) has no column, so it is not loaded"
        if self.kind == "case":
            return (
                f"the field {self.field!r} differs only in upper and lower case from the one that COPY loads into the "
                f"column {self.column}, so it is not loaded"
            )
        if self.kind == "missing":
            return f"no record has the field {self.field!r}, so the column {self.column} is NULL"
        return f"the values of the field {self.field!r} ({self.details}) do not fit the column {self.column}"
