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

    A warning names the tables of other users. VACUUM succeeds on them, but has no effect without a role that allows it.

    :param session: a session that is not in a transaction.
    """
    _run_for_each(session, tables, _BOTH)


def remove_deleted_rows(session: Session, table: str) -> None:
    """Remove all deleted rows of a table from the disks. A warning says if the table belongs to another user.

    :param session: a session that is not in a transaction.
    """
    _run_for_each(session, [table], _REMOVE_DELETED)


def _run_for_each(session: Session, tables: Iterable[str], templates: Sequence[str]) -> None:
    names = list(tables)
    own = _own(session, names)
    for name in names:
        log.info("VACUUM of %s.", name)
        try:
            for template in templates:
                session.execute(render(template, name=name))
        except Exception as error:
            if name in own or not ((found := ServerError.of(error)) and found.is_not_allowed):
                raise
    if others := [name for name in names if name not in own]:
        [(user,)] = session.fetch(render("access/current_user.sql"))
        log.warning(
            "%s does not own these tables: %s. VACUUM succeeds on them, but has no effect unless %s is a superuser or "
            "has a role with the permission (AWS page 'VACUUM'). Redshift vacuums and analyzes them itself when it is "
            "idle. To grant the permission, run these statements once as a superuser: create role etl_maintenance; "
            "grant vacuum, analyze to role etl_maintenance; grant role etl_maintenance to %s; (see docs/aws.md).",
            user,
            ", ".join(others),
            user,
            user,
        )


def _own(session: Session, names: Sequence[str]) -> set[str]:
    """Return the names of the tables that the user owns, with the schema, and without it if that is enough.

    :param names: the names of the tables in question.
    """
    if not names:
        return set()
    without_schema = sorted({name.rpartition(".")[2] for name in names})
    found = session.fetch(render("access/own_tables.sql", names=without_schema))
    return {f"{schema}.{table}" for schema, table, _ in found} | {table for _, table, is_default in found if is_default}
