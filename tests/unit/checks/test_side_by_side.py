"""Which queries of checks are sent in one statement."""

from __future__ import annotations

from redshift_elt.checks.side_by_side import Query, statement_of, with_names_of_their_own

ROWS = Query("select count(*) from orders", 1, {})
SUMS = Query("select\n    sum(price),\n    max(price)\nfrom orders", 2, {})


def of_scan(start: int) -> Query:
    return Query("select count(*) from orders where day >= %(scan_start)s", 1, {"scan_start": start})


def test_name_with_two_values_gets_the_number_of_its_query():
    later = "select count(*) from orders where day >= %(scan_start_of_4)s"
    assert with_names_of_their_own([ROWS, of_scan(1), of_scan(1), of_scan(2)]) == [
        ROWS,
        of_scan(1),
        of_scan(1),
        Query(later, 1, {"scan_start_of_4": 2}),
    ]
    assert with_names_of_their_own([]) == []


def test_single_query_is_sent_as_it_is():
    assert statement_of([SUMS]) == SUMS.sql


def test_answers_of_several_queries_have_columns_of_their_own():
    assert (
        statement_of([ROWS, SUMS])
        == """\
with
answer_1 (value_1) as (
    select count(*) from orders
),
answer_2 (value_1, value_2) as (
    select
        sum(price),
        max(price)
    from orders
)
select *
from answer_1
cross join answer_2"""
    )


def test_text_of_several_lines_in_a_condition_stays_as_it_is():
    condition = "select count(*) from orders where note = 'two\n  lines'"
    assert condition in statement_of([ROWS, Query(condition, 1, {})])
