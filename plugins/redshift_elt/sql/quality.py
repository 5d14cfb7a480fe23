"""The queries of data-quality checks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from redshift_elt.sql.bookkeeping import SCHEMA
from redshift_elt.sql.identifiers import columns, identifier, literal, table

Value = str | int | float | Decimal | date | datetime

# How many of the rows that break a rule are shown.
SHOWN_ROWS = 10

# Holds of a scan's rows that lie in the run's window.
IN_WINDOW = "in_window = 1"

# A letter of two bytes of UTF-8 that was read as Latin-1 is one of these two and one of U+0080 to U+00BF. They are
# written out: what a range between letters of several bytes holds is not documented (AWS page "POSIX operators").
DAMAGED_TEXT = "(Â|Ã)(" + "|".join(map(chr, range(0x80, 0xC0))) + ")"

CREATE_THIS_RUN = """\
create temporary table this_run (
    dag_id varchar(256),
    run_id varchar(256)
)"""

FILL_THIS_RUN = """\
insert into this_run (
    dag_id,
    run_id
)
values (%s, %s)"""

# Its values: the window's start and end.
CHANGED_BY_THIS_RUN = f"""\
select
    target,
    sum(inserted + updated + deleted + late)
from {SCHEMA}.loads
join this_run
  on this_run.dag_id = loads.dag_id
  and this_run.run_id = loads.run_id
where window_start >= %s
  and window_end = %s
group by target"""


def scan(target: str, expressions: Sequence[str], window_column: str | None, *, bounded: bool) -> str:
    """Return the query that computes all aggregates of a table in one scan.

    Its values after those of the expressions: the window's start and end; with ``bounded``, also first and last moment.

    :param expressions: SQL aggregates; :data:`IN_WINDOW` holds of the window's rows.
    :param window_column: the column by which a row is in the window; None where no expression asks.
    :param bounded: whether only the rows between two moments are read.
    """
    source = table(target)
    if window_column:
        moment = identifier(window_column)
        source = (
            f"(\nselect\n    *,\n    case when {moment} >= %s and {moment} < %s then 1 else 0 end as in_window\n"
            f"from {table(target)}"
        )
        if bounded:
            source += f"\nwhere {moment} >= %s\n  and {moment} < %s"
        source += "\n) as scanned"
    return "select\n    " + ",\n    ".join(expressions) + f"\nfrom {source}"


def offending(target: str, shown: Sequence[str], condition: str, window_column: str | None) -> str:
    """Return the query for the first rows of which a condition holds; its values are the window's start and end.

    :param shown: the columns to show, by which the rows are put in order.
    """
    where = [*_in_window(window_column), f"({condition})"]
    return (
        f"select\n    {columns(shown)}\nfrom {table(target)}\nwhere " + "\n  and ".join(where) + "\n"
        f"order by\n    {columns(shown)}\nlimit {SHOWN_ROWS}"
    )


def repeated(target: str, key: Sequence[str], condition: str, window_column: str | None) -> str:
    """Return the query for the first keys that several rows have, and how many; its values are the window's bounds.

    :param condition: which rows are judged; empty for all.
    """
    where = [*_in_window(window_column), *(f"{identifier(name)} is not null" for name in key)]
    if condition:
        where.append(f"({condition})")
    return (
        f"select\n    {columns(key)},\n    count(*) as rows\nfrom {table(target)}\nwhere "
        + "\n  and ".join(where)
        + "\n"
        f"group by\n    {columns(key)}\nhaving count(*) > 1\n"
        f"order by\n    {columns(key)}\nlimit {SHOWN_ROWS}"
    )


def without_parent(
    child: str, column: str, parent: str, parent_column: str, window_column: str | None
) -> tuple[str, str]:
    """Return what follows SELECT for the rows that may refer to another table, and the condition that they do not.

    The values of the first are the window's start and end.
    """
    mine, theirs = f"{table(child)}.{identifier(column)}", f"{table(parent)}.{identifier(parent_column)}"
    source = f"from {table(child)}\nleft join {table(parent)}\n  on {theirs} = {mine}"
    if window_column:
        source += "\nwhere " + "\n  and ".join(_in_window(window_column, table(child)))
    return source, f"{mine} is not null and {theirs} is null"


def two_counts(expected: str, actual: str) -> str:
    """Return the query for the numbers of two queries, side by side."""
    return (
        "select\n    wanted.number,\n    found.number\n"
        f"from (\n{expected}\n) as wanted (number)\ncross join (\n{actual}\n) as found (number)"
    )


def as_one_text(names: Sequence[str]) -> str:
    """Return the expression of one text that differs for different keys of several columns; null where one is null.

    COUNT(DISTINCT ..) takes one expression only (AWS page "COUNT function"), and a cast to VARCHAR alone cuts at 256.
    """
    texts = [f"rtrim({identifier(name)}::varchar(65535))" for name in names]
    return " || ".join(f"len({text}) || ':' || {text}" for text in texts)


def value(of: Value) -> str:
    """Return a number, text, date or time as SQL, for a statement whose values are bound: percent signs are doubled.

    :raises ValueError: it is none of them, or a text that cannot be a literal.
    """
    if isinstance(of, bool) or not isinstance(of, (str, int, float, Decimal, date)):
        raise ValueError(f"{of!r} is no text, number, date or time.")
    if isinstance(of, str):
        return literal(of).replace("%", "%%")
    if isinstance(of, datetime):
        if of.tzinfo is not None:
            raise ValueError(f"{of} has a time zone: write it as UTC without one.")
        return f"'{of.isoformat(sep=' ')}'::timestamp"
    if isinstance(of, date):
        return f"'{of.isoformat()}'::date"
    if not math.isfinite(of):
        raise ValueError(f"{of} is no number to compare with.")
    return str(of)


def _in_window(window_column: str | None, of: str | None = None) -> list[str]:
    if window_column is None:
        return []
    moment = f"{of}.{identifier(window_column)}" if of else identifier(window_column)
    return [f"{moment} >= %s", f"{moment} < %s"]
