"""The fields of the first records of a text file whose header has their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from redshift_elt.staging.drift.field_values import Fields, FieldValues, merged

if TYPE_CHECKING:
    from redshift_elt.staging.drift.text_rows import Rows
    from redshift_elt.staging.formats.csv_format import Csv
    from redshift_elt.staging.formats.delimited import Delimited

# COPY's default (AWS page "Data format parameters").
_NULL = r"\N"


def text_fields(rows: Rows, text_format: Csv | Delimited) -> Fields:
    """Return the fields in their order, or an empty dict if the file has no header or repeats a name in it.

    A line with fewer values than the first record is a title and not a header.

    :param rows: the values of the first lines of the file.
    """
    if not 0 < text_format.header_lines <= len(rows):
        return {}
    names = rows[text_format.header_lines - 1]
    records_of_file = rows[text_format.header_lines :]
    if len(set(names)) < len(names) or len(names) < len(next(iter(records_of_file), ())):
        return {}
    null = _NULL if text_format.null_as is None else text_format.null_as
    records = (
        {name: FieldValues.of(None if value == null else value) for name, value in zip(names, row, strict=False)}
        for row in records_of_file
    )
    return merged({name: FieldValues() for name in names}, *records)
