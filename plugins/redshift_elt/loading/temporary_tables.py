"""The temporary tables that a load works with."""

from __future__ import annotations

from dataclasses import dataclass

from redshift_elt.sql.identifiers import bare


@dataclass(frozen=True)
class TemporaryTables:
    """The names of the temporary tables that belong to a table: ``<table>__<part>``, such as ``users__delta``.

    They have the columns of the table that the load writes, exist in the session of the load only, and disappear with
    it. A load creates those that its strategy needs:

    =========== ============================================================ ==================================
    part        rows                                                         belongs to
    =========== ============================================================ ==================================
    ``fresh``   the rows of the SELECT                                       the target; with records, to them
    ``stale``   rows of the table in the scope that the SELECT no longer     as ``fresh``
                yields
    ``new``     rows of the SELECT that are missing from the table in the    as ``fresh``
                scope
    ``wanted``  the versions that a history should have around the time of   the target
                a snapshot
    ``deleted`` keys that records delete, and when                           the target
    ``delta``   the rows that a merge inserts into the target or updates     the target
    ``gone``    the rows that a merge deletes from the target                the target
    =========== ============================================================ ==================================

    User SQL in ``after_merge`` may read ``<target>__delta`` and ``<target>__gone``, without their schema. Both exist
    whenever it runs; either may be empty. The other tables are internal; ``stale`` and ``new`` exist only if they have
    rows.

    :param table: the table, with or without its schema.
    """

    table: str

    @property
    def fresh(self) -> str:
        """The rows of the SELECT."""
        return self._name("fresh")

    @property
    def stale(self) -> str:
        """The rows to delete before the new ones are inserted."""
        return self._name("stale")

    @property
    def new(self) -> str:
        """The rows to insert."""
        return self._name("new")

    @property
    def wanted(self) -> str:
        """The versions that a history should have around the time of a snapshot."""
        return self._name("wanted")

    @property
    def delta(self) -> str:
        """The rows to merge."""
        return self._name("delta")

    @property
    def gone(self) -> str:
        """The rows to delete after the merge."""
        return self._name("gone")

    @property
    def deleted(self) -> str:
        """The keys that records delete, with the time of the last delete of each."""
        return self._name("deleted")

    def _name(self, part: str) -> str:
        return f"{bare(self.table)}__{part}"
