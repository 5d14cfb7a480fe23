"""How a target takes over what a run staged, in the caller's transaction and under the target's lock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from airflow.sdk.exceptions import AirflowException, AirflowFailException

from redshift_elt.loading.phases import PREPARING, WRITING, Phases
from redshift_elt.loading.row_counts import RowCounts
from redshift_elt.sql import identifiers, merge, overwrite, temporary
from redshift_elt.sql.scope import EVERYTHING, Interval, Scope, among, within

if TYPE_CHECKING:
    from redshift_elt.connection.session import Session
    from redshift_elt.run.window import Window
    from redshift_elt.sql.exact import Columns


def overwrite_window(
    session: Session,
    target: str,
    select: str,
    key: Sequence[str],
    window_column: str,
    window: Window,
    loaded: Sequence[Interval],
    phases: Phases,
) -> RowCounts:
    """Make a table hold, inside the window, exactly what a SELECT yields; only rows that differ are written.

    :param loaded: the windows that the table has been loaded for; in those within the window's reach too, the table
        then holds exactly what the SELECT yields.
    """
    columns = session.columns(identifiers.table(target))
    intervals = window.with_others(loaded)
    scope = within(window_column, intervals)
    session.execute(temporary.create(target, "fresh"))
    fill = overwrite.fill_fresh_by_key(target, key, window_column, columns, select, scope)
    session.execute(fill, scope.values)
    _refuse_null_keys(session, target, target, key)
    stale, new = _take_over(session, target, key, columns, scope, phases, take_back=True)
    own = within(window_column, [window.bounds])
    counted = session.fetch(overwrite.count_result(target, scope, own), (*scope.values, *own.values, *own.values))
    [(held, fresh, staged, inserted)] = counted
    if held != fresh:
        raise AirflowException(
            f"{target} holds {held:,} rows where {fresh:,} were staged: something else writes into it, or it had a row "
            "twice. Nothing was kept; the task can be retried."
        )
    return RowCounts(staged, inserted, deleted=stale, unchanged=staged - inserted, late=new - inserted)


def merge_rows(
    session: Session,
    target: str,
    select: str,
    key: Sequence[str],
    choices: Sequence[merge.Choice],
    phases: Phases,
    *,
    replace: bool,
    full: bool,
) -> RowCounts:
    """Merge into a table those rows of a SELECT that change it.

    :param choices: how rows with one key become one row; none: all columns come from one row.
    :param replace: whether a row replaces the target's, or competes with it.
    :param full: whether rows of the target with other keys go.
    """
    columns = session.columns(identifiers.table(target))
    choices = _checked(target, columns.names, key, choices)
    session.execute(temporary.create(target, "fresh"))
    fresh = session.execute(overwrite.fill_fresh(target, columns, select, EVERYTHING))
    if not (fresh or full):
        return RowCounts()
    _refuse_null_keys(session, target, target, key)
    if replace or full:
        candidates = merge.fresh_rows(target, columns.names)
    else:
        candidates = merge.fresh_and_loaded_rows(target, key, columns.names)
    session.execute(temporary.create(target, "gone"))
    if full:
        left = identifiers.identifier(temporary.name(target, "fresh"))
        session.execute(merge.fill_gone(target, key, columns.names, left))
    return _merge(session, target, target, key, columns, choices, candidates, phases, gone=full)


def merge_records(
    session: Session,
    target: str,
    records: str,
    records_scope: Scope,
    select: str,
    key: Sequence[str],
    choices: Sequence[merge.Choice],
    phases: Phases,
    *,
    take_back: bool,
    full: bool,
) -> RowCounts:
    """Make a table of records hold a SELECT's rows, and the target what follows from the records.

    :param records: has the columns of the target, and maybe more.
    :param records_scope: which of the records the SELECT's rows are held against.
    :param take_back: whether records in the scope that the SELECT does not yield any more go.
    :param full: whether the target is rebuilt from all records.
    """
    columns = session.columns(identifiers.table(target))
    choices = _checked(target, columns.names, key, choices)
    kept = session.columns(identifiers.table(records))
    session.execute(temporary.create(records, "fresh"))
    session.execute(overwrite.fill_fresh(records, kept, select, records_scope), records_scope.values)
    _refuse_null_keys(session, target, records, key)
    stale, new = _take_over(session, records, key, kept, records_scope, phases, take_back=take_back)
    if not (stale or new or full):
        keys = session.fetch(merge.count_keys(records, key))[0][0]
        return RowCounts(keys, unchanged=keys)
    phases.enter(PREPARING)
    if full:
        candidates = merge.all_records(records, columns.names)
        fill_gone = merge.fill_gone(target, key, columns.names, identifiers.table(records))
    else:
        candidates = merge.changed_records(target, records, key, columns.names)
        fill_gone = merge.fill_gone_of_stale(target, key, columns.names, records)
    session.execute(temporary.create(target, "gone"))
    gone = session.execute(fill_gone) if stale or full else 0
    return _merge(session, target, records, key, columns, choices, candidates, phases, gone=bool(gone))


def fresh_keys(records: str, key: Sequence[str]) -> Scope:
    """Return the scope of the records whose key is that of a row that the SELECT yields."""
    return among(key, identifiers.identifier(temporary.name(records, "fresh")))


def _take_over(
    session: Session, into: str, key: Sequence[str], columns: Columns, scope: Scope, phases: Phases, *, take_back: bool
) -> tuple[int, int]:
    """Make a table hold the fresh rows in the scope; return how many rows were deleted and how many inserted."""
    session.execute(temporary.create(into, "stale"))
    stale = session.execute(overwrite.fill_stale(into, columns, scope), scope.values) if take_back else 0
    session.execute(temporary.create(into, "new"))
    new = session.execute(overwrite.fill_new(into, columns, scope), scope.values)
    phases.enter(WRITING)
    if stale:
        session.execute(overwrite.delete_stale(into, key, columns, scope), scope.values)
    if new:
        session.execute(overwrite.insert_new(into, columns.names))
    return stale, new


def _merge(
    session: Session,
    target: str,
    source: str,
    key: Sequence[str],
    columns: Columns,
    choices: Sequence[merge.Choice],
    candidates: str,
    phases: Phases,
    *,
    gone: bool,
) -> RowCounts:
    keys = session.fetch(merge.count_keys(source, key))[0][0]
    session.execute(temporary.create(target, "delta"))
    delta = session.execute(merge.fill_delta(target, key, choices, candidates, columns.texts))
    updated = of_fresh = 0
    if delta:
        delta, updated, of_fresh = session.fetch(merge.count_delta(target, source, key))[0]
    phases.enter(WRITING)
    if delta:
        session.execute(merge.merge_delta(target, key, columns.names))
    deleted = session.execute(merge.delete_gone(target, key)) if gone else 0
    return RowCounts(keys, delta - updated, updated, deleted, unchanged=keys - of_fresh)


def _refuse_null_keys(session: Session, target: str, source: str, key: Sequence[str]) -> None:
    [(keyless,)] = session.fetch(overwrite.count_null_keys(source, key))
    if keyless:
        raise AirflowFailException(
            f"{keyless} staged rows have no {' or no '.join(key)}, which is the key of {target}: leave them out in "
            "the SELECT, or correct their file. Nothing was loaded."
        )


def _checked(
    target: str, columns: Sequence[str], key: Sequence[str], choices: Sequence[merge.Choice]
) -> Sequence[merge.Choice]:
    choices = choices or [merge.Choice([name for name in columns if name not in key])]
    chosen = [name for choice in choices for name in choice.columns]
    if sorted([*key, *chosen]) != sorted(columns):
        raise AirflowFailException(
            f"The key and the choices of {target} must name each of its columns once. The table has "
            f"{', '.join(columns)}; named are {', '.join([*key, *chosen])}."
        )
    return choices
