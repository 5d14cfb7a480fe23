"""A source that is a snapshot: its objects together contain every row that the source has at one moment."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import AirflowFailException

from redshift_elt.loading.row_scope import EVERYTHING
from redshift_elt.loading.scoped_table import ScopedTable
from redshift_elt.run.on_missing import FAIL
from redshift_elt.sql.bookkeeping import bookkeeping_schema
from redshift_elt.sql.identifiers import target_name

if TYPE_CHECKING:
    from redshift_elt.connection.columns import Columns
    from redshift_elt.loading.target_load import TargetLoad

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Recorded:
    """What a target has loaded before a snapshot is loaded.

    :param following: the time of the next later snapshot that it has loaded; None if there is none.
    :param is_known: whether it has loaded the snapshot itself before.
    """

    following: datetime | None
    is_known: bool


@dataclass(frozen=True)
class Snapshot:
    """The snapshot that a load reads.

    :param location: where it is, for messages.
    :param at: its time, UTC without a zone: the beginning of the period in its keys or, if they have none, when the
        latest of its objects was written.
    """

    location: str
    at: datetime

    @classmethod
    def staged(cls, load: TargetLoad) -> Snapshot | None:
        """Return the snapshot that the run has staged, or None if it is not in S3.

        :raises AirflowFailException: the run has staged more than one, its objects have no rows, or it is not in S3
            and the source has ``on_missing="fail"``.
        """
        [source] = load.sources
        table, moments = load.target.table, source.snapshots
        if len(moments) > 1:
            raise AirflowFailException(
                f"The run has staged {len(moments)} snapshots of {source.location}, but the load of {table} needs one. "
                "Nothing was changed. Name the source only in the staged_by of loads that read snapshots, or run "
                "windows of one period each."
            )
        if moments:
            return cls(source.location, moments[0])
        if source.has_none:
            raise AirflowFailException(
                f"The objects of {source.location} have no rows, but a snapshot without rows would remove all rows of "
                f"{table}. Nothing was changed. Correct the objects, then clear the task."
            )
        message = f"{source.location} has no object for {load.window}, so {table} was not changed."
        if source.on_missing == FAIL:
            raise AirflowFailException(f"{message} Add the object, then clear the task.")
        log.warning("%s", message)
        return None

    def recorded(self, load: TargetLoad) -> Recorded:
        """Return what the target has loaded before.

        A full load reads the latest snapshot that S3 has, so it forgets later ones: their objects have been removed,
        for example because they were wrong.
        """
        following, known = load.fetch_row("next_snapshot.sql", self._values(load))
        if following and load.window.full:
            load.execute("forget_later_snapshots.sql", self._values(load))
            log.warning(
                "%s has loaded snapshots of %s UTC and later, but S3 does not have them any more (%s). The full load "
                "goes back to the snapshot of %s UTC.",
                load.target.table,
                following,
                self.location,
                self.at,
            )
            following = None
        return Recorded(following, bool(known))

    def is_older(self, load: TargetLoad, recorded: Recorded) -> bool:
        """Return whether the target has loaded a later snapshot, and log it."""
        if recorded.following is None:
            return False
        log.warning(
            "%s has loaded a later snapshot than that of %s UTC at %s, which is therefore not loaded. If the later one "
            "(see %s.snapshots) is wrong, remove its objects and start a full load: it rebuilds the table from the "
            "latest snapshot that is left.",
            load.target.table,
            self.at,
            self.location,
            bookkeeping_schema(),
        )
        return True

    def record(self, load: TargetLoad) -> None:
        """Record that the target has loaded the snapshot."""
        load.execute("insert_snapshot.sql", self._values(load))

    def _values(self, load: TargetLoad) -> dict[str, object]:
        return {"target": target_name(load.target.table), "snapshot_at": self.at}


def refuse_rejects(table: str, location: str, rejected: int) -> None:
    """Fail if COPY could not load records of a snapshot: their keys would be treated as gone from the source.

    :param table: the target.
    :param location: where the snapshot is.
    :param rejected: the number of rejected records.
    :raises AirflowFailException: there are some.
    """
    if rejected:
        raise AirflowFailException(
            f"COPY has rejected {rejected:,} records of {location}. A snapshot must be complete: {table} would lose "
            "the rows of these records. Nothing was changed. The records are in the log of the staging task and in "
            f"{bookkeeping_schema()}.rejects. Correct the objects, then clear the task."
        )


def keep_snapshot_rows(load: TargetLoad, columns: Columns) -> int:
    """Keep the rows of the SELECT in the temporary table ``fresh``, each distinct row once; return their number.

    :param columns: the columns that the SELECT yields.
    :raises AirflowFailException: the SELECT yields no row, or a key is null or not unique.
    """
    target = load.target
    rows = ScopedTable(load, target.table, columns, EVERYTHING).keep_fresh_rows()
    if not rows:
        raise AirflowFailException(
            f"The SELECT for {target.table} yields no row of the snapshot, which would remove all rows of the table. "
            "Nothing was changed. Correct the SELECT or the objects, then clear the task."
        )
    load.check_fresh_keys()
    (keys,) = load.fetch_row("count_repeated_keys.sql", fresh=load.temporary.fresh)
    if keys:
        raise AirflowFailException(
            f"{keys:,} keys ({', '.join(target.key)}) have several rows that differ in the snapshot for "
            f"{target.table}. Nothing was changed. Correct key if it does not identify a row, correct the objects, or "
            "let the SELECT choose one row for each key."
        )
    return rows


def refuse_too_many_gone(load: TargetLoad, held: int, gone: int, max_deleted: float) -> None:
    """Fail if a snapshot does not have too many of the target's rows, as one that is not complete.

    :param held: the number of rows that the snapshot replaces.
    :param gone: how many of them it does not have.
    :param max_deleted: the largest share.
    :raises AirflowFailException: see above.
    """
    if gone > max_deleted * held:
        raise AirflowFailException(
            f"{gone:,} of {held:,} rows of {load.target.table} are not in the snapshot, more than max_deleted="
            f"{max_deleted:g} allows. Nothing was changed. If the snapshot is incomplete, write its objects again and "
            "clear the run. If it is right, set max_deleted=1, clear the task, and restore the old value."
        )
