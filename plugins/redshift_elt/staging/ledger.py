"""The ledger: which version of which S3 object each target has loaded, and when its prefixes were last listed.

A target's entries change in the transaction of its load, so the ledger is never ahead of the data (docs/adr/0003).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from redshift_elt.run.window import FULL_LOAD
from redshift_elt.sql.identifiers import target_name
from redshift_elt.sql.render import render
from redshift_elt.staging.named_objects import NamedObjects

if TYPE_CHECKING:
    from redshift_elt.connection.session import Session
    from redshift_elt.staging.source import Source

_NAMED_OBJECTS = 20


@dataclass(frozen=True)
class StagedCounts:
    """How much a run has staged, as its table of staged files shows it.

    :param objects: the number of S3 objects that the run staged.
    :param listings: the number of prefixes that it listed.
    """

    objects: int
    listings: int


@dataclass(frozen=True)
class Ledger:
    """The ledger of one source for the targets that load from it.

    :param targets: the tables that load from the source.
    :param files: the run's table of staged files, see :func:`redshift_elt.run.names.files_table`.
    """

    targets: Sequence[str]
    files: str

    def stage_unloaded(self, session: Session, source: Source, listed: str) -> int:
        """Write the listed objects that a target has not loaded in their version into the run's table of staged files.

        :param listed: the temporary table of the objects that S3 has listed.
        :return: the number of these objects.
        """
        statement = render("ledger/stage_unloaded.sql", files=self.files, listed=listed, targets=self._names)
        return session.execute(statement, self._of_source(source))

    def changed_and_gone(self, session: Session, source: Source, listed: str) -> tuple[NamedObjects, NamedObjects]:
        """Return which objects all targets have loaded in another version than S3 has, and which ones are not listed.

        :param listed: the temporary table of the objects that S3 has listed.
        """
        query = render("ledger/changed_and_gone.sql", listed=listed, targets=self._names)
        rows = session.fetch(query, {**self._of_source(source), "most": _NAMED_OBJECTS})
        changed, gone = (
            NamedObjects.of([(source.bucket, key, count) for found, key, count in rows if found == outcome])
            for outcome in ("changed", "gone")
        )
        return changed, gone

    def last_listing(self, session: Session, bucket: str, prefix: str) -> datetime | None:
        """Return the time of the last listing of which every target has loaded all objects; UTC, without a zone.

        :return: None if a target has not loaded any listing of this prefix.
        """
        query = render("ledger/last_listing.sql", targets=self._names)
        [(count, oldest)] = session.fetch(query, {"bucket": bucket, "prefix": prefix, **self._target_values})
        return oldest if count == len(self._names) else None

    def last_key(self, session: Session, bucket: str, prefix: str) -> str | None:
        """Return the last key below a prefix that every target has loaded in the same version; None if there is none.

        S3 and Redshift both sort texts by the bytes of their UTF-8 form.

        :param prefix: ends with a slash.
        """
        # The character after the slash.
        keys = {"prefix": prefix, "prefix_end": f"{prefix[:-1]}0"}
        query = render("ledger/last_key.sql", targets=self._names)
        last: str | None
        [(last,)] = session.fetch(query, {"bucket": bucket, **keys, **self._target_values})
        return last

    def staged(self, session: Session) -> StagedCounts:
        """Return how much the run has staged."""
        [(objects, listings)] = session.fetch(render("ledger/count_staged.sql", files=self.files))
        return StagedCounts(objects, listings)

    def has_newer(self, session: Session, target: str) -> bool:
        """Return whether the target has newer objects than the run has staged.

        It has if it has loaded another version, and not an older one, of a staged object; or if a full load of it has
        ended since the run listed its source. A full load also removes objects from the ledger, so the ledger alone
        does not show that a staged object is no longer in S3.
        """
        return self._any(session, "ledger/count_newer.sql", self._since_full_load(target))

    def has_changed(self, session: Session, target: str) -> bool:
        """Return whether the target has loaded another version of a staged object before."""
        return self._any_staged(session, "ledger/count_changed.sql", target)

    def has_loaded(self, session: Session, target: str) -> bool:
        """Return whether the target has loaded a staged object in the same version."""
        return self._any_staged(session, "ledger/count_loaded.sql", target)

    def is_older_than_full_load(self, session: Session, target: str) -> bool:
        """Return whether a full load of the target has ended since the run listed its source."""
        return self._any(session, "ledger/count_full_loads_since.sql", self._since_full_load(target))

    def changed(self, session: Session, target: str) -> NamedObjects:
        """Return the staged objects that a target has loaded in another version."""
        return self._named(session, render("ledger/changed_objects.sql", files=self.files), target)

    def missing(self, session: Session, target: str, others: Sequence[Ledger] = ()) -> NamedObjects:
        """Return the objects that a target has loaded and that the run has not staged.

        :param others: the ledgers of the target's other sources.
        """
        query = render("ledger/missing_objects.sql", files=[ledger.files for ledger in (self, *others)])
        return self._named(session, query, target)

    def forget_all(self, session: Session, target: str) -> None:
        """Empty the ledger of a target, of all its sources: a full load has replaced everything that it held."""
        self._write(session, "ledger/forget_all_objects.sql", target)

    def record(self, session: Session, target: str, staged: StagedCounts, *, keep_older: bool = False) -> None:
        """Record that the target has loaded what the run staged; the caller commits it together with the load.

        :param staged: what :meth:`staged` has returned. Without new objects or listings nothing is written.
        :param keep_older: whether the ledger also keeps the older versions of the objects, because the target still has
            their rows.
        """
        if staged.objects:
            if not keep_older:
                self._write(session, "ledger/forget_objects.sql", target)
            self._write(session, "ledger/record_objects.sql", target)
        if staged.objects or staged.listings:
            self._write(session, "ledger/forget_listings.sql", target)
            self._write(session, "ledger/record_listings.sql", target)

    @property
    def _names(self) -> list[str]:
        return sorted({target_name(target) for target in self.targets})

    @property
    def _target_values(self) -> dict[str, str]:
        return {f"target_{number}": name for number, name in enumerate(self._names, 1)}

    def _of_source(self, source: Source) -> dict[str, str]:
        first_key, key_end = source.key_bounds
        return {"bucket": source.bucket, "first_key": first_key, "key_end": key_end, **self._target_values}

    def _any_staged(self, session: Session, template: str, target: str) -> bool:
        return self._any(session, template, {"target": target_name(target)})

    def _any(self, session: Session, template: str, values: Mapping[str, object]) -> bool:
        [(count,)] = session.fetch(render(template, files=self.files), values)
        return bool(count)

    @staticmethod
    def _since_full_load(target: str) -> dict[str, object]:
        return {"target": target_name(target), "full_load_start": FULL_LOAD.bounds[0]}

    def _named(self, session: Session, query: str, target: str) -> NamedObjects:
        return NamedObjects.of(session.fetch(query, {"target": target_name(target), "most": _NAMED_OBJECTS}))

    def _write(self, session: Session, template: str, target: str) -> None:
        session.execute(render(template, files=self.files), {"target": target_name(target)})
