"""A percent sign in the SQL or value of a check is literal with both drivers."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from redshift_elt.checks import AcceptedValues, EqualCounts, NotNull, Query, Unique
from redshift_elt.checks.run_checks import run_checks
from redshift_elt.connection.transaction import in_transaction
from redshift_elt.run.window import Window

WINDOW = Window(datetime(2018, 11, 15, 10, tzinfo=timezone.utc), datetime(2018, 11, 15, 11, tzinfo=timezone.utc))
ROWS = """\
insert into views values
    ('NextSong', '100%', '2018-11-15 10:30:00'),
    ('Home', '90%', '2018-11-15 10:30:00'),
    ('PrevSong', null, '2018-11-15 09:30:00')"""
IN_WINDOW = "at >= %(window_start)s and at < %(window_end)s"
SONGS = {"table": "views", "where": "page like '%Song'"}

# The check, the actual value, and the rows that it shows.
CASES = {
    "a value": (AcceptedValues(table="views", column="share", values=["100%"]), "1", (("90%",),)),
    "a condition": (NotNull(**SONGS, column="share"), "1", ((None,),)),
    "a condition in the window": (NotNull(**SONGS, column="share", window_column="at"), "0", ()),
    "a condition that few rows meet": (
        AcceptedValues(
            table="views", column="page", values=["Home"], where="share = '100%'", window_column="at",
            empty_passes=True,
        ), "1", (("NextSong",),),
    ),
    "a condition and the window's end": (
        Unique(table="views", column="at", where=f"page like '%o%' and {IN_WINDOW}", window_column="at"),
        "1",
        ((datetime(2018, 11, 15, 10, 30), 2),),
    ),
    "a query": (Query(table="views", name="n", sql="select 7 % 4 where '%s' like '%%'", equals=4), "3", ()),
    "a query of the window": (
        Query(
            table="views", name="n", sql=f"select count(*) from views where page like '%Song' and {IN_WINDOW}",
            equals=9, rows_sql=f"select page from views where page like 'N%' and {IN_WINDOW}",
        ), "1", (("NextSong",),),
    ),
    "two counts": (
        EqualCounts(
            table="views", name="n", expected_sql=f"select count(*) from views where {IN_WINDOW}",
            actual_sql="select count(*) from views where page like '%Song' and page like '%t%'",
        ), "1", (),
    ),
}  # fmt: skip


@pytest.fixture(params=["redshift", "postgres"])
def run(request, warehouse, through_postgres):
    """Run a check through a connection of either type."""
    through = warehouse if request.param == "redshift" else through_postgres

    def work(session, check):
        session.execute("create temporary table views (page varchar(16), share varchar(16), at timestamp)")
        session.execute(ROWS)
        [result] = run_checks(session, WINDOW, [check])
        return result

    return lambda check: in_transaction(through._hook, lambda session: work(session, check))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_percent_sign_is_unchanged(run, case):
    check, actual, rows = case
    result = run(check)
    assert (result.finding.actual, result.rows) == (actual, rows)
