"""Errors that the warehouse sent, whichever driver raised them."""

from __future__ import annotations

import re
from dataclasses import dataclass

# Redshift reports these with SQLSTATE XX000, so only the text identifies them (AWS page "Serializable isolation").
_CONFLICT_MESSAGES = ("1023", "1018")
_CONFLICT_PHRASES = (
    "Serializable isolation violation",
    "conflict with concurrent transaction",
    "deadlock detected",
)
# The last two: a table, or its row type, that another transaction has created since this one looked for it.
_CONFLICT_STATES = ("40001", "40P01", "42P07", "42710")
# The same if that transaction was still open when this one began to wait for it (embulk/embulk-output-jdbc issue 243).
_CREATED_MEANWHILE = re.compile(r'violates unique constraint "pg_')

# Error 1016 of the engine (databricks/spark-redshift issue 348), and PostgreSQL's SQLSTATE.
_FULL_MESSAGE = "Disk Full"
_FULL_STATE = "53100"

# A statement was cancelled: by a person, by another session, or at its timeout.
_CANCELLED_STATE = "57014"

# Insufficient privilege. Messages of the engine may have the general SQLSTATE XX000.
_NOT_ALLOWED_STATE = "42501"
_NOT_ALLOWED = re.compile(r"permission denied|must be owner")

# SQLSTATE classes: unsupported features, data, constraints, logins, database and schema names, syntax and access.
_PERMANENT_STATES = ("0A", "22", "23", "28", "3D", "3F", "42")

# The codes of values that cannot be converted, in the DETAIL of the engine, which has the general SQLSTATE XX000 (AWS
# page "Load error reference").
_WRONG_VALUE = re.compile(r"^\s*code:\s*12\d\d\s*$", re.MULTILINE)


@dataclass(frozen=True)
class ServerError:
    """The fields of a server error.

    :param state: the SQLSTATE, or an empty string; Redshift's engine uses XX000 for nearly everything.
    :param message: the primary message.
    :param detail: the DETAIL lines, or an empty string.
    :param hint: what the server suggests, or an empty string.
    """

    state: str
    message: str
    detail: str
    hint: str = ""

    @classmethod
    def of(cls, error: BaseException) -> ServerError | None:
        """Return the server error that a driver's exception carries, or None if the server did not send it."""
        if error.args and isinstance(error.args[0], dict):
            fields = error.args[0]
            return cls(*(str(fields.get(name, "")).strip() for name in ("C", "M", "D", "H")))
        diagnostics = getattr(error, "diag", None)
        if diagnostics is None or diagnostics.message_primary is None:
            return None
        return cls(
            diagnostics.sqlstate or "",
            diagnostics.message_primary.strip(),
            diagnostics.message_detail or "",
            diagnostics.message_hint or "",
        )

    @property
    def is_conflict(self) -> bool:
        """Whether another transaction interfered, so that a new attempt may succeed."""
        return (
            self.state in _CONFLICT_STATES
            or self.message in _CONFLICT_MESSAGES
            or any(phrase in text for phrase in _CONFLICT_PHRASES for text in (self.message, self.detail))
            or bool(_CREATED_MEANWHILE.search(self.message))
        )

    @property
    def is_disk_full(self) -> bool:
        """Whether the warehouse ran out of disk space, for tables or for intermediate results."""
        return self.state == _FULL_STATE or self.message == _FULL_MESSAGE

    @property
    def is_cancelled(self) -> bool:
        """Whether the statement was cancelled, whatever the reason."""
        return self.state == _CANCELLED_STATE

    @property
    def is_not_allowed(self) -> bool:
        """Whether the user lacks a privilege."""
        return self.state == _NOT_ALLOWED_STATE or bool(_NOT_ALLOWED.search(self.message))

    @property
    def is_permanent(self) -> bool:
        """Whether the warehouse would refuse the same statement again."""
        return (
            self.is_not_allowed
            or self.state.startswith(_PERMANENT_STATES)
            or _WRONG_VALUE.search(self.detail) is not None
        )
