"""The values in the first lines of a text file."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from io import StringIO
from itertools import accumulate, pairwise

from redshift_elt.staging.formats.csv_format import Csv
from redshift_elt.staging.formats.delimited import Delimited
from redshift_elt.staging.formats.file_format import FileFormat
from redshift_elt.staging.formats.fixed_width import FixedWidth

_BYTE_ORDER_MARK = "\ufeff"

Rows = Sequence[Sequence[str]]


def text_rows(text: str, text_format: FileFormat) -> Rows:
    """Return the values of each complete line, header lines too; none if the text cannot be read or has another format.

    :param text: the beginning of a file, which may end within a line.
    """
    complete, end, _ = text.removeprefix(_BYTE_ORDER_MARK).rpartition("\n")
    if isinstance(text_format, Csv):
        return _csv_rows(complete, text_format)
    if isinstance(text_format, Delimited):
        return _delimited_rows(complete + end, text_format)
    return _fixed_width_rows(complete, text_format) if isinstance(text_format, FixedWidth) else ()


def _csv_rows(text: str, text_format: Csv) -> Rows:
    lines = csv.reader(StringIO(text, newline=""), delimiter=text_format.delimiter, quotechar=text_format.quote)
    try:
        return list(lines)
    except csv.Error:
        # COPY reports it.
        return ()


def _delimited_rows(text: str, text_format: Delimited) -> Rows:
    delimiter = re.escape(text_format.delimiter)
    plain = rf"(?:\\.|(?!{delimiter})[^\\\n])*" if text_format.escape else rf"(?:(?!{delimiter})[^\n])*"
    quoted = (
        rf"""(?P<mark>['"])(?P<quoted>[^\n]*?)(?P=mark)(?={delimiter}|\r?\n)|""" if text_format.removequotes else ""
    )
    value = re.compile(rf"(?:{quoted}(?P<plain>{plain}))(?P<end>{delimiter}|\r?\n)", re.DOTALL)
    rows: list[list[str]] = []
    row: list[str] = []
    position = 0
    while match := value.match(text, position):
        found, position = match.groupdict(), match.end()
        row.append((found["plain"] if found.get("quoted") is None else found["quoted"]).removesuffix("\r"))
        if match["end"] != text_format.delimiter:
            rows.append(row)
            row = []
    return rows


def _fixed_width_rows(text: str, text_format: FixedWidth) -> Rows:
    places = list(pairwise(accumulate(text_format.widths.values(), initial=0)))
    return [[line[start:end] for start, end in places] for line in text.split("\n")]
