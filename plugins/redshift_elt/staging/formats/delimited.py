"""Delimited text."""

from __future__ import annotations

from dataclasses import dataclass

from redshift_elt.staging.formats.clause import Clause, present
from redshift_elt.staging.formats.record_counts import TextRules
from redshift_elt.staging.formats.text_format import TextFormat, check_delimiter, check_null


@dataclass(frozen=True, kw_only=True)
class Delimited(TextFormat):
    r"""Values with a delimiter between them, without the quotes of CSV. They are mapped to columns by position.

    :param delimiter: one or more ASCII characters.
    :param null_as: the text that means NULL. None: ``\N``.
    :param escape: a backslash means that the next character is part of the value: a delimiter, a line break, a
        quotation mark or a backslash.
    :param removequotes: remove the single or double quotation marks around a value; what is within them is data, so a
        delimiter too, but not a line break.
    :param fillrecord: load a record that ends early with NULL in the columns that are missing; VARCHAR columns get an
        empty text, unless ``emptyasnull`` is set.
    """

    delimiter: str = "|"
    null_as: str | None = None
    escape: bool = False
    removequotes: bool = False
    fillrecord: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        check_delimiter(self.delimiter)
        check_null(self.null_as)
        if self.removequotes and set(self.delimiter) & set("'\""):
            raise ValueError(
                f"delimiter is {self.delimiter!r}, but removequotes removes quotation marks: write another delimiter."
            )

    def _format_clauses(self, _bucket: str, /) -> list[Clause]:
        options = [
            ("null as", self.null_as),
            ("escape", self.escape),
            ("removequotes", self.removequotes),
            ("fillrecord", self.fillrecord),
        ]
        return [Clause("delimiter", self.delimiter), *present(options)]

    def _rules(self) -> TextRules:
        return TextRules(self.header_lines, ignore_blank=self.ignoreblanklines, escape=self.escape)
