"""The errors that users and database clients get."""

from __future__ import annotations

import os

from redshift_standin.sqlstate import INTERNAL_ERROR


class StandinError(Exception):
    """Something that the user can put right; the message is one line that says what, where and what to do."""


class WarehouseError(Exception):
    """An error that the client receives, with the text that Redshift would send.

    :param message: the primary message.
    :param sqlstate: XX000 for nearly every error that Redshift's engine raises.
    :param detail: the DETAIL lines, if any.
    :param hint: the HINT, if any.
    :param place: the source file and the routine that Redshift names, if any.
    """

    def __init__(
        self,
        message: str,
        *,
        sqlstate: str = INTERNAL_ERROR,
        detail: str | None = None,
        hint: str | None = None,
        place: tuple[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.sqlstate = sqlstate
        self.detail = detail
        self.hint = hint
        self.place = place


def error_block(error: str, context: str, location: str, code: int = 8001) -> str:
    """Return the DETAIL of an error that Redshift's engine raises itself."""
    line = "  -----------------------------------------------"
    return (
        f"\n{line}\n  error:  {error}\n  code:      {code}\n  context:   {context}\n  query:     0\n"
        f"  location:  {location}\n  process:   padbmaster [pid={os.getpid()}]\n{line}"
    )
