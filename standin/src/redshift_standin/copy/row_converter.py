"""Converts the values of rows, one or many at a time, to PostgreSQL's text format."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from redshift_standin.copy.bulk_converters import make_bulk_converter
from redshift_standin.copy.column_converters import make_converter
from redshift_standin.copy.columns import Column
from redshift_standin.copy.conversion import NULL, ConversionError, SpellingNeeded, not_null_error
from redshift_standin.copy.statement import CopyStatement


class FieldError(Exception):
    """A value that cannot be loaded.

    :param index: the index of its column among the loaded columns.
    """

    def __init__(self, index: int, error: ConversionError) -> None:
        super().__init__(error.reason)
        self.index = index
        self.error = error


class RowConverter:
    """Converts rows of the columns that a COPY loads.

    ``replaced`` holds the indexes of the columns in which ACCEPTINVCHARS replaced a character in the last row.
    """

    def __init__(self, columns: Sequence[Column], copy: CopyStatement) -> None:
        self.replaced: list[int] = []
        self._columns = [
            (make_converter(column, copy, partial(self.replaced.append, index)), column.nullable)
            for index, column in enumerate(columns)
        ]
        self._bulk = [make_bulk_converter(column, copy) for column in columns]

    def row(self, values: Iterable[Any]) -> str:
        """Return one row.

        :param values: one value per column; iterating may raise that column's :class:`ConversionError`.
        :raises FieldError: a value cannot be loaded.
        :raises SpellingNeeded: the conversion needs a number's digits as written.
        """
        self.replaced.clear()
        fields: list[str] = []
        given = iter(values)
        try:
            for convert, nullable in self._columns:
                value = next(given)
                text = None if value is None else convert(value)
                if text is None:
                    if not nullable:
                        raise not_null_error()
                    text = NULL
                fields.append(text)
        except ConversionError as error:
            raise FieldError(len(fields), error) from error
        return "\t".join(fields) + "\n"

    def rows(self, columns: Iterable[Sequence[Any]]) -> list[str] | None:
        """Return many rows, or None if a value cannot be loaded or its row needs individual handling.

        :param columns: the values of each column.
        """
        self.replaced.clear()
        try:
            texts = [self._column(index, values) for index, values in enumerate(columns)]
        except (ConversionError, SpellingNeeded):
            return None
        return list(map("\t".join, zip(*texts, strict=True)))

    def _column(self, index: int, values: Sequence[Any]) -> Sequence[str]:
        convert, nullable = self._columns[index]
        bulk = self._bulk[index]
        texts = bulk(values) if bulk is not None else None
        if texts is None:
            converted = [None if value is None else convert(value) for value in values]
            texts = [NULL if text is None else text for text in converted]
        if not nullable and NULL in texts:
            raise not_null_error()
        return texts
