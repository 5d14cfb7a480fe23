"""Columns of a target that say which load has written a row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

from redshift_elt.run.clock import now
from redshift_elt.sql.identifiers import identifier

if TYPE_CHECKING:
    from redshift_elt.run.window import Window


@dataclass(frozen=True)
class AuditColumns:
    """The columns of a target in which a load records where a row comes from; each of them is optional.

    A load writes them in the rows that it inserts or changes, and in no others. It never compares them, so a repeated
    load still changes nothing, and a row keeps the values of the load that last changed it. The SELECT does not yield
    them.

    :param run_id: the column for the id of the run; a VARCHAR.
    :param loaded_at: the column for the time of the load in UTC; a TIMESTAMP.
    :param source_period: the column for the start of the run's window in UTC; a TIMESTAMP or DATE. It is the window
        and not the period of the object that a row comes from, because COPY does not report which object that is, and
        one row can follow from several objects. A full load has no window, so it writes null.
    """

    run_id: str | None = None
    loaded_at: str | None = None
    source_period: str | None = None

    def __post_init__(self) -> None:
        for name in self.names:
            identifier(name)
        if not self.names or len(set(self.names)) < len(self.names):
            raise ValueError(
                "Each of AuditColumns must be another column, and at least one must be given. Write "
                "AuditColumns(run_id='loaded_by', loaded_at='loaded_at') with columns of the target."
            )

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that are given."""
        return tuple(name for name in astuple(self) if name is not None)

    def check_others(self, key: Iterable[str], named: Iterable[str]) -> None:
        """Refuse an audit column that has another meaning too.

        :param key: the key of the target.
        :param named: the columns that the strategy names.
        :raises ValueError: there is one.
        """
        if both := sorted({*self.names} & {*key}):
            raise ValueError(f"The key has the audit column {both[0]!r}, but a load does not compare audit columns.")
        if both := sorted({*self.names} & {*named}):
            raise ValueError(
                f"The strategy uses the audit column {both[0]!r} for something else: give AuditColumns another column."
            )

    def values(self, run_id: str, window: Window) -> dict[str, object]:
        """Return what a load writes in each of the columns."""
        start = None if window.full else window.bounds[0]
        by_column = ((self.run_id, run_id), (self.loaded_at, now()), (self.source_period, start))
        return {name: value for name, value in by_column if name is not None}
