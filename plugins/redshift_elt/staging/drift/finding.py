"""One difference between the fields of an object and the columns of the staging table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from redshift_elt.staging.copy_errors import shown
from redshift_elt.staging.drift.field_values import FieldValues

Kind = Literal["new", "added", "not_added", "case", "moved", "missing", "type", "extra", "record"]


@dataclass(frozen=True)
class Finding:
    """A difference.

    :param kind: one of

        - ``new``: a field without a column, which COPY ignores; or, in a format whose fields are loaded by position,
          one whose name is that of no column
        - ``added``: the same; a column was added for it
        - ``not_added``: the same; no column can be added for it
        - ``case``: a field whose name differs from the expected one only in upper and lower case, so that COPY
          ignores it
        - ``moved``: a field that is not at the position of its column, in a format whose fields are loaded by position
        - ``extra``: a field after the last column, in a format whose fields are loaded by position: COPY refuses it
        - ``missing``: a column without a field
        - ``type``: a field none of whose values its column can hold
        - ``record``: a line that COPY skips as the header of a text file, but that is a record

    :param name: the name of the field; for ``missing`` the expected one, and for ``record`` the number of the line.
    :param column: the column that the field is loaded into, or would be; None if it has none. For ``record`` one whose
        value cannot be a name.
    :param values: the values of the field.
    :param text: for ``record`` the values of the line. They are data, so they are not recorded.
    """

    kind: Kind
    name: str
    column: str | None = None
    values: FieldValues = field(default_factory=FieldValues)
    text: str = ""

    def __str__(self) -> str:
        field = f"the field {self.name!r} ({self.values})"
        return {
            "new": f"{field} has no column, so it is not loaded"
            if self.column is None
            else f"no column has the name of {field}, which COPY loads by its position, into the column {self.column}",
            "added": f"{field} had no column; the column {self.column} is added",
            "not_added": (
                f"{field} has no column, so it is not loaded. No column can be added: COPY would not find one by this "
                "name, or all values are null"
            ),
            "case": (
                f"{field} differs only in upper and lower case from the one that COPY loads into the column "
                f"{self.column}, so it is not loaded"
            ),
            "moved": f"{field} is not at the position of its column. COPY loads it into {self._place}",
            "extra": (
                f"{field} is after the last column that COPY fills. COPY refuses such a record, and has no option that "
                "ignores the field: add a column for it to the end of the table, and to columns of format if that is "
                "given, or remove the field"
            ),
            "missing": f"no record has the field {self.name!r} of the column {self.column}",
            "type": f"the values of {field} do not fit the column {self.column}",
            "record": (
                f"{self.name} is a record and not a header, because its value for the column {self.column} is not a "
                f"name. It reads: {shown(self.text)}"
            ),
        }[self.kind]

    @property
    def _place(self) -> str:
        return f"the column {self.column}" if self.column else "no column"
