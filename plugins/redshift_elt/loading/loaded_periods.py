"""Which periods of a target need no comparison, because it has all of their rows already (docs/adr/0019).

A load that overwrites its window also overwrites the windows of its periods that were loaded before, because their
objects can have late events. It records the versions of the objects that it has compared them with. While S3 has the
same versions, the rows of these windows are those of the objects, so the next load compares its own window only.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from redshift_elt.run.intervals import joined, without
from redshift_elt.run.period import Period
from redshift_elt.sql.identifiers import target_name
from redshift_elt.sql.render import ROWS_PER_INSERT, numbered
from redshift_elt.staging.batches import batched

if TYPE_CHECKING:
    from redshift_elt.loading.scoped_table import Differences
    from redshift_elt.loading.target_load import TargetLoad
    from redshift_elt.run.intervals import Interval

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LoadedPeriods:
    """What a load compares, and which periods its target has all rows of.

    :param loaded: the window together with the windows in its reach that the target has been loaded for.
    :param compared: the part of it that the load compares: the window and, in periods of which the target does not have
        all rows, the windows that were loaded before.
    :param settled: whether the target should have all rows already: the whole window was loaded before, and no object
        has changed since.
    :param loaded_before: whether the whole window was loaded before.
    :param recorded: the periods in the reach of which the target has all rows, each with a digest of what these follow
        from; None if that was not read.
    :param read: the same for the periods that the load has read completely: what is true once it has compared them.
    """

    load: TargetLoad
    loaded: Sequence[Interval]
    compared: Sequence[Interval]
    settled: bool
    loaded_before: bool
    recorded: Mapping[Period, str] | None
    read: Mapping[Period, str]

    @classmethod
    def of(cls, load: TargetLoad, columns: Sequence[str], history: Sequence[tuple[Any, ...]]) -> LoadedPeriods:
        """Return what a load compares.

        :param columns: the columns that it writes.
        :param history: the rows of ``loaded_windows.sql``.
        """
        window, read = load.window, _read(load, columns)
        if (reach := load.reach) is None:
            return cls(load, [window.bounds], [window.bounds], False, False, None, read)
        windows = [(start, end) for start, end, versions in history if versions is None]
        recorded = {Period(start, end): versions for start, end, versions in history if versions is not None}
        complete = [period for period, versions in read.items() if recorded.get(period) == versions]
        if load.compares_whole_periods:
            complete = []
        changed = without(windows, ((period.start, period.end) for period in complete))
        start, end = window.bounds
        loaded_before = any(first <= start and end <= last for first, last in joined(windows))
        settled = loaded_before and set(complete) == set(window.periods(load.calendars[0]))
        loaded, compared = (window.with_others(some, reach) for some in (windows, changed))
        return cls(load, loaded, compared, settled, loaded_before, recorded, read)

    @property
    def narrowed(self) -> bool:
        """Whether windows that were loaded before are not compared."""
        return self.compared != self.loaded

    def contradicted_by(self, found: Differences) -> bool:
        """Return whether a comparison has found what a narrowed one cannot correct.

        A row that another window was loaded with can lose against a row of this one with the same key. And if the
        target should have all rows, but does not, something else has changed it or what its rows follow from.
        """
        return self.narrowed and bool(found.displaced or (self.settled and found))

    def widened(self) -> LoadedPeriods:
        """Return the same with a comparison of all windows that were loaded before; log it."""
        log.info(
            "%s: the window %s has rows that other windows depend on, or rows that differ although no object has "
            "changed. All windows of the same periods that were loaded before are compared.",
            self.load.target.table,
            self.load.window,
        )
        return replace(self, compared=self.loaded)

    def record(self) -> None:
        """Record of which periods the target has all rows; nothing is written if that has been recorded already.

        A period of which an object is missing is forgotten: the target can have rows of other versions, and a window
        without rows that the object has.
        """
        if self.recorded == self.read:
            return
        changed = [period for period, versions in self.read.items() if (self.recorded or {}).get(period) != versions]
        if self.recorded is not None and set(self.recorded) == set(self.read) and len(changed) == 1:
            self.load.execute("change_period.sql", self._row(changed[0]))
            return
        if self.recorded != {}:
            first, last = self.load.reach or self.load.window.bounds
            target = target_name(self.load.target.table)
            self.load.execute("forget_periods.sql", {"target": target, "first": first, "last": last})
        for some in batched(map(self._row, self.read), ROWS_PER_INSERT):
            self.load.execute("record_periods.sql", numbered(some), rows=len(some))

    def _row(self, period: Period) -> dict[str, object]:
        return {
            "target": target_name(self.load.target.table),
            "period_start": period.start,
            "period_end": period.end,
            "versions": self.read[period],
        }


def _read(load: TargetLoad, columns: Sequence[str]) -> dict[Period, str]:
    """Return the periods that the run has read completely, each with a digest of what its rows follow from.

    That is the definition of the load, and each version of an object. None are returned if a row of a period can be in
    an object of another one, or if the sources have different periods.
    """
    sources, calendars = load.sources, load.calendars
    if not sources or len(calendars) > 1 or any(item.pattern is None or item.margin_days for item in sources):
        return {}
    if load.window.full:
        periods = sorted({period for source in sources for period in source.periods})
    else:
        periods = load.window.periods(calendars[0])
    unread = {period for source in sources for period in source.unread(periods)}
    definition = [load.definition, list(columns)]
    return {
        period: _digest([definition, [source.versions.get(period) for source in sources]])
        for period in periods
        if period not in unread
    }


def _digest(parts: object) -> str:
    return sha256(json.dumps(parts).encode()).hexdigest()
