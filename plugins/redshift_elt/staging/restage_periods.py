"""Stage again the periods whose objects have changed since the run has staged them, and keep the others.

A load does that in its own transaction, under the lock of its target. Staging a history of years takes so long that the
objects of the current period have often changed when it is loaded.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from redshift_elt.run.clock import now
from redshift_elt.sql.render import render
from redshift_elt.staging.discover import discover
from redshift_elt.staging.drift.detect import detect_drift
from redshift_elt.staging.earlier_files import EarlierFiles
from redshift_elt.staging.file_tables import FileTables
from redshift_elt.staging.rejects import FoundRejects
from redshift_elt.staging.run_copy import CopiedSource, SourceCopy

if TYPE_CHECKING:
    from redshift_elt.connection.session import Session
    from redshift_elt.staging.key_pattern import KeyPattern
    from redshift_elt.staging.manifests import Manifests
    from redshift_elt.staging.staged_objects import StagedObjects
    from redshift_elt.staging.staging_context import StagingContext

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ChangedPeriods:
    """The periods of a source whose objects have changed since the run has staged them.

    :param context: a source with ``window_column`` and without a margin, so that the rows of a period are known by
        their time.
    """

    session: Session
    context: StagingContext
    pattern: KeyPattern
    manifests: Manifests

    def stage(self) -> tuple[FoundRejects, StagedObjects, CopiedSource]:
        """Stage these periods instead of their earlier rows; return the rejects, objects and totals of all periods.

        The totals do not count the rows of the other periods that were left out.

        :raises AirflowException: as :meth:`.SourceCopy.copy`.
        """
        session, earlier = self.session, EarlierFiles(self.session, self.context)
        earlier.set_aside()
        tables = FileTables(session, self.context, self.manifests)
        objects = discover(tables, began_at=now())
        detect_drift(session, self.context, objects, can_add=False)
        earlier.keep_without_rows()
        rejects = FoundRejects.of_run(tables)
        changed = sorted(self.pattern.calendar.period_at(start) for start in earlier.changed_periods())
        for period in changed:
            log.info("%s is staged again, because its objects have changed.", period)
            earlier.delete_rows(period)
            if rejects.table:
                rejects.count -= earlier.delete_rejects(period, rejects.table)
        copier = SourceCopy(session, self.context, self.manifests, rejects)
        copier.check_paths_file()
        left = set(objects.periods(self.pattern))
        copied = copier.copy_periods(objects, [period for period in changed if period in left], rejects.count)
        count, size = objects.totals()
        [(rows,)] = session.fetch(render("stage/count_rows.sql", name=self.context.table))
        total = CopiedSource(copied.first, count, size, rows, copied.left_out, rejects.count)
        copier.check_share(total)
        return rejects, objects, total
