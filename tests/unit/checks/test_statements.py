"""The SQL of every kind of check, word for word."""

from __future__ import annotations

from datetime import date, datetime
from textwrap import dedent

import pytest

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
from redshift_elt.checks.scan import Scan

START, END = datetime(2018, 11, 15, 10), datetime(2018, 11, 15, 11)
ORDERS = {"table": "shop.orders"}
IN_WINDOW = {**ORDERS, "window_column": "ordered_at"}

# Each check, and the aggregates that it adds to the scan of its table.
AGGREGATES = {
    "rows": (RowCount(**ORDERS), ["count(*)"]),
    "rows of the window": (RowCount(**IN_WINDOW), ["count(case when in_window = 1 then 1 end)"]),
    "rows near the average": (
        RowsNearAverage(**IN_WINDOW, windows=24),
        [
            """\
count(case when in_window = 1 then 1 end)::double precision * 24 / nullif(
        count(
            case
                when "ordered_at" >= %(start_24_windows_before)s
                    and "ordered_at" < %(window_start)s
                    then 1
            end
        ),
        0
    )"""
        ],
    ),
    "not null": (NotNull(**ORDERS, column="item"), ['count(case when ("item" is null) then 1 end)', "count(*)"]),
    "not null in some rows": (
        NotNull(**IN_WINDOW, column="item", where="page like '%Song'; "),
        [
            "count(case when in_window = 1 and (page like '%Song') and (\"item\" is null) then 1 end)",
            "count(case when in_window = 1 and (page like '%Song') then 1 end)",
        ],
    ),
    "accepted values": (
        AcceptedValues(**ORDERS, column="status", values=["100%", "o'clock", 3, date(2018, 11, 1)]),
        [
            "count(case when (\"status\" not in ('100%', 'o''clock', 3, '2018-11-01'::date)) then 1 end)",
            "count(*)",
        ],
    ),
    "range": (
        InRange(**ORDERS, column="amount", at_least=0, at_most=5.5),
        ['count(case when ("amount" < 0 or "amount" > 5.5) then 1 end)', "count(*)"],
    ),
    "lower bound": (
        InRange(**ORDERS, column="at", at_least=datetime(2018, 11, 1)),
        ["count(case when (\"at\" < '2018-11-01 00:00:00'::timestamp) then 1 end)", "count(*)"],
    ),
    "upper bound": (
        InRange(**ORDERS, column="amount", at_most=9),
        ['count(case when ("amount" > 9) then 1 end)', "count(*)"],
    ),
    "unique": (Unique(**ORDERS, column="item"), ['count("item") - count(distinct "item")', "count(*)"]),
    "unique in some rows": (
        Unique(**IN_WINDOW, column="item", where="item > 0"),
        [
            'count(case when in_window = 1 and (item > 0) then "item" end) - '
            'count(distinct case when in_window = 1 and (item > 0) then "item" end)',
            "count(case when in_window = 1 and (item > 0) then 1 end)",
        ],
    ),
    "unique columns": (
        Unique(**ORDERS, column=["a", "b"]),
        [
            "count({0}) - count(distinct {0})".format(
                'len(rtrim("a"::varchar(65535))) || \':\' || rtrim("a"::varchar(65535)) || '
                'len(rtrim("b"::varchar(65535))) || \':\' || rtrim("b"::varchar(65535))'
            ),
            "count(*)",
        ],
    ),
    "fresh": (
        Fresh(**ORDERS, column="ordered_at", hours=24),
        [
            """\
datediff(
        hour,
        max(case when "ordered_at" < %(window_end)s then "ordered_at" end),
        least(%(window_end)s::timestamp, sysdate)
    )"""
        ],
    ),
}


@pytest.mark.parametrize(("check", "aggregates"), AGGREGATES.values(), ids=AGGREGATES)
def test_aggregates_that_a_check_adds_to_the_scan(check, aggregates):
    assert list(check.aggregates()) == aggregates


def test_damaged_text_is_found_in_each_column():
    [broken, _] = UndamagedText(**ORDERS, columns=["note", "title"]).aggregates()
    pattern = "(Â|Ã)(" + "|".join(map(chr, range(0x80, 0xC0))) + ")"
    assert broken == (
        f"count(case when (regexp_instr(\"note\", '{pattern}') > 0 or regexp_instr(\"title\", '{pattern}') > 0) "
        "then 1 end)"
    )


def text(statement: str) -> str:
    return dedent(statement).strip()


def test_scan_of_the_window():
    scan = Scan("staging", [NotNull(**IN_WINDOW, column="item"), Fresh(**ORDERS, column="ordered_at", hours=2)])
    assert scan.statement() == text(
        """
        select
            count(case when in_window = 1 and ("item" is null) then 1 end),
            count(case when in_window = 1 then 1 end),
            datediff(
                hour,
                max(case when "ordered_at" < %(window_end)s then "ordered_at" end),
                least(%(window_end)s::timestamp, sysdate)
            )
        from (
            select
                *,
                case
                    when "ordered_at" >= %(window_start)s
                        and "ordered_at" < %(window_end)s
                        then 1
                    else 0
                end as in_window
            from "staging"
            where "ordered_at" >= %(scan_start)s
                and "ordered_at" < %(window_end)s
        ) as scanned
        """
    )
    assert scan.values(START, END) == {
        "window_start": START,
        "window_end": END,
        "scan_start": datetime(2018, 11, 15, 8),
    }
    assert scan.measured([1, 5, 3]) == [[1, 5], [3]]


def test_scan_of_the_whole_table_counts_rows_once():
    scan = Scan("shop.orders", [RowCount(**ORDERS), NotNull(**ORDERS, column="a"), NotNull(**ORDERS, column="b")])
    assert scan.statement() == text(
        """
        select
            count(*),
            count(case when ("a" is null) then 1 end),
            count(case when ("b" is null) then 1 end)
        from "shop"."orders"
        """
    )
    assert scan.measured([9, 1, 2]) == [[9], [1, 9], [2, 9]]


def test_averages_over_different_windows_have_distinct_column_names():
    values = Scan("orders", [RowsNearAverage(**IN_WINDOW, windows=n) for n in (1, 5)]).values(START, END)
    assert values["start_1_windows_before"] == datetime(2018, 11, 15, 9)
    assert values["start_5_windows_before"] == values["scan_start"] == datetime(2018, 11, 15, 5)


def test_rows_that_break_a_rule():
    check = NotNull(**IN_WINDOW, column="item", key=["order_id", "item"], where="status = 'paid'")
    assert check.rows_statement("staging") == text(
        """
        select
            "order_id",
            "item"
        from "staging"
        where (status = 'paid')
            and ("item" is null)
            and "ordered_at" >= %(window_start)s
            and "ordered_at" < %(window_end)s
        order by
            "order_id",
            "item"
        limit 10
        """
    )


def test_repeated_keys():
    check = Unique(**IN_WINDOW, column=["a", "b"], where="a > 0")
    assert check.rows_statement("orders") == text(
        """
        select
            "a",
            "b",
            count(*) as rows
        from "orders"
        where "a" is not null
            and "b" is not null
            and (a > 0)
            and "ordered_at" >= %(window_start)s
            and "ordered_at" < %(window_end)s
        group by
            "a",
            "b"
        having count(*) > 1
        order by
            "a",
            "b"
        limit 10
        """
    )


def test_references():
    check = References(**IN_WINDOW, column="shop_id", to="shops", to_column="id", key="order_id")
    assert check.statement() == text(
        """
        select
            count(
                case
                    when "shop"."orders"."shop_id" is not null
                        and "shops"."id" is null
                        then 1
                end
            ),
            count(*)
        from "shop"."orders"
        left join "shops"
            on "shops"."id" = "shop"."orders"."shop_id"
        where "shop"."orders"."ordered_at" >= %(window_start)s
            and "shop"."orders"."ordered_at" < %(window_end)s
        """
    )
    assert check.rows_statement("shop.orders") == text(
        """
        select
            "shop"."orders"."order_id",
            "shop"."orders"."shop_id"
        from "shop"."orders"
        left join "shops"
            on "shops"."id" = "shop"."orders"."shop_id"
        where "shop"."orders"."shop_id" is not null
            and "shops"."id" is null
            and "shop"."orders"."ordered_at" >= %(window_start)s
            and "shop"."orders"."ordered_at" < %(window_end)s
        order by
            "shop"."orders"."order_id",
            "shop"."orders"."shop_id"
        limit 10
        """
    )


def test_equal_counts():
    check = EqualCounts(**ORDERS, name="all", expected_sql="select 1;\n", actual_sql="select 2", rows_sql="select 3")
    assert check.statement() == text(
        """
        select
            wanted.number as expected,
            found.number as actual
        from (
        select 1
        ) as wanted (number)
        cross join (
        select 2
        ) as found (number)
        """
    )
    assert check.rows_statement("orders") == "select 3"


def test_multiline_strings_in_user_sql_are_sent_unchanged():
    sql = "select count(*)\n  from orders\nwhere note = 'first\n    second'"
    where = "note <> 'first\n    second'"
    counts = EqualCounts(**ORDERS, name="all", expected_sql=sql, actual_sql=sql)
    assert counts.statement().count(f"(\n{sql}\n)") == 2
    check = NotNull(**IN_WINDOW, column="item", where=where, key="order_id")
    assert f" and ({where}) " in Scan("orders", [check]).statement()
    assert f"where ({where})\n" in check.rows_statement("orders")


def test_query_is_sent_unchanged():
    sql = "select count(*) from orders where note like '%s' and at < %(window_end)s"
    check = Query(**ORDERS, name="all", sql=sql, equals=0, rows_sql="select '100%'")
    assert check.statement() == sql
    assert check.rows_statement("orders") == "select '100%'"
