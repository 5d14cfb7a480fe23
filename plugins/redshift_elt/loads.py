"""How a target takes over what a run staged, in the caller's transaction and under the target's lock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from airflow.sdk.exceptions import AirflowFailException

from redshift_elt.statements import merge, names, overwrite, temporary

if TYPE_CHECKING:
    from redshift_elt.transaction import Session
    from redshift_elt.window import Window


@dataclass(frozen=True)
class RowCounts:
    """How many keys a load found among the staged rows of its window, and what became of them in its target."""

    staged: int
    inserted: int
    updated: int
    deleted: int
    unchanged: int

    def __str__(self) -> str:
        return (
            f"{self.staged:,} rows staged; {self.inserted:,} inserted, {self.updated:,} updated, "
            f"{self.deleted:,} deleted, {self.unchanged:,} unchanged"
        )

    def as_xcom(self) -> dict[str, int]:
        """Return the counts by name."""
        return asdict(self)


def overwrite_window(
    session: Session, target: str, select: str, key: Sequence[str], window_column: str, window: Window
) -> RowCounts:
    """Make a table hold, inside the window, exactly what a SELECT yields; only rows that differ are written."""
    columns = _stage(session, target, select, key)
    session.execute(temporary.create(target, "fresh"))
    fresh = session.execute(overwrite.fill_fresh(target, key, window_column, columns), window.bounds)
    session.execute(temporary.create(target, "stale"))
    stale = session.execute(overwrite.fill_stale(target, window_column, columns), window.bounds)
    deleted = session.execute(overwrite.delete_stale(target, key, window_column), window.bounds) if stale else 0
    inserted = session.execute(overwrite.insert_fresh(target, window_column, columns), window.bounds) if fresh else 0
    return RowCounts(staged=fresh, inserted=inserted, updated=0, deleted=deleted, unchanged=fresh - inserted)


def merge_delta(
    session: Session,
    target: str,
    select: str,
    key: Sequence[str],
    choices: Sequence[merge.Choice],
    window_column: str | None,
    window: Window,
    *,
    replace: bool,
) -> RowCounts:
    """Merge into a table those rows of a SELECT that change it.

    :param choices: how rows with one key become one row; none: all columns come from one row.
    :param window_column: the column of event time that must lie in the window; None: every row counts.
    :param replace: whether a staged row replaces the target's, or competes with it.
    """
    columns = _stage(session, target, select, key)
    choices = choices or [merge.Choice([name for name in columns if name not in key])]
    _check_choices(target, columns, key, choices)
    if window_column:
        session.execute(merge.delete_outside(target, window_column), window.bounds)
    keys = session.fetch(merge.count_keys(target, key))[0][0]
    session.execute(temporary.create(target, "delta"))
    session.execute(merge.fill_delta(target, key, columns, choices, compete=not (replace or window.full)))
    changed, updated = session.fetch(merge.count_delta(target, key))[0]
    if changed:
        session.execute(merge.merge_delta(target, key, columns))
    deleted = session.execute(merge.delete_gone(target, key)) if window.full else 0
    return RowCounts(keys, inserted=changed - updated, updated=updated, deleted=deleted, unchanged=keys - changed)


def _stage(session: Session, target: str, select: str, key: Sequence[str]) -> list[str]:
    """Store what the SELECT yields and return the target's columns."""
    columns = session.column_names(names.table(target))
    session.execute(temporary.create(target, "staged"))
    session.execute(temporary.fill_staged(target, columns, select.strip().rstrip(";")))
    [(keyless,)] = session.fetch(temporary.count_null_keys(target, key))
    if keyless:
        raise AirflowFailException(
            f"{keyless} staged rows have no {' or no '.join(key)}, which is the key of {target}: leave them out in "
            "the SELECT, or correct their file. Nothing was loaded."
        )
    return columns


def _check_choices(target: str, columns: Sequence[str], key: Sequence[str], choices: Sequence[merge.Choice]) -> None:
    chosen = [name for choice in choices for name in choice.columns]
    if sorted([*key, *chosen]) != sorted(columns):
        raise AirflowFailException(
            f"The key and the choices of {target} must name each of its columns once. The table has "
            f"{', '.join(columns)}; named are {', '.join([*key, *chosen])}."
        )
