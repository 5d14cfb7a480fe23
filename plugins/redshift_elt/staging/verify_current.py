"""Verify that what a run has staged is still current.

A load does that after it has taken the lock of its target. Loads of one target run one after another, so no load can
replace an object's rows by those of an older version (docs/adr/0004).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from redshift_elt.sql.render import render
from redshift_elt.staging.discover import list_source

if TYPE_CHECKING:
    from redshift_elt.connection.session import Session
    from redshift_elt.staging.staging_context import StagingContext


def is_current(session: Session, context: StagingContext, target: str) -> bool:
    """Return whether the staged objects are those that S3 has; with a ledger, whether the target has no newer one.

    A full load always compares with S3: it deletes what it has not staged, so it must not miss an object that another
    run has loaded in the meantime, and the ledger does not show which objects S3 has no longer.

    :param target: the table that is loaded; the caller holds its lock.
    """
    if context.ledger and not context.window.full:
        return not (context.ledger.staged(session).objects and context.ledger.has_superseded(session, target))
    staged = set(session.fetch(render("stage/staged_versions.sql", files=context.files)))
    # S3 lists what it has at that moment (AWS page "Amazon S3 data consistency model").
    return staged == {(item.key, item.etag, item.modified) for item in list_source(context)}
