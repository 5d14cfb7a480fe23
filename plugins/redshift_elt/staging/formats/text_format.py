"""What the text formats have in common, whose records are lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TextIO

from redshift_elt.staging.formats.clause import Clause, present
from redshift_elt.staging.formats.record_counts import TextRules, count_text_records
from redshift_elt.staging.formats.record_format import RecordFormat


@dataclass(frozen=True, kw_only=True)
class TextFormat(RecordFormat):
    """A text format (AWS page "Data format parameters").

    :param header_lines: the number of lines to skip at the start of each object. If the last of them is a record, the
        task fails, see docs/guarantees.md.
    :param ignoreblanklines: skip blank lines, instead of rejecting them.
    """

    header_lines: int = 0
    ignoreblanklines: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.header_lines < 0:
            raise ValueError(f"header_lines is {self.header_lines}: write the number of lines to skip, 0 or more.")

    def clauses(self, bucket: str) -> list[Clause]:
        """Return the options of COPY: the format itself first."""
        options = [("ignoreheader", self.header_lines or None), ("ignoreblanklines", self.ignoreblanklines)]
        return [*super().clauses(bucket), *present(options)]

    @property
    def skipped_lines(self) -> int:
        """The number of lines at the start of each object that are not records."""
        return self.header_lines

    def count_records(self, text: TextIO) -> int:
        """Return the number of records in the text of an object."""
        return count_text_records(text, self._rules())

    def _rules(self) -> TextRules:
        return TextRules(self.header_lines, ignore_blank=self.ignoreblanklines)


def check_delimiter(delimiter: str) -> None:
    """Refuse what COPY cannot use as a delimiter.

    :raises ValueError: see the message.
    """
    if not delimiter or not delimiter.isascii() or set(delimiter) & set("\n\r\0\\"):
        raise ValueError(
            f"delimiter is {delimiter!r}: write ASCII characters, such as '|' or '\\t', but no line break, NUL or "
            "backslash."
        )


def check_null(null_as: str | None) -> None:
    r"""Refuse what COPY cannot use as the text of NULL.

    :raises ValueError: it has a line break (AWS page "Data format parameters"), or a backslash: only ``\N`` is usual,
        and is COPY's default.
    """
    if null_as is not None and set(null_as) & set("\n\r\0\\"):
        raise ValueError(
            f"null_as is {null_as!r}: write a text without line breaks, NUL and backslashes. For \\N, which is COPY's "
            "default, leave it out."
        )
