"""VACUUM and ANALYZE, which the warehouse does by itself only while it is idle."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from redshift_elt.connection.server_error import ServerError
from redshift_elt.sql.render import render

if TYPE_CHECKING:
    from redshift_elt.connection.session import Session

log = logging.getLogger(__name__)

_BOTH = ("maintenance/vacuum.sql", "maintenance/analyze.sql")
_REMOVE_DELETED = ("maintenance/vacuum_all_deleted.sql",)


def vacuum_and_analyze(session: Session, tables: Iterable[str]) -> None:
    """Vacuum and analyze tables, one after the other: a cluster runs one VACUUM at a time (AWS page "VACUUM").

    Tables for which the user of the connection lacks the privilege are skipped, and logged.

    :param session: a session that is not in a transaction.
    """
    _run_for_each(session, tables, _BOTH)


def remove_deleted_rows(session: Session, table: str) -> None:
    """Remove all deleted rows of a table from the disks, unless the user of the connection lacks the privilege.

    :param session: a session that is not in a transaction.
    """
    _run_for_each(session, [table], _REMOVE_DELETED)


def _run_for_each(session: Session, tables: Iterable[str], templates: Sequence[str]) -> None:
    refused = []
    for name in tables:
        log.info("VACUUM of %s.", name)
        try:
            for template in templates:
                session.execute(render(template, name=name))
        except Exception as error:
            if not ((found := ServerError.of(error)) and found.is_not_allowed):
                raise
            refused.append(name)
    if refused:
        [(user,)] = session.fetch(render("access/current_user.sql"))
        log.warning(
            "These tables were skipped, because their owner is another user: %s. The warehouse vacuums and analyzes "
            "them itself when it is idle. To let %s do it, let a superuser run once: create role etl_maintenance; "
            "grant vacuum, analyze to role etl_maintenance; grant role etl_maintenance to %s; (see docs/aws.md).",
            ", ".join(refused),
            user,
            user,
        )
