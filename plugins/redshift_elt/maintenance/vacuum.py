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

    Tables of other users are logged: without a role that allows it, VACUUM has no effect on them, and succeeds all the
    same (AWS page "VACUUM").

    :param session: a session that is not in a transaction.
    """
    _run_for_each(session, tables, _BOTH)


def remove_deleted_rows(session: Session, table: str) -> None:
    """Remove all deleted rows of a table from the disks, if the user of the connection may; otherwise log it.

    :param session: a session that is not in a transaction.
    """
    _run_for_each(session, [table], _REMOVE_DELETED)


def _run_for_each(session: Session, tables: Iterable[str], templates: Sequence[str]) -> None:
    names = list(tables)
    own = _own(session, names)
    refused = set()
    for name in names:
        log.info("VACUUM of %s.", name)
        try:
            for template in templates:
                session.execute(render(template, name=name))
        except Exception as error:
            if not ((found := ServerError.of(error)) and found.is_not_allowed):
                raise
            refused.add(name)
    if doubtful := [name for name in names if name in refused or name not in own]:
        [(user,)] = session.fetch(render("access/current_user.sql"))
        log.warning(
            "These tables belong to another user than %s: %s. VACUUM has no effect on them, although it succeeds, "
            "unless %s is a superuser or has a role that allows it (AWS page 'VACUUM'). The warehouse vacuums and "
            "analyzes them itself when it is idle. If there is no such role yet, let a superuser run once: "
            "create role etl_maintenance; grant vacuum, analyze to role etl_maintenance; "
            "grant role etl_maintenance to %s; (see docs/aws.md).",
            user,
            ", ".join(doubtful),
            user,
            user,
        )


def _own(session: Session, names: Sequence[str]) -> set[str]:
    """Return those of the tables that the user of the connection owns."""
    bare = {name: name.rpartition(".")[2] for name in names}
    found = session.fetch(render("access/own_tables.sql", names=sorted(set(bare.values())))) if names else []
    own = {f"{schema}.{table}" for schema, table in found} | {table for _, table in found}
    return {name for name in names if name in own}
