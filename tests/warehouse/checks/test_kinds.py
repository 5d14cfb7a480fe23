"""Every kind of check, on valid and invalid rows in the warehouse."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from types import SimpleNamespace

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from redshift_elt.checks import (
    AcceptedValues,
    EqualCounts,
    Fresh,
    InRange,
    NotNull,
    Query,
    References,
    RowCount,
    RowsNearAverage,
    UndamagedText,
    Unique,
)
from redshift_elt.checks.bounds import number_text
from redshift_elt.checks.run_checks import run_checks
from redshift_elt.connection.session import Session
from redshift_elt.connection.transaction import in_transaction
from redshift_elt.operators.data_quality import DataQualityOperator
from redshift_elt.run.window import Window
from tests.support.faults import before_each_statement

HOUR = Window(datetime(2018, 11, 15, 10, tzinfo=timezone.utc), datetime(2018, 11, 15, 11, tzinfo=timezone.utc))
TABLE = "orders"
DDL = (
    "create table orders (order_id integer, item integer, shop_id integer, ordered_at timestamp, "
    "status varchar(16), amount double precision, note varchar(64))"
)
NAMES = ("order_id", "item", "shop_id", "ordered_at", "status", "amount", "note")
GOOD = (1, 1, 7, "2018-11-15 10:30:00", "paid", 5, "Björk")


@pytest.fixture(scope="module")
def shop(created_warehouse):
    created_warehouse.execute(DDL)
    created_warehouse.execute("create table shops (shop_id integer)")
    created_warehouse.execute("insert into shops values (7), (8)")
    yield created_warehouse
    for table in (TABLE, "shops"):
        created_warehouse.execute(f"drop table {table}")


def row(**values):
    return tuple({**dict(zip(NAMES, GOOD, strict=True)), **values}.values())


def results(shop, rows, checks, window=HOUR, sent=None):
    """Return the results of checks on a table with only these rows."""

    def work(session: Session):
        session.execute("delete from orders")
        if rows:
            values = {
                f"{name}_{number}": value
                for number, each in enumerate(rows)
                for name, value in zip(NAMES, each, strict=True)
            }
            places = ", ".join(
                "(" + ", ".join(f"%({name}_{number})s{'::timestamp' * (name == 'ordered_at')}" for name in NAMES) + ")"
                for number in range(len(rows))
            )
            session.execute(f"insert into orders values {places}", values)
        return run_checks(session, window, checks)

    def note(_, statement):
        # The session begins with its limits.
        if sent is not None and statement.startswith("select") and "set_config" not in statement:
            sent.append(statement)

    with before_each_statement(note):
        return in_transaction(shop._hook, work)


def only(shop, rows, check):
    [found] = results(shop, rows, [check])
    return found


AT = {"window_column": "ordered_at"}
IN_WINDOW = "ordered_at >= %(window_start)s and ordered_at < %(window_end)s"
BEFORE = "2018-11-15 09:30:00"
AFTER = "2018-11-15 11:00:00"
DAMAGED = "Björk".encode().decode("latin-1").encode().decode("latin-1")

# The check, rows that pass it, rows that break it, the actual value then, and the rows that are shown.
CASES = {
    "row count of the table": (RowCount(table=TABLE), [row()], [], "0", ()),
    "row count of the window": (RowCount(table=TABLE, **AT), [row()], [row(ordered_at=AFTER)], "0", ()),
    "row count between bounds": (
        RowCount(table=TABLE, at_least=1, at_most=2),
        [row()] * 2,
        [row()] * 3,
        "3",
        (),
    ),
    "row count against the windows before": (
        RowsNearAverage(table=TABLE, windows=2, **AT),
        [row(), row(ordered_at=BEFORE), row(ordered_at="2018-11-15 08:00:00")],
        # 1 row in the window; 4 in the two windows before it, 2 on average; one row is older.
        [row(ordered_at="2018-11-15 07:59:59"), *[row(ordered_at=BEFORE)] * 6, row()],
        number_text(1 / 3),
        (),
    ),
    "no windows before to compare with": (
        RowsNearAverage(table=TABLE, windows=2, **AT),
        [row(), row(ordered_at=BEFORE)],
        [row()],
        "nothing",
        (),
    ),
    "not null": (
        NotNull(table=TABLE, column="shop_id", key="order_id"),
        [row()],
        [row(), row(order_id=2, shop_id=None)],
        "1",
        ((2, None),),
    ),
    "not null in the window": (
        NotNull(table=TABLE, column="shop_id", key="order_id", **AT),
        [row(), row(shop_id=None, ordered_at=BEFORE), row(shop_id=None, ordered_at=AFTER)],
        [row(shop_id=None, ordered_at="2018-11-15 10:00:00"), row()],
        "1",
        ((1, None),),
    ),
    "not null where a condition holds": (
        NotNull(table=TABLE, column="shop_id", where="status like 'p%'"),
        [row(), row(status="open", shop_id=None)],
        [row(shop_id=None)],
        "1",
        ((None,),),
    ),
    "not null of no rows": (
        NotNull(table=TABLE, column="shop_id", **AT),
        [row()],
        [row(ordered_at=AFTER)],
        "no rows",
        (),
    ),
    "unique": (Unique(table=TABLE, column="order_id"), [row(), row(order_id=2)], [row(), row(), row()], "2", ((1, 3),)),
    "unique in the window": (
        Unique(table=TABLE, column="order_id", **AT),
        [row(), row(ordered_at=AFTER)],
        [row(), row()],
        "1",
        ((1, 2),),
    ),
    "unique key of two columns": (
        Unique(table=TABLE, column=["order_id", "note"]),
        [row(order_id=1, note="11"), row(order_id=11, note="1"), row(note=None), row(note=None)],
        [row(), row(), row(order_id=2)],
        "1",
        ((1, "Björk", 2),),
    ),
    "accepted values": (
        AcceptedValues(table=TABLE, column="status", values=["paid", "100%"], key="order_id"),
        [row(), row(status=None), row(status="100%")],
        [row(status="lost")],
        "1",
        ((1, "lost"),),
    ),
    "accepted numbers": (
        AcceptedValues(table=TABLE, column="item", values=[1, 2]),
        [row()],
        [row(item=3)],
        "1",
        ((3,),),
    ),
    "range": (
        InRange(table=TABLE, column="amount", at_least=0, at_most=5.5),
        [row(), row(amount=None), row(amount=0), row(amount=5.5)],
        [row(amount=-0.5), row(amount=6)],
        "2",
        ((-0.5,), (6.0,)),
    ),
    "range of times": (
        InRange(table=TABLE, column="ordered_at", at_least=datetime(2018, 11, 1)),
        [row()],
        [row(ordered_at="1970-01-01 00:00:00")],
        "1",
        ((datetime(1970, 1, 1),),),
    ),
    "references": (
        References(table=TABLE, column="shop_id", to="shops", to_column="shop_id", key="order_id", **AT),
        [row(), row(shop_id=None), row(shop_id=9, ordered_at=AFTER)],
        [row(shop_id=9), row()],
        "1",
        ((1, 9),),
    ),
    "references of a whole table": (
        References(table=TABLE, column="shop_id", to="shops", to_column="shop_id"),
        [row()],
        [row(shop_id=9)],
        "1",
        ((9,),),
    ),
    "references of no rows": (
        References(table=TABLE, column="shop_id", to="shops", to_column="shop_id", **AT),
        [row()],
        [],
        "no rows",
        (),
    ),
    "freshness": (
        # The window ends at 11:00. For DATEDIFF, 09:00 is two hours before, and 08:59 three.
        Fresh(table=TABLE, column="ordered_at", hours=2),
        [row(ordered_at="2018-11-15 09:00:00")],
        [row(ordered_at="2018-11-15 08:59:00"), row(ordered_at=AFTER)],
        "3",
        (),
    ),
    "freshness of no rows": (
        Fresh(table=TABLE, column="ordered_at", hours=2),
        [row()],
        [row(ordered_at=AFTER)],
        "nothing",
        (),
    ),
    "equal counts": (
        EqualCounts(
            table=TABLE,
            name="orders of each shop",
            expected_sql="select count(*) from shops",
            actual_sql=f"select count(*) from orders where {IN_WINDOW}",
            rows_sql="select min(shop_id) from shops",
        ),
        [row(), row(order_id=2), row(ordered_at=AFTER)],
        [row()],
        "1",
        ((7,),),
    ),
    "damaged text": (
        UndamagedText(table=TABLE, columns=["note", "status"], key="order_id"),
        [row(), row(note="Â"), row(note="ÀÁÂÃÄÅ"), row(note="SÃO"), row(note="«Café»"), row(note=None)],
        [row(note=DAMAGED), row(status="BjÃ¶rk"), row(note="naÃ¯ve"), row(note="Â¡Ay!")],
        "4",
        ((1, DAMAGED, "paid"), (1, "Björk", "BjÃ¶rk"), (1, "naÃ¯ve", "paid"), (1, "Â¡Ay!", "paid")),
    ),
    "a query": (
        Query(
            table=TABLE,
            name="total",
            sql=f"select sum(amount) from orders where {IN_WINDOW}",
            at_most=9,
            rows_sql="select order_id from orders order by order_id",
        ),
        [row(), row(amount=90, ordered_at=AFTER)],
        [row(), row()],
        "10",
        ((1,), (1,)),
    ),
    "a query equal to a number": (
        Query(table=TABLE, name="orders", sql="select count(*) from orders", equals=1),
        [row()],
        [row(), row()],
        "2",
        (),
    ),
    "a query that finds nothing": (
        Query(table=TABLE, name="total", sql="select sum(amount) from orders", at_least=0),
        [row()],
        [],
        "nothing",
        (),
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_check_passes_good_rows_and_shows_bad_ones(shop, case):
    check, good, bad, found, shown = case
    assert only(shop, good, check).finding.passed
    result = only(shop, bad, check)
    assert not result.finding.passed
    assert result.finding.actual == found
    assert sorted(map(str, result.rows)) == sorted(map(str, shown))


@pytest.mark.parametrize(
    "check",
    [
        NotNull(table=TABLE, column="shop_id", empty_passes=True),
        Unique(table=TABLE, column="order_id", empty_passes=True, **AT),
        References(table=TABLE, column="shop_id", to="shops", to_column="shop_id", empty_passes=True),
        RowsNearAverage(table=TABLE, empty_passes=True, **AT),
        Fresh(table=TABLE, column="ordered_at", hours=1, empty_passes=True),
    ],
    ids=lambda check: check.kind,
)
def test_empty_result_passes_where_allowed(shop, check):
    assert only(shop, [], check).finding.passed


@pytest.mark.parametrize(
    ("check", "words"),
    [
        (
            Query(table=TABLE, name="largest", sql="select 1 where 1 = 2", equals=1),
            "largest: the query returned 0 rows",
        ),
        (
            Query(table=TABLE, name="both", sql="select 1 union all select 2", equals=1),
            "both: the query returned 2 rows",
        ),
        (Query(table=TABLE, name="status", sql="select 'paid'::varchar", equals=1), "status: the query returned paid"),
        (
            Query(table=TABLE, name="newest", sql="select '2018-11-15'::timestamp", equals=1),
            "newest: the query returned 2018-11-15 00:00:00, which is not a number",
        ),
        (
            Query(table=TABLE, name="ratio", sql="select 'infinity'::double precision", equals=1),
            "ratio: the query returned inf, which is not a number",
        ),
        (
            EqualCounts(table=TABLE, name="pair", expected_sql="select 1 where 1 = 2", actual_sql="select 1"),
            "pair: the query returned 0 rows",
        ),
        (
            EqualCounts(table=TABLE, name="pair", expected_sql="select 1", actual_sql="select 'paid'::varchar"),
            "pair: the query returned 1, paid, which is not a number",
        ),
    ],
    ids=["no row", "two rows", "a text", "a time", "infinity", "no row of two counts", "a text of two counts"],
)
def test_query_that_measures_no_number_fails_without_retry_and_names_the_check(shop, check, words):
    with pytest.raises(AirflowFailException, match=f"{TABLE}: {words}"):
        only(shop, [], check)


def test_no_more_than_ten_rows_are_shown(shop):
    result = only(
        shop, [row(order_id=number, shop_id=None) for number in range(12)], NotNull(table=TABLE, column="shop_id")
    )
    assert (result.finding.actual, len(result.rows)) == ("12", 10)


def test_all_checks_of_a_table_are_one_scan_and_rows_are_fetched_for_failed_ones_only(shop):
    passing = [
        RowCount(table=TABLE),
        NotNull(table=TABLE, column="shop_id", key="order_id", **AT),
        Unique(table=TABLE, column="order_id"),
        Fresh(table=TABLE, column="ordered_at", hours=30),
        RowsNearAverage(table=TABLE, empty_passes=True, **AT),
    ]
    sent = []
    assert all(result.finding.passed for result in results(shop, [row()], passing, sent=sent))
    assert len(sent) == 1
    sent = []
    found = results(shop, [row(shop_id=None)], passing, sent=sent)
    assert [result.finding.passed for result in found] == [True, False, True, True, True]
    assert len(sent) == 2


def test_scan_of_the_whole_table_evaluates_the_window_separately(shop):
    checks = [
        RowCount(table=TABLE),
        RowCount(table=TABLE, at_most=1, **AT),
        NotNull(table=TABLE, column="shop_id", **AT),
        Unique(table=TABLE, column="order_id", **AT),
    ]
    outside = [row(shop_id=None, ordered_at=BEFORE), row(shop_id=None, ordered_at=AFTER)]
    assert [found.finding.actual for found in results(shop, [row(), *outside], checks)] == ["3", "1", "0", "0"]
    assert [found.finding.actual for found in results(shop, outside, checks)] == ["2", "0", "no rows", "no rows"]


def test_checks_of_the_window_read_no_more_than_they_need(shop):
    sent = []
    results(shop, [row()], [NotNull(table=TABLE, column="shop_id", **AT), RowCount(table=TABLE, **AT)], sent=sent)
    assert re.search(r'where "ordered_at" >= \$\d\s+and "ordered_at" < \$\d\n\) as scanned', sent[0])


def test_full_load_has_a_window_too(shop):
    everything = Window(datetime(1970, 1, 1, tzinfo=timezone.utc), datetime(9999, 1, 1, tzinfo=timezone.utc), full=True)
    checks = [NotNull(table=TABLE, column="shop_id", **AT), Fresh(table=TABLE, column="ordered_at", hours=24)]
    null, fresh = results(shop, [row()], checks, everything)
    assert (null.finding.actual, null.finding.passed, fresh.finding.passed) == ("0", True, False)


class TestOperator:
    CONTEXT = {  # noqa: RUF012
        "params": {"window_start": "2018-11-15T10:00:00", "window_end": "2018-11-15T11:00:00"},
        "dag_run": SimpleNamespace(dag_id="generic", run_id="checks"),
        "ti": SimpleNamespace(dag_id="generic", run_id="checks", task_id="check", try_number=1),
    }

    def test_results_are_stored_logged_and_passed_to_the_lineage(self, shop, caplog):
        shop.execute("delete from orders")
        shop.execute(f"insert into orders values {row(status='lost')}".replace("None", "null"))
        operator = DataQualityOperator(
            task_id="check",
            checks=[
                NotNull(table=TABLE, column="shop_id"),
                AcceptedValues(table=TABLE, column="status", values=["paid"], key="order_id"),
                UndamagedText(table=TABLE, columns="note"),
                RowCount(table=TABLE, at_least=2, severity="warn"),
                EqualCounts(
                    table=TABLE, name="orders and shops", expected_sql="select count(*) from shops",
                    actual_sql="select count(*) from orders",
                ),
            ],
        )  # fmt: skip
        with pytest.raises(AirflowFailException) as failure:
            operator.execute(self.CONTEXT)
        assert str(failure.value) == (
            "2 of 5 checks failed.\n"
            "orders: values of status that are not accepted: expected 0, found 1\n    order_id, status\n    1, lost\n"
            "orders: orders and shops: expected 2, found 1"
        )
        assert [
            (found.check_type, found.success, found.severity, found.column) for found in operator.check_results
        ] == [
            ("not_null", True, "error", "shop_id"),
            ("accepted_values", False, "error", "status"),
            ("undamaged_text", True, "warn", "note"),
            ("row_count", False, "warn", None),
            ("equal_counts", False, "error", None),
        ]
        kept = (
            "select check_name, outcome, severity, expected, actual, duration_seconds >= 0, window_start"
            " from etl.check_results where run_id = 'checks' order by check_name"
        )
        start = datetime(2018, 11, 15, 10)
        assert shop.query(kept) == [
            ("damaged text in note", "passed", "warn", "0", "0", True, start),
            ("nulls in shop_id", "passed", "error", "0", "0", True, start),
            ("orders and shops", "failed", "error", "2", "1", True, start),
            ("rows", "warned", "warn", "at least 2", "1", True, start),
            ("values of status that are not accepted", "failed", "error", "0", "1", True, start),
        ]
        assert "warned: orders: rows: expected at least 2, found 1" in caplog.text
        shop.execute("delete from etl.check_results where run_id = 'checks'")

    def test_full_load_is_not_compared_with_windows_before_it(self, shop):
        checks = [RowCount(table=TABLE, at_least=0), RowsNearAverage(table=TABLE, **AT)]
        context = {**self.CONTEXT, "params": {"full_load": True}}
        assert DataQualityOperator(task_id="check", checks=checks).execute(context)["passed"] == 1
        shop.execute("delete from etl.check_results where run_id = 'checks'")
