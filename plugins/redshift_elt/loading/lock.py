"""The lock of a target: one load at a time.

Loads of a target wait for each other on a small bookkeeping table of its own, so that its readers do not wait. It is
``lock_<table>`` for a table in the schema ``public``; the name for a table in another schema also has that schema,
and a digest at its end. The first load of a target creates the lock table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import AirflowException

from redshift_elt.connection.server_error import ServerError
from redshift_elt.sql.bookkeeping import LOCK, bookkeeping_schema, table_of_target
from redshift_elt.sql.render import render

if TYPE_CHECKING:
    from redshift_elt.connection.session import Session

_MISSING_RELATION = "42P01"
_MISSING_LOCK = re.compile(r'relation "(?:\w+\.)?(lock_\w+)" does not exist', re.IGNORECASE)


class LockTableMissingError(AirflowException):
    """The lock table of a target does not exist."""


def lock_targets(session: Session, targets: Iterable[str]) -> None:
    """Wait until no other load of these targets is running, and keep others waiting until the transaction ends."""
    session.execute(render("load/lock_targets.sql", locks=_lock_tables(targets)))


def create_lock_table(session: Session, target: str) -> None:
    """Create the lock table of a target if it does not exist.

    "if not exists" does not see what a transaction that is still open has created: then it waits for that transaction
    and fails with a conflict, after which the caller's transaction is repeated.
    """
    session.execute(render("load/create_lock_table.sql", lock=_lock_table(target)))


def explain_lock(error: Exception) -> Exception:
    """Return the error to raise for a lock that failed; an error that has another cause is returned as it is."""
    refused = ServerError.of(error)
    if refused and refused.state == _MISSING_RELATION and (missing := _MISSING_LOCK.search(refused.message)):
        return LockTableMissingError(f"The table {bookkeeping_schema()}.{missing[1]} does not exist.")
    return error


def _lock_tables(targets: Iterable[str]) -> list[str]:
    """Return the lock tables in their order by name, so that two loads of several targets cannot block each other."""
    return sorted({_lock_table(target) for target in targets})


def _lock_table(target: str) -> str:
    return table_of_target(LOCK, target)
