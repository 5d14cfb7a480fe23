"""The fields of the first records of a CSV file with a header."""

from __future__ import annotations

import csv
from io import StringIO
from typing import TYPE_CHECKING

from redshift_elt.staging.drift.field_values import Fields, FieldValues, merged

if TYPE_CHECKING:
    from redshift_elt.staging.formats.csv_format import Csv

_BYTE_ORDER_MARK = "\ufeff"
# COPY's default (AWS page "Data format parameters").
_NULL = r"\N"


def csv_fields(text: str, csv_format: Csv) -> Fields:
    """Return the fields in their order, or an empty dict if the file has no header or repeats a name in it.

    :param text: the beginning of a file, which may end within a record.
    """
    complete, _, _ = text.removeprefix(_BYTE_ORDER_MARK).rpartition("\n")
    lines = csv.reader(StringIO(complete, newline=""), delimiter=csv_format.delimiter, quotechar=csv_format.quote)
    try:
        rows = list(lines)
    except csv.Error:
        # COPY reports it.
        return {}
    if not 0 < csv_format.header_lines <= len(rows):
        return {}
    names = rows[csv_format.header_lines - 1]
    if len(set(names)) < len(names):
        return {}
    null = _NULL if csv_format.null_as is None else csv_format.null_as
    records = (
        {name: FieldValues.of(None if value == null else value) for name, value in zip(names, row, strict=False)}
        for row in rows[csv_format.header_lines :]
    )
    return merged({name: FieldValues() for name in names}, *records)
