"""The records that COPY could not load, as Redshift reports them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

import tenacity

from redshift_elt.sql.render import render

if TYPE_CHECKING:
    from redshift_elt.connection.session import Session

Found = TypeVar("Found")

_SHOWN = 100
_ERRORS_PER_QUERY = 5000
_DELIMITERS = re.compile(r"[,;|\t]")
# Codes of the AWS page "Load error reference".
_EXTRA_COLUMN = 1202
_INVALID_TIMESTAMP = 1206
# The pattern in the reason if time_format is not given.
_DEFAULT_PATTERN = "YYYY-MM-DD HH24:MI:SS"
# A time of ISO 8601 that the default does not read: with a T or a time zone.
_ISO_TIME = re.compile(r"\d{4}-\d\d-\d\d(?:T\d\d| \d\d:\d\d[\d:.]*(?:Z|[+-]\d\d))")
_WAIT_SECONDS = 30


@dataclass(frozen=True)
class LoadError:
    """One record that COPY could not load.

    :param query: the query id of the COPY.
    :param file: ``s3://bucket/key``; Redshift truncates it after 256 bytes.
    :param line: the line of the record; its last one if it has several.
    :param column: the column that refused its value, or an empty string if the line as a whole is wrong.
    :param code: see the AWS page "Load error reference".
    :param text: what was refused, or an empty string if the warehouse does not keep it.
    """

    query: int
    file: str
    line: int
    column: str
    type: str
    code: int
    reason: str
    text: str = ""

    def __str__(self) -> str:
        column = f", column {self.column} ({self.type})" if self.column else ""
        text = f'. It reads: "{shown(self.text)}"' if self.text else ""
        place = f"{shown(self.file, 1100)}, line {self.line}{column}"
        return f"{place}: {shown(self.reason, 500)} (code {self.code}){text}{advice(self, self.text)}"


def advice(error: LoadError, text: str) -> str:
    """Return what to do if it is not, or not only, the record that is wrong; otherwise an empty text.

    :param text: the line, or the value that was refused.
    """
    if _has_column_names(error, text):
        return ". The line has the names of the columns: write header_lines=1 in format, such as Csv(header_lines=1)"
    if error.code == _EXTRA_COLUMN:
        return (
            ". COPY has no option that ignores a value without a column: add a column to the end of the table, and to "
            "columns of format if that is given, or correct the line, if the delimiter is part of a value"
        )
    if error.code == _INVALID_TIMESTAMP and _DEFAULT_PATTERN in error.reason and (not text or _ISO_TIME.search(text)):
        return '. If the value is of ISO 8601, such as 2018-11-01T08:00:00Z, write time_format="auto" in format'
    return ""


def _has_column_names(error: LoadError, text: str) -> bool:
    fields = {field.strip().strip("\"'").lower() for field in _DELIMITERS.split(text)}
    return error.line == 1 and bool(error.column) and error.column.lower() in fields


def count_errors_of_copy(session: Session, query: int, expected: int) -> int:
    """Return how many records a COPY has rejected, as soon as the view of the errors has all of them.

    :param query: the query id of the COPY.
    :param expected: their number, according to the load history.
    """
    statement = render("stage/count_copy_errors.sql")
    [(count,)] = wait_for(
        lambda: session.fetch(statement, {"query_id": query}), lambda found: bool(found[0][0] >= expected)
    )
    return int(count)


def errors_of_copy(session: Session, query: int) -> Iterator[LoadError]:
    """Yield the records that a COPY has rejected, in the order of their files and lines; only some at a time.

    :param query: the query id of the COPY.
    """
    statement = render("stage/copy_errors.sql")
    start = 0
    while True:
        rows = session.fetch(statement, {"query_id": query, "most": _ERRORS_PER_QUERY, "start": start})
        yield from (LoadError(*row) for row in rows)
        start += len(rows)
        if len(rows) < _ERRORS_PER_QUERY:
            return


def errors_of_failure(session: Session, limit: int, *, with_texts: bool) -> list[LoadError]:
    """Return why the last COPY of this session failed, its own errors first.

    :param session: the session of the COPY, after its rollback.
    :param limit: the maximum number of errors to return.
    :param with_texts: whether the warehouse has ``stl_load_errors``.
    """
    statement = render("stage/failed_copy_errors.sql")
    rows = wait_for(lambda: session.fetch(statement, {"most": limit}), bool)
    errors = [LoadError(*row) for row in rows]
    if not (errors and with_texts):
        return errors
    queries = sorted({error.query for error in errors})
    values = {f"query_{number}": query for number, query in enumerate(queries, 1)}
    found = session.fetch(render("stage/refused_texts.sql", queries=queries), values)
    texts = {tuple(row[:4]): row[4] or row[5] for row in found}
    return [replace(error, text=texts.get((error.query, error.file, error.line, error.column), "")) for error in errors]


def wait_for(fetch: Callable[[], Found], complete: Callable[[Found], bool]) -> Found:
    """Return the result of a query as soon as it is complete, or what there is after half a minute.

    Redshift fills the views of the load history in the background.
    """
    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_not_result(complete),
        stop=tenacity.stop_after_delay(_WAIT_SECONDS),
        wait=tenacity.wait_exponential(multiplier=0.1, max=2),
        retry_error_callback=lambda state: state.outcome.result(),  # type: ignore[union-attr]
    )
    return retrying(fetch)


def shown(text: str, length: int = _SHOWN) -> str:
    """Return a text from the data as a log may show it: truncated, and without control characters.

    :param length: the number of characters after which it is truncated.
    """
    cut = text if len(text) <= length else text[:length] + "…"
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in cut
    )
