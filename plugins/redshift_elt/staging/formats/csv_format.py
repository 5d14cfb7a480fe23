"""CSV."""

from __future__ import annotations

from dataclasses import dataclass

from redshift_elt.staging.formats.clause import Clause, present
from redshift_elt.staging.formats.file_format import check_character
from redshift_elt.staging.formats.record_counts import TextRules
from redshift_elt.staging.formats.text_format import TextFormat, check_delimiter, check_null


@dataclass(frozen=True, kw_only=True)
class Csv(TextFormat):
    """CSV: values may be quoted, and then have delimiters and line breaks in them.

    Values are mapped to columns by position. A quotation mark within quotes is written twice; COPY has neither ESCAPE
    nor REMOVEQUOTES for CSV, see :class:`redshift_elt.staging.formats.delimited.Delimited`.

    :param delimiter: one ASCII character.
    :param quote: the quotation mark, one ASCII character.
    :param null_as: the text that means NULL.
    :param fillrecord: load a record that ends early with NULL in the columns that are missing; VARCHAR columns get an
        empty text, unless ``emptyasnull`` is set.
    """

    delimiter: str = ","
    quote: str = '"'
    null_as: str | None = None
    fillrecord: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        check_delimiter(self.delimiter)
        check_character("quote", self.quote)
        check_null(self.null_as)
        if len(self.delimiter) > 1:
            raise ValueError(f"delimiter is {self.delimiter!r}: CSV has one character; for several, write Delimited().")
        if self.delimiter == self.quote:
            raise ValueError(f"delimiter and quote are both {self.quote!r}: write two different characters.")

    def _format_clauses(self, _bucket: str, /) -> list[Clause]:
        options = [
            ("quote as", None if self.quote == '"' else self.quote),
            ("delimiter", None if self.delimiter == "," else self.delimiter),
            ("null as", self.null_as),
            ("fillrecord", self.fillrecord),
        ]
        return [Clause("format as csv"), *present(options)]

    def _rules(self) -> TextRules:
        return TextRules(self.header_lines, ignore_blank=self.ignoreblanklines, quote=self.quote)
