"""INSERT with lists of values: rows of literals are copied, and all others translated."""

from __future__ import annotations

import psycopg
import pytest

TABLE = "create temp table t (a int default 9, b varchar(20), c decimal(8, 2), d boolean)"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ("(1, 'x', -2.5, true)", (1, "x", "-2.50", True)),
        ("(default, NULL, null, False)", (9, None, None, False)),
        ("(1, 'it''s -- no /* com', 0, null)", (1, "it's -- no /* com", "0.00", None)),
        ("(1, /* (2, */ 'x', 1, null) -- , (3", (1, "x", "1.00", None)),
        ("(1, -- null\n 'x', 1.00, null)", (1, "x", "1.00", None)),
        ("(len('ab'), 'x' || 'y', 5::decimal(8, 2) / 2, 1 = 1)", (2, "xy", "2.50", True)),
    ],
)
def test_rows_are_the_same_beside_others(ask, values, expected):
    literal = (7, "z", "7.00", False)
    for statement in (f"insert into t values {values}", f"insert into t values (7, 'z', 7, false), {values}"):
        rows = ask(TABLE, statement, "select a, b, c::varchar, d from t order by a = 7, a")
        assert rows[0] == expected
        assert rows[1:] in ([], [literal])


def test_error_has_its_position(ask):
    statement = "insert into t values (1, 'x'), (2,  'y' null)"
    with pytest.raises(psycopg.errors.SyntaxError) as caught:
        ask(TABLE, statement)
    assert caught.value.diag.statement_position == str(statement.index("null") + 1)
