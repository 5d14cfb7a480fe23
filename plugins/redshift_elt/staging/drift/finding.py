"""One difference between the fields of an object and the columns of the staging table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from redshift_elt.staging.drift.field_values import FieldValues

Kind = Literal["new", "added", "not_added", "case", "missing", "type"]


@dataclass(frozen=True)
class Finding:
    """A difference.

    :param kind: one of

        - ``new``: a field without a column, which COPY ignores
        - ``added``: the same; a column was added for it
        - ``not_added``: the same; no column can be added for it
        - ``case``: a field whose name differs from the expected one only in upper and lower case, so that COPY
          ignores it
        - ``missing``: a column without a field
        - ``type``: a field none of whose values its column can hold

    :param name: the name of the field; for ``missing`` the expected one.
    :param column: the column that the field belongs to; None if it has none.
    :param values: the values of the field.
    """

    kind: Kind
    name: str
    column: str | None = None
    values: FieldValues = field(default_factory=FieldValues)

    def __str__(self) -> str:
        return {
            "new": f"the field {self.name!r} ({self.values}) has no column, so it is not loaded",
            "added": f"the field {self.name!r} ({self.values}) had no column; the column {self.column} is added",
            "not_added": (
                f"the field {self.name!r} ({self.values}) has no column, so it is not loaded. No column can be added: "
                "COPY would not find one by this name, or all values are null"
            ),
            "case": (
                f"the field {self.name!r} differs only in upper and lower case from the one that COPY loads into the "
                f"column {self.column}, so it is not loaded"
            ),
            "missing": f"no record has the field {self.name!r}, so the column {self.column} is NULL",
            "type": f"the values of the field {self.name!r} ({self.values}) do not fit the column {self.column}",
        }[self.kind]
