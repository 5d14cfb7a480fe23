"""Checks in YAML are equivalent to Python, and errors name their location."""

from __future__ import annotations

from datetime import date

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
    load_checks,
)

ALL = """\
orders:
  key: order_id
  window_column: ordered_at
  empty_passes: true
  checks:
    - row_count:
    - row_count: {at_most: 5, window_column: null}
    - rows_near_average: {windows: 3}
    - not_null: shop_id
    - not_null: {column: item, severity: warn, empty_passes: false, where: amount > 0}
    - unique: [order_id, item]
    - accepted_values: {column: status, values: [open, paid]}
    - in_range: {column: day, at_least: 2018-11-01}
    - undamaged_text: [note, title]
    - references: {column: shop_id, to: shops, to_column: shop_id}
    - fresh: {column: ordered_at, hours: 2}
    - equal_counts: {name: both, expected_sql: a.sql, actual_sql: b.sql}
    - query: {name: total, sql: total.sql, equals: 0}
shops:
  checks:
    - unique: shop_id
"""


def test_yaml_file_is_equivalent_to_python(tmp_path):
    file = tmp_path / "checks.yaml"
    file.write_text(ALL)
    at = {"window_column": "ordered_at"}
    rule = {**at, "key": "order_id", "empty_passes": True}
    assert load_checks(file) == [
        RowCount(table="orders", **at),
        RowCount(table="orders", at_most=5),
        RowsNearAverage(table="orders", windows=3, empty_passes=True, **at),
        NotNull(table="orders", column="shop_id", **rule),
        NotNull(table="orders", column="item", **{**rule, "empty_passes": False}, severity="warn", where="amount > 0"),
        Unique(table="orders", column=["order_id", "item"], empty_passes=True, **at),
        AcceptedValues(table="orders", column="status", values=["open", "paid"], **rule),
        InRange(table="orders", column="day", at_least=date(2018, 11, 1), **rule),
        UndamagedText(table="orders", columns=["note", "title"], **rule),
        References(table="orders", column="shop_id", to="shops", to_column="shop_id", **rule),
        Fresh(table="orders", column="ordered_at", hours=2, empty_passes=True),
        EqualCounts(table="orders", name="both", expected_sql="a.sql", actual_sql="b.sql"),
        Query(table="orders", name="total", sql="total.sql", equals=0, empty_passes=True),
        Unique(table="shops", column="shop_id"),
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty: write tables and their checks"),
        ("orders:\n  a: [", "line 2: this is not valid YAML: expected the node content"),
        ("orders: \x00", "is not valid YAML: unacceptable character"),
        ("- orders", "line 1: the file: this is not a mapping"),
        ("orders:\n  keys: a\n", "line 2: orders: 'keys' is unknown; write key, window_column, empty_passes or"),
        ("orders:\n  key: a\n", "line 1: orders: it has no checks"),
        ("orders:\n  checks: []\n", "line 2: orders: checks is not a list"),
        ("orders:\n  checks:\n  - unique: a\norders:\n  checks:\n  - unique: b\n", "line 4: .*occurs twice"),
        (
            "orders:\n  checks:\n    - unique: a\n    - nonull: b\n",
            "line 4: orders, check 2: there is no check 'nonull'",
        ),
        ("orders:\n  checks:\n    - unique: {colum: a}\n", r"line 3: orders, check 1 \(unique\): 'colum' is unknown"),
        ("orders:\n  checks:\n    - fresh: {column: a}\n", r"check 1 \(fresh\): it has no hours"),
        ("orders:\n  checks:\n    - fresh: {column: a, hours: soon}\n", "hours is 'soon': write a whole number"),
        ("orders:\n  checks:\n    - unique: Order\n", "line 3: .*'Order' cannot be a table or column name"),
        ("orders:\n  checks:\n    - unique: {column: a, severity: fatal}\n", "write 'error' or 'warn'"),
        ("orders:\n  checks:\n    - unique: {column: a, empty_passes: 2}\n", "write true or false"),
        ("orders:\n  checks:\n    - row_count: {at_least: many}\n", "is 'many': write a number"),
        ("orders:\n  checks:\n    - row_count: {at_least: 3, at_most: 1}\n", "can never pass"),
        ("orders:\n  checks:\n    - accepted_values: {column: a, values: b}\n", "write a list"),
        ("orders:\n  checks:\n    - accepted_values: {column: a, values: [yes]}\n", "True is not a text, number"),
        ("orders:\n  checks:\n    - in_range: a\n", "has no bound"),
        ("orders:\n  checks:\n    - not_null: {column: a, where: ''}\n", "write an SQL condition"),
        ("orders:\n  checks:\n    - query: {name: a, sql: b, equals: 1, at_most: 2}\n", "equals and another bound"),
        ("orders:\n  checks:\n    - unique: a\n      not_null: b\n", "each check with its own dash"),
        ("or ders:\n  checks:\n    - unique: a\n", "'or ders' cannot be a table"),
        ("orders:\n  checks:\n    - not_null: 2018-99-01\n", "line 3: .*month must be in 1..12"),
    ],
)
def test_error_names_its_location(tmp_path, text, words):
    file = tmp_path / "checks.yaml"
    file.write_text(text)
    with pytest.raises(ValueError, match=words) as refused:
        load_checks(file)
    assert str(file) in str(refused.value)


def test_missing_file_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"The checks cannot be read: .*missing\.yaml"):
        load_checks(tmp_path / "missing.yaml")
