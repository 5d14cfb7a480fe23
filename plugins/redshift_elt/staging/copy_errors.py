"""The lines that COPY could not load, as Redshift tells about them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

import tenacity

from redshift_elt.sql import load_history

if TYPE_CHECKING:
    from redshift_elt.connection.session import Session

Found = TypeVar("Found")

_SHOWN = 100
_WAIT_SECONDS = 30


@dataclass(frozen=True)
class LoadError:
    """One line that COPY could not load.

    :param query: the query id of the COPY.
    :param file: ``s3://bucket/key``; Redshift cuts it after 256 bytes.
    :param line: the number of the line; of its last one where a record has several.
    :param column: the column that refused its value, or an empty text where the line as a whole is wrong.
    :param code: see the AWS page "Load error reference".
    :param text: what was refused, or an empty text where the warehouse does not keep it.
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
        return f"{shown(self.file, 1100)}, line {self.line}{column}: {shown(self.reason, 500)} (code {self.code}){text}"


def errors_of_copy(session: Session, query: int, expected: int) -> list[LoadError]:
    """Return what a COPY of this session tolerated, in the order of the lines.

    :param query: the query id of the COPY.
    :param expected: how many there are, as the load history says.
    """
    rows = awaited(lambda: session.fetch(load_history.ERRORS_OF_COPY, (query,)), lambda found: len(found) >= expected)
    return [LoadError(*row) for row in rows]


def errors_of_failure(session: Session, limit: int, *, with_texts: bool) -> list[LoadError]:
    """Return why the COPY failed that this session did last; first what it met itself.

    :param session: the session of the COPY, after its rollback.
    :param limit: the greatest number of errors to return.
    :param with_texts: whether the warehouse has ``stl_load_errors``.
    """
    rows = awaited(lambda: session.fetch(load_history.ERRORS_OF_FAILURE, (limit,)), bool)
    errors = [LoadError(*row) for row in rows]
    if not (errors and with_texts):
        return errors
    found = session.fetch(load_history.refused_texts({error.query for error in errors}))
    texts = {tuple(row[:4]): row[4] or row[5] for row in found}
    return [replace(error, text=texts.get((error.query, error.file, error.line, error.column), "")) for error in errors]


def awaited(fetch: Callable[[], Found], complete: Callable[[Found], bool]) -> Found:
    """Return what a query finds as soon as it is complete, or what there is after half a minute.

    The views of the load history are filled in the background.
    """
    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_not_result(complete),
        stop=tenacity.stop_after_delay(_WAIT_SECONDS),
        wait=tenacity.wait_exponential(multiplier=0.1, max=2),
        retry_error_callback=lambda state: state.outcome.result(),  # type: ignore[union-attr]
    )
    return retrying(fetch)


def shown(text: str, length: int = _SHOWN) -> str:
    """Return a text of the data as it may stand in a log: cut, and without control characters.

    :param length: the greatest number of characters before it is cut.
    """
    cut = text if len(text) <= length else text[:length] + "…"
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in cut
    )
